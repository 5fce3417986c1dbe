"""Where images are listed, in words: shown beside digests, which no person recognises."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TypeVar

from sqlalchemy import Connection

from fapproc.archive import Archive
from fapproc.db import images, pruned, where
from fapproc.db.schema import listing
from fapproc.db.where import Names, Where

NOWHERE = "-"
"""Said of an image that is listed nowhere."""
_STRETCH = 500
T = TypeVar("T")


def in_words(places: Sequence[Where]) -> str:
    """Where an image is listed: `1.jpg (Ann / lakes) + 1.jpg (Ann / copies)`."""
    return " + ".join(
        f"{place.name or place.image} ({place.user} / {place.album_name})" for place in places
    )


def named(
    archive: Archive, found: Iterable[T], digests: Callable[[T], Iterable[str]]
) -> Iterator[tuple[T, Mapping[str, str]]]:
    """Each of these with where its images are listed, by digest; the names are read once.

    What lies in the bin is told by the places at which it was.

    Args:
        archive: whose images.
        found: anything that has to do with images.
        digests: of which images it has to do with.
    """
    rest = iter(found)
    names: Names | None = None
    while some := list(islice(rest, _STRETCH)):
        wanted = list(dict.fromkeys(digest for each in some for digest in digests(each)))
        with archive.reading() as connection:
            names = where.names(connection) if names is None else names
            told = _of(connection, wanted, names)
        yield from ((each, told) for each in some)


def _of(connection: Connection, digests: Sequence[str], names: Names) -> dict[str, str]:
    shown = images.numbers_of(connection, digests)
    binned = pruned.known(connection, [each for each in digests if each not in shown])
    places = where.places_of(connection, list(shown.values()), names)
    were = where.places_of(connection, list(binned.values()), names, named=listing.c.pruned_id)
    every = {**binned, **shown}
    told = {
        digest: in_words(places.get(number, ()) or were.get(number, ()))
        for digest, number in every.items()
    }
    return {digest: told.get(digest) or NOWHERE for digest in digests}
