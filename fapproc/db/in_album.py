"""The pictures of an album by their places: a row each, whose key is the id of its source."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, Select, exists, or_, select, tuple_

from fapproc.db.best_places import noted
from fapproc.db.dialect.planning import Lookup, is_not_among
from fapproc.db.owners import row_of
from fapproc.db.schema import image, listing
from fapproc.db.selected import (
    Chosen,
    asks_numbers,
    count_rows,
    image_conditions,
    place_conditions,
)
from fapproc.model import UserId, Verdict

_SMALL = 5_000
"""Pictures of an album, each of which is sooner looked up in a set than a large set is made."""
_twin = listing.alias("twin")  # once: that takes half a millisecond


def is_small(connection: Connection, album: tuple[UserId, int]) -> bool:
    """Whether an album has so few pictures that each is sooner looked up in any set."""
    here = select(listing.c.position).where(*_is_of(album)).limit(_SMALL)
    return count_rows(connection, here) < _SMALL


def shown(
    album: tuple[UserId, int], chosen: Chosen, *, rows: bool, wide: bool
) -> Select[tuple[int]]:
    """The ids of the pictures of an album that are meant, in no order yet.

    To look at a row of `image` costs as much as all else that a picture is asked for.

    Args:
        album: which.
        chosen: what is asked for.
        rows: whether the statement will name columns of `image`.
        wide: as in `selected.conditions`: images that are in a small set come by their rows.
    """
    rows = rows or not wide or not asks_numbers(chosen)
    number = image.c.id if rows else listing.c.image_id
    where = [
        *_is_of(album),
        *image_conditions(chosen, wide=wide, few=True, number=number),
        *place_conditions(chosen),
    ]
    if not chosen.selection.dup:
        where.append(listing.c.verdict != Verdict.SKIP)
        stands_before = exists(_twin.c.image_id).where(
            _twin.c.image_id == listing.c.image_id,
            _twin.c.user_id == listing.c.user_id,
            _twin.c.album_id == listing.c.album_id,
            _twin.c.verdict != Verdict.SKIP,
            tuple_(_twin.c.position, _twin.c.site_id)
            < tuple_(listing.c.position, listing.c.site_id),
        )
        twice = noted(image.c.here)  # few: others need not be looked up
        is_once = ~image.c.here if rows else is_not_among(number, twice, Lookup.ANY)
        where.append(or_(is_once, ~stands_before))
    found = listing.join(image, image.c.id == listing.c.image_id) if rows else listing
    return select(listing.c.site_id).select_from(found).where(*where)


def _is_of(album: tuple[UserId, int]) -> Sequence[ColumnElement[bool]]:
    user, number = album
    return listing.c.user_id == row_of(user), listing.c.album_id == number
