"""Rows straight to and from the driver, for any engine, and how many rows a statement wrote.

With many parameters SQLAlchemy takes longer to arrange them than SQLite takes to write the rows,
and it makes an object of each row that is read: for a million rows five times as long as reading.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select
from sqlalchemy.sql.dml import UpdateBase

from fapproc.db.dialect import numbers
from fapproc.db.dialect.engines import driver_of

STRETCH = 1000
"""Rows read at a time: what a processor's cache holds, a megabyte of vectors."""


def write_many(
    connection: Connection,
    statement: UpdateBase,
    names: Sequence[str],
    rows: Sequence[tuple[Any, ...]],
) -> None:
    """Run a statement for each row.

    Args:
        connection: in a writing transaction.
        statement: what to run; its parameters are the columns or `bindparam`s of these names.
        names: of its parameters, in the order in which they stand in the statement.
        rows: a value for each.

    Raises:
        ValueError: the names are others, or stand in another order.
    """
    if not rows:
        return
    compiled = statement.compile(dialect=connection.dialect, column_keys=list(names))
    order = getattr(compiled, "positiontup", None)  # None: by name
    taken = list(compiled.params if order is None else order)
    if taken != list(names):
        raise ValueError(f"the statement takes {taken}")
    given = rows if order is not None else [dict(zip(names, row, strict=True)) for row in rows]
    connection.exec_driver_sql(str(compiled), list(given))


def read_many(
    connection: Connection, query: Select[Any], *, first: int = STRETCH
) -> Iterator[Sequence[tuple[Any, ...]]]:
    """The rows of a query as the driver gives them, in stretches; nothing is held of the rest.

    `first`: how many to wait for before the first stretch; each later one has up to ten times more.
    """
    compiled = query.compile(
        dialect=connection.dialect, compile_kwargs={"render_postcompile": True}
    )
    values, order = compiled.params, getattr(compiled, "positiontup", None)
    cursor = driver_of(connection).cursor(connection)
    try:
        cursor.execute(str(compiled), values if order is None else [values[name] for name in order])
        many = first
        while rows := cursor.fetchmany(many):
            yield rows
            many = min(many * 10, STRETCH)
    finally:
        # Who is interrupted closes the database first, and lets go of what was read of it then.
        with suppress(connection.dialect.loaded_dbapi.ProgrammingError):
            cursor.close()


def among(column: ColumnElement[int], these: Collection[int]) -> ColumnElement[bool]:
    """Whether a row is of one of these numbers, or, where they lie close, of one between them.

    A span is found in half the time that a list of a thousand takes (2026-11-29).
    """
    first, last = min(these), max(these)
    if last - first < 2 * len(these):
        return column.between(first, last)
    return column.in_(numbers(these))


def write(
    connection: Connection,
    statement: UpdateBase,
    values: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
) -> int:
    """Run a statement, for each of the values; return how many rows it wrote.

    Of an insert not every driver says so.
    """
    if values is not None and not values:
        return 0
    options = {"preserve_rowcount": True}
    return connection.execute(statement, values, execution_options=options).rowcount
