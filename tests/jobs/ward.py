"""An archive to be damaged, open or sealed: its files by what they are, and the command line."""

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from click.testing import CliRunner, Result

from fapproc.archive import Archive
from fapproc.cli import main
from fapproc.db import images
from fapproc.jobs.findings import File, files_of
from fapproc.ours import DATABASE
from tests import made_once
from tests.archives.make import PASSWORD, unpack

OLD = 2 * 24 * 3600
_PAGE, _LEAF = 4096, 0x0D
"""Bytes of a page, and how one begins that holds rows of a table; those of indexes don't."""


@dataclass(frozen=True, slots=True)
class Ward:
    """An archive in a folder, and the password that opens it, or none."""

    folder: Path
    password: str

    @classmethod
    def new(cls, folder: Path, *, sealed: bool) -> "Ward":
        """Put a filled archive into a folder; its files are two days old."""
        return cls(made_once.put(folder, _fill, sealed), PASSWORD if sealed else "")

    @contextmanager
    def opened(self) -> Iterator[Archive]:
        """The archive, open."""
        with mock.patch.dict(os.environ, {"FAP_PASSWORD": self.password}):
            archive = Archive.open(self.folder)
        with archive:
            yield archive

    def files(self) -> list[tuple[Path, Path]]:
        """Blob and thumbnail of each image, in the order of arrival."""
        return [(self.path(blob), self.path(thumb)) for blob, thumb in self._named()]

    def path(self, file: File) -> Path:
        """Where a file lies."""
        return self.folder / file.name

    def run(self, *words: str) -> Result:
        """Run a command on the archive."""
        environment = {"FAP_PASSWORD": self.password}
        return CliRunner().invoke(main, [*words, "-d", str(self.folder)], env=environment)

    def found(self, *words: str) -> list[tuple[str, str]]:
        """Kind and name of everything that `check` finds."""
        result = self.run("check", "--json", *words)
        assert result.exit_code in {0, 13}, result.output
        lines = [json.loads(line) for line in result.stdout.splitlines()]
        assert (result.exit_code == 0) == all(
            line["done"] and line["repair"][:6] != "marked" for line in lines
        )
        return [(line["kind"], line["name"]) for line in lines]

    def is_clean(self) -> bool:
        """Whether `check --read-data` finds nothing."""
        return self.found("--read-data") == []

    def execute(self, *statements: str) -> None:
        """Change rows behind the program's back."""
        with self.opened() as archive, archive._database._engine.connect() as raw:
            session = raw.connection.driver_connection
            assert session is not None
            session.execute("PRAGMA foreign_keys = OFF")
            session.execute("PRAGMA ignore_check_constraints = ON")
            for statement in statements:
                session.execute(statement)
            raw.invalidate()

    def ask(self, query: str) -> list[tuple[object, ...]]:
        """Read rows."""
        with self.opened() as archive, archive.reading() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(query)]

    def _named(self) -> list[tuple[File, File]]:
        with self.opened() as archive, archive.reading() as connection:
            found: list[tuple[File, File]] = []
            for stored in images.every(connection):
                blob, thumb = files_of(archive, stored)
                found.append((blob, thumb))
            return found


def _fill(folder: Path, sealed: bool) -> None:
    unpack("sealed" if sealed else "open", folder)
    with Ward(folder, PASSWORD if sealed else "").opened():
        pass  # it is one of an earlier revision: brought up to date here
    for file in (*folder.glob("blobs/*/*"), *folder.glob("thumbs/*/*")):
        age(file)


def age(file: Path, seconds: float = OLD) -> None:
    """Make a file look old."""
    then = time.time() - seconds
    os.utime(file, (then, then))


def flip(file: Path, at: int = 100) -> None:
    """Flip one bit, and keep size and time."""
    data = bytearray(file.read_bytes())
    data[at] ^= 1
    file.write_bytes(data)
    age(file)


def change_rows(ward: Ward, was: bytes, now: bytes) -> None:
    """Change on the disk what rows say, and no index."""
    ward.ask("PRAGMA wal_checkpoint(TRUNCATE)")
    file = ward.folder / DATABASE
    data = file.read_bytes()
    pages = [data[start : start + _PAGE] for start in range(0, len(data), _PAGE)]
    changed = [page.replace(was, now) if page[0] == _LEAF else page for page in pages]
    assert changed != pages
    file.write_bytes(b"".join(changed))
