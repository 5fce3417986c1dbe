"""Which images pairs name: read in stretches, or of some images alone, so that not all are held."""

from collections.abc import Collection, Iterator, Sequence

from sqlalchemy import Connection, select

from fapproc.db.bulk import read_many
from fapproc.db.dialect import numbers
from fapproc.db.schema import different_pair, pair

Ends = tuple[Sequence[int], Sequence[int]]
"""The lower images of some pairs, and the higher ones."""


def ends(connection: Connection, *, without: str) -> Iterator[Ends]:
    """Both images of every stored pair but those of one method."""
    query = select(pair.c.a_id, pair.c.b_id).where(pair.c.method != without)
    for rows in read_many(connection, query):
        a, b = zip(*rows, strict=True)
        yield a, b


def beside(
    connection: Connection, image_ids: Collection[int], *, without: str
) -> dict[int, set[int]]:
    """Of each of these images those that it is paired with, but by one method."""
    found: dict[int, set[int]] = {}
    these = numbers(image_ids)
    for one, other in ((pair.c.a_id, pair.c.b_id), (pair.c.b_id, pair.c.a_id)):
        query = select(one, other).where(one.in_(these), pair.c.method != without)
        for row in connection.execute(query):
            found.setdefault(row[0], set()).add(row[1])
    return found


def different(connection: Connection) -> Iterator[Ends]:
    """Both images of every pair of which a person said that they are not one picture."""
    for rows in read_many(connection, select(different_pair.c.a_id, different_pair.c.b_id)):
        a, b = zip(*rows, strict=True)
        yield a, b
