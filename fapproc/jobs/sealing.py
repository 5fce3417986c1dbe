"""Seal an open archive, or unseal a sealed one; after a kill at any moment it can be continued.

Three phases, each recorded in `archive.json` before it begins: `make` writes the other form of
every file and of the database beside the present one; `switch` puts the other database in place,
which is the point of no return; `clear` reads the second form, and removes the first. Rows on a
server stay as they are. The archive is locked all the way. Each step may be repeated, and until the
switch all of it can be given up.
"""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from fapproc import description as descriptions
from fapproc import disk, ours
from fapproc import password as passwords
from fapproc.archive import Archive
from fapproc.db import kept_figures
from fapproc.db.engine import Database
from fapproc.description import Description, Work
from fapproc.errors import Damaged, StorageError, UsageProblem
from fapproc.firsts import Firsts
from fapproc.hold import Hold, held_alone
from fapproc.jobs import journal, transcode
from fapproc.ours import DATABASE
from fapproc.steps import Begin, unseen
from fapproc.unlocking import FIRST_SLOT, Unlocked
from fapproc.vault.keys import SUITE, Keys, Purpose
from fapproc.wording import counted, size

OTHER = f"{DATABASE}.new"

_PHASES = {
    True: (Work.SEAL_MAKE, Work.SEAL_SWITCH, Work.SEAL_CLEAR),
    False: (Work.UNSEAL_MAKE, Work.UNSEAL_SWITCH, Work.UNSEAL_CLEAR),
}
"""By whether the second form is the sealed one."""


@dataclass(frozen=True, slots=True)
class SealingReport:
    """What was done: images that are in the other form now, files of the first form removed.

    `database` is where the rows are, as `Description.database`: on a server they stay as they are.
    `damaged` holds a sentence for each file that the disk spoiled in both forms on the way; `left`
    names what lies in the folder as it was, because this program made none of it.
    """

    images: int
    removed: int
    database: str
    damaged: Firsts[str] = field(default_factory=Firsts)
    left: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Form:
    """The archive open, or sealed: what `archive.json` says of it, and its keys."""

    said: Description
    keys: Keys | None

    @property
    def database_key(self) -> bytes | None:
        """The key of its rows."""
        return self.keys.subkey(Purpose.DATABASE) if self.keys else None


def seal(folder: Path, begin: Begin = unseen) -> SealingReport:
    """Encrypt everything in an open archive; asks for the new password, or for it to go on.

    Raises:
        UsageProblem: the archive is sealed already, or is being unsealed.
        StorageError: the disk has no room for both forms; what is done is kept, to go on with room.
        Damaged: a file is not what was stored; the archive stays open then. Repair it first.
        ArchiveHeld: others have the archive open.
    """
    with _alone(folder) as (before, lock):
        _refuse(before, "seal", already=before.sealed and before.work is None)
        now, keys = _begin_sealing(folder, before)
        clear, sealed = _forms(now, keys)
        return _turn(folder, lock, now, keys, clear, sealed, begin)


def unseal(folder: Path, begin: Begin = unseen) -> SealingReport:
    """Decrypt everything in a sealed archive; asks for its password.

    Raises:
        UsageProblem: the archive is open already, or is being sealed.
        PasswordProblem, StorageError, Damaged, ArchiveHeld: as `seal`.
    """
    with _alone(folder) as (before, lock):
        _refuse(before, "unseal", already=not before.sealed and before.work is None)
        keys = _unlock(folder, before)
        now = before
        if before.work is None:
            _make_ready(folder, _forms(before, keys)[1])
            now = _note(folder, replace(before, work=Work.UNSEAL_MAKE), keys)
        clear, sealed = _forms(now, keys)
        return _turn(folder, lock, now, keys, sealed, clear, begin)


def give_up(folder: Path) -> str:
    """Go back to the form that the archive had before; returns the command that is given up.

    Raises:
        UsageProblem: nothing was begun, or the other form is the archive already.
        PasswordProblem, Damaged, ArchiveHeld: as `seal`.
    """
    with _alone(folder) as (before, _):
        if before.work not in {Work.SEAL_MAKE, Work.UNSEAL_MAKE}:
            raise UsageProblem(
                "There is nothing to give up."
                if before.work is None
                else f"'fapproc {before.work.command}' is nearly done. Run it again to finish it."
            )
        clear = Form(before.open(), None)  # which needs no password
        is_open = before.work is Work.SEAL_MAKE
        _go_back(folder, clear if is_open else _forms(before, _unlock(folder, before))[1])
        return before.work.command


def _turn(
    folder: Path,
    lock: Hold,
    now: Description,
    keys: Keys,
    first: Form,
    second: Form,
    begin: Begin,
) -> SealingReport:
    """Go through the phases that are left, from the first form to the second."""
    make, switch, clear = _PHASES[second.said.sealed]
    began, count = int(time.time()), 0
    if now.work is make:
        with _or_back(folder, first):
            with _opened(folder, first) as source, _opened(folder, second) as target:
                source.upgrade()
                count, damaged = transcode.copy_files(source, target, begin)
                transcode.refuse_damaged(damaged)
            if not now.is_on_server:
                rows = Database(folder / DATABASE, first.database_key)
                rows.convert_to(folder / OTHER, second.database_key)
        lock.still_alone()
        now = _note(folder, replace(now, work=switch), keys)
    if now.work is switch:
        put_in_place(folder)
        now = _note(folder, replace(now, suite=second.said.suite, work=clear), keys)
    with _opened(folder, first) as source, _opened(folder, second) as target:
        damaged = transcode.verify(source, target, begin)
        lock.still_alone()
        removed, left = transcode.remove_others(target)
        told = f"{counted(removed, 'file')} of the other form removed."
        journal.note(target, clear.command, began, told)
    second.said.settle(folder)
    return SealingReport(count, removed, now.database, damaged, tuple(sorted(left)))


def _forms(said: Description, keys: Keys) -> tuple[Form, Form]:
    """The archive open, and sealed."""
    sealed = replace(said, suite=SUITE, work=None).authenticated(keys)
    return Form(said.open(), None), Form(sealed, keys)


def _begin_sealing(folder: Path, before: Description) -> tuple[Description, Keys]:
    """Make the keys, or go on with those of a seal that was interrupted."""
    if before.work is not None:
        return before, _unlock(folder, before)
    _make_ready(folder, Form(before, None))
    password = passwords.ask_new("New password for the archive", may_be_empty=False)
    keys = Keys.new(before.id)
    slots = (keys.slot(FIRST_SLOT, password or ""),)
    return _note(folder, replace(before, slots=slots, work=Work.SEAL_MAKE), keys), keys


def _make_ready(folder: Path, form: Form) -> None:
    """Refuse at once what would fail after hours: both forms lie on the disk for a time."""
    Database(folder / OTHER).make_way()
    with _opened(folder, form) as archive:
        archive.upgrade()
        with archive.reading() as connection:
            held = kept_figures.totals(kept_figures.values(connection))
        rows = 0 if form.said.is_on_server else archive.database_bytes
        free = archive.vault.free()
    _refuse_full(shutil.disk_usage(folder).free, rows)
    if free is not None:
        _refuse_full(free, held.bytes + held.thumb_bytes + rows)


def _refuse_full(free: int, needed: int) -> None:
    if free < needed:
        raise StorageError(
            f"Sealing and unsealing need {size(needed)} of disk space beside the archive for a "
            f"time, and {size(free)} are free. Make room, or move the archive to a larger disk."
        )


@contextmanager
def _alone(folder: Path) -> Iterator[tuple[Description, Hold]]:
    lock = descriptions.read_existing(folder).lock(folder)  # nothing is made where no archive is
    with held_alone(lock):
        yield descriptions.read_existing(folder), lock


def _refuse(found: Description, command: str, *, already: bool) -> None:
    if already:
        raise UsageProblem(f"The archive is {'sealed' if found.sealed else 'open'} already.")
    if found.work is not None and found.work.command != command:
        raise UsageProblem(
            f"'fapproc {found.work.command}' was started on this archive and is not finished. "
            "Run it again first, or give it up with --give-up."
        )


def _unlock(folder: Path, found: Description) -> Keys:
    keys, _ = Keys.unlock(found.id, list(found.slots), passwords.ask())
    found.check(keys, folder)
    return keys


def _note(folder: Path, said: Description, keys: Keys) -> Description:
    said = said.authenticated(keys)
    said.write(folder)
    return said


def _opened(folder: Path, form: Form) -> Archive:
    """The archive in one of its forms."""
    return transcode.held(Unlocked(folder, form.said, form.keys))


def put_in_place(folder: Path) -> None:
    """Put the other database in place, if there is one.

    The first one's log goes before: it is not the other's.
    """
    with disk.opened(folder) as place:
        if place.is_file(OTHER):
            for leftover in ours.LOGS:
                place.remove(f"{DATABASE}{leftover}", ours.DATABASE_LOG)
            place.rename(OTHER, place, DATABASE)
            place.sync()


@contextmanager
def _or_back(folder: Path, first: Form) -> Iterator[None]:
    """Go back to the first form where a file of it is damaged: only there it can be repaired."""
    try:
        yield
    except Damaged:
        with suppress(Damaged):
            _go_back(folder, first)
        raise


def _go_back(folder: Path, first: Form) -> None:
    """Remove what was made of the other form, and say that nothing was begun."""
    try:
        with _opened(folder, first) as archive:
            transcode.remove_others(archive)
    finally:
        first.said.settle(folder)
