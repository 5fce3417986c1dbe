"""The database: one SQLAlchemy engine on `sqlcipher3`, and the two kinds of transaction.

WAL, `synchronous=FULL`, foreign keys on; every writing transaction begins with BEGIN IMMEDIATE,
which waits for its turn instead of failing at its first write (SQLITE_BUSY_SNAPSHOT comes at once,
whatever the timeout, when a reader turns into a writer).
"""

import mmap
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlcipher3.dbapi2 as driver
from sqlalchemy import Connection, QueuePool, create_engine, event, text
from sqlalchemy.exc import DatabaseError, OperationalError

from fapproc import disk
from fapproc.db import files, schema
from fapproc.db.files import BUSY_SECONDS
from fapproc.errors import ArchiveHeld, Damaged, NoArchive, StorageError
from fapproc.voice import tell

TURN_SECONDS = 2.0
"""After so long, and not before, somebody is told for whom a transaction waits."""
BEGIN_TRIES = 150
Who = Callable[[], str]


class Database:
    """The rows of one archive; safe to use from several threads, each with its own connection."""

    def __init__(self, path: Path, key: bytes | None = None, who: Who = lambda: "") -> None:
        """Know the database; `who` says who else has it open, for those who wait."""
        self.path = path
        self._who = who
        self._key = key
        # The pool is named: without a path in its address SQLAlchemy takes the database for one in
        # memory, keeps a connection a thread, and from the sixth thread on closes those in use.
        # The module is named: else it waits for errors of `sqlite3`, and ours pass it by.
        self._engine = create_engine(
            "sqlite://",
            module=driver,
            creator=self._connect,
            poolclass=QueuePool,
            hide_parameters=True,  # a traceback must not show the names that a statement was given
        )
        event.listen(self._engine, "begin", _begin)

    def close(self) -> None:
        """Close every connection; the last one out folds the write-ahead log in."""
        self._engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees one state of the database from its first query to its end."""
        with _told(self.path), self._engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that writes; it is durable when the block has ended without an error."""
        with _told(self.path), self._engine.connect() as raw:
            connection = raw.execution_options(writes=True)
            transaction = self._begin_in_turn(connection)
            with transaction:
                yield connection

    def is_behind(self) -> bool:
        """Whether an earlier program wrote the tables; False for a database without any.

        Raises:
            NoArchive: the database was written by a newer program.
        """
        found = self.revision()
        if found is not None and found > schema.REVISION:
            raise NoArchive(
                f"{self.path} was written by a newer version of this program (its tables are "
                f"{found}, this one knows {schema.REVISION}). Update the program to open it."
            )
        return found is not None and found < schema.REVISION

    def migrate(self) -> None:
        """Bring the tables to the newest revision; those of an earlier program are copied first.

        The copy, `….before-REVISION`, lies beside the database and is sealed as that is. Nobody
        else may use a database that is behind while this runs.

        Raises:
            NoArchive: the database was written by a newer program.
            StorageError: there is no room for the copy; nothing was changed.
        """
        if self.is_behind():
            self.copy_to(self.path.with_name(f"{self.path.name}.before-{schema.REVISION}"))
        if self.revision() != schema.REVISION:
            from fapproc.db import migrations

            self.rework(migrations.upgrade)

    def copy_to(self, target: Path) -> None:
        """Copy one state of the database, whoever writes meanwhile; in the same form, or none.

        Raises:
            StorageError: the disk is full or can't be written; a copy that was there is kept.
        """
        part = target.with_name(f"{target.name}.part")
        try:
            files.copy(self.path, self._key, part, self._key)
            disk.replace(part, target)
        except OSError as error:
            raise StorageError(f"{target} can't be written: {error.strerror}.") from error

    def rework(self, change: Callable[[Connection], None]) -> None:
        """Change tables with foreign keys off, then look that no reference broke.

        A batch rebuild of a parent table deletes its children, silently, with foreign keys on.

        Raises:
            Damaged: references would break; nothing was changed.
        """
        with _told(self.path), self._engine.connect() as raw:
            session: Any = raw.connection.driver_connection
            session.execute("PRAGMA foreign_keys = OFF")  # does nothing inside a transaction
            try:
                connection = raw.execution_options(writes=True)
                with self._begin_in_turn(connection):
                    broken = _dangling(connection)
                    change(connection)
                    if _dangling(connection) > broken:
                        raise Damaged(
                            f"{self.path} can't be brought up to date: references would break. "
                            "Nothing was changed; use the version that wrote it."
                        )
            finally:
                session.execute("PRAGMA foreign_keys = ON")

    def revision(self) -> str | None:
        """The revision of the schema on disk; None for a database without tables."""
        with self.reading() as connection:
            known = text("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'")
            if connection.execute(known).first() is None:
                return None
            row = connection.execute(text("SELECT version_num FROM alembic_version")).first()
            return None if row is None else str(row[0])

    def _begin_in_turn(self, connection: Connection) -> Any:
        """Begin a writing transaction; nothing was done yet, so trying again is the whole retry.

        Raises:
            ArchiveHeld: another program writes all the time, or was stopped while it did.
        """
        for tries_left in reversed(range(BEGIN_TRIES)):
            try:
                return connection.begin()
            except OperationalError as error:
                if "locked" not in str(error):
                    raise
                who = self._who() or "another program"
                if not tries_left:
                    raise ArchiveHeld(
                        f"{self.path} is being written by {who}. Wait for it, or end it, then run "
                        "the same command again."
                    ) from error
            if tries_left == BEGIN_TRIES - 1:
                tell(f"Waiting until {who} lets the database be written.")
            time.sleep(0.1)
        raise AssertionError("unreachable")

    def _connect(self) -> Any:
        files.refuse_others(self.path)
        connection = driver.connect(
            str(self.path), timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        if self._key is not None:
            # The log writes to stderr when a key is wrong; the error says it once already.
            connection.execute("PRAGMA cipher_log_level = NONE")
            connection.execute(f"PRAGMA key = {files.raw(self._key)}")
            connection.execute("PRAGMA cache_size = -65536")  # a page costs a decryption: keep it
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")
        return connection


def _dangling(connection: Connection) -> int:
    return len(connection.exec_driver_sql("PRAGMA foreign_key_check").all())


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    if not writes:
        connection.exec_driver_sql("BEGIN")
        return
    connection.exec_driver_sql(f"PRAGMA busy_timeout = {int(TURN_SECONDS * 1000)}")
    try:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    finally:
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")


def _shares_memory(path: Path) -> bool:
    """Whether the log's index, which SQLite has made and could not use, can be mapped."""
    try:
        with path.with_name(f"{path.name}-shm").open("rb+") as file:
            mmap.mmap(file.fileno(), 1).close()
    except FileNotFoundError:
        return True
    except (OSError, ValueError):
        return False
    return True


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Turn what the driver says of the disk into a sentence."""
    try:
        yield
    except (DatabaseError, driver.DatabaseError) as error:  # the latter from a cursor of its own
        cause = error.orig if isinstance(error, DatabaseError) else error
        said = str(cause)
        if "not a database" in said or "malformed" in said:
            raise Damaged(
                f"{path} is damaged or not a database ({said}). Restore it from a copy."
            ) from error
        if isinstance(cause, driver.OperationalError):
            if "I/O" in said and not _shares_memory(path):
                raise StorageError(
                    f"The disk of {path} gives programs no common memory, which the database needs "
                    "(a network disk?). Keep the archive on a disk of this computer; its blobs and "
                    "thumbs may lie on the other one, with links in their places."
                ) from error
            raise StorageError(
                f"The database {path} can't be used: {said}. Make room, give permission, or wait "
                "for the other program; nothing that was stored is lost."
            ) from error
        raise
