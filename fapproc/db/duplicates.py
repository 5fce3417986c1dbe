"""Pairs that were accepted, the groups they make, and the verdicts of the person."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, case, delete, func, select
from sqlalchemy.dialects.sqlite import insert

from fapproc.db.images import Stored, by_ids
from fapproc.db.schema import duplicate_group, group_member, image, listing, pair
from fapproc.model import Group, Pair, Verdict

PairKey = tuple[str, int, int]
"""Method and the two images' row numbers, the lower first."""


@dataclass(frozen=True, slots=True)
class Member:
    """An image's place in a group."""

    image_id: int
    group_id: int
    verdict: Verdict


def pairs(connection: Connection) -> dict[PairKey, float]:
    """Every stored pair with its score."""
    return {(row.method, row.a_id, row.b_id): row.score for row in connection.execute(select(pair))}


def withdraw_pairs(connection: Connection, keys: Iterable[PairKey]) -> None:
    """Remove pairs that no longer hold."""
    for method, a, b in keys:
        connection.execute(
            delete(pair).where(pair.c.method == method, pair.c.a_id == a, pair.c.b_id == b)
        )


def save_pairs(connection: Connection, found: Mapping[PairKey, float]) -> None:
    """Add pairs, or take over their present score."""
    for (method, a, b), score in found.items():
        statement = insert(pair).values(method=method, a_id=a, b_id=b, score=score)
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=["method", "a_id", "b_id"], set_={"score": score}
            )
        )


def members(connection: Connection) -> dict[int, Member]:
    """Every grouped image's place, by image row number."""
    return {
        row.image_id: Member(row.image_id, row.group_id, Verdict(row.verdict))
        for row in connection.execute(select(group_member))
    }


def new_group(connection: Connection) -> int:
    """Make an empty group."""
    statement = insert(duplicate_group).returning(duplicate_group.c.id)
    return int(connection.execute(statement).scalar_one())


def place(connection: Connection, image_id: int, group_id: int) -> None:
    """Put an image into a group; its verdict stays, or is `new`."""
    statement = insert(group_member).values(
        image_id=image_id, group_id=group_id, verdict=Verdict.NEW
    )
    connection.execute(
        statement.on_conflict_do_update(index_elements=["image_id"], set_={"group_id": group_id})
    )


def release(connection: Connection, image_ids: Iterable[int]) -> None:
    """Take images out of their groups."""
    for image_id in image_ids:
        connection.execute(delete(group_member).where(group_member.c.image_id == image_id))


def drop_small_groups(connection: Connection) -> None:
    """Remove groups of fewer than two images; there is nothing to judge in them."""
    size = func.count()
    lonely = select(group_member.c.group_id).group_by(group_member.c.group_id).having(size < 2)
    connection.execute(delete(group_member).where(group_member.c.group_id.in_(lonely)))
    used = select(group_member.c.group_id)
    connection.execute(delete(duplicate_group).where(duplicate_group.c.id.not_in(used)))


def count_groups(connection: Connection) -> tuple[int, int, int]:
    """How many images are grouped, how many groups there are, how many wait for a verdict."""
    waits = group_member.c.verdict == Verdict.NEW
    distinct = func.count(group_member.c.group_id.distinct())
    images, groups = connection.execute(
        select(func.count(), distinct).select_from(group_member)
    ).one()
    waiting = connection.execute(select(distinct).where(waits)).scalar_one()
    return images, groups, waiting


def groups(
    connection: Connection, *, after: int = 0, offset: int = 0, limit: int | None = None
) -> list[Group]:
    """Groups by number, with members, verdicts and pairs."""
    numbers = select(duplicate_group.c.id).where(duplicate_group.c.id > after)
    stretch = numbers.order_by(duplicate_group.c.id).offset(offset).limit(limit)
    return _groups(connection, list(connection.scalars(stretch)))


def group_numbers(connection: Connection, image_ids: Iterable[int]) -> dict[int, int]:
    """The group of each of these images that is in one."""
    query = select(group_member.c.image_id, group_member.c.group_id)
    chosen = query.where(group_member.c.image_id.in_(list(image_ids)))
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


def exact_page(connection: Connection, *, offset: int, limit: int) -> list[Stored]:
    """A stretch of the images listed at more than one place, by row number."""
    twice = _twice().order_by(listing.c.image_id).offset(offset).limit(limit)
    numbers = list(connection.scalars(twice))
    found = by_ids(connection, numbers)
    return [found[number] for number in numbers]


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
    )
    for row in connection.execute(member_query):
        verdicts[row.group_id][row.digest] = Verdict(row.verdict)
    found: dict[int, list[Pair]] = {number: [] for number in numbers}
    one, other = image.alias("one"), image.alias("other")
    pair_query = (
        select(group_member.c.group_id, pair, one.c.digest.label("a"), other.c.digest.label("b"))
        .join(group_member, group_member.c.image_id == pair.c.a_id)
        .join(one, one.c.id == pair.c.a_id)
        .join(other, other.c.id == pair.c.b_id)
        .where(group_member.c.group_id.in_(numbers))
    )
    for row in connection.execute(pair_query):
        low, high = sorted((row.a, row.b))
        found[row.group_id].append(Pair(row.method, low, high, row.score))
    return [
        Group(number, verdicts[number], tuple(sorted(found[number], key=_by_method)))
        for number in numbers
    ]


def _by_method(entry: Pair) -> tuple[str, str, str]:
    return entry.method, entry.a, entry.b
