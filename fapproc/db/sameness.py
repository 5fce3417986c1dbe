"""Which images of a group differ only in size and quality: rows that can be derived again."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Connection,
    Select,
    and_,
    case,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
)

from fapproc.db.bulk import read_many
from fapproc.db.schema import duplicate_group, group_member, image, same_class, sameness
from fapproc.model import Verdict
from fapproc.sameness import Sameness, Untold

Shown = tuple[int | str | None, ...]
"""What is told of an image depends on this: its number, digest, facts and thumbnail, and that it is
lost, where it is."""


@dataclass(frozen=True, slots=True)
class Told:
    """What was found of a group, by row numbers, and the sum of what it was made of."""

    basis: str
    classes: tuple[tuple[int, ...], ...] = ()
    best: int | None = None
    untold: Untold | None = None


def shown(connection: Connection, numbers: Collection[int] | None = None) -> dict[int, list[Shown]]:
    """What each group shows, of these or of all: its images, by row number."""
    query: Select[Any] = (
        select(
            group_member.c.group_id,
            image.c.id,
            image.c.digest,
            image.c.width,
            image.c.height,
            image.c.orientation,
            image.c.animated,
            image.c.thumb_digest,
            image.c.lost_at,
        )
        .join(image, image.c.id == group_member.c.image_id)
        .order_by(group_member.c.group_id, image.c.id)
    )
    if numbers is not None:
        query = query.where(group_member.c.group_id.in_(list(numbers)))
    found = defaultdict[int, list[Shown]](list)
    for rows in read_many(connection, query):
        for number, *what, lost_at in rows:
            found[number].append((*what, *["lost"] * (lost_at is not None)))
    return dict(found)


def members(connection: Connection, numbers: Iterable[int]) -> dict[int, list[int]]:
    """The images of these groups, by row number."""
    query = (
        select(group_member.c.group_id, group_member.c.image_id)
        .where(group_member.c.group_id.in_(list(numbers)))
        .order_by(group_member.c.group_id, group_member.c.image_id)
    )
    found = defaultdict[int, list[int]](list)
    for row in connection.execute(query):
        found[row.group_id].append(row.image_id)
    return dict(found)


def bases(connection: Connection) -> dict[int, str]:
    """Of what each group's rows were made."""
    query = select(sameness.c.group_id, sameness.c.basis)
    return {row[0]: row[1] for rows in read_many(connection, query) for row in rows}


def forget(connection: Connection, numbers: Iterable[int]) -> None:
    """Tell nothing of these groups."""
    those = list(numbers)
    connection.execute(delete(same_class).where(same_class.c.group_id.in_(those)))
    connection.execute(delete(sameness).where(sameness.c.group_id.in_(those)))


def save(connection: Connection, told: Mapping[int, Told]) -> None:
    """Write what was found of groups of which nothing is told."""
    if not told:
        return
    rows = [
        {"group_id": number, "basis": one.basis, "best_id": one.best, "untold": one.untold}
        for number, one in told.items()
    ]
    connection.execute(insert(sameness), rows)
    classes = [
        {"image_id": member, "group_id": number, "number": at}
        for number, one in told.items()
        for at, members in enumerate(one.classes, start=1)
        for member in members
    ]
    if classes:  # of one that has come from another group something may be told there still
        came = [row["image_id"] for row in classes]
        connection.execute(delete(same_class).where(same_class.c.image_id.in_(came)))
        connection.execute(insert(same_class), classes)


def count_same(connection: Connection) -> int:
    """How many groups that wait have nothing but images that are the same as a best one.

    Of which nothing else was said than to keep that and to skip the others, as
    `batch.Rule.SAME` would.
    """
    best = image.alias("best")
    of_best, its, new = same_class.alias("of_best"), group_member, group_member.alias("new")
    said = case((its.c.image_id == sameness.c.best_id, Verdict.KEEP), else_=Verdict.SKIP)
    # All tables but its own are those of the statement around, however deep it stands in that.
    in_class = (
        exists()
        .where(
            same_class.c.image_id == its.c.image_id,
            same_class.c.group_id == its.c.group_id,
            same_class.c.number == of_best.c.number,
            image.c.id == same_class.c.image_id,
            image.c.lost_at.is_(None),
        )
        .correlate_except(same_class, image)
    )
    judged_otherwise = and_(its.c.verdict != Verdict.NEW, its.c.verdict != said)
    other = or_(~in_class, judged_otherwise)
    another = exists().where(its.c.group_id == sameness.c.group_id, other).correlate_except(its)
    its_new = (new.c.group_id == sameness.c.group_id, new.c.verdict == Verdict.NEW)
    waits = exists().where(*its_new).correlate_except(new)
    query = (
        select(func.count())
        .select_from(sameness)
        .join(duplicate_group, duplicate_group.c.id == sameness.c.group_id)
        .join(of_best, of_best.c.image_id == sameness.c.best_id)
        .join(best, best.c.id == sameness.c.best_id)
        .where(of_best.c.group_id == sameness.c.group_id, best.c.lost_at.is_(None))
        .where(~duplicate_group.c.to_look, waits, ~another)
    )
    return int(connection.execute(query).scalar_one())


def of_groups(connection: Connection, numbers: Sequence[int]) -> dict[int, Sameness]:
    """What is told of these groups; of images that have left them nothing is."""
    classes = defaultdict[int, dict[int, list[str]]](lambda: defaultdict(list))
    member_query = (
        select(same_class.c.group_id, same_class.c.number, image.c.digest)
        .join(image, image.c.id == same_class.c.image_id)
        .join(group_member, group_member.c.image_id == same_class.c.image_id)
        .where(image.c.lost_at.is_(None))  # nobody can see it, so it is the same as no other
        .where(same_class.c.group_id.in_(numbers), group_member.c.group_id == same_class.c.group_id)
        .order_by(same_class.c.number, image.c.digest)
    )
    for row in connection.execute(member_query):
        classes[row.group_id][row.number].append(row.digest)
    query = (
        select(sameness.c.group_id, sameness.c.untold, image.c.digest)
        .join_from(sameness, image, image.c.id == sameness.c.best_id, isouter=True)
        .where(sameness.c.group_id.in_(numbers))
    )
    found = dict[int, Sameness]()
    for row in connection.execute(query):
        held = tuple(tuple(each) for each in classes[row.group_id].values() if len(each) > 1)
        there = held and row.digest in held[0]
        untold = None if row.untold is None else Untold(row.untold)
        found[row.group_id] = Sameness(
            held, row.digest if there else None, untold if there or untold else Untold.UNEQUAL
        )
    return found
