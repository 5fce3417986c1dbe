"""Passwords of a sealed archive: change, add, remove, a recovery key. No file is touched.

Only the 32 bytes of the master key are wrapped anew, so this takes a second whatever the archive's
size. `archive.json` is written twice, so that no copy beside it opens with what was replaced.
"""

import secrets
from base64 import b32encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from fapproc import description as descriptions
from fapproc.description import Description
from fapproc.errors import ArchiveHeld, UsageProblem
from fapproc.lock import Lock
from fapproc.password import ask, ask_new
from fapproc.vault.keys import MOST_SLOTS, SLOT_NAME, Keys, Slot

RECOVERY = "recovery"
NEW = "FAP_NEW_PASSWORD"
_RECOVERY_BYTES = 20


def names(folder: Path) -> list[str]:
    """The names of an archive's passwords; none of them is needed to see these."""
    return [slot.name for slot in _read(folder).slots]


def change(folder: Path) -> str:
    """Replace the password that is typed by a new one; returns the name that it has.

    Raises:
        PasswordProblem: the present one is wrong, or no new one was given.
        UsageProblem: the archive is open.
    """
    with _slots(folder) as (found, keys, used):
        _write(folder, keys, found, _replaced(found, keys.slot(used.name, _new())))
        return used.name


def add(folder: Path, name: str) -> None:
    """Add another password under a name of its own.

    Raises:
        UsageProblem: the name is taken or can't be one, or there are 16 passwords.
        PasswordProblem: as `change`.
    """
    with _slots(folder) as (found, keys, _):
        _refuse_name(found, name)
        _write(folder, keys, found, (*found.slots, keys.slot(name, _new())))


def recovery(folder: Path) -> str:
    """Make a new recovery key, in place of an old one, and return it: it is shown once.

    Raises:
        UsageProblem: there are 16 others.
    """
    with _slots(folder) as (found, keys, _):
        _refuse_more(_without(found, RECOVERY))
        text = b32encode(secrets.token_bytes(_RECOVERY_BYTES)).decode()
        key = "-".join(text[start : start + 4] for start in range(0, len(text), 4))
        _write(folder, keys, found, _replaced(found, keys.slot(RECOVERY, key)))
        return key


def remove(folder: Path, name: str) -> None:
    """Remove a password; asks for any password that opens the archive.

    Raises:
        UsageProblem: none has this name, or it is the last.
    """
    with _slots(folder) as (found, keys, _):
        left = _without(found, name)
        if len(left) == len(found.slots):
            raise UsageProblem(
                f"No password is named {name!r}. There are: {', '.join(names(folder))}."
            )
        if not left:
            raise UsageProblem(
                f"{name!r} is the last password; without it nothing opens the archive."
            )
        _write(folder, keys, found, left)


@contextmanager
def _slots(folder: Path) -> Iterator[tuple[Description, Keys, Slot]]:
    """Description, keys and the slot that was opened, while no other process changes them."""
    _read(folder)
    lock = Lock(folder)
    lock.share()
    try:
        with lock.job("passwd"):
            found = _read(folder)
            keys, used = Keys.unlock(found.id, list(found.slots), ask())
            found.check(keys, folder)
            yield found, keys, used
    finally:
        lock.release()


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
        raise UsageProblem(f"{name!r} can't name a password. Use small letters, digits and dashes.")
    if name in {slot.name for slot in found.slots}:
        raise UsageProblem(f"A password is named {name!r} already. Remove it first.")
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
    said.write(folder)
    said.write(folder)
