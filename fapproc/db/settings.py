"""Settings that belong to this archive and not to the computer: a few values by name."""

import json
from typing import Any

from sqlalchemy import Connection, delete, select

from fapproc.db.dialect import insert
from fapproc.db.schema import setting


def read(connection: Connection, name: str) -> Any:
    """The value of this name; None if it was never set."""
    value = connection.execute(select(setting.c.value).where(setting.c.name == name)).scalar()
    return None if value is None else json.loads(value)


def beginning_with(connection: Connection, beginning: str) -> dict[str, Any]:
    """The values of all names that begin so."""
    query = select(setting.c.name, setting.c.value)
    found = connection.execute(query.where(setting.c.name.startswith(beginning, autoescape=True)))
    return {name: json.loads(value) for name, value in found}


def write(connection: Connection, name: str, value: Any) -> None:
    """Set a value, or forget it if it is None."""
    if value is None:
        connection.execute(delete(setting).where(setting.c.name == name))
        return
    row = {"value": json.dumps(value, sort_keys=True)}
    statement = insert(setting).values(name=name, **row)
    connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=row))
