"""Which groups, and which images at several places, wait for a person or have been judged."""

from collections.abc import Collection

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

from fapproc.db.schema import duplicate_group, group_member, image, listing
from fapproc.model import Verdict
from fapproc.queues import Queue


def groups(
    connection: Connection, queue: Queue, *, after: int = 0, offset: int = 0, limit: int | None
) -> list[int]:
    """The numbers of groups, in their order."""
    number = duplicate_group.c.id
    query = select(number).where(number > after, _state(queue)).order_by(number)
    return list(connection.scalars(query.offset(offset).limit(limit)))


def images(
    connection: Connection, queue: Queue, *, after: int = 0, offset: int = 0, limit: int | None
) -> list[int]:
    """The row numbers of images that are listed at more than one place, in their order."""
    query = _images(queue).where(listing.c.image_id > after).order_by(listing.c.image_id)
    return list(connection.scalars(query.offset(offset).limit(limit)))


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
    new = exists().where(
        group_member.c.group_id == duplicate_group.c.id, group_member.c.verdict == Verdict.NEW
    )
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
    new = func.sum(listing.c.verdict == Verdict.NEW)
    match queue:
        case Queue.WAITING:
            return query.having(new > 0)
        case Queue.LOOK:
            return query.having(func.count() < 0)  # a group alone asks for a second look
        case Queue.JUDGED:
            return query.having(new == 0)
        case Queue.ALL:
            return query
