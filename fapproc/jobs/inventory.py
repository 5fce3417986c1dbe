"""Everything that the archive knows, piece by piece, for `print` and other programs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from fapproc.archive import Archive
from fapproc.db import catalogue, derived, duplicates, images, observations
from fapproc.db import places as place_rows
from fapproc.db import tags as tag_rows
from fapproc.dedup.motion import MOTION
from fapproc.dedup.registry import HASHES, VECTORS
from fapproc.jobs import selection as selections
from fapproc.jobs.relations import related
from fapproc.model import Album, Failure, Gone, Group, Image, Sighting, Tag, User
from fapproc.relations import Related
from fapproc.selections.selection import Selection

EVERYTHING = Selection()


@dataclass(frozen=True, slots=True)
class Shelf:
    """An album with what is on it, in site order, and what could not be fetched."""

    album: Album
    sightings: list[Sighting]
    failures: list[Failure]


@dataclass(frozen=True, slots=True)
class Entry:
    """An image with everything that hangs on it.

    `codes` by method of bits, in the registry's order; `vectors` says by each method of vectors
    what made the one that there is; those of another program are a method of their own.
    """

    image: Image
    sightings: tuple[Sighting, ...]
    tags: tuple[str, ...]
    codes: Mapping[str, bytes]
    vectors: Mapping[str, str | None]
    gone: tuple[Gone, ...] = ()
    """Its ids that audits no longer find on the site."""
    related: tuple[Related, ...] = ()
    """Images that it is akin to, and not one picture with."""


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


def entries(archive: Archive, selection: Selection = EVERYTHING) -> Iterator[Entry]:
    """The images of a selection, or all, in the order of arrival.

    Raises:
        FapError: the selection names what isn't there.
    """
    with archive.reading() as connection:
        for batch in selections.batches(connection, selection):
            ids = [stored.id for stored in batch]
            seen = place_rows.sightings_of(connection, ids)
            tagged = tag_rows.tags_of(connection, ids)
            codes = images.codes_of(connection, ids)
            gone = observations.gone_of(connection, ids)
            makers = derived.makers_of(connection, ids)
            akin = related(connection, ids)
            for stored in batch:
                known = codes.get(stored.id, {})
                yield Entry(
                    stored.image,
                    tuple(seen[stored.id]),
                    tuple(tagged.get(stored.id, ())),
                    {name: known[name] for name in HASHES if name in known},
                    {**dict.fromkeys(VECTORS), **_networks(makers.get(stored.id, {}))},
                    tuple(gone.get(stored.id, ())),
                    akin[stored.id],
                )


def _networks(makers: Mapping[str, str]) -> dict[str, str]:
    """What made vectors; a reel is none."""
    return {name: maker for name, maker in makers.items() if name != MOTION}


def groups(archive: Archive) -> list[Group]:
    """Every group of possible duplicates."""
    with archive.reading() as connection:
        return duplicates.groups(connection)


def tags(archive: Archive) -> list[Tag]:
    """Every tag, siblings by name, depth first."""
    with archive.reading() as connection:
        return tag_rows.tree(connection)
