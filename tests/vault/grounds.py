"""A place for each backend, for the suites over all of them: one more is a line in `GROUNDS`."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from fapproc.vault import registry
from fapproc.vault.backend import HERE, Backend, Place
from fapproc.vault.keys import Keys
from fapproc.vault.layouts import OpenLayout, SealedLayout
from fapproc.vault.store import FileLayout
from tests.vault import moto_storage, object_storage
from tests.vault.in_one_file import OneFile
from tests.vault.moto_storage import MotoStorage
from tests.vault.object_storage import ObjectStorage

ARCHIVE = "5e" * 16
AGE = 3 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Ground:
    """A place of a backend, and what can be done there without it."""

    place: Place
    age: Callable[[str], None]
    """Make a file look three days older."""

    def connect(self) -> Backend:
        """The backend there."""
        return registry.connect(self.place)


def here(folder: Path, archive: str) -> Ground:
    """The archive's own folder."""

    def age(name: str) -> None:
        found = (folder / name).stat()
        os.utime(folder / name, (found.st_mtime - AGE, found.st_mtime - AGE))

    folder.mkdir(exist_ok=True)
    return Ground(Place(HERE, folder, archive), age)


def in_one_file(folder: Path, archive: str) -> Ground:
    """A file beside it."""
    path = folder.with_name(f"{folder.name}.onefile")
    url = OneFile.make(path, archive)

    def age(name: str) -> None:
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("UPDATE file SET at = at - ? WHERE name = ?", (AGE, name))
            connection.commit()

    return Ground(Place(url, folder, archive), age)


def in_a_bucket(folder: Path, archive: str) -> Ground:
    """A folder of a bucket, on rclone's server."""
    return _in_a_bucket_of(object_storage.served(), folder, archive)


def in_a_bucket_of_moto(folder: Path, archive: str) -> Ground:
    """A folder of a bucket, on moto's server."""
    return _in_a_bucket_of(moto_storage.served(), folder, archive)


def _in_a_bucket_of(server: ObjectStorage | MotoStorage, folder: Path, archive: str) -> Ground:
    place = Place(server.place(), folder, archive)
    registry.create(place)

    def age(name: str) -> None:
        found = registry.connect(place)
        before = found.entry(name)
        server.age(f"{place.url}/{name}", AGE, lambda: found.entry(name) != before)

    return Ground(place, age)


GROUNDS: dict[str, Callable[[Path, str], Ground]] = {
    "file": here,
    "onefile": in_one_file,
    "s3": in_a_bucket,
    "s3 of moto": in_a_bucket_of_moto,
}
"""By scheme; of object storage there are several servers."""
LAYOUTS: dict[str, Callable[[], FileLayout]] = {
    "open": OpenLayout,
    "sealed": lambda: SealedLayout(Keys.new(ARCHIVE)),
}


def register(monkeypatch: pytest.MonkeyPatch, ground: str = "s3") -> None:
    """Add the tests' own backend to the registry, and tell where a ground's object storage is."""
    monkeypatch.setitem(registry.BACKENDS, "onefile", "tests.vault.in_one_file:OneFile")
    server = moto_storage.served() if "moto" in ground else object_storage.served()
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
