"""Seal an open archive, or open a sealed one; a kill at any moment is continued, not half believed.

Three phases, each recorded in `archive.json` before it begins: `make` writes the other form of
every file and of the database beside the present one; `switch` puts the other database in place,
which is the point of no return; `clear` removes the first form and checks the second. The archive
is held alone all the way. Each step may be repeated.
"""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from fapproc import description as descriptions
from fapproc import password as passwords
from fapproc.archive import FIRST_SLOT, Archive, Unlocked
from fapproc.db import images
from fapproc.db.engine import copy
from fapproc.db.images import Stored
from fapproc.description import DATABASE, Description, Work
from fapproc.errors import Damaged, NoArchive, UsageProblem
from fapproc.lock import Lock
from fapproc.vault.keys import SUITE, Keys, Purpose
from fapproc.vault.local import LocalFolder, sync_folder
from fapproc.vault.store import Key, Kind

OTHER = f"{DATABASE}.new"
BATCH = 64

Done = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Report:
    """What was done: images that are in the other form now, files of the first form removed."""

    images: int
    removed: int


def seal(folder: Path, done: Done = lambda _: None) -> Report:
    """Encrypt everything in an open archive; asks for the new password, or for it to go on.

    Raises:
        UsageProblem: the archive is sealed already, or is being unsealed.
        Damaged: a file is not what was stored; the archive stays open then. Repair it first.
        ArchiveHeld: others have the archive open.
    """
    with _alone(folder) as before:
        _refuse(before, "seal", already=before.sealed and before.work is None)
        now, keys = _begin_sealing(folder, before)
        count = 0
        if now.work is Work.SEAL_MAKE:
            with _or_back(folder, Description(before.id), None):
                with _opened(folder, now, None) as clear, _opened(folder, now, keys) as sealed:
                    clear.upgrade()
                    count = _copy_files(clear, sealed, done)
                copy(folder / DATABASE, None, folder / OTHER, keys.subkey(Purpose.DATABASE))
            now = _note(folder, replace(now, work=Work.SEAL_SWITCH), keys)
        if now.work is Work.SEAL_SWITCH:
            _switch(folder)
            now = _note(folder, replace(now, suite=SUITE, work=Work.SEAL_CLEAR), keys)
        with _opened(folder, now, keys) as sealed:
            removed = _clear(sealed)
        _finish(folder, replace(now, work=None).authenticated(keys))
    return Report(count, removed)


def unseal(folder: Path, done: Done = lambda _: None) -> Report:
    """Decrypt everything in a sealed archive; asks for its password.

    Raises:
        UsageProblem: the archive is open already, or is being sealed.
        PasswordProblem, Damaged, ArchiveHeld: as `seal`.
    """
    with _alone(folder) as before:
        _refuse(before, "unseal", already=not before.sealed and before.work is None)
        keys = _unlock(folder, before)
        now = before if before.work else replace(before, work=Work.UNSEAL_MAKE)
        now = _note(folder, now, keys)
        count = 0
        if now.work is Work.UNSEAL_MAKE:
            with _or_back(folder, replace(now, work=None).authenticated(keys), keys):
                with _opened(folder, now, keys) as sealed, _opened(folder, now, None) as clear:
                    sealed.upgrade()
                    count = _copy_files(sealed, clear, done)
                copy(folder / DATABASE, keys.subkey(Purpose.DATABASE), folder / OTHER, None)
            now = _note(folder, replace(now, work=Work.UNSEAL_SWITCH), keys)
        if now.work is Work.UNSEAL_SWITCH:
            _switch(folder)
            now = _note(folder, replace(now, suite=None, work=Work.UNSEAL_CLEAR), keys)
        with _opened(folder, now, None) as clear:
            removed = _clear(clear)
        _finish(folder, Description(before.id))
    return Report(count, removed)


def _begin_sealing(folder: Path, before: Description) -> tuple[Description, Keys]:
    """Make the keys, or go on with those of a seal that was interrupted."""
    if before.work is not None:
        return before, _unlock(folder, before)
    password = passwords.ask_new("New password for the archive", may_be_empty=False)
    keys = Keys.new(before.id)
    slots = (keys.slot(FIRST_SLOT, password or ""),)
    return _note(folder, replace(before, slots=slots, work=Work.SEAL_MAKE), keys), keys


def _finish(folder: Path, said: Description) -> None:
    """Write the last state twice, so that the copy is no half-way one to put back."""
    said.write(folder)
    said.write(folder)


@contextmanager
def _alone(folder: Path) -> Iterator[Description]:
    if descriptions.read(folder) is None:
        raise NoArchive(f"No archive in {folder}. Name another folder with --archive.")
    lock = Lock(folder)
    lock.alone()
    try:
        found = descriptions.read(folder)
        if found is None:
            raise NoArchive(f"No archive in {folder}. Name another folder with --archive.")
        yield found
    finally:
        lock.release()


def _refuse(found: Description, command: str, *, already: bool) -> None:
    if already:
        raise UsageProblem(f"The archive is {'sealed' if found.sealed else 'open'} already.")
    if found.work is not None and found.work.command != command:
        raise UsageProblem(
            f"'fapproc {found.work.command}' was begun on this archive and is not finished. "
            "Run it again first."
        )


def _unlock(folder: Path, found: Description) -> Keys:
    keys, _ = Keys.unlock(found.id, list(found.slots), passwords.ask())
    found.check(keys, folder)
    return keys


def _note(folder: Path, said: Description, keys: Keys) -> Description:
    said = said.authenticated(keys)
    said.write(folder)
    return said


@contextmanager
def _opened(folder: Path, found: Description, keys: Keys | None) -> Iterator[Archive]:
    """The archive in one of its forms, without a lock of its own: it is held alone already."""
    archive = Archive(Unlocked(folder, found, keys), Lock(folder))
    try:
        yield archive
    finally:
        archive.close()


def _copy_files(source: Archive, target: Archive, done: Done) -> int:
    """Write every blob and thumbnail in the other form; only the source's rows are read."""
    count = 0
    with source.reading() as connection:
        for batch in images.iterate(connection, BATCH):
            files = [file for stored in batch for file in _files(source, stored)]
            target.vault.put(files)
            count += len(batch)
            done(len(batch))
    return count


def _files(source: Archive, stored: Stored) -> Iterator[tuple[Key, bytes]]:
    for key, expect in _keys(stored):
        yield key, source.vault.get(key, expect=expect)


def _keys(stored: Stored) -> Iterator[tuple[Key, str | None]]:
    """The files of an image, each with the digest that it must have if it is not its name's."""
    image = stored.image
    if image.lost_at is None:
        yield Key(Kind.BLOB, image.digest, image.format), None
    if image.thumb_format is not None:
        yield Key(Kind.THUMB, image.digest, image.thumb_format), image.thumb_digest


def _switch(folder: Path) -> None:
    """Put the other database in place. The first one's log goes first: it is not the other's."""
    if (folder / OTHER).exists():
        for leftover in ("-wal", "-shm", "-journal"):
            (folder / f"{DATABASE}{leftover}").unlink(missing_ok=True)
        (folder / OTHER).replace(folder / DATABASE)
        sync_folder(folder)


@contextmanager
def _or_back(folder: Path, first: Description, keys: Keys | None) -> Iterator[None]:
    """Go back to the first form where a file of it is damaged: only there it can be repaired."""
    try:
        yield
    except Damaged:
        with suppress(Damaged), _opened(folder, first, keys) as archive:
            _remove_others(archive)
        _finish(folder, first)
        raise


def _clear(archive: Archive) -> int:
    """Remove every file that is not of the present form, after reading each of those that are."""
    with archive.reading() as connection:
        for batch in images.iterate(connection, BATCH):
            for stored in batch:
                deque(_files(archive, stored), maxlen=0)
    return _remove_others(archive)


def _remove_others(archive: Archive) -> int:
    """Remove every file that no row stands for in the present form, and copies of the database."""
    with archive.reading() as connection:
        kept = {
            archive.vault.name(key)
            for batch in images.iterate(connection, BATCH)
            for stored in batch
            for key, _ in _keys(stored)
        }
    files = LocalFolder(archive.folder)
    leftovers = [name for name in archive.vault.names() if name not in kept]
    leftovers += [path.name for path in archive.folder.glob(f"{DATABASE}.*")]
    files.sweep(everyone=True)
    return sum(files.delete(name) for name in leftovers)
