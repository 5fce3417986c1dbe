"""The pictures of one user in order: the user's own, and those that are guests there."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, exists, or_, select

from fapproc.db import best_places
from fapproc.db.best_places import noted
from fapproc.db.facts import Fact
from fapproc.db.ordered import Source
from fapproc.db.owners import row_of
from fapproc.db.schema import guest, image, listing
from fapproc.db.schema.kept import IS_SKIPPED, PLACE
from fapproc.db.selected import (
    Chosen,
    asks_numbers,
    asks_sets,
    image_conditions,
    is_narrow,
)
from fapproc.db.twins import is_in
from fapproc.model import Verdict
from fapproc.selections.selection import Show, Twins
from fapproc.selections.view import Order

_ORDERS = (Order.ALBUM, Order.DATE)
"""Orders in which both are kept."""


def row(connection: Connection, chosen: Chosen, order: Order) -> int | None:
    """The row number of the user, if these are pictures of one that are best read this way.

    Not where few images are in a set that is asked for: these come first.
    """
    said = chosen.selection
    if order not in _ORDERS or chosen.users is None or len(chosen.users) > 1:
        return None
    if chosen.albums is not None or chosen.words or chosen.images is not None:
        return None
    if said.names or said.place_verdicts:
        return None
    others = replace(chosen, users=None, selection=replace(said, gone=Show.ALLOW))
    if is_narrow(connection, others):
        return None
    return connection.execute(select(row_of(chosen.users[0]))).scalar()


def sources(
    connection: Connection, user: int, chosen: Chosen, order: Order, *, few: bool, many: bool
) -> list[Source]:
    """The pictures of a user that are meant; the rest as in `selected.conditions`."""
    moves = chosen.selection.animated is Show.ONLY
    animated = Show.ALLOW if moves else chosen.selection.animated
    said = replace(chosen, users=None, selection=replace(chosen.selection, animated=animated))

    def asked(number: Column[Any]) -> list[ColumnElement[bool]]:
        found = image_conditions(
            said, wide=True, sought=Fact.NONE, few=few, some=True, many=many, number=number
        )
        if moves:  # without a look at rows
            found.append(is_in(noted(image.c.animated), wide=True, number=number))
        return found if said.selection.dup else [*found, _is_shown(number, user)]

    return _sources(connection, user, order, asked, rows=not asks_numbers(said))


def are_looked_up(chosen: Chosen) -> bool:
    """Whether to look up each of a user's pictures takes less than to make the sets asked for.

    For tags and notes it takes as long, or longer. The set of look-alikes has all groups of the
    archive: for 100,000 images it took 135 ms, and to look up 100,000 pictures 80 (2026-11-30).
    """
    if chosen.selection.duplicates == (Twins.LOOKALIKE,):
        chosen = replace(chosen, selection=replace(chosen.selection, duplicates=()))
    return not asks_sets(chosen)


def _is_shown(number: Column[Any], user: int) -> ColumnElement[bool]:
    """Whether any place of a picture of a user is not skipped, where few have one that is."""
    here = (listing.c.image_id == number, listing.c.user_id == user)
    skipped, shown = (
        exists().where(*here, each).correlate(number.table)
        for each in (IS_SKIPPED, listing.c.verdict != Verdict.SKIP)
    )
    return or_(~skipped, shown)


def every(connection: Connection, user: int, order: Order) -> list[Source]:
    """All pictures of a user."""
    return _sources(connection, user, order, lambda _: [], rows=False)


def _sources(
    connection: Connection,
    user: int,
    order: Order,
    asked: Callable[[Column[Any]], Sequence[ColumnElement[bool]]],
    *,
    rows: bool,
) -> list[Source]:
    """`asked`: what must hold of the image of a row number; `rows`: of columns of its row, too."""
    own = select(image.c.id).where(image.c.place_user == user, *asked(image.c.id))
    theirs = guest.join(image, image.c.id == guest.c.image_id) if rows else guest
    number = image.c.id if rows else guest.c.image_id
    guests = select(guest.c.image_id).select_from(theirs)
    guests = guests.where(guest.c.user_id == user, *asked(number))
    if order is Order.ALBUM:
        places = [guest.c[f"place_{name}"] for name in PLACE]
        found = [
            Source(own, image.c.id, (*best_places.COLUMNS, image.c.id), only=user),
            Source(guests, guest.c.image_id, (*places, guest.c.image_id)),
        ]
    else:
        found = [
            Source(own, image.c.id, (image.c.fetched_at, image.c.id)),
            Source(guests, guest.c.image_id, (guest.c.fetched_at, guest.c.image_id)),
        ]
    has_guests = select(guest.c.image_id).where(guest.c.user_id == user).limit(1)
    return found if connection.execute(has_guests).first() is not None else found[:1]
