from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection, Select, insert, literal, select

from fapproc.archive import Archive
from fapproc.db.bulk import read_many, write_many
from fapproc.db.dialect.engines import TooLong, driver_of
from fapproc.db.schema import setting


def test_parameters_in_another_order_are_refused(archive: Archive) -> None:
    with archive.writing() as connection:
        write_many(connection, insert(setting), ("name", "value"), [("a", "1"), ("b", "2")])
        with pytest.raises(ValueError, match=r"takes \['name', 'value'\]"):
            write_many(connection, insert(setting), ("value", "name"), [("1", "a")])


def endless() -> Select[Any]:
    """Numbers without an end."""
    numbers = select(literal(1).label("n")).cte(recursive=True)
    return select(numbers.union_all(select(numbers.c.n + 1)))


@pytest.mark.parametrize(
    "ask",
    [
        lambda connection, query: connection.execute(query).all(),
        lambda connection, query: list(read_many(connection, query)),
    ],
    ids=["rows", "stretches"],
)
def test_what_takes_too_long_is_ended_however_it_is_read(
    archive: Archive, ask: Callable[[Connection, Select[Any]], object]
) -> None:
    with archive.reading() as connection:
        with pytest.raises(TooLong), driver_of(connection).within(connection, 0.01):
            ask(connection, endless())
        assert connection.execute(select(literal(1))).scalar() == 1
