"""Groups of images that may be one picture, and images that are listed more than once."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Select,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    select,
    update,
)

from fapproc.db import counting, looks, sameness
from fapproc.db.bulk import write_many
from fapproc.db.dialect import Insert, insert, numbers
from fapproc.db.schema import (
    duplicate_group,
    former_verdict,
    group_member,
    image,
    listing,
    pair,
)
from fapproc.model import Group, Pair, Verdict

# Made once: they took most of the time of the statements that they are in.
_ONE, _OTHER = image.alias("one"), image.alias("other")
_WITH_B = group_member.alias("with_b")


def new_groups(connection: Connection, count: int) -> list[int]:
    """Make empty groups; their numbers were never those of others."""
    if not count:
        return []
    rows = [{"to_look": False}] * count
    made = connection.scalars(insert(duplicate_group).returning(duplicate_group.c.id), rows)
    return sorted(made)


def place(connection: Connection, groups: Mapping[int, int]) -> None:
    """Put images into groups, by image; a verdict stays, or is the last it had, or is `new`."""
    now = _column(connection, group_member.c.group_id, groups)
    former = _column(connection, former_verdict.c.verdict, groups)
    moving = {number: group for number, group in groups.items() if now.get(number) != group}
    left = {now[number] for number in moving if number in now}
    counting.touch(connection, groups=left | set(moving.values()))
    rows = [(number, group, former.get(number, Verdict.NEW)) for number, group in moving.items()]
    write_many(connection, _placed(), ("image_id", "group_id", "verdict"), rows)
    back = [(number,) for number in groups if number in former]
    this = delete(former_verdict).where(former_verdict.c.image_id == bindparam("this"))
    write_many(connection, this, ("this",), back)


@cache
def _placed() -> Insert:
    statement = insert(group_member)
    moved = {"group_id": statement.excluded.group_id}
    return statement.on_conflict_do_update(index_elements=["image_id"], set_=moved)


def _column(
    connection: Connection, column: Column[Any], image_ids: Collection[int]
) -> dict[int, Any]:
    """A column of a table of images, by image, of these."""
    query = select(column.table.c.image_id, column)
    query = query.where(column.table.c.image_id.in_(numbers(image_ids)))
    return {row[0]: row[1] for row in connection.execute(query)}


def release(connection: Connection, image_ids: Iterable[int]) -> None:
    """Take images out of their groups; what was said of them is kept, should they come back."""
    numbers = list(image_ids)
    counting.touch_groups_of(connection, numbers)
    for image_id in numbers:
        _release(connection, group_member.c.image_id == image_id)


def drop_small_groups(connection: Connection, among: Collection[int] | None = None) -> None:
    """Remove groups of fewer than two images, of these or of all: nothing is judged in them."""
    size, member = func.count(), group_member.c.group_id
    lonely = select(member).group_by(member).having(size < 2)
    empty: ColumnElement[bool] = duplicate_group.c.id.not_in(select(member))
    if among is not None:
        lonely = lonely.where(member.in_(numbers(among)))
        here = duplicate_group.c.id.in_(numbers(among))
        empty = and_(here, ~exists().where(member == duplicate_group.c.id))
    counting.touch(connection, groups=list(connection.scalars(lonely)))
    _release(connection, member.in_(lonely))
    marked = select(duplicate_group.c.id).where(duplicate_group.c.to_look, empty)
    counting.touch(connection, groups=list(connection.scalars(marked)))
    connection.execute(delete(duplicate_group).where(empty))


def want_look(connection: Connection, number: int, *, wanted: bool) -> None:
    """Mark a group whose verdicts want a second look, or one that has had it."""
    counting.touch(connection, groups=[number])
    this = duplicate_group.c.id == number
    connection.execute(update(duplicate_group).where(this).values(to_look=wanted))


def to_look(connection: Connection) -> set[int]:
    """Groups whose verdicts want a second look."""
    return set(
        connection.scalars(select(duplicate_group.c.id).where(duplicate_group.c.to_look.is_(True)))
    )


def forget_lone_places(connection: Connection) -> None:
    """Make the verdict of an image's only place `new`: it was said beside another place."""
    other = listing.alias("other")
    places = select(func.count()).where(other.c.image_id == listing.c.image_id)
    lone = and_(
        listing.c.verdict != Verdict.NEW,
        listing.c.image_id.is_not(None),
        places.scalar_subquery() == 1,
    )
    connection.execute(update(listing).where(lone).values(verdict=Verdict.NEW))


def count_groups(connection: Connection) -> tuple[int, int, int]:
    """How many images are grouped, how many groups there are, how many wait for a verdict."""
    distinct = func.count(group_member.c.group_id.distinct())
    images, groups = connection.execute(
        select(func.count(), distinct).select_from(group_member)
    ).one()
    unjudged = select(group_member.c.group_id).where(group_member.c.verdict == Verdict.NEW)
    marked = select(duplicate_group.c.id).where(duplicate_group.c.to_look.is_(True))
    either = unjudged.union(marked).subquery()
    waiting = connection.execute(select(func.count()).select_from(either)).scalar_one()
    return images, groups, waiting


def groups(
    connection: Connection, *, after: int = 0, offset: int = 0, limit: int | None = None
) -> list[Group]:
    """Groups by number, with members, verdicts and pairs."""
    numbers = select(duplicate_group.c.id).where(duplicate_group.c.id > after)
    stretch = numbers.order_by(duplicate_group.c.id).offset(offset).limit(limit)
    return _groups(connection, list(connection.scalars(stretch)))


def numbers_with(connection: Connection, images: Select[tuple[int]]) -> list[int]:
    """The numbers of the groups that any of these images is in."""
    query = select(group_member.c.group_id).where(group_member.c.image_id.in_(images)).distinct()
    return list(connection.scalars(query.order_by(group_member.c.group_id)))


def of_numbers(connection: Connection, numbers: Sequence[int]) -> list[Group]:
    """These groups, with members, verdicts and pairs."""
    return _groups(connection, numbers)


def group_numbers(connection: Connection, image_ids: Iterable[int]) -> dict[int, int]:
    """The group of each of these images that is in one."""
    query = select(group_member.c.image_id, group_member.c.group_id)
    chosen = query.where(group_member.c.image_id.in_(numbers(image_ids)))
    return {row[0]: row[1] for row in connection.execute(chosen)}


def groups_beside(connection: Connection, number: int) -> tuple[str | None, str | None]:
    """The first member of the group before this one and of the one after."""
    earlier = select(func.max(duplicate_group.c.id)).where(duplicate_group.c.id < number)
    later = select(func.min(duplicate_group.c.id)).where(duplicate_group.c.id > number)
    before, after = (
        connection.execute(
            select(func.min(image.c.digest))
            .join(group_member, group_member.c.image_id == image.c.id)
            .where(group_member.c.group_id == beside.scalar_subquery())
        ).scalar()
        for beside in (earlier, later)
    )
    return before, after


def count_exact(connection: Connection) -> tuple[int, int]:
    """How many images are listed at more than one place, and how many of them wait for a word."""
    waits = case((listing.c.verdict == Verdict.NEW, listing.c.image_id))
    query = select(func.count(listing.c.image_id.distinct()), func.count(waits.distinct()))
    all_of_them, waiting = connection.execute(query.where(listing.c.image_id.in_(_twice()))).one()
    return all_of_them, waiting


def numbers_skipping(connection: Connection) -> list[int]:
    """The numbers of groups of which an image is skipped, in their order."""
    skips = group_member.c.verdict == Verdict.SKIP
    query = select(group_member.c.group_id).where(skips).distinct()
    return list(connection.scalars(query.order_by(group_member.c.group_id)))


def exact_beside(connection: Connection, image_id: int) -> tuple[str | None, str | None]:
    """The image listed at more than one place that comes before this one, and the one after."""
    column = listing.c.image_id
    before, after = (
        connection.execute(
            select(image.c.digest).where(image.c.id == beside.limit(1).scalar_subquery())
        ).scalar()
        for beside in (
            _twice().where(column < image_id).order_by(column.desc()),
            _twice().where(column > image_id).order_by(column),
        )
    )
    return before, after


def group_of(connection: Connection, digest: str) -> Group | None:
    """The group that an image is in."""
    query = (
        select(group_member.c.group_id)
        .join(image, image.c.id == group_member.c.image_id)
        .where(image.c.digest == digest)
    )
    number = connection.execute(query).scalar()
    return None if number is None else _groups(connection, [number])[0]


def exact(connection: Connection, *, after: str = "", limit: int | None = None) -> list[str]:
    """Digests of images listed at more than one place, sorted."""
    query = (
        select(image.c.digest)
        .join(listing, listing.c.image_id == image.c.id)
        .where(image.c.digest > after)
        .group_by(image.c.digest)
        .having(func.count() > 1)
        .order_by(image.c.digest)
        .limit(limit)
    )
    return list(connection.scalars(query))


def _twice() -> Select[Any]:
    """Row numbers of images listed at more than one place; the index alone answers it."""
    column = listing.c.image_id
    return select(column).where(column.is_not(None)).group_by(column).having(func.count() > 1)


def _groups(connection: Connection, numbers: Sequence[int]) -> list[Group]:
    verdicts: dict[int, dict[str, Verdict]] = {number: {} for number in numbers}
    member_query = (
        select(group_member.c.group_id, image.c.digest, group_member.c.verdict)
        .join(image, image.c.id == group_member.c.image_id)
        .where(group_member.c.group_id.in_(numbers))
        .order_by(group_member.c.group_id, group_member.c.image_id)
    )
    for row in connection.execute(member_query):
        verdicts[row.group_id][row.digest] = Verdict(row.verdict)
    found: dict[int, list[Pair]] = {number: [] for number in numbers}
    same = and_(_WITH_B.c.image_id == pair.c.b_id, _WITH_B.c.group_id == group_member.c.group_id)
    pair_query = (
        select(group_member.c.group_id, pair, _ONE.c.digest.label("a"), _OTHER.c.digest.label("b"))
        .join(group_member, group_member.c.image_id == pair.c.a_id)
        .join(_WITH_B, same)
        .join(_ONE, _ONE.c.id == pair.c.a_id)
        .join(_OTHER, _OTHER.c.id == pair.c.b_id)
        .where(group_member.c.group_id.in_(numbers))
    )
    for row in connection.execute(pair_query):
        low, high = sorted((row.a, row.b))
        found[row.group_id].append(Pair(row.method, low, high, row.score))
    marks = select(duplicate_group.c.id).where(duplicate_group.c.to_look.is_(True))
    marked = set(connection.scalars(marks.where(duplicate_group.c.id.in_(numbers))))
    told = sameness.of_groups(connection, numbers)
    seen = looks.of_groups(connection, numbers)
    return [
        Group(
            number,
            verdicts[number],
            tuple(sorted(found[number], key=_by_method)),
            to_look=number in marked,
            sameness=told.get(number),
            looks=tuple(seen[number]),
        )
        for number in numbers
    ]


def _release(connection: Connection, chosen: ColumnElement[bool]) -> None:
    judged = select(group_member).where(chosen, group_member.c.verdict != Verdict.NEW)
    for row in connection.execute(judged).all():
        values = {"group_id": row.group_id, "verdict": row.verdict}
        statement = insert(former_verdict).values(image_id=row.image_id, **values)
        connection.execute(
            statement.on_conflict_do_update(index_elements=["image_id"], set_=values)
        )
    connection.execute(delete(group_member).where(chosen))


def _by_method(entry: Pair) -> tuple[str, str, str]:
    return entry.method, entry.a, entry.b
