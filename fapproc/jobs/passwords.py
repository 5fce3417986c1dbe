"""Passwords of a sealed archive: change, add, remove, a recovery key. No file is touched.

Only the 32 bytes of the master key are encrypted again, so this takes a second whatever the
archive's size. `archive.json` is written twice, so that the old password does not open its backup
copy either.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from fapproc import description as descriptions
from fapproc.archive import Archive
from fapproc.description import Description
from fapproc.errors import ArchiveHeld, FapError, UsageProblem
from fapproc.jobs import journal
from fapproc.names import quoted
from fapproc.password import ask, ask_new
from fapproc.unlocking import FIRST_SLOT, Unlocked
from fapproc.vault import recovery as keys_to_keep
from fapproc.vault.keys import MOST_SLOTS, SLOT_NAME, Keys, Slot

RECOVERY = keys_to_keep.NAME
Agree = Callable[[str], bool]
"""Asks the person a question; False: nothing is to be changed."""
NEW = "FAP_NEW_PASSWORD"


def names(folder: Path) -> list[str]:
    """The names of an archive's passwords; none of them is needed to see these.

    Raises:
        UsageProblem: the archive is open.
        ArchiveHeld: `seal` or `unseal` is not finished.
        NoArchive: there is none.
    """
    return [slot.name for slot in _read(folder).slots]


def change(folder: Path) -> str:
    """Replace the password that is typed by a new one; returns the name that it has.

    Typed was the recovery key: it stays, and the first password is a new one.

    Raises:
        PasswordProblem: the present one is wrong, or no new one was given.
        UsageProblem: the archive is open.
    """
    with _slots(folder) as (found, keys, used):
        name = FIRST_SLOT if used.name == RECOVERY else used.name
        _refuse_more(_without(found, name))
        _write(folder, keys, found, _replaced(found, keys.slot(name, _new())))
        return name


def add(folder: Path, name: str) -> None:
    """Add another password under a name of its own.

    Raises:
        UsageProblem: the name is taken or can't be one, or there are 16 passwords.
        PasswordProblem: as `change`.
    """
    with _slots(folder) as (found, keys, _):
        _refuse_name(found, name)
        _write(folder, keys, found, (*found.slots, keys.slot(name, _new())))


def recovery(folder: Path, agree: Agree = lambda _: True) -> str | None:
    """Make a new recovery key, and return it: it is shown once.

    There is one already: `agree` is asked whether it is to be replaced; None if not.

    Raises:
        UsageProblem: there are 16 others.
    """
    with _slots(folder) as (found, keys, _):
        _refuse_more(_without(found, RECOVERY))
        if RECOVERY in {slot.name for slot in found.slots} and not agree(
            "There is already a recovery key, which will stop working. Replace it?"
        ):
            return None
        key = keys_to_keep.new()
        _write(folder, keys, found, _replaced(found, keys.slot(RECOVERY, key)))
        return key


def remove(folder: Path, name: str, agree: Agree = lambda _: True) -> bool:
    """Remove a password; asks for any password that opens the archive.

    The one that was typed, or the last beside the recovery key: `agree` is asked first.

    Returns:
        Whether it was removed.

    Raises:
        UsageProblem: none has this name, or it is the last.
    """
    with _slots(folder) as (found, keys, used):
        left = _without(found, name)
        if len(left) == len(found.slots):
            raise UsageProblem(
                f"No password is named {quoted(name)}. There are: {', '.join(names(folder))}."
            )
        if not left:
            raise UsageProblem(
                f"{quoted(name)} is the last password; without it nothing opens the archive."
            )
        is_last = {slot.name for slot in left} == {RECOVERY}
        if is_last:
            question = (
                f"After {quoted(name)} only the recovery key will open the archive. Remove it?"
            )
        else:
            question = (
                f"{quoted(name)} is the password that you have just typed, and will no longer "
                "open the archive. Remove it?"
            )
        if (used.name == name or is_last) and not agree(question):
            return False
        _write(folder, keys, found, left)
    return True


@contextmanager
def _slots(folder: Path) -> Iterator[tuple[Description, Keys, Slot]]:
    """Description, keys and the slot that was opened, while no other process changes them."""
    lock = _read(folder).lock(folder)
    lock.share()
    try:
        with lock.job("passwd"):
            found = _read(folder)
            keys, used = Keys.unlock(found.id, list(found.slots), ask())
            found.check(keys, folder)
            yield found, keys, used
            _note(folder, keys, found)
    finally:
        lock.release()


def _note(folder: Path, keys: Keys, before: Description) -> None:
    """Write into the journal which passwords changed; where it can't be, that is no harm."""
    now = _read(folder)
    changed = {slot.name for slot in {*now.slots} ^ {*before.slots}}
    if not changed:
        return
    with suppress(FapError), Archive.open_unlocked(Unlocked(folder, now, keys)) as archive:
        there = {slot.name for slot in now.slots}
        told = [f"{name} {'set' if name in there else 'removed'}" for name in sorted(changed)]
        journal.note(archive, "passwd", int(time.time()), f"Password {', '.join(told)}.")


def _read(folder: Path) -> Description:
    found = descriptions.read_existing(folder)
    if found.work is not None:
        raise ArchiveHeld(
            f"'fapproc {found.work.command}' is not finished here.", "Run it again first."
        )
    if not found.sealed:
        raise UsageProblem(f"The archive in {folder} is open. Seal it with 'fapproc seal'.")
    return found


def _new() -> str:
    password = ask_new("New password", prefix=NEW, may_be_empty=False)
    return password or ""


def _refuse_name(found: Description, name: str) -> None:
    if not SLOT_NAME.fullmatch(name):
        raise UsageProblem(
            f"{quoted(name)} can't name a password. Use small letters, digits and dashes."
        )
    if name in {slot.name for slot in found.slots}:
        raise UsageProblem(f"A password is named {quoted(name)} already. Remove it first.")
    _refuse_more(found.slots)


def _refuse_more(slots: tuple[Slot, ...]) -> None:
    if len(slots) >= MOST_SLOTS:
        raise UsageProblem(f"An archive has at most {MOST_SLOTS} passwords. Remove one first.")


def _without(found: Description, name: str) -> tuple[Slot, ...]:
    return tuple(slot for slot in found.slots if slot.name != name)


def _replaced(found: Description, slot: Slot) -> tuple[Slot, ...]:
    return (*_without(found, slot.name), slot)


def _write(folder: Path, keys: Keys, found: Description, slots: tuple[Slot, ...]) -> None:
    said = replace(found, slots=slots).authenticated(keys)
    said.settle(folder)
