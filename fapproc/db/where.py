"""Where images are listed, with the names of users and albums: for lists of millions of images."""

from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Any, NamedTuple

from sqlalchemy import Column, Connection, select

from fapproc.db.bulk import among, read_many
from fapproc.db.owners import OWNER
from fapproc.db.schema import album, listing, user


class Where(NamedTuple):
    """A place of an image, with the names of user and album; a tuple, as there may be millions."""

    source: str
    number: int
    """Of the user, at the source."""
    user: str
    album: int
    album_name: str
    position: int
    image: int
    name: str | None
    verdict: str


Names = Mapping[tuple[int, int], tuple[str, int, str, int, str]]
"""By how listings know an album, what `Where` begins with: read once, not for each place."""


_BY_USER = attrgetter("number", "source", "album", "position", "image")


def names(connection: Connection) -> Names:
    """Users and albums, for `places_of`."""
    query = select(user.c.id, album.c.id, *OWNER, user.c.name, album.c.id, album.c.name)
    query = query.join(user, user.c.id == album.c.user_id)
    return {row[:2]: row[2:] for rows in read_many(connection, query) for row in rows}


def places_of(
    connection: Connection,
    image_ids: Sequence[int],
    known: Names,
    *,
    named: Column[Any] = listing.c.image_id,
) -> dict[int, list[Where]]:
    """Where each of these images is listed, by user, album and position; as the driver gives it.

    Args:
        connection: that reads.
        image_ids: of which images; others between them may come along.
        known: what `names` gave.
        named: the column that names the image: another one where it was pruned.
    """
    if not image_ids:
        return {}
    facts = (listing.c.position, listing.c.site_id, listing.c.name, listing.c.verdict)
    query = select(named, listing.c.user_id, listing.c.album_id, *facts)
    new: Any = tuple.__new__  # `_make` is this too, and takes twice as long
    found: dict[int, list[Where]] = {}
    for rows in read_many(connection, query.where(among(named, image_ids))):
        for row in rows:
            holder = known.get(row[1:3])
            if holder is not None:  # else a damaged row: `check` tells it
                place = new(Where, holder + row[3:])
                if row[0] in found:
                    found[row[0]].append(place)
                else:
                    found[row[0]] = [place]
    for places in found.values():
        if len(places) > 1:
            places.sort(key=_BY_USER)
    return found
