"""Rows in memory, for examples by the dozen: the tables are made once, each block is undone."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from sqlalchemy import Connection, Engine, StaticPool, create_engine

from fapproc.db import counting, schema


@contextmanager
def rows_in_memory() -> Iterator[Connection]:
    """A connection to empty tables."""
    with _engine().connect() as raw:
        connection = raw.execution_options(**counting.begun())
        transaction = connection.begin()
        yield connection
        transaction.rollback()


@cache
def _engine() -> Engine:
    engine = create_engine("sqlite://", poolclass=StaticPool)
    schema.metadata.create_all(engine)
    return engine
