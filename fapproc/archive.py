"""The archive: vault and database of one folder, opened once and closed once.

    archive.json (+ .bak)   format version, archive id, suite, password slots, where things are
    imagefap.database       the rows; SQLCipher in a sealed archive
    blobs/ thumbs/          the files
    tag_export/             what `export` writes, in the clear
    .locks/ .tmp/           who uses it, and files that are being written

`archive.json` is written first and the database second, so a folder with `imagefap.database` but
no `archive.json` is never ours: it is the predecessor's, or one whose `archive.json` was lost.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from sqlalchemy import Connection

from fapproc import description as descriptions
from fapproc import password as passwords
from fapproc.db.engine import Database
from fapproc.description import DATABASE, Description
from fapproc.errors import ArchiveHeld, NoArchive, PasswordProblem, StorageError
from fapproc.lock import Lock
from fapproc.vault.keys import SUITE, Keys, Purpose
from fapproc.vault.local import LocalFolder
from fapproc.vault.store import OpenCover, SealedCover, Vault

EXPORT = "tag_export"
FIRST_SLOT = "password"


@dataclass(frozen=True, slots=True)
class Unlocked:
    """A folder that holds an archive, and its keys if it is sealed: ready to be opened.

    Asking for a password comes before a reactor or a server starts; opening may come later.
    """

    folder: Path
    description: Description
    keys: Keys | None


class Archive:
    """One opened archive; use it as a context manager."""

    def __init__(self, unlocked: Unlocked, lock: Lock) -> None:
        self.folder = unlocked.folder
        self.description = unlocked.description
        keys = unlocked.keys
        self.vault = Vault(LocalFolder(self.folder), SealedCover(keys) if keys else OpenCover())
        database_key = keys.subkey(Purpose.DATABASE) if keys else None
        self._database = Database(self.folder / DATABASE, database_key)
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
        return cls.open_unlocked(unlock_or_create(folder))

    @classmethod
    def open_unlocked(cls, unlocked: Unlocked) -> Self:
        """Open what was unlocked: share it with others, and bring its tables up to date."""
        lock = Lock(unlocked.folder)
        lock.share()
        archive = cls(unlocked, lock)
        try:
            _refuse_changed(unlocked)
            archive.upgrade()
            archive.vault.sweep()
        except BaseException:
            archive.close()
            raise
        return archive

    def upgrade(self) -> None:
        """Bring the tables up to date; NoArchive if a newer program wrote them."""
        self._database.migrate()

    def close(self) -> None:
        """Close the database and let go of the archive."""
        self._database.close()
        self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one state of the rows."""
        with self._database.reading() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A connection in a writing transaction; durable when the block ends without an error."""
        with self._database.writing() as connection:
            yield connection

    def job(self, name: str) -> AbstractContextManager[None]:
        """Be the only one that does this job; ArchiveHeld names who does it already."""
        return self._lock.job(name)

    @property
    def sealed(self) -> bool:
        """Whether files and rows are encrypted."""
        return self.description.sealed

    @property
    def database_path(self) -> Path:
        """Where the rows are."""
        return self._database.path

    @property
    def database_bytes(self) -> int:
        """What the rows take on disk, the write-ahead log included."""
        path = self._database.path
        files = (path, path.with_name(path.name + "-wal"))
        return sum(file.stat().st_size for file in files if file.exists())

    @property
    def export_folder(self) -> Path:
        """Where `export` writes."""
        return self.folder / EXPORT


def unlock(folder: Path) -> Unlocked:
    """Find the archive in a folder and open its keys; asks for the password of a sealed one.

    Raises:
        NoArchive, PasswordProblem, Damaged: as `Archive.open`.
    """
    found = descriptions.read(folder)
    if found is None:
        raise NoArchive(
            f"No archive in {folder}. Make one with 'scrapy crawl favorites -a user=NAME' or "
            "'fapproc import DIR', or name another folder with --archive or FAP_ARCHIVE."
        )
    return _unlock(folder, found)


def unlock_or_create(folder: Path) -> Unlocked:
    """Like `unlock`; where there is no archive, make one, sealed if a password is given for it."""
    found = descriptions.read(folder)
    if found is not None:
        return _unlock(folder, found)
    password = passwords.ask_new()
    _make_folder(folder)
    made, keys = Description.new(), None
    if password is not None:
        keys = Keys.new(made.id)
        made = replace(made, suite=SUITE, slots=(keys.slot(FIRST_SLOT, password),))
        made = made.authenticated(keys)
    with Lock(folder).job("create"):
        if descriptions.read(folder) is not None:  # the password may have taken minutes to type
            raise ArchiveHeld(f"An archive was made in {folder} meanwhile. Try again.")
        made.write(folder)
    return Unlocked(folder, made, keys)


def _unlock(folder: Path, found: Description) -> Unlocked:
    if found.work is not None:
        raise ArchiveHeld(
            f"'fapproc {found.work.command}' was begun on the archive in {folder} and is not "
            "finished. Run it again: it goes on where it was."
        )
    if not found.sealed:
        if passwords.given() is not None:
            raise PasswordProblem(
                f"A password was given, but the archive in {folder} is open: what is added to it "
                "lies in the clear. Give none to use it so, or seal it with 'fapproc seal'."
            )
        return Unlocked(folder, found, None)
    keys, _ = Keys.unlock(found.id, list(found.slots), passwords.ask())
    found.check(keys, folder)
    return Unlocked(folder, found, keys)


def _refuse_changed(unlocked: Unlocked) -> None:
    """Since the password was asked for, the archive may have been sealed, unsealed or replaced."""
    now = descriptions.read(unlocked.folder)
    then = unlocked.description
    if now is None or (now.id, now.suite, now.work) != (then.id, then.suite, then.work):
        raise ArchiveHeld(
            f"The archive in {unlocked.folder} was changed while it was opened. Try again."
        )


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise StorageError(
            f"The archive folder {folder} can't be made: {error.strerror}. "
            "Name another one with --archive or FAP_ARCHIVE."
        ) from error
