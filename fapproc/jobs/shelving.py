"""Every album with what it lists: the ids of its images, and what failed. Only reads rows."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter

from sqlalchemy import Connection

from fapproc.archive import Archive
from fapproc.db import catalogue, kept_figures
from fapproc.db import places as place_rows
from fapproc.db.figures import Figures
from fapproc.model import Album, Failure, UserId

_PLACES = 1 << 22
"""The ids of so many places are held at a time: 64 MB."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """An album with its images, in the source's order and by its numbers, and what failed."""

    album: Album
    images: list[int]
    failures: list[Failure]


def shelves(archive: Archive) -> Iterator[Shelf]:
    """Every album, by user and in the site's order."""
    with archive.reading() as connection:
        failed = _Failed(place_rows.every_failure(connection))
        for some in _held_together(connection):
            numbers = place_rows.site_ids(connection, [(each.user, each.id) for each in some])
            for album, its in zip(some, numbers, strict=True):
                yield Shelf(album, its, failed.of(album))


def _held_together(connection: Connection) -> Iterator[list[Album]]:
    """Every album, by user and in the site's order: some at a time, with so many places at most."""
    some: list[Album] = []
    count = 0
    for whose, albums in groupby(catalogue.albums(connection), key=attrgetter("user")):
        held = kept_figures.of_albums(connection, whose)
        for album in albums:
            places = held.get(album.id, Figures()).places
            if some and count + places > _PLACES:
                yield some
                some, count = [], 0
            some.append(album)
            count += places
    if some:
        yield some


class _Failed:
    """What failed, user by user, as albums are asked for in the same order of users."""

    def __init__(self, every: Iterator[Failure]) -> None:
        self._users = groupby(every, key=lambda each: each.place.user)
        self._next = next(self._users, None)
        self._whose: UserId | None = None
        self._albums: dict[int, list[Failure]] = {}

    def of(self, album: Album) -> list[Failure]:
        """What failed of an album."""
        if self._whose != album.user:
            self._whose, self._albums = album.user, {}
            while self._next is not None and _order(self._next[0]) <= _order(album.user):
                whose, failures = self._next
                for each in failures if whose == album.user else ():
                    self._albums.setdefault(each.place.album, []).append(each)
                self._next = next(self._users, None)
        return self._albums.get(album.id, [])


def _order(user: UserId) -> tuple[int, str]:
    """In which users are read."""
    return user.number, user.source
