"""The pictures of one user in order: the user's own, and those that are guests there."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import ColumnElement, Connection, exists, select

from fapproc.db import best_places
from fapproc.db.facts import Fact
from fapproc.db.ordered import Source
from fapproc.db.owners import row_of
from fapproc.db.schema import guest, image, listing
from fapproc.db.schema.kept import PLACE
from fapproc.db.selected import Chosen, image_conditions, is_narrow, said_of_places
from fapproc.selections.selection import Show
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
    asked = image_conditions(
        replace(chosen, users=None), wide=True, sought=Fact.NONE, few=few, some=True, many=many
    )
    if said := said_of_places(chosen.selection):
        here = (listing.c.image_id == image.c.id, listing.c.user_id == user)
        asked.append(exists().where(*here, *said).correlate(image))
    return _sources(connection, user, order, asked)


def every(connection: Connection, user: int, order: Order) -> list[Source]:
    """All pictures of a user."""
    return _sources(connection, user, order, ())


def _sources(
    connection: Connection, user: int, order: Order, asked: Sequence[ColumnElement[bool]]
) -> list[Source]:
    own = select(image.c.id).where(image.c.place_user == user, *asked)
    theirs = guest.join(image, image.c.id == guest.c.image_id) if asked else guest
    guests = select(guest.c.image_id).select_from(theirs).where(guest.c.user_id == user, *asked)
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
