"""What second looks at two images saw: rows that can be made again."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, select

from fapproc.db.bulk import read_many, write_many
from fapproc.db.dialect import insert
from fapproc.db.schema import image, second_look

Pair = tuple[int, int]
"""Row numbers of two images, the lower first."""
_BATCH = 5000


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of two images: whether they are the same picture, how well they agree, how.

    `how` names what is told of a look, but for what is as it mostly is.
    """

    same: bool
    score: float
    how: Mapping[str, Any] = field(default_factory=dict)


def verdicts(connection: Connection, looker: int, first: Collection[int]) -> dict[Pair, bool]:
    """Which pairs this looker called the same, and which not, of pairs that begin so."""
    found: dict[Pair, bool] = {}
    numbers = sorted(first)
    for start in range(0, len(numbers), _BATCH):
        query = select(second_look.c.a_id, second_look.c.b_id, second_look.c.same).where(
            second_look.c.a_id.in_(numbers[start : start + _BATCH]),
            second_look.c.looker == looker,
        )
        for rows in read_many(connection, query):
            found.update(((row[0], row[1]), bool(row[2])) for row in rows)
    return found


def save(connection: Connection, looker: int, seen: Mapping[Pair, Seen]) -> None:
    """Write what a looker saw, in place of what was seen before, of images that are there."""
    ends = list({end for couple in seen for end in couple})
    there = set(connection.scalars(select(image.c.id).where(image.c.id.in_(ends))))
    statement = insert(second_look)
    columns = ("looker", "same", "score", "how")
    statement = statement.on_conflict_do_update(
        index_elements=["a_id", "b_id"],
        set_={name: statement.excluded[name] for name in columns},
    )
    rows = [
        (a, b, looker, one.same, one.score, json.dumps(one.how) if one.how else None)
        for (a, b), one in seen.items()
        if a in there and b in there
    ]
    write_many(connection, statement, ("a_id", "b_id", *columns), rows)


def among(connection: Connection, numbers: Collection[int]) -> dict[Pair, Seen]:
    """What was seen of pairs of these images."""
    ids = list(numbers)
    query = select(second_look).where(second_look.c.a_id.in_(ids), second_look.c.b_id.in_(ids))
    return {
        (row.a_id, row.b_id): Seen(row.same, row.score, json.loads(row.how) if row.how else {})
        for row in connection.execute(query)
    }
