"""What a database engine must be able to do with a whole database, and which engine is used.

Another engine is a module beside `sqlite.py`, and a line in `_BY_NAME` and `_SERVERS`.
"""

import importlib
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Connection, Engine

from fapproc.db.dialect import servers
from fapproc.db.dialect.sqlite import SQLite
from fapproc.db.dialect.turns import Taken, TooLong
from fapproc.errors import NoArchive
from fapproc.hold import Hold

__all__ = ["Driver", "Home", "Taken", "TooLong", "at", "driver_of", "is_url", "lock_at"]


class Home(Protocol):
    """Where the rows of one archive are kept, and how they are reached."""

    name: str
    """A path or a URL, for a person."""

    @property
    def file(self) -> "RowsFile | None":
        """The file in which the rows are; None where they are on a server."""

    def engine(self) -> Engine:
        """A pool of connections; a transaction begins as `begin` says."""

    def begin(self, connection: Connection, turn_seconds: float | None) -> None:
        """Begin a transaction: one that reads (None), or one that waits so long for its turn.

        Raises:
            Taken: another one writes all the time.
        """

    def without_references(self, connection: Connection) -> AbstractContextManager[None]:
        """Look after no foreign keys for a time, around a transaction that rebuilds tables."""

    def translate_errors(self) -> AbstractContextManager[None]:
        """Turn what a person can do something about into an error of ours."""

    def bytes(self) -> int:
        """What the rows take."""

    def tidy(self) -> None:
        """Let the engine learn what is there, after many rows came at once."""

    def close(self) -> None:
        """Let go of what was taken besides connections."""


class RowsFile(Protocol):
    """A file that holds the rows of one archive, and can be copied as a whole."""

    path: Path

    def make(self) -> None:
        """Make the file, empty, unless there is one: whoever opens it later makes none.

        Raises:
            StorageError: it can't be made.
        """

    def copy(self, target: Path, key: bytes | None) -> None:
        """Write one state of the rows into a new file, under this key or none.

        Raises:
            Damaged: the rows are not what was written.
            StorageError: the disk is full or can't be written.
        """

    def make_way(self) -> None:
        """Remove what an earlier copy left where this one is to be written.

        Raises:
            StorageError: something else lies there, or it can't be removed.
        """


class Driver(Protocol):
    """What an engine's driver does over a connection, beside the statements that all know."""

    def cursor(self, connection: Connection) -> Any:
        """A cursor of its own for a query, by PEP 249; it holds no rows that were not fetched."""

    def warnings(self, connection: Connection) -> list[str]:
        """What of its settings endangers rows, each in a sentence."""

    def within(self, connection: Connection, seconds: float) -> AbstractContextManager[None]:
        """End a statement that takes longer; with several, any of them.

        Raises:
            TooLong: it was ended.
        """

    def page_faults(self, connection: Connection) -> list[str]:
        """What the engine finds wrong with its pages and indexes; empty where all is well."""

    def seal_faults(self, connection: Connection) -> list[str]:
        """Pages of a sealed database that are not what was written."""

    def unlike_index(
        self, connection: Connection, table: str, column: str
    ) -> Iterable[tuple[str, str]]:
        """What rows say in a column, and what its index says of them, where these differ."""

    def rebuild_indexes(self, connection: Connection) -> None:
        """Make every index again from its table."""

    def dangling(self, connection: Connection) -> Iterable[tuple[str, str]]:
        """Child and parent table of each row whose reference leads nowhere."""

    def load(
        self,
        connection: Connection,
        table: str,
        names: Sequence[str],
        rows: Iterable[Sequence[Any]],
    ) -> None:
        """Write rows that were read from another database; `names` are their columns."""

    def empty(self, connection: Connection, table: str) -> None:
        """Delete all rows of a table, and those that refer to them."""

    def last_number(self, connection: Connection, table: str) -> int:
        """The last number that the database made for a row of this table, 0 for none."""

    def set_last_number(self, connection: Connection, table: str, number: int) -> None:
        """Let the next number that is made for a row of this table be the one after this."""


_BY_NAME = {
    "sqlite": "fapproc.db.dialect.sqlite",
    "postgresql": "fapproc.db.dialect.postgresql",
}
"""Drivers, by the name of SQLAlchemy's dialect."""
_SERVERS = {
    "postgresql+psycopg": (
        "fapproc.db.dialect.postgresql:PostgreSQL",
        "fapproc.db.dialect.postgresql_lock:ServerLock",
        "postgres",
    )
}
"""Classes of homes and of locks by the scheme of their URLs, and the extra that brings what they
need.

Each is imported when it is used: the extra may not be installed.
"""


def is_url(where: str) -> bool:
    """Whether this may be the URL of a database, here or where there are more engines."""
    return servers.scheme(where) != ""


def is_known(where: str) -> bool:
    """Whether this may be the URL of a database of an engine that is here."""
    return servers.scheme(where) in _SERVERS


def at(where: Path | str, key: bytes | None, *, read_only: bool = False) -> Home:
    """The engine that keeps the rows at this place.

    Args:
        where: the path of a file, or the URL of a database on a server.
        key: under which a file is sealed, if it is; servers seal nothing.
        read_only: nothing is written there, not even a lock.

    Raises:
        NoArchive: there is no engine of this scheme here, or its extra is not installed.
        UsageProblem: this is no URL of a database.
    """
    if isinstance(where, Path):
        return SQLite(where, key, read_only=read_only)
    home: Home = _class(where, 0)(where, read_only=read_only)
    return home


def lock_at(url: str) -> Hold:
    """The lock of an archive whose rows are in this database on a server.

    Raises:
        NoArchive, UsageProblem: as `at`.
    """
    lock: Hold = _class(url, 1)(url)
    return lock


def _class(url: str, which: int) -> Any:
    scheme = servers.scheme(url)
    if scheme not in _SERVERS:
        raise NoArchive(
            f"This program keeps rows in no database at {scheme}://, only at "
            f"{', '.join(f'{each}://' for each in _SERVERS)}."
        )
    *places, extra = _SERVERS[scheme]
    module, _, name = places[which].partition(":")
    try:
        return getattr(importlib.import_module(module), name)
    except ImportError as error:  # psycopg raises a plain one where libpq is missing
        raise NoArchive(
            f"A database at {scheme}:// needs packages that are not installed ({error}). "
            f"Install them in the project's folder: pip install '.[{extra}]'"
        ) from error


def driver_of(connection: Connection) -> Driver:
    """The driver behind a connection."""
    driver: Any = importlib.import_module(_BY_NAME[connection.dialect.name])
    return driver  # type: ignore[no-any-return]
