"""Keys of pictures in an order, from any place in it on, read from one source or from several."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, literal, select, tuple_, union_all

from fapproc.db.bulk import read_many

Place = Sequence[Any]
"""Where a picture stands: a value of each column that is ordered by."""


@dataclass(frozen=True, slots=True)
class Source:
    """Some pictures, which are in no other source; no two stand at one place."""

    query: Select[Any]
    key: ColumnElement[int]
    columns: Sequence[ColumnElement[Any]]
    """What they are ordered by."""
    only: int | None = None
    """The value of the first column, where all have the same one."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Which pictures are read: those behind a place, up to another one, which may be there too."""

    falls: bool
    """Whether the largest come first."""
    after: Place | None = None
    upto: Place | None = None


def keys(
    connection: Connection, sources: Sequence[Source], stretch: Stretch, limit: int
) -> list[int]:
    """The keys of the first pictures of a stretch, in order."""
    found = _first(sources, stretch, limit)
    if found is None:
        return []
    return [row[0] for rows in read_many(connection, found) for row in rows]


def place_of_last(
    connection: Connection, sources: Sequence[Source], stretch: Stretch, number: int
) -> Place | None:
    """Where the picture of this number, counted from 1, stands; None if there are not so many."""
    found = _first(sources, stretch, number, placed=True)
    row = None if found is None else connection.execute(found.offset(number - 1).limit(1)).first()
    return None if row is None else tuple(row)


def _first(
    sources: Sequence[Source], stretch: Stretch, limit: int, *, placed: bool = False
) -> Select[Any] | None:
    """The first of a stretch: their keys, or where they stand; None where none can be there."""
    narrowed = [each for each in (_within(source, stretch) for source in sources) if each]
    if not narrowed:
        return None
    if len(narrowed) == 1:
        [one] = narrowed
        shown = one.columns if placed else [one.key]
        query = one.query.with_only_columns(*shown)
        return query.order_by(*directed(one.columns, falls=stretch.falls)).limit(limit)
    # Each has an index of its order, which no engine would see behind the union.
    firsts = []
    for one in narrowed:
        named = [column.label(f"at_{at}") for at, column in enumerate(one.columns)]
        query = one.query.with_only_columns(one.key.label("key"), *named)
        ordered = query.order_by(*directed(one.columns, falls=stretch.falls)).limit(limit)
        firsts.append(select(ordered.subquery()))
    every = union_all(*firsts).subquery()
    key, *columns = every.c
    merged = select(*columns) if placed else select(key)
    return merged.order_by(*directed(columns, falls=stretch.falls)).limit(limit)


def directed(columns: Sequence[ColumnElement[Any]], *, falls: bool) -> Sequence[ColumnElement[Any]]:
    """By what rows are ordered; `falls`: the largest come first."""
    return [each.desc() for each in columns] if falls else columns


def _within(source: Source, stretch: Stretch) -> Source | None:
    """What a source has within a stretch; None where it can have nothing."""
    query, rises = source.query, not stretch.falls
    for end, larger, here_too in ((stretch.after, rises, False), (stretch.upto, not rises, True)):
        if end is None:
            continue
        columns, place = source.columns, end
        if source.only is not None:
            if source.only != place[0]:
                if (source.only > place[0]) is larger:
                    continue
                return None
            columns, place = columns[1:], place[1:]
        query = query.where(*beyond(columns, place, larger=larger, here_too=here_too))
    return replace(source, query=query)


def beyond(
    columns: Sequence[ColumnElement[Any]], place: Place, *, larger: bool, here_too: bool = False
) -> Iterator[ColumnElement[bool]]:
    """What holds of rows on one side of a place, and at it if `here_too`."""
    here, there = tuple_(*columns), tuple_(*map(literal, place))
    yield here >= there if larger else here <= there
    if not here_too:
        # Not by < alone: of that PostgreSQL only weighs the first column. Among a million pictures
        # of one size it expected one row, and read all pairs for over 100 s (2026-11-30).
        yield here != there
    # By the first column alone an index over an expression is entered.
    yield columns[0] >= place[0] if larger else columns[0] <= place[0]
