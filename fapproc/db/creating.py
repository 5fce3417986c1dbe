"""A new database: creates all tables at once, as the newest migration leaves them.

Running all migrations took 0.25 s of processor time for each new archive, with loading Alembic;
this takes 0.05 (2026-11-29). A test compares the results of both.
"""

from sqlalchemy import (
    Column,
    Connection,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    func,
    inspect,
    select,
)

from fapproc.db import schema

_version = Table(
    "alembic_version",
    MetaData(),
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)
"""Alembic's own table, in the form that Alembic gives it."""

_archive = Table(
    "archive",
    MetaData(),
    Column("id", String(32), primary_key=True),
    Column("said", String, nullable=False),
)
"""Whose rows a server has, and what is said of the archive: elsewhere that is `archive.json`."""
UNFINISHED = "unfinished"
"""What is said of it until its rows are all there."""
MOST_SAID = 1024 * 1024
"""Characters that are said of it at most; as many are read, and one more, whatever is there."""


def create(connection: Connection, archive: str | None = None) -> None:
    """Make all tables, unless another program has made them meanwhile.

    Args:
        connection: in a writing transaction.
        archive: the id of whose rows they are to hold, where that is to be said.
    """
    if inspect(connection).has_table(_version.name):
        return
    if archive is not None:
        _archive.create(connection, checkfirst=False)
        connection.execute(_archive.insert().values(id=archive, said=UNFINISHED))
    schema.metadata.create_all(connection, checkfirst=False)
    _version.create(connection, checkfirst=False)
    connection.execute(_version.insert().values(version_num=schema.REVISION))


def said(connection: Connection) -> str:
    """What is said of the archive."""
    read = func.substr(_archive.c.said, 1, MOST_SAID + 1)
    return str(connection.execute(select(read)).scalar_one())


def say(connection: Connection, text: str) -> None:
    """Say something else of it."""
    connection.execute(_archive.update().values(said=text))


def give_to(connection: Connection, archive: str) -> None:
    """Let tables without rows be another archive's."""
    connection.execute(_archive.update().values(id=archive))


def owner(connection: Connection) -> str | None:
    """The id of the archive whose rows these are, where that is said."""
    if not inspect(connection).has_table(_archive.name):
        return None
    found: str | None = connection.execute(select(_archive.c.id)).scalar()
    return found
