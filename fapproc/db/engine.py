"""The database: a pool of connections to it, and the two kinds of transaction.

A reading transaction sees one state. A writing one waits for its turn before it does anything, so
after an error it can simply be tried again. What differs between engines is in `dialect`.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, event, inspect, text

from fapproc import disk
from fapproc.db import copying, counting, creating, schema
from fapproc.db.dialect import engines
from fapproc.errors import ArchiveHeld, Damaged, NoArchive, StorageError
from fapproc.steps import Begin, unseen
from fapproc.voice import tell

TURN_SECONDS = 2.0
"""After so long, and not before, somebody is told for whom a transaction waits."""
BEGIN_TRIES = 150
_ODD = (ValueError, KeyError, TypeError, AttributeError, IndexError)
_NO_WORD = "is not a valid "
"""What an enum of ours says of a word that is none of its own."""
Who = Callable[[], str]


class Database:
    """The rows of one archive; safe to use from several threads, each with its own connection."""

    def __init__(
        self,
        where: Path | str,
        key: bytes | None = None,
        who: Who = lambda: "",
        *,
        read_only: bool = False,
    ) -> None:
        """Know the database.

        Args:
            where: the path of a file, or the URL of a database on a server.
            key: under which a file is sealed, if it is; a copy in a file is, too.
            who: says who else has it open, for those who wait.
            read_only: nothing is written, and what has to be is refused.
        """
        self._key = key
        self._who = who
        self._read_only = read_only
        self._home = engines.at(where, key, read_only=read_only)
        self._engine = self._home.engine()
        event.listen(self._engine, "begin", self._begin)

    @property
    def name(self) -> str:
        """Where it is, for a person."""
        return self._home.name

    def close(self) -> None:
        """Close every connection; the last one out folds the write-ahead log in."""
        self._engine.dispose()
        self._home.close()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees one state of the database from its first query to its end.

        Raises:
            Damaged, StorageError: the disk, or what is on it, can't be used.
        """
        with self._connected() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self, *, dry: bool = False) -> Iterator[Connection]:
        """A transaction that writes; it is durable when the block has ended without an error.

        `dry`: it is tried, refused where it would be, and nothing of it stays.

        Raises:
            StorageError: the database was opened read-only.
        """
        if self._read_only:
            raise StorageError(
                f"{self.name} is opened read-only, so nothing can be changed. Copy the "
                "archive to where you may write, or leave out --read-only."
            )
        with self._connected() as raw:
            connection = raw.execution_options(writes=True, **counting.begun())
            with self._begin_in_turn(connection) as transaction:
                yield connection
                counting.settle(connection)
                if dry:
                    transaction.rollback()

    def make(self) -> None:
        """Make the file of a new database, empty, where it is to lie in one.

        Nothing else does: a file that is missing later was lost, and is not replaced by an empty
        one.

        Raises:
            StorageError: it can't be made.
        """
        if self._home.file is not None:
            self._home.file.make()

    def is_behind(self) -> bool:
        """Whether an earlier program wrote the tables; False for a database without any.

        Raises:
            NoArchive: the database was written by a newer program.
        """
        found = self.revision()
        if found is not None and found > schema.REVISION:
            raise NoArchive(
                f"{self.name} was written by a newer version of this program (its tables are "
                f"{found}, this one knows {schema.REVISION}). Update the program to open it."
            )
        return found is not None and found < schema.REVISION

    def migrate(self) -> None:
        """Make the tables, or bring them to the newest revision.

        Those of an earlier program are copied first if they lie in a file: the copy,
        `….before-REVISION`, lies beside it and is sealed as that is. Nobody else may use a
        database that is behind while this runs.

        Raises:
            NoArchive: the database was written by a newer program.
            StorageError: there is no room for the copy, or nothing may be written; nothing was
                changed.
        """
        if self._read_only and self.revision() != schema.REVISION:
            self.is_behind()
            raise StorageError(
                f"{self.name} was written by an earlier version of this program and must be "
                "upgraded, which can't be done here: it is read-only. Copy the archive to where "
                "you may write."
            )
        if self.revision() is None:
            with self.writing() as connection:
                creating.create(connection)
        elif self.is_behind():
            from fapproc.db import migrations

            if self._home.file is not None:
                path = self._home.file.path
                self.copy_to(path.with_name(f"{path.name}.before-{schema.REVISION}"))
            self.rework(migrations.upgrade)
        else:
            return
        # A connection that renamed tables writes rows at half the pace (106 us a picture, 49 with
        # a new one, 2026-11-29), and one that made them leaves a long log: neither is kept.
        self._engine.dispose()

    def copy_to(self, target: Path, begin: Begin = unseen) -> None:
        """Copy one state of the database, whoever writes meanwhile; in the same form, or none.

        Raises:
            StorageError: the disk is full or can't be written; a copy that was there is kept.
        """
        part = target.with_name(f"{target.name}.part")
        try:
            self.convert_to(part, self._key, begin)
            disk.replace(part, target)
        except OSError as error:
            raise StorageError(f"{target} can't be written: {error.strerror}.") from error

    def convert_to(self, target: Path, key: bytes | None, begin: Begin = unseen) -> None:
        """Write one state of the database into a new file, under another key or none.

        Raises:
            Damaged, StorageError: as `copy_to`; what was written may be left, and is written over.
        """
        if self._home.file is not None:
            self._home.file.copy(target, key)
            return
        with closing(Database(target, key)) as copy:
            copy.make_way()
            copy.make()
            copy.migrate()
            with self.reading() as source:
                copy.rework(lambda target: copying.copy_rows(source, target, begin))

    def make_way(self) -> None:
        """Remove what was left of a copy that was to be written here.

        Raises:
            StorageError: something else lies there, or it can't be removed.
        """
        if self._home.file is not None:
            self._home.file.make_way()

    def tidy(self) -> None:
        """Let the engine learn what is there, after many rows came at once."""
        with self._home.translate_errors():
            self._home.tidy()

    @property
    def bytes(self) -> int:
        """What the rows take."""
        return self._home.bytes()

    def rework(self, change: Callable[[Connection], None]) -> None:
        """Change tables with foreign keys off, then look that no reference broke.

        A batch rebuild of a parent table deletes its children, silently, with foreign keys on.

        Raises:
            Damaged: references would break; nothing was changed.
        """
        with self._connected() as raw, self._home.without_references(raw):
            connection = raw.execution_options(writes=True)
            with self._begin_in_turn(connection):
                broken = _count_dangling(connection)
                change(connection)
                if _count_dangling(connection) > broken:
                    raise Damaged(
                        f"{self.name} can't be upgraded: references would break. Nothing was "
                        "changed; use the version that wrote it."
                    )

    def revision(self) -> str | None:
        """The revision of the schema on disk; None for a database without tables."""
        with self.reading() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return None
            row = connection.execute(text("SELECT version_num FROM alembic_version")).first()
            return None if row is None else str(row[0])

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        with self._home.translate_errors():
            try:
                with self._engine.connect() as connection:
                    yield connection
            except _ODD as error:
                self._refuse_damage(error)
                raise

    def _refuse_damage(self, error: Exception) -> None:
        """Tell damage from a fault of this program, where a row makes no sense.

        Raises:
            Damaged: the row holds a word that this program never wrote, or the database itself
                finds something wrong with its pages.
        """
        with self._engine.connect() as connection:
            faults = engines.driver_of(connection).page_faults(connection)
        if faults or _NO_WORD in str(error):
            said = faults[0].splitlines()[0] if faults else str(error)
            raise Damaged(
                f"{self.name} is damaged ({said}). 'fapproc check' shows more; restore it from a "
                "copy."
            ) from error

    def _begin_in_turn(self, connection: Connection) -> Any:
        """Begin a writing transaction; nothing was done yet, so trying again is the whole retry.

        Raises:
            ArchiveHeld: another program writes all the time, or was stopped while it did.
        """
        for tries_left in reversed(range(BEGIN_TRIES)):
            try:
                return connection.begin()
            except engines.Taken as error:
                who = self._who() or "another program"
                if not tries_left:
                    raise ArchiveHeld(f"{self.name} is being written by {who}.") from error
            if tries_left == BEGIN_TRIES - 1:
                tell(f"Waiting until the database can be written: {who} is writing it.")
            time.sleep(0.1)
        raise AssertionError("unreachable")

    def _begin(self, connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes", False)
        self._home.begin(connection, TURN_SECONDS if writes else None)


def _count_dangling(connection: Connection) -> int:
    return sum(1 for _ in engines.driver_of(connection).dangling(connection))
