"""Which groups, and which images at several places, wait for a person or have been judged."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    exists,
    func,
    not_,
    or_,
    select,
    true,
)

from fapproc.db.dialect import total
from fapproc.db.schema import duplicate_group, group_member, image, listing, second_look
from fapproc.model import Verdict
from fapproc.queues import Order, Queue


@dataclass(frozen=True, slots=True)
class Stretch:
    """Which of those in an order: so many, from a place on."""

    limit: int | None
    offset: int = 0
    """How many are passed over."""
    after: int | None = None
    """They come after this one; None, or one that isn't there: from the first."""
    included: bool = False
    """Whether this one is meant too."""


def groups(
    connection: Connection, queue: Queue, stretch: Stretch, order: Order = Order.FOUND
) -> list[int]:
    """The numbers of groups, in this order."""
    number = duplicate_group.c.id
    query = select(number).where(_state(queue))
    if order is Order.FOUND:
        return _ordered(connection, query, number, stretch)
    rank = _ranks(order).subquery()
    query = query.outerjoin(rank, rank.c.number == number)
    here = _ranks(order).where(group_member.c.group_id == stretch.after).subquery()
    own = select(here.c.value)
    return _ordered(connection, query, number, stretch, func.coalesce(rank.c.value, 0), own)


def images(
    connection: Connection,
    queue: Queue,
    stretch: Stretch,
    order: Order = Order.FOUND,
    *,
    but_of_groups: bool = False,
) -> list[int]:
    """The row numbers of images that are listed at more than one place, in this order.

    With `but_of_groups` without those in such groups, which are judged with these.
    """
    query = _images(queue)
    if but_of_groups:
        members = select(group_member.c.image_id).join(duplicate_group).where(_state(queue))
        query = query.where(listing.c.image_id.not_in(members))
    if order in {Order.FOUND, Order.ALIKE}:
        return _ordered(connection, query, listing.c.image_id, stretch)
    found = query.add_columns(func.count().label("places")).subquery()
    this = select(func.count()).where(listing.c.image_id == stretch.after).scalar_subquery()
    if order is Order.IMAGES:
        chosen = select(found.c.image_id)
        return _ordered(connection, chosen, found.c.image_id, stretch, found.c.places, select(this))
    value = image.c.bytes * (found.c.places - 1)
    own = select(image.c.bytes * (this - 1)).where(image.c.id == stretch.after)
    chosen = select(found.c.image_id).join(image, image.c.id == found.c.image_id)
    return _ordered(connection, chosen, found.c.image_id, stretch, value, own)


def _ordered(
    connection: Connection,
    query: Select[Any],
    number: ColumnElement[Any],
    stretch: Stretch,
    value: ColumnElement[Any] | None = None,
    own: Select[Any] | None = None,
) -> list[int]:
    """Numbers by a value, the highest first, and then by themselves; `own`: that of `after`."""
    behind: ColumnElement[bool] = true()
    if stretch.after is not None:
        behind = number >= stretch.after if stretch.included else number > stretch.after
        if value is not None and own is not None:
            level = connection.scalar(own) or 0
            behind = or_(value < level, and_(value == level, behind))
    order = [number] if value is None else [value.desc(), number]
    found = query.where(behind).order_by(*order).offset(stretch.offset).limit(stretch.limit)
    return list(connection.scalars(found))


def _ranks(order: Order) -> Select[Any]:
    """Of each group its number and the value that orders it."""
    value: ColumnElement[Any] = func.count()
    query = select(group_member.c.group_id.label("number"))
    if order is Order.SAVING:
        value = total(image.c.bytes) - func.max(image.c.bytes)
        query = query.join(image, image.c.id == group_member.c.image_id)
    elif order is Order.ALIKE:
        other = group_member.alias("other")
        value = func.max(second_look.c.score)
        query = (
            query.join(second_look, second_look.c.a_id == group_member.c.image_id)
            .join(other, other.c.image_id == second_look.c.b_id)
            .where(second_look.c.same, other.c.group_id == group_member.c.group_id)
        )
    return query.add_columns(value.label("value")).group_by(group_member.c.group_id)


def first_of_groups(connection: Connection, numbers: Collection[int]) -> dict[int, str]:
    """The digest of the first image of each of these groups that is there."""
    query = (
        select(group_member.c.group_id, func.min(image.c.digest))
        .join(image, group_member.c.image_id == image.c.id)
        .where(group_member.c.group_id.in_(list(numbers)))
        .group_by(group_member.c.group_id)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def _state(queue: Queue) -> ColumnElement[bool]:
    its = group_member.alias("its")
    new = exists().where(its.c.group_id == duplicate_group.c.id, its.c.verdict == Verdict.NEW)
    waits = or_(new, duplicate_group.c.to_look)
    match queue:
        case Queue.WAITING:
            return waits
        case Queue.LOOK:
            return duplicate_group.c.to_look.is_(True)
        case Queue.JUDGED:
            return not_(waits)
        case Queue.ALL:
            return true()


def _images(queue: Queue) -> Select[tuple[int]]:
    column = listing.c.image_id
    query = select(column).where(column.is_not(None)).group_by(column).having(func.count() > 1)
    new = func.count().filter(listing.c.verdict == Verdict.NEW)
    match queue:
        case Queue.WAITING:
            return query.having(new > 0)
        case Queue.LOOK:
            return query.having(func.count() < 0)  # a group alone asks for a second look
        case Queue.JUDGED:
            return query.having(new == 0)
        case Queue.ALL:
            return query
