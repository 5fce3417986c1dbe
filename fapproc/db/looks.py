"""What second looks at pairs of images found: rows that can be derived again."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from functools import cache
from typing import Any

from sqlalchemy import Connection, select

from fapproc.db.bulk import read_many, write_many
from fapproc.db.dialect import Insert, insert
from fapproc.db.schema import group_member, image, second_look
from fapproc.looks import Look, PairLook

Pair = tuple[int, int]
"""Row numbers of two images, the lower first."""
_BATCH = 5000
_COLUMNS = ("looker", "same", "score", "how")
# Made once: they took most of the time of the statement that they are in.
_ONE, _OTHER = image.alias("one"), image.alias("other")
_WITH_B = group_member.alias("with_b")


def verdicts(connection: Connection, looker: int, first: Collection[int]) -> dict[Pair, bool]:
    """Which pairs this looker called the same, and which not, of pairs that begin so."""
    return {
        (a, b): bool(alike)
        for stretch in seen(connection, looker, first)
        for a, b, alike in zip(*stretch, strict=True)
    }


def seen(
    connection: Connection, looker: int, first: Collection[int]
) -> Iterator[tuple[Sequence[int], Sequence[int], Sequence[bool]]]:
    """The same in stretches, for there may be millions: both images, and whether they are alike."""
    numbers = sorted(first)
    for start in range(0, len(numbers), _BATCH):
        query = select(second_look.c.a_id, second_look.c.b_id, second_look.c.same).where(
            second_look.c.a_id.in_(numbers[start : start + _BATCH]),
            second_look.c.looker == looker,
        )
        for rows in read_many(connection, query):
            a, b, same = zip(*rows, strict=True)
            yield a, b, same


def same(connection: Connection, looker: int) -> list[Pair]:
    """All pairs that this looker called the same."""
    query = select(second_look.c.a_id, second_look.c.b_id)
    query = query.where(second_look.c.looker == looker, second_look.c.same)
    return [(row[0], row[1]) for row in connection.execute(query)]


def save(connection: Connection, looker: int, saw: Mapping[Pair, Look]) -> None:
    """Write what a looker saw, in place of what was seen before, of images that are there."""
    ends = list({end for couple in saw for end in couple})
    there = set(connection.scalars(select(image.c.id).where(image.c.id.in_(ends))))
    rows = [
        (a, b, looker, look.same, look.score, _written(look))
        for (a, b), look in saw.items()
        if a in there and b in there
    ]
    write_many(connection, _saved(), ("a_id", "b_id", *_COLUMNS), rows)


@cache
def _saved() -> Insert:
    statement = insert(second_look)
    return statement.on_conflict_do_update(
        index_elements=["a_id", "b_id"],
        set_={name: statement.excluded[name] for name in _COLUMNS},
    )


def of_groups(connection: Connection, numbers: Iterable[int]) -> dict[int, list[PairLook]]:
    """What was seen of images that are in one of these groups together, by group."""
    found: dict[int, list[PairLook]] = {number: [] for number in numbers}
    in_it = (_WITH_B.c.image_id == second_look.c.b_id) & (
        _WITH_B.c.group_id == group_member.c.group_id
    )
    query = (
        select(
            group_member.c.group_id,
            second_look,
            _ONE.c.digest.label("a"),
            _OTHER.c.digest.label("b"),
        )
        .join(group_member, group_member.c.image_id == second_look.c.a_id)
        .join(_WITH_B, in_it)
        .join(_ONE, _ONE.c.id == second_look.c.a_id)
        .join(_OTHER, _OTHER.c.id == second_look.c.b_id)
        .where(group_member.c.group_id.in_(list(found)))
        .order_by(_ONE.c.digest, _OTHER.c.digest)
    )
    for row in connection.execute(query):
        look = _read(row.score, row.how, same=row.same)
        found[row.group_id].append(PairLook(row.a, row.b, look))
    return found


def _written(look: Look) -> str | None:
    """What is told of a look, but for what is as it mostly is, and what has columns of its own."""
    told = {
        field.name: value
        for field in fields(look)
        if field.name not in _COLUMNS and (value := getattr(look, field.name)) != field.default
    }
    return json.dumps(told) if told else None


def _read(score: float, how: str | None, *, same: bool) -> Look:
    try:
        told: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in json.loads(how or "{}").items()
        }
        return Look(score, same, **told)
    except (AttributeError, TypeError, ValueError):  # a disk changed it, or another version told it
        return Look(score, same)
