"""Everything that the archive knows, one object at a time, for `print` and other programs."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from fapproc.archive import Archive
from fapproc.db import (
    catalogue,
    derived,
    duplicates,
    kept_figures,
    observations,
    selected,
    spreads,
    where,
)
from fapproc.db import tags as tag_rows
from fapproc.db.figures import Figures, Spread
from fapproc.db.where import Where
from fapproc.dedup.motion import MOTION
from fapproc.dedup.registry import HASHES, VECTORS
from fapproc.jobs import selection as selections
from fapproc.jobs.relations import related, related_images
from fapproc.model import (
    Album,
    Detail,
    Facts,
    Format,
    Gone,
    Group,
    Image,
    Place,
    Sighting,
    Tag,
    User,
    UserId,
    Verdict,
)
from fapproc.relations import Related
from fapproc.selections.selection import Selection
from fapproc.sources import Source

EVERYTHING = Selection()
Code = bytes
_STRETCH = 1000
"""So many groups are in memory at a time: with their pairs a million would take gigabytes."""
T = TypeVar("T")


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


@dataclass(frozen=True, slots=True)
class Holdings:
    """A user, how much their images vary in size, and their albums with what each holds.

    Without images there are no sizes.
    """

    user: User
    sizes: Spread | None
    albums: Sequence[tuple[Album, Figures, Spread | None]]


def holdings(archive: Archive) -> Iterator[Holdings]:
    """Every user by id, with albums in the source's order."""
    with archive.reading() as connection:
        of_users = spreads.of_users(connection)
        for user in catalogue.users(connection):
            held = kept_figures.of_albums(connection, user.id)
            sizes = spreads.of_albums(connection, user.id)
            yield Holdings(
                user,
                of_users.get(user.id),
                [
                    (album, held.get(album.id, Figures()), sizes.get(album.id))
                    for album in catalogue.albums(connection, user.id)
                ],
            )


def entries(archive: Archive, selection: Selection = EVERYTHING) -> Iterator[Entry]:
    """The images of a selection, or all, in the order of arrival.

    Raises:
        FapError: the selection names what isn't there.
    """
    for stretch in records(archive, entry, selection):
        yield from stretch


class Record(NamedTuple):
    """An image with everything that hangs on it, as rows say it; a tuple, as there are millions."""

    digest: str
    bytes: int
    format: str
    fetched_at: int
    width: int | None
    height: int | None
    animated: bool | None
    orientation: int | None
    unsound: str | None
    lost_at: int | None
    thumb_bytes: int | None
    thumb_digest: str | None
    thumb_format: str | None
    places: Sequence[Where]
    tags: Sequence[str]
    codes: Mapping[str, Code]
    makers: Mapping[str, str]
    gone: Sequence[Gone]
    related: Sequence[Related]


def records(
    archive: Archive, told: Callable[[Record], T], selection: Selection = EVERYTHING
) -> Iterator[list[T]]:
    """The images of a selection, or all, in the order of arrival, in stretches.

    Args:
        archive: which.
        told: what is made of each; what makes no sense of a row is known as damage here.
        selection: which of its images.

    Raises:
        FapError: the selection names what isn't there.
    """
    with archive.reading() as connection:
        chosen = selections.resolve(connection, selection)
        names, paths = where.names(connection), tag_rows.paths(connection)
        may_be_gone: set[Any] = set(connection.scalars(observations.listed_as_gone()))
        may_be_akin = related_images(connection)
        new: Any = tuple.__new__  # `_make` is this too, and takes twice as long
        for rows in selected.read(connection, chosen, selected.THUMBNAIL):
            ids = [row[0] for row in rows]
            places = where.places_of(connection, ids, names)
            tagged = tag_rows.tags_of(connection, ids, paths)
            codes = derived.codes_of(connection, ids)
            makers = derived.makers_of(connection, ids)
            gone = observations.gone_of(connection, may_be_gone.intersection(ids))
            akin = related(connection, may_be_akin.intersection(ids))
            yield [
                told(
                    new(
                        Record,
                        (
                            *row[1:],
                            places.get(row[0], ()),
                            tagged.get(row[0], ()),
                            codes.get(row[0], _NOTHING),
                            makers.get(row[0], _NOTHING),
                            gone.get(row[0], ()),
                            akin.get(row[0], ()),
                        ),
                    )
                )
                for row in rows
            ]


_NOTHING: Mapping[str, Any] = {}


def entry(record: Record) -> Entry:
    """What the rows say of an image as a value of our own words.

    Raises:
        ValueError: there is a word among them that is none of ours.
    """
    return Entry(
        _image(record),
        tuple(
            Sighting(
                Place(UserId(place.number, Source(place.source)), place.album, place.image),
                place.position,
                place.name,
                record.digest,
                Verdict(place.verdict),
            )
            for place in record.places
        ),
        tuple(record.tags),
        hashes_of(record),
        vectors_of(record.makers),
        tuple(record.gone),
        tuple(record.related),
    )


def hashes_of(record: Record) -> dict[str, bytes]:
    """Codes of bits, in the registry's order."""
    return {name: record.codes[name] for name in HASHES if name in record.codes}


def vectors_of(makers: Mapping[str, str]) -> dict[str, str | None]:
    """What made the vectors, by method; a reel is none."""
    made = {name: maker for name, maker in makers.items() if name != MOTION}
    return {**dict.fromkeys(VECTORS), **made}


def _image(record: Record) -> Image:
    facts = None
    if record.width is not None and record.height is not None:
        sides = (record.width, record.height)
        facts = Facts(*sides, bool(record.animated), record.orientation)
    return Image(
        digest=record.digest,
        bytes=record.bytes,
        format=Format(record.format),
        fetched_at=record.fetched_at,
        facts=facts,
        thumb_bytes=record.thumb_bytes,
        thumb_digest=record.thumb_digest,
        thumb_format=None if record.thumb_format is None else Format(record.thumb_format),
        lost_at=record.lost_at,
        unsound=None if record.unsound is None else Detail(record.unsound),
    )


def groups(archive: Archive) -> Iterator[Group]:
    """Every group of possible duplicates, by number."""
    after = 0
    with archive.reading() as connection:
        while found := duplicates.groups(connection, after=after, limit=_STRETCH):
            yield from found
            after = found[-1].id


def tags(archive: Archive) -> list[Tag]:
    """Every tag, siblings by name, depth first."""
    with archive.reading() as connection:
        return tag_rows.tree(connection)
