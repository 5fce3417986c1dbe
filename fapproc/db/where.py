"""Where images are listed, with the names of users and albums: for lists of millions of images."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import NamedTuple

from sqlalchemy import Connection, select

from fapproc.db.bulk import read_many
from fapproc.db.dialect import numbers
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


class Names(NamedTuple):
    """Users and albums by the numbers that listings know them by: read once, not for each place."""

    users: Mapping[int, tuple[str, int, str]]
    """Source, number and name."""
    albums: Mapping[tuple[int, int], str]


_BY_USER = attrgetter("number", "source", "album", "position", "image")


def names(connection: Connection) -> Names:
    """Users and albums, for `places_of`."""
    users = select(user.c.id, *OWNER, user.c.name)
    albums = select(album.c.user_id, album.c.id, album.c.name)
    return Names(
        {row[0]: row[1:] for rows in read_many(connection, users) for row in rows},
        {row[:2]: row[2] for rows in read_many(connection, albums) for row in rows},
    )


def places_of(
    connection: Connection, image_ids: Sequence[int], known: Names
) -> dict[int, list[Where]]:
    """Where each of these images is listed, by user, album and position; as the driver gives it."""
    query = select(
        listing.c.image_id,
        listing.c.user_id,
        listing.c.album_id,
        listing.c.position,
        listing.c.site_id,
        listing.c.name,
        listing.c.verdict,
    ).where(listing.c.image_id.in_(numbers(image_ids)))
    found = defaultdict[int, list[Where]](list)
    users, albums = known
    for rows in read_many(connection, query) if image_ids else ():
        for number, user_id, album_id, position, site_id, name, verdict in rows:
            whose, title = users.get(user_id), albums.get((user_id, album_id))
            if whose is not None and title is not None:  # else a damaged row: `check` tells it
                place = (*whose, album_id, title, position, site_id, name, verdict)
                found[number].append(Where._make(place))
    for places in found.values():
        if len(places) > 1:
            places.sort(key=_BY_USER)
    return found
