"""The archive: vault and database of one folder, opened once and closed once.

    archive.json (+ .bak)   format version, archive id, suite, password slots, where things are
    imagefap.database       the rows; SQLCipher in a sealed archive
    blobs/ thumbs/          the files
    tag_export/             what `export` writes, unencrypted
    .locks/ .unfinished/    who uses it, and files that are being written

`archive.json` is written first and the database second, so a folder with `imagefap.database` but
no `archive.json` is never ours: it is the predecessor's, or one whose `archive.json` was lost.
"""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

from sqlalchemy import Connection

from fapproc import description as descriptions
from fapproc import disk
from fapproc import password as passwords
from fapproc.db.engine import Database
from fapproc.description import Description
from fapproc.durable.folder import DurableFolder, refusal
from fapproc.errors import ArchiveHeld, NoArchive, PasswordProblem, StorageError
from fapproc.lock import Holder, Lock, Waiting, held_alone
from fapproc.ours import DATABASE
from fapproc.vault import registry
from fapproc.vault.backend import HERE
from fapproc.vault.keys import SUITE, Keys, Purpose
from fapproc.vault.layouts import OpenLayout, SealedLayout
from fapproc.vault.store import Kind, Vault

EXPORT = "tag_export"
FIRST_SLOT = "password"
CREATE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Unlocked:
    """A folder that holds an archive, and its keys if it is sealed: to be opened, maybe later."""

    folder: Path
    description: Description
    keys: Keys | None


@dataclass(frozen=True, slots=True)
class NewArchive:
    """A folder without an archive; password and place of files, as described, of a new one."""

    folder: Path
    password: str | None = field(repr=False)
    files: str = HERE


class Archive:
    """One opened archive; use it as a context manager."""

    def __init__(
        self, unlocked: Unlocked, lock: Lock, database: str = DATABASE, *, read_only: bool = False
    ) -> None:
        self.read_only = read_only
        self.folder, self.description = unlocked.folder, unlocked.description
        self.unlocked, keys = unlocked, unlocked.keys
        files = registry.connect(self.description.place(self.folder))
        self.vault = Vault(files, SealedLayout(keys) if keys else OpenLayout())
        key = keys.subkey(Purpose.DATABASE) if keys else None
        self._database = Database(self.folder / database, key, lock.named, read_only=read_only)
        self._lock = lock

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open the archive in this folder, asking for its password if it is sealed.

        Raises:
            NoArchive: no archive there, the predecessor's, or one of a newer program.
            PasswordProblem: a wrong password, none, or one that was given for an open archive.
            ArchiveHeld: something holds the archive alone.
            Damaged: `archive.json` or the database is not what was written.
        """
        return cls.open_unlocked(unlock(folder))

    @classmethod
    def open_or_create(cls, folder: Path) -> Self:
        """Open the archive in this folder, or make one: sealed if a password is given for it.

        Raises:
            StorageError: the folder can't be made or written.
            NoArchive, PasswordProblem, ArchiveHeld, Damaged: as `open`.
        """
        return cls.open_unlocked(create_if_needed(prepare(folder)))

    @classmethod
    def open_unlocked(cls, unlocked: Unlocked) -> Self:
        """Open what was unlocked: share it with others, and bring its tables up to date.

        Raises:
            ArchiveHeld: as `open`, or the archive was changed since it was unlocked.
            Damaged, StorageError: the database, or a folder of files, can't be used.
        """
        archive = cls(unlocked, lock := Lock(unlocked.folder))
        lock.share()
        try:
            _refuse_changed(unlocked)
            descriptions.refuse_lost(unlocked.folder, archive.vault.entries(Kind.BLOB))
            if archive._database.is_behind():
                lock.release()
                with held_alone(unlocked.folder):
                    _refuse_changed(unlocked)
                    archive.upgrade()
                lock.share()
                _refuse_changed(unlocked)
            archive.upgrade()
            archive.sweep()
        except BaseException:
            archive.close()
            raise
        return archive

    def upgrade(self) -> None:
        """Bring the tables up to date; to those of an earlier program it must be held alone."""
        self._database.migrate()

    def sweep(self, *, alone: bool = False) -> None:
        """Remove what crashes left half written; `alone`: nobody else could be writing."""
        DurableFolder(self.folder).sweep(alone=alone)
        self.vault.sweep()

    def close(self) -> None:
        """Close the database and let go of the archive."""
        self._database.close()
        self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def reading(self) -> AbstractContextManager[Connection]:
        """A connection that sees one state of the rows."""
        return self._database.reading()

    def writing(self, *, dry: bool = False) -> AbstractContextManager[Connection]:
        """A connection in a transaction that is durable when the block ends; `dry`: only tried."""
        return self._database.writing(dry=dry)

    def job(
        self, name: str, *, wait: float = 0, waiting: Waiting = lambda _: None, said: str = ""
    ) -> AbstractContextManager[None]:
        """Be the only one that does this job, as `Lock.job`; of those who may write."""
        if self.read_only:
            return nullcontext()
        return self._lock.job(name, wait=wait, waiting=waiting, said=said)

    def others(self) -> "list[Holder | None]":
        """Who else has it open; None for one that doesn't say who it is."""
        return [] if self.read_only else self._lock.others()

    def was_in_use(self, at: float) -> bool:
        """Whether a program that has the archive open had it open at that time already."""
        return not self.read_only and self._lock.was_held(at)

    def copy_database(self, target: Path) -> None:
        """Copy one state of the rows into a file, sealed as they are; others may go on writing."""
        self._database.copy_to(target)

    def in_folder(self, folder: Path, database: str = DATABASE) -> "Archive":
        """The copy of this archive in another folder, under the same keys; the caller holds it."""
        copy = Unlocked(folder, self.as_copy(self.description), self.unlocked.keys)
        return Archive(copy, Lock(folder), database)

    def as_copy(self, said: Description) -> Description:
        """What a copy of this archive says of itself, whose files lie in its own folder."""
        return said.copied(self.unlocked.keys)

    @property
    def sealed(self) -> bool:
        """Whether files and rows are encrypted."""
        return self.description.sealed

    @property
    def database_bytes(self) -> int:
        """What the rows take on disk, with what is not folded in yet."""
        return self._database.bytes

    @property
    def export_folder(self) -> Path:
        """Where `export` writes."""
        return self.folder / EXPORT


def unlock(folder: Path, password: str | None = None) -> Unlocked:
    """Find the archive in a folder and open its keys.

    Args:
        folder: which.
        password: what was typed for a sealed one; it is asked for where none is given.

    Raises:
        NoArchive, PasswordProblem, Damaged: as `Archive.open`.
    """
    if (found := descriptions.read(folder)) is None:
        raise NoArchive(
            f"No archive in {folder}. Make one with 'fapproc read -u NAME' or "
            "'fapproc import DIR', or name another folder with --archive or FAP_ARCHIVE."
        )
    return _unlock(folder, found, password)


def prepare(folder: Path, *, makes: bool = True) -> Unlocked | NewArchive:
    """Ask for what opening or, if it `makes` one, making the archive needs; nothing is made yet.

    Raises:
        NoArchive: the predecessor's folder, or an archive of a newer program.
        StorageError: none could be made there.
        PasswordProblem, ArchiveHeld, Damaged: as `Archive.open`.
    """
    if (found := descriptions.read(folder)) is not None:
        return _unlock(folder, found)
    if not makes:
        return NewArchive(folder, None)
    if (refused := refusal(folder)) is not None:
        raise _not_makable(folder, refused)
    return NewArchive(folder, passwords.ask_new(f"Password for the new archive in {folder}"))


def create_if_needed(prepared: Unlocked | NewArchive) -> Unlocked:
    """Make the archive that is wanted, so that it can be opened as often as a command needs.

    Raises:
        StorageError: the folder, or the place of its files, can't be made.
        ArchiveHeld: another program has made one there meanwhile.
    """
    if isinstance(prepared, Unlocked):
        return prepared
    folder, password = prepared.folder, prepared.password
    try:
        disk.make(folder, 0o700)
    except OSError as error:
        raise _not_makable(folder, error) from error
    with Lock(folder).job("create", wait=CREATE_SECONDS):
        found = descriptions.read(folder)
        if found and not found.sealed and password is None and found.files == prepared.files:
            return Unlocked(folder, found, None)
        if found is not None:
            raise ArchiveHeld(f"An archive was made in {folder} meanwhile.", "Try again.")
        new, keys = replace(Description.new(), files=prepared.files), None
        if password is None:
            passwords.warn_open()
        else:
            keys = Keys.new(new.id)
            slots = (keys.slot(FIRST_SLOT, password),)
            new = replace(new, suite=SUITE, slots=slots).authenticated(keys)
        registry.create(new.place(folder))
        new.write(folder)
    return Unlocked(folder, new, keys)


def _unlock(folder: Path, found: Description, password: str | None = None) -> Unlocked:
    if found.work is not None:
        raise ArchiveHeld(
            f"'fapproc {found.work.command}' was started on the archive in {folder} and is not "
            "finished.",
            "Run it again: it goes on where it was.",
        )
    if not found.sealed:
        if password is not None or passwords.given() is not None:
            raise PasswordProblem(
                f"A password was given, but the archive in {folder} is not sealed: new pictures "
                "would be stored unencrypted. Leave the password out to use it as it is, or seal "
                "it with 'fapproc seal'."
            )
        return Unlocked(folder, found, None)
    typed = passwords.ask(f"Password of the archive in {folder}") if password is None else password
    keys, _ = Keys.unlock(found.id, list(found.slots), typed)
    found.check(keys, folder)
    return Unlocked(folder, found, keys)


def _refuse_changed(unlocked: Unlocked) -> None:
    """Since the password was asked for, the archive may have been sealed, unsealed or replaced."""
    now, then = descriptions.read(unlocked.folder), unlocked.description
    if now is None or replace(now, slots=then.slots, mac=then.mac) != then:
        raise ArchiveHeld(
            f"The archive in {unlocked.folder} was changed while it was opened.", "Try again."
        )


def _not_makable(folder: Path, error: OSError) -> StorageError:
    return StorageError(
        f"The archive folder {folder} can't be made: {error.strerror}. Name another one with "
        "--archive or FAP_ARCHIVE."
    )
