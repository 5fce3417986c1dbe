"""The archive: vault and database of one folder, opened once and closed once.

    archive.json (+ .bak)   format version, archive id, suite, password slots, where things are
    imagefap.database       the rows, unless a server has them; SQLCipher in a sealed archive
    blobs/ thumbs/          the files
    tag_export/             what `export` writes, unencrypted
    .locks/ .unfinished/    who uses it, and files that are being written

Of a new archive an empty file is made for the database first, then `archive.json` is written, then
the tables are made. So a folder whose `archive.json` is there and whose database is not has lost
that; and one that has a database with something in it, but no `archive.json`, is the predecessor's,
or has lost `archive.json`.
"""

import os
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import NoReturn, Self

from sqlalchemy import Connection

from fapproc import description as descriptions
from fapproc.db import founding, images
from fapproc.db.engine import Database
from fapproc.description import Description
from fapproc.durable.folder import DurableFolder
from fapproc.errors import ArchiveHeld, Damaged, StorageError
from fapproc.executors.outcomes import StaysHere
from fapproc.hold import Hold, Holder, Waiting, held_alone
from fapproc.lock import Lock
from fapproc.ours import DATABASE
from fapproc.steps import Begin, unseen
from fapproc.unlocking import Unlocked, create_if_needed, prepare, unlock
from fapproc.vault import registry
from fapproc.vault.keys import Purpose
from fapproc.vault.layouts import OpenLayout, SealedLayout
from fapproc.vault.store import Kind, Vault

EXPORT = "tag_export"


class Archive:
    """One opened archive; use it as a context manager."""

    def __init__(
        self, unlocked: Unlocked, lock: Hold, *, file: str = DATABASE, read_only: bool = False
    ) -> None:
        """Know the archive; `file`: the name of its database, where that lies in its folder."""
        self.read_only = read_only
        self.folder, self.description = unlocked.folder, unlocked.description
        self.unlocked, keys = unlocked, unlocked.keys
        files = registry.connect(self.description.place(self.folder))
        self.vault = Vault(files, SealedLayout(keys) if keys else OpenLayout())
        key = keys.subkey(Purpose.DATABASE) if keys else None
        rows = self.description.rows(self.folder / file)
        self._database = Database(rows, key, lock.named, read_only=read_only)
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
        lock = unlocked.description.lock(unlocked.folder)
        archive = cls(unlocked, lock)
        lock.share()
        try:
            _refuse_changed(unlocked)
            archive.refuse_lost()
            if archive._database.is_behind():
                lock.release()
                with held_alone(unlocked.description.lock(unlocked.folder)):
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

    def refuse_lost(self) -> None:
        """Refuse an archive that has lost its rows, and rows without their pictures.

        A new database would hide the loss; a check would take all pictures for lost.

        Raises:
            Damaged: the database is missing, or is empty and there are pictures.
            StorageError: what its server has there is not this archive's, or the pictures are in
                the folder of another computer.
        """
        if self.description.is_on_server:
            founding.refuse_others(self._database, self.description.id)
            self._refuse_other_folder()
            return
        database = self.folder / DATABASE
        if not os.path.lexists(database):
            raise Damaged(
                f"The database of the archive in {self.folder} is missing. Restore {DATABASE} from "
                "a copy, or name another folder with --archive for a new archive."
            )
        is_empty = database.is_file() and database.stat().st_size == 0
        if is_empty and next(self.vault.entries(Kind.BLOB), None) is not None:
            raise Damaged(
                f"The archive in {self.folder} has pictures, but its database is empty. Restore "
                f"{DATABASE} from a copy."
            )

    def _refuse_other_folder(self) -> None:
        """Rows on a server are seen from every folder that names it; pictures lie in one."""
        for blobs in self.vault.folders()[:1]:  # none in a bucket
            if blobs.is_dir() and any(blobs.iterdir()):
                return
            with self.reading() as connection:
                if images.are_any(connection):
                    raise StorageError(
                        f"{blobs} is empty, but the rows on the server name pictures. Use the "
                        "folder in which they are, or put them back from a copy; "
                        "'fapproc move --blobs' there lets several computers see them."
                    )

    def upgrade(self) -> None:
        """Bring the tables up to date; to those of an earlier program it must be held alone."""
        self._database.migrate()

    def sweep(self, *, alone: bool = False) -> None:
        """Remove what crashes left half written; `alone`: nobody else could be writing."""
        DurableFolder(self.folder).sweep(alone=alone)
        self.vault.sweep()

    def close(self) -> None:
        """Close the database and let go of the archive."""
        try:
            self._database.close()
        finally:
            self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def __reduce__(self) -> NoReturn:
        raise StaysHere("an open archive stays in its process, and so do its keys")

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

    def copy_database(self, target: Path, begin: Begin = unseen) -> None:
        """Copy one state of the rows into a file, sealed as they are; others may go on writing."""
        self._database.copy_to(target, begin)

    def copy_to_server(self, url: str, begin: Begin = unseen) -> None:
        """Copy one state of the rows into a database without tables, on a server."""
        with closing(Database(url)) as database:
            founding.found(database, self.description.id, self._database, begin)

    def in_folder(self, folder: Path, database: str = DATABASE) -> "Archive":
        """The copy of this archive in another folder, under the same keys; the caller holds it."""
        copy = Unlocked(folder, self.as_copy(self.description), self.unlocked.keys)
        return Archive(copy, Lock(folder), file=database)

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


def _refuse_changed(unlocked: Unlocked) -> None:
    """Since the password was asked for, the archive may have been sealed, unsealed or replaced."""
    now, then = descriptions.read(unlocked.folder), unlocked.description
    if now is None or replace(now, slots=then.slots, mac=then.mac) != then:
        raise ArchiveHeld(
            f"The archive in {unlocked.folder} was changed while it was opened.", "Try again."
        )
