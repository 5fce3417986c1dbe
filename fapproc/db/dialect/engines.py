"""What a database engine must be able to do with a whole database, and which engine is used.

Another engine is a module beside `sqlite.py`, its line in `_BY_NAME`, and its choice in `at`.
"""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DatabaseError

from fapproc.db.dialect import sqlite
from fapproc.db.dialect.sqlite import TooLong

__all__ = ["Driver", "Home", "TooLong", "at", "driver_of"]


class Home(Protocol):
    """Where the rows of one archive are kept: how they are reached, and copied as a whole."""

    def engine(self) -> Engine:
        """A pool of connections; a transaction begins as `begin` says."""

    def begin(self, connection: Connection, turn_seconds: float | None) -> None:
        """Begin a transaction: one that reads (None), or one that waits so long for its turn."""

    def is_taken(self, error: DatabaseError) -> bool:
        """Whether a transaction could not begin because another one writes."""

    def without_references(self, connection: Connection) -> AbstractContextManager[None]:
        """Look after no foreign keys for a time, around a transaction that rebuilds tables."""

    def translate_errors(self) -> AbstractContextManager[None]:
        """Turn what a person can do something about into an error of ours."""

    def copy(self, target: Path, key: bytes | None) -> None:
        """Write one state of the rows into a new file, under this key or none.

        Raises:
            Damaged: the rows are not what was written.
            StorageError: the disk is full or can't be written.
        """

    def copy_alike(self, target: Path) -> None:
        """The same under the key that the rows have."""

    def make_way(self) -> None:
        """Remove what an earlier copy left where this one is to be written.

        Raises:
            StorageError: something else lies there, or it can't be removed.
        """

    def bytes(self) -> int:
        """What the rows take."""

    def close(self) -> None:
        """Let go of what was taken besides connections."""


class Driver(Protocol):
    """What an engine's driver does over a connection, beside the statements that all know."""

    def cursor(self, connection: Connection) -> Any:
        """A cursor of its own for a query, by PEP 249; it holds no rows that were not fetched."""

    def within(self, connection: Connection, seconds: float) -> AbstractContextManager[None]:
        """End what takes longer.

        Raises:
            TooLong: it was ended.
        """

    def page_faults(self, connection: Connection) -> list[str]:
        """What the engine finds wrong with its pages and indexes; empty where all is well."""

    def seal_faults(self, connection: Connection) -> list[str]:
        """Pages of a sealed database that are not what was written."""

    def rebuild_indexes(self, connection: Connection) -> None:
        """Make every index again from its table."""

    def dangling(self, connection: Connection) -> Iterable[tuple[str, str]]:
        """Child and parent table of each row whose reference leads nowhere."""


_BY_NAME: dict[str, Driver] = {"sqlite": sqlite}


def at(path: Path, key: bytes | None, *, read_only: bool = False) -> Home:
    """The engine that keeps the rows at this place, sealed with a key or not.

    `read_only`: nothing is written there, not even a lock.
    """
    return sqlite.SQLite(path, key, read_only=read_only)


def driver_of(connection: Connection) -> Driver:
    """The driver behind a connection."""
    return _BY_NAME[connection.dialect.name]
