"""Which groups, and which images at several places, wait for a person or have been judged."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    exists,
    func,
    not_,
    or_,
    select,
    true,
)

from fapproc.db.bulk import read_many
from fapproc.db.dialect import numbers, total
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


def groups(connection: Connection, queue: Queue, stretch: Stretch) -> list[int]:
    """The numbers of groups, as they were found."""
    number = duplicate_group.c.id
    if queue is Queue.WAITING:  # by the index of verdicts: few may wait among many
        new = select(group_member.c.group_id).where(group_member.c.verdict == Verdict.NEW)
        end = None if stretch.limit is None else stretch.offset + stretch.limit
        # Each side by itself, as far as it may be wanted: of a union a server makes the whole.
        first = replace(stretch, limit=end, offset=0)
        waiting = _stretched(connection, new.distinct(), group_member.c.group_id, first)
        marked = _stretched(connection, select(number).where(_marked()), number, first)
        return sorted({*waiting, *marked})[stretch.offset : end]
    return _stretched(connection, select(number).where(_state(queue)), number, stretch)


def images(
    connection: Connection, queue: Queue, stretch: Stretch, *, but_of_groups: bool = False
) -> list[int]:
    """The row numbers of images that are listed at more than one place, as they were found.

    With `but_of_groups` without those in such groups, which are judged with these.
    """
    query = _images(queue)
    if but_of_groups:
        query = query.where(listing.c.image_id.not_in(_members(queue)))
    return _stretched(connection, query, listing.c.image_id, stretch)


def groups_among(connection: Connection, queue: Queue, these: Sequence[int]) -> set[int]:
    """Which of these groups are there, and such ones."""
    number = duplicate_group.c.id
    query = select(number).where(_state(queue), number.in_(numbers(these)))
    return set(connection.scalars(query))


def images_among(
    connection: Connection, queue: Queue, these: Sequence[int], *, but_of_groups: bool = False
) -> set[int]:
    """Which of these images are listed at more than one place, and such, as `images` has it."""
    query = _images(queue).where(listing.c.image_id.in_(numbers(these)))
    if but_of_groups:
        those = group_member.c.image_id.in_(numbers(these))
        query = query.where(listing.c.image_id.not_in(_members(queue).where(those)))
    return set(connection.scalars(query))


def ranked_groups(connection: Connection, order: Order) -> Iterator[Sequence[int]]:
    """All groups in an order, in stretches: goes through the images of all."""
    rank, number = _ranks(order).subquery(), duplicate_group.c.id
    query = select(number).outerjoin(rank, rank.c.number == number)
    yield from _ranked(connection, query.order_by(func.coalesce(rank.c.value, 0).desc(), number))


def ranked_images(connection: Connection, order: Order) -> Iterator[Sequence[int]]:
    """The same of all images that are listed at more than one place."""
    found = _images(Queue.ALL).add_columns(func.count().label("places")).subquery()
    value: ColumnElement[Any] = found.c.places
    query = select(found.c.image_id)
    if order is Order.SAVING:
        query = query.join(image, image.c.id == found.c.image_id)
        value = image.c.bytes * (found.c.places - 1)
    if order is not Order.ALIKE:  # all images at several places are alike in the same way
        query = query.order_by(value.desc())
    yield from _ranked(connection, query.order_by(found.c.image_id))


def _ranked(connection: Connection, query: Select[Any]) -> Iterator[Sequence[int]]:
    for rows in read_many(connection, query):
        yield [row[0] for row in rows]


def _members(queue: Queue) -> Select[tuple[int]]:
    """The images in such groups."""
    return select(group_member.c.image_id).join(duplicate_group).where(_state(queue))


def _stretched(
    connection: Connection, query: Select[Any], number: ColumnElement[Any], stretch: Stretch
) -> list[int]:
    query = _from(query, number, stretch)
    found = query.order_by(number).offset(stretch.offset).limit(stretch.limit)
    return list(connection.scalars(found))


def _from(query: Select[Any], number: ColumnElement[Any], stretch: Stretch) -> Select[Any]:
    if stretch.after is None:
        return query
    after = number >= stretch.after if stretch.included else number > stretch.after
    return query.where(after)


def _marked() -> ColumnElement[bool]:
    """Whether a group wants a second look, in the words of the index of these."""
    return duplicate_group.c.to_look.is_(True)


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


def newest_group(connection: Connection) -> int:
    """The highest number of a group; 0 where there is none."""
    return connection.execute(select(func.max(duplicate_group.c.id))).scalar() or 0


def newest_image(connection: Connection) -> int:
    """The highest number of an image; 0 where there is none."""
    return connection.execute(select(func.max(image.c.id))).scalar() or 0


def first_of_groups(connection: Connection, these: Collection[int]) -> dict[int, str]:
    """The digest of the first image of each of these groups that is there."""
    query = (
        select(group_member.c.group_id, func.min(image.c.digest))
        .join(image, group_member.c.image_id == image.c.id)
        .where(group_member.c.group_id.in_(numbers(these)))
        .group_by(group_member.c.group_id)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def _state(queue: Queue) -> ColumnElement[bool]:
    its = group_member.alias("its")
    new = exists().where(its.c.group_id == duplicate_group.c.id, its.c.verdict == Verdict.NEW)
    waits = or_(new, _marked())
    match queue:
        case Queue.WAITING:
            return waits
        case Queue.LOOK:
            return _marked()
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
