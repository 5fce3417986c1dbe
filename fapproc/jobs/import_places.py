"""Which album a folder of the disk is: the one imported from there, or the one with its pictures.

A folder that was moved or renamed is still the same album. If something is left at the old place,
the new folder is a copy, and an album of its own.
"""

import hashlib
import os
from collections.abc import Callable, Collection
from functools import cached_property
from pathlib import Path

from sqlalchemy import Connection

from fapproc.archive import Archive
from fapproc.db import catalogue, disk_albums
from fapproc.model import LOCAL_DISK


class Places:
    """Where the albums of one archive lie, in the course of one import; of none, nowhere."""

    def __init__(self, archive: Archive | None) -> None:
        self._archive = archive
        self._places: dict[int, str] = {}
        self._names: dict[int, str] = {}
        if archive is not None:
            with archive.reading() as connection:
                self._places = disk_albums.places(connection)
                albums = catalogue.albums(connection, LOCAL_DISK)
            self._names = {each.id: each.name for each in albums}
        self._at = {place: number for number, place in self._places.items()}
        self.moved: list[tuple[str, str]] = []
        """Albums by the names that they had, each with where it was found again."""

    def find(self, place: Path, digests: Callable[[], Collection[str]]) -> int:
        """The id of the album that this folder or ZIP file is.

        Args:
            place: its whole path.
            digests: of its pictures; they are asked for where it may be one that was moved.
        """
        path = str(place)
        if (known := self._at.get(path)) in self._names:
            return known
        number = number_of(path)
        if number in self._names and number not in self._places:  # of before places were kept
            return number
        if self._left and (found := self._moved_here(place, digests())) is not None:
            self._left.discard(found)
            self.moved.append((self._names[found], path))
            return found
        again = 0
        while number in self._names:  # its folder lies elsewhere now, and this is another one
            again += 1
            number = number_of(f"{path}\0{again}")
        return number

    def settle(self, connection: Connection, number: int, name: str, place: Path) -> None:
        """An album is imported from here."""
        if self._places.get(number) != (path := str(place)):
            disk_albums.set_place(connection, number, path)
            self._places[number] = path
            self._at[path] = number
        self._names[number] = name

    @cached_property
    def _left(self) -> set[int]:
        """Albums of whose folder nothing is where it was."""
        there = self._places.items()
        return {each for each, at in there if each in self._names and not os.path.lexists(at)}

    def _moved_here(self, place: Path, digests: Collection[str]) -> int | None:
        """The one of these that has most of the pictures here, which are most of what it has."""
        if self._archive is None:
            return None
        with self._archive.reading() as connection:
            found = {
                number: count
                for number, count in disk_albums.shared(connection, digests).items()
                if number in self._left
                and 2 * count > len(digests)
                and 2 * count > disk_albums.shown(connection, number)
            }

        def likeness(number: int) -> tuple[int, bool, int]:
            return found[number], Path(self._places[number]).name == place.name, -number

        return max(found, key=likeness, default=None)


def number_of(text: str) -> int:
    """A positive id of 63 bits, the same for the same text."""
    digest = hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()
    return int.from_bytes(digest[:8], "big") >> 1 or 1
