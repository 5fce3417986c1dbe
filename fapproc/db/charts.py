"""How the images of an archive are distributed: over time, formats and users."""

from collections.abc import Sequence
from itertools import pairwise

from sqlalchemy import Connection, func, select

from fapproc.db.dialect import total
from fapproc.db.schema import album_figures, group_member, image
from fapproc.model import Format, Verdict


def fetched_between(connection: Connection, ends: Sequence[int]) -> list[int]:
    """How many images came from each of these times (Unix seconds) to the next."""
    at = image.c.fetched_at
    count = select(func.count()).select_from(image)
    each = [count.where(at >= begin, at < end).scalar_subquery() for begin, end in pairwise(ends)]
    return [*connection.execute(select(*each)).one()] if each else []


def by_format(connection: Connection) -> dict[Format, tuple[int, int]]:
    """Of each format how many images there are, and their bytes; the most bytes first."""
    size = total(image.c.bytes)
    query = select(image.c.format, func.count(), size).group_by(image.c.format)
    rows = connection.execute(query.order_by(size.desc()))
    return {Format(row[0]): (row[1], row[2]) for row in rows}


def listed_bytes(connection: Connection) -> int:
    """What it would take to keep the images of each album by themselves."""
    return int(connection.execute(select(total(album_figures.c.bytes))).scalar_one())


def skipped_bytes(connection: Connection) -> int:
    """What the images take that were judged `skip`."""
    skipped = select(group_member.c.image_id).where(group_member.c.verdict == Verdict.SKIP)
    query = select(total(image.c.bytes)).where(image.c.id.in_(skipped))
    return int(connection.execute(query).scalar_one())
