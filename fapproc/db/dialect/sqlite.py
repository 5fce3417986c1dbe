"""SQLite, over `sqlcipher3`: connections, waiting for turns, meaning of its errors, its own checks.

WAL, `synchronous=FULL`, foreign keys on. Every writing transaction begins with BEGIN IMMEDIATE,
which waits for its turn instead of failing at its first write (when a reader turns into a writer,
SQLITE_BUSY_SNAPSHOT comes at once, whatever the timeout).
"""

import mmap
import shutil
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import sqlcipher3.dbapi2 as driver
from sqlalchemy import Connection, Engine, NullPool, QueuePool, create_engine
from sqlalchemy.exc import DatabaseError

from fapproc import ours
from fapproc.db.dialect import files
from fapproc.db.dialect.turns import Taken, TooLong
from fapproc.errors import Damaged, StorageError

_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON")
_DAMAGE = (
    "decode to UTF-8",
    "not a database",
    "malformed",
    "no such",  # table, column, index, function or collation
    "has no column named",
    "foreign key mismatch",  # the index that a reference needs is not there, or of other columns
    "unsupported file format",
    "too big",  # a length that no row of ours has
)
"""What SQLite says of a file that is not what was written; waiting or room mends none of it."""

_OFTEN = 100_000
"""Steps of SQLite's machine after which it looks at the clock: a millisecond."""


class SQLite:
    """One database in a file, unencrypted or sealed with a raw key."""

    def __init__(self, path: Path, key: bytes | None, *, read_only: bool = False) -> None:
        self.path, self.name = path, str(path)
        self._key = key
        self._read_only = read_only
        self._copy: TemporaryDirectory[str] | None = None

    @property
    def file(self) -> "SQLite":
        """Itself."""
        return self

    def engine(self) -> Engine:
        """A pool of connections; a transaction begins as `begin` says."""
        # The pool is named: without a path in its address SQLAlchemy takes the database for one in
        # memory, keeps a connection a thread, and from the sixth thread on closes those in use.
        # The module is named: else it waits for errors of `sqlite3`, and ours pass it by.
        return create_engine(
            "sqlite://",
            module=driver,
            creator=self._connect,
            # One that reads a file that others may write looks each time how it is to be read.
            poolclass=NullPool if self._read_only else QueuePool,
            hide_parameters=True,  # a traceback must not show the names that a statement was given
        )

    def begin(self, connection: Connection, turn_seconds: float | None) -> None:
        """Begin a transaction: one that reads, or one that waits so long for its turn to write."""
        if turn_seconds is None:
            connection.exec_driver_sql("BEGIN")
            return
        session: Any = connection.connection.driver_connection
        session.execute(f"PRAGMA busy_timeout = {int(turn_seconds * 1000)}")
        try:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        except DatabaseError as error:
            if isinstance(error.orig, driver.OperationalError) and "locked" in str(error):
                raise Taken from error
            raise
        finally:
            session.execute(f"PRAGMA busy_timeout = {files.BUSY_SECONDS * 1000}")

    @contextmanager
    def without_references(self, connection: Connection) -> Iterator[None]:
        """Look after no foreign keys for a time, around a transaction that rebuilds tables."""
        session: Any = connection.connection.driver_connection
        session.execute("PRAGMA foreign_keys = OFF")  # does nothing inside a transaction
        try:
            yield
        finally:
            session.execute("PRAGMA foreign_keys = ON")

    @contextmanager
    def translate_errors(self) -> Iterator[None]:
        """Turn what the driver says of the disk into a sentence."""
        try:
            yield
        except UnicodeDecodeError as error:  # a text of a row, or the driver's own of a table
            raise Damaged(
                f"{self.path} is damaged (it holds text that is not UTF-8). Restore it from a copy."
            ) from error
        except (DatabaseError, driver.DatabaseError) as error:  # the latter while rows are read
            cause = error.orig if isinstance(error, DatabaseError) else error
            said = str(cause)
            if any(words in said for words in _DAMAGE):
                raise Damaged(
                    f"{self.path} is damaged or not a database ({said}). Restore it from a copy."
                ) from error
            if not isinstance(cause, driver.OperationalError):
                raise
            if "I/O" in said and not _shares_memory(self.path):
                raise StorageError(
                    f"The disk of {self.path} has no memory that programs can share, which the "
                    "database needs (is it a network disk?). Keep the archive on a disk of this "
                    "computer; its blobs and thumbs may be on the other disk, with links in their "
                    "places."
                ) from error
            raise StorageError(
                f"The database {self.path} can't be used: {said}. Make room, give permission, or "
                "wait for the other program; nothing that was stored is lost."
            ) from error

    def make(self) -> None:
        """Make the file of the rows, empty, unless there is one."""
        try:
            files.make(self.path)
        except OSError as error:
            raise StorageError(
                f"The database {self.path} can't be made: {error.strerror}. Give permission, or "
                "move away what is in its place."
            ) from error

    def copy(self, target: Path, key: bytes | None) -> None:
        """Write one state of the rows into a new file, under this key or none; as `files.copy`."""
        files.copy(self.path, self._key, target, key)

    def make_way(self) -> None:
        """Remove what an earlier copy left where this one is to be written; as `files.make_way`."""
        files.make_way(self.path)

    def bytes(self) -> int:
        """What the rows take on disk, the write-ahead log included."""
        kept = (self.path, self.path.with_name(f"{self.path.name}{ours.LOGS[0]}"))
        return sum(file.stat().st_size for file in kept if file.exists())

    def tidy(self) -> None:
        """Nothing: it keeps no statistics, so queries are written for it as they are answered."""

    def close(self) -> None:
        """Remove the copy that was read, if there was any."""
        if self._copy is not None:
            self._copy.cleanup()

    def _connect(self) -> Any:
        files.refuse_others(self.path)
        if not self.path.exists():
            raise Damaged(f"The database {self.path} is missing. Restore it from a copy.")
        connection = self._opened(self._address())
        pragmas = ("query_only=ON",) if self._read_only else _PRAGMAS
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")
        return connection

    def _address(self) -> str:
        """Where rows are; if nothing may be written: there, or in a copy with its log."""
        address = files.to_read(self.path) if self._read_only else files.to_write(self.path)
        if address is None:
            if self._copy is None:
                self._copy = TemporaryDirectory(prefix="fapproc-")
                for each in ("", ours.LOGS[0]):
                    name = f"{self.path.name}{each}"
                    shutil.copyfile(self.path.with_name(name), Path(self._copy.name) / name)
            address = files.to_write(Path(self._copy.name) / self.path.name)
        return address

    def _opened(self, address: str) -> Any:
        connection = driver.connect(
            address,
            timeout=files.BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
            uri=True,
        )
        if self._key is not None:
            # The log writes to stderr when a key is wrong; the error says it once already.
            connection.execute("PRAGMA cipher_log_level = NONE")
            connection.execute(f"PRAGMA key = {files.raw(self._key)}")
            connection.execute("PRAGMA cache_size = -65536")  # a page costs a decryption: keep it
        return connection


def cursor(connection: Connection) -> Any:
    """A cursor of the driver's own, which holds no rows that were not fetched."""
    return connection.connection.cursor()


def warnings(connection: Connection) -> list[str]:
    """Nothing: its settings are ours."""
    del connection
    return []


@contextmanager
def within(connection: Connection, seconds: float) -> Iterator[None]:
    """End what takes longer.

    Raises:
        TooLong: it was ended.
    """
    session: Any = connection.connection.driver_connection
    end = time.monotonic() + seconds
    session.set_progress_handler(lambda: time.monotonic() > end, _OFTEN)
    try:
        yield
    except (DatabaseError, driver.DatabaseError) as error:  # the latter while rows are read
        cause = error.orig if isinstance(error, DatabaseError) else error
        if "interrupted" not in str(cause):
            raise
        raise TooLong from error
    finally:
        session.set_progress_handler(None, 0)


def page_faults(connection: Connection) -> list[str]:
    """What SQLite finds wrong with its pages and indexes; empty where all is well."""
    said = connection.exec_driver_sql("PRAGMA integrity_check").scalars()
    return [line for line in said if line != "ok"]


def seal_faults(connection: Connection) -> list[str]:
    """Pages of a sealed database that are not what was written."""
    return [str(row[0]) for row in connection.exec_driver_sql("PRAGMA cipher_integrity_check")]


def unlike_index(connection: Connection, table: str, column: str) -> Iterator[tuple[str, str]]:
    """What rows say in a column, and what its index says of them, where these differ."""
    session: Any = connection.connection.driver_connection
    read = f'SELECT rowid, "{column}" FROM "{table}"'  # noqa: S608 - names of our schema
    own = dict(session.execute(f"{read} NOT INDEXED").fetchall())
    index = f'ix_{table}_{column} ORDER BY "{column}"'
    for row, said in session.execute(f"{read} INDEXED BY {index}").fetchall():
        if own.get(row, said) != said:
            yield own[row], said


def rebuild_indexes(connection: Connection) -> None:
    """Make every index again from its table."""
    connection.exec_driver_sql("REINDEX")


def dangling(connection: Connection) -> Iterator[tuple[str, str]]:
    """Child and parent table of each row whose reference leads nowhere."""
    for table, _, parent, _ in connection.exec_driver_sql("PRAGMA foreign_key_check"):
        yield table, parent


def load(
    connection: Connection, table: str, names: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Write rows that were read from another database."""
    columns = ", ".join(f'"{name}"' for name in names)
    places = ", ".join("?" * len(names))
    session: Any = connection.connection.driver_connection
    session.executemany(f'INSERT INTO "{table}" ({columns}) VALUES ({places})', rows)  # noqa: S608 - names of our schema


def empty(connection: Connection, table: str) -> None:
    """Delete all rows of a table, and those that refer to them."""
    connection.exec_driver_sql(f'DELETE FROM "{table}"')  # noqa: S608 - as above


def last_number(connection: Connection, table: str) -> int:
    """The last number that the database made for a row of this table."""
    session: Any = connection.connection.driver_connection
    [highest] = session.execute(f'SELECT coalesce(max(id), 0) FROM "{table}"').fetchone()  # noqa: S608 - as above
    given = session.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", [table]).fetchone()
    return int(max(highest, given[0] if given else 0))


def set_last_number(connection: Connection, table: str, number: int) -> None:
    """Let the next number that is made for a row of this table be the one after this."""
    session: Any = connection.connection.driver_connection
    session.execute("DELETE FROM sqlite_sequence WHERE name = ?", [table])
    session.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", [table, number])


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
