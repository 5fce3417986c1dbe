"""Guests: images that a user lists, while their best places are another user's.

A user's own images are those whose best place is theirs; with the guests these are all, and both
are kept in order. Derived: `counting.settle` writes it for all that a transaction touched, behind
the best places; `recounting` writes it again for all.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from sqlalchemy import Connection, and_, bindparam, delete, select

from fapproc.db.best_places import COLUMNS
from fapproc.db.bulk import read_many, write_many
from fapproc.db.dialect import given_numbers, insert
from fapproc.db.schema import guest, image, listing

_BATCH = 5000
_THESE = given_numbers("these")
_KEPT = select(guest).where(guest.c.image_id.in_(_THESE))
_LISTED = (
    select(image.c.id, listing.c.user_id, *COLUMNS, image.c.fetched_at)
    .join(listing, and_(listing.c.image_id == image.c.id, listing.c.user_id != COLUMNS[0]))
    .where(image.c.id.in_(_THESE))
    .distinct()
)
_KEY = (guest.c.image_id == bindparam("of_image"), guest.c.user_id == bindparam("of_user"))
_NAMES = [column.name for column in guest.columns]
_Row = tuple[int, ...]


class Astray(NamedTuple):
    """Rows as they are kept that are not so, and rows that are missing."""

    wrong: list[_Row]
    missing: list[_Row]


def keep(connection: Connection, image_ids: Iterable[int]) -> None:
    """Write the guests among these images, where others are kept."""
    _put(connection, astray(connection, image_ids))


def keep_all(connection: Connection) -> None:
    """Write all guests, where others are kept."""
    for each in list(all_astray(connection)):
        _put(connection, each)


def all_astray(connection: Connection) -> Iterator[Astray]:
    """What is kept wrongly, or not, of all images."""
    for query in (
        select(image.c.id).order_by(image.c.id),
        select(guest.c.image_id).where(guest.c.image_id.not_in(select(image.c.id))),
    ):
        for rows in read_many(connection, query):
            found = astray(connection, [row[0] for row in rows])
            if found.wrong or found.missing:
                yield found


def astray(connection: Connection, image_ids: Iterable[int]) -> Astray:
    """What is kept wrongly, or not, of these images."""
    these, found = sorted(image_ids), Astray([], [])
    for start in range(0, len(these), _BATCH):
        given = {"these": these[start : start + _BATCH]}
        listed = {tuple(row) for row in connection.execute(_LISTED, given)}
        kept = {tuple(row) for row in connection.execute(_KEPT, given)}
        found.wrong.extend(kept - listed)
        found.missing.extend(listed - kept)
    return found


def _put(connection: Connection, found: Astray) -> None:
    gone = [row[:2] for row in found.wrong]
    write_many(connection, delete(guest).where(*_KEY), ["of_image", "of_user"], gone)
    write_many(connection, insert(guest), _NAMES, found.missing)
