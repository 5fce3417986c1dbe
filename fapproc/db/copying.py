"""All rows of one archive into the empty tables of another database, whatever engines these have.

What is there afterwards is read and compared, and the next numbers that the database makes are the
same, so that none is given twice.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from itertools import chain, islice, zip_longest
from typing import Any, Protocol

from sqlalchemy import Connection, Table, func, select

from fapproc.db.bulk import STRETCH, read_many
from fapproc.db.dialect import storable
from fapproc.db.dialect.engines import driver_of
from fapproc.db.schema import metadata
from fapproc.errors import Damaged
from fapproc.steps import Begin, Done, unseen

Row = Sequence[Any]
_COPYING = "Copying rows"
_PART = 100
"""So many stretches of rows, 100,000 rows, are written in one transaction."""


class Filled(Protocol):
    """A database whose tables are filled in several transactions."""

    def reading(self) -> AbstractContextManager[Connection]:
        """A transaction that reads."""

    def writing(self) -> AbstractContextManager[Connection]:
        """A transaction that writes."""


def count_rows(connection: Connection) -> int:
    """How many rows all tables have."""
    counts = (select(func.count()).select_from(table) for table in metadata.sorted_tables)
    return sum(int(connection.execute(each).scalar_one()) for each in counts)


def copy_rows(source: Connection, target: Connection, begin: Begin = unseen) -> None:
    """Copy every row into empty tables, all in one transaction, and read what is there.

    `begin` is called as it begins; each row is a step when it is copied, and when it is compared.

    Raises:
        Damaged: the target holds other rows than were read.
    """
    with begin(_COPYING, 2 * count_rows(source)) as done:
        for table in metadata.sorted_tables:
            for rows in _parents_first(table, _read(source, table)):
                _load(target, table, rows)
                done(len(rows))
            _compare(source, target, table, done)
            _go_on_counting(source, target, table)


def fill(source: Connection, target: Filled, begin: Begin = unseen) -> None:
    """Do the same in several transactions; what an earlier, interrupted one has left is kept.

    Each table is read and compared as a whole in the end, whoever filled it.

    Raises:
        Damaged: as `copy_rows`; what was written stays there.
    """
    with begin(_COPYING, 2 * count_rows(source)) as done:
        for table in metadata.sorted_tables:
            _fill(source, target, table, done)


def _fill(source: Connection, target: Filled, table: Table, done: Done) -> None:
    with target.reading() as connection:
        there = _count_kept(source, connection, table)
    if there is None:
        with target.writing() as connection:
            driver_of(connection).empty(connection, table.name)
    done(there or 0)
    left = _parents_first(table, _read(source, table, skipped=there or 0))
    while part := list(islice(left, _PART)):
        with target.writing() as connection:
            for rows in part:
                _load(connection, table, rows)
        done(sum(map(len, part)))
    with target.reading() as connection:
        _compare(source, connection, table, done)
    with target.writing() as connection:
        _go_on_counting(source, connection, table)


def _count_kept(source: Connection, target: Connection, table: Table) -> int | None:
    """How many rows a table has, if they are the first of the source's; None if they are others."""
    count = 0
    for one, other in _side_by_side(source, target, table):
        if other is None:
            return count
        if _stored(one) != other:
            return None
        count += 1
    return count


def _load(target: Connection, table: Table, rows: Iterable[Row]) -> None:
    names = [column.name for column in table.columns]
    driver_of(target).load(target, table.name, names, [_stored(row) for row in rows])


def _compare(source: Connection, target: Connection, table: Table, done: Done) -> None:
    seen = 0
    for seen, (one, other) in enumerate(_side_by_side(source, target, table), 1):
        if _stored(one) != other:
            raise Damaged(f"The copy of table {table.name} holds other rows than were written.")
        if seen % STRETCH == 0:
            done(STRETCH)
    done(seen % STRETCH)


def _go_on_counting(source: Connection, target: Connection, table: Table) -> None:
    """Let the numbers that the database makes go on where those of the source end."""
    if any(column.identity is not None for column in table.columns):
        last = driver_of(source).last_number(source, table.name)
        driver_of(target).set_last_number(target, table.name, last)


def _read(connection: Connection, table: Table, *, skipped: int = 0) -> Iterator[Sequence[Row]]:
    """The rows in stretches, in the order of their key, without the first."""
    for rows in read_many(connection, select(table).order_by(*table.primary_key.columns)):
        if skipped < len(rows):
            yield rows[skipped:]
        skipped = max(skipped - len(rows), 0)


def _side_by_side(
    source: Connection, target: Connection, table: Table
) -> Iterator[tuple[Row, Row | None]]:
    one, other = (chain.from_iterable(_read(each, table)) for each in (source, target))
    for first, second in zip_longest(one, other):
        yield first or (), second


def _stored(row: Row) -> Row:
    """A row as any engine takes it."""
    return tuple(storable(value) if isinstance(value, str) else value for value in row)


def _parents_first(table: Table, read: Iterable[Sequence[Row]]) -> Iterator[Sequence[Row]]:
    """The rows in stretches; where they refer to others of their own table, those come first.

    Only a table of few rows does so: tags.
    """
    column = next((each.parent for each in table.foreign_keys if each.column.table is table), None)
    if column is None:
        yield from read
        return
    place = list(table.columns).index(column)
    left = {row[0]: row for rows in read for row in rows}
    while left:
        ready = [row for row in left.values() if row[place] not in left]
        ready = ready or list(left.values())  # a ring: the database says what it thinks of it
        for row in ready:
            del left[row[0]]
        yield ready
