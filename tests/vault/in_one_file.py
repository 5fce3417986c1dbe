"""A second backend, small and real: the files of an archive in one SQLite file, `onefile://PATH`.

It has what object storage has: names without folders, listings in pages, times in whole seconds by
a clock that is not ours, and no rename, lock or condition. A place is marked with whose it is.
"""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from fapproc.durable.entry import Entry
from fapproc.errors import StorageError, Unreadable
from fapproc.vault.backend import Place

PAGE = 100
TABLES = """
CREATE TABLE owner (archive TEXT NOT NULL);
CREATE TABLE file (name TEXT PRIMARY KEY, data BLOB NOT NULL, at INTEGER NOT NULL);
"""
CLOCK = "CAST(strftime('%s', 'now') AS INTEGER) - 300000"


class OneFile:
    """The files of an archive in a file of their own."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @classmethod
    def connect(cls, place: Place) -> "OneFile":
        """The files at a place that was made for this archive."""
        path = Path(place.url.partition("://")[2])
        if not path.is_file():
            raise StorageError(f"{place.url} is not there. Is its disk connected?")
        found = cls(path)
        with found._opened("read") as connection:
            [owner] = connection.execute("SELECT archive FROM owner").fetchone()
        if owner != place.archive:
            raise StorageError(f"{place.url} holds the files of another archive.")
        return found

    @classmethod
    def refuse_taken(cls, place: Place) -> None:
        """See that there is no such file, or one of this archive."""
        if Path(place.url.partition("://")[2]).exists():
            cls.connect(place)

    @classmethod
    def create(cls, place: Place) -> None:
        """Make a place for the files of an archive; one that is there must be its own."""
        cls.refuse_taken(place)
        path = Path(place.url.partition("://")[2])
        if not path.exists():
            cls.make(path, place.archive)

    @staticmethod
    def make(path: Path, archive: str) -> str:
        """Make a place for the files of an archive of this id; returns its URL."""
        with closing(sqlite3.connect(path)) as connection:
            connection.executescript(TABLES)
            connection.execute("INSERT INTO owner VALUES (?)", (archive,))
            connection.commit()
        return f"onefile://{path}"

    def write(self, files: Mapping[str, bytes]) -> None:
        """Store all in one transaction."""
        statement = f"INSERT OR REPLACE INTO file VALUES (?, ?, {CLOCK})"
        with self._opened("write") as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(statement, files.items())
            connection.execute("COMMIT")

    def read(self, name: str) -> bytes | None:
        """Read the row."""
        try:
            with self._opened("read") as connection:
                row = connection.execute("SELECT data FROM file WHERE name = ?", (name,)).fetchone()
        except StorageError as error:
            raise Unreadable(str(error)) from error
        return None if row is None else bytes(row[0])

    def renew(self, name: str, data: bytes) -> None:
        """Write it again: a copy of an object onto itself is refused by some servers."""
        self.write({name: data})

    def delete(self, name: str) -> bool:
        """Remove the row."""
        with self._opened("delete") as connection:
            return connection.execute("DELETE FROM file WHERE name = ?", (name,)).rowcount > 0

    def entry(self, name: str) -> Entry | None:
        """The row without its bytes."""
        query = "SELECT name, length(data), at FROM file WHERE name = ?"
        with self._opened("read") as connection:
            row = connection.execute(query, (name,)).fetchone()
        return None if row is None else Entry(*row)

    def entries(self, kind: str) -> Iterator[Entry]:
        """The rows, a page at a time."""
        after, end = f"{kind}/", f"{kind}0"
        query = "SELECT name, length(data), at FROM file WHERE name > ? AND name < ?"
        while True:
            with self._opened("read") as connection:
                page = f"{query} ORDER BY name LIMIT {PAGE}"
                rows = connection.execute(page, (after, end)).fetchall()
            yield from (Entry(*row) for row in rows)
            if len(rows) < PAGE:
                return
            after = rows[-1][0]

    def obstacle(self, name: str) -> str | None:
        """Nothing but files has a name."""
        return None

    def now(self) -> float:
        """By the clock of the file, which is days behind."""
        with self._opened("read") as connection:
            [now] = connection.execute(f"SELECT {CLOCK}").fetchone()
        return float(now)

    def free(self) -> int | None:
        """Nobody tells."""
        return None

    def place(self, name: str) -> str:
        """The file of all, and the name in it."""
        return f"onefile://{self._path}#{name}"

    def folders(self) -> Sequence[Path]:
        """None has a picture in it."""
        return []

    def sweep(self) -> None:
        """A transaction that was not finished is undone by who comes next."""

    @contextmanager
    def _opened(self, verb: str) -> Iterator[sqlite3.Connection]:
        """A connection of this thread's own; what goes wrong in it is a sentence."""
        try:
            connection = sqlite3.connect(self._path, timeout=60, isolation_level=None)
            with closing(connection):
                yield connection
        except sqlite3.Error as error:
            raise StorageError(f"Can't {verb} in {self._path}: {error}.") from error
