"""Everything that the archive knows, piece by piece, for `print` and other programs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from fapproc.archive import Archive
from fapproc.db import catalogue, derived, duplicates, images
from fapproc.db import places as place_rows
from fapproc.db import tags as tag_rows
from fapproc.dedup.method import HASHES
from fapproc.model import Album, Failure, Group, Image, Sighting, Tag, User


@dataclass(frozen=True, slots=True)
class Shelf:
    """An album with what is on it, in site order, and what could not be had."""

    album: Album
    sightings: list[Sighting]
    failures: list[Failure]


@dataclass(frozen=True, slots=True)
class Entry:
    """An image with everything that hangs on it.

    `codes` by hash method, in the registry's order; `cnn` is the model that made its vector.
    """

    image: Image
    sightings: tuple[Sighting, ...]
    tags: tuple[str, ...]
    codes: Mapping[str, bytes]
    cnn: str | None


def users(archive: Archive) -> list[User]:
    """Every user, by id."""
    with archive.reading() as connection:
        return catalogue.users(connection)


def shelves(archive: Archive) -> Iterator[Shelf]:
    """Every album, by user and in the site's order."""
    with archive.reading() as connection:
        for album in catalogue.albums(connection):
            sightings = list(place_rows.sightings(connection, album.user, album.id))
            failures = place_rows.failures(connection, album.user, album.id)
            yield Shelf(album, sightings, failures)


def entries(archive: Archive) -> Iterator[Entry]:
    """Every image, in the order of arrival."""
    with archive.reading() as connection:
        for batch in images.iterate(connection):
            ids = [stored.id for stored in batch]
            seen = place_rows.sightings_of(connection, ids)
            tagged = tag_rows.tags_of(connection, ids)
            codes = images.codes_of(connection, ids)
            models = derived.models_of(connection, ids)
            for stored in batch:
                known = codes.get(stored.id, {})
                yield Entry(
                    stored.image,
                    tuple(seen[stored.id]),
                    tuple(tagged.get(stored.id, ())),
                    {name: known[name] for name in HASHES if name in known},
                    models.get(stored.id),
                )


def groups(archive: Archive) -> list[Group]:
    """Every group of possible duplicates."""
    with archive.reading() as connection:
        return duplicates.groups(connection)


def tags(archive: Archive) -> list[Tag]:
    """Every tag, siblings by name, depth first."""
    with archive.reading() as connection:
        return tag_rows.tree(connection)
