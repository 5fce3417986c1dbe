"""Many rows by one statement: SQLAlchemy arranges parameters longer than SQLite writes them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.sql.dml import UpdateBase


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
    if list(getattr(compiled, "positiontup", None) or ()) != list(names):
        raise ValueError(f"the statement takes {getattr(compiled, 'positiontup', None)}")
    connection.exec_driver_sql(str(compiled), list(rows))
