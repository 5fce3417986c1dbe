"""All rows of one archive into the empty tables of another database, whatever engines these have.

What is there afterwards is read and compared, and the next numbers that the database makes are the
same, so that none is given twice.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, zip_longest
from typing import Any

from sqlalchemy import Connection, Table, select

from fapproc.db.bulk import read_many
from fapproc.db.dialect import storable
from fapproc.db.dialect.engines import driver_of
from fapproc.db.schema import metadata
from fapproc.errors import Damaged

Row = Sequence[Any]


def copy_rows(source: Connection, target: Connection) -> None:
    """Copy every row, and read what is there.

    Raises:
        Damaged: the target holds other rows than were read.
    """
    for table in metadata.sorted_tables:
        names = [column.name for column in table.columns]
        for rows in _parents_first(table, _read(source, table)):
            driver_of(target).load(target, table.name, names, [_stored(row) for row in rows])
        if any(_stored(one) != other for one, other in _side_by_side(source, target, table)):
            raise Damaged(f"The copy of table {table.name} holds other rows than were written.")
        if any(column.identity is not None for column in table.columns):
            last = driver_of(source).last_number(source, table.name)
            driver_of(target).set_last_number(target, table.name, last)


def _read(connection: Connection, table: Table) -> Iterator[Sequence[Row]]:
    """The rows in stretches, in the order of their key."""
    return read_many(connection, select(table).order_by(*table.primary_key.columns))


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
