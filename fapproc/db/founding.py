"""The tables of an archive on a server: they are made once, and say whose rows they hold."""

from contextlib import closing

from sqlalchemy import Connection, inspect

from fapproc.db import copying, creating
from fapproc.db.dialect import engines
from fapproc.db.engine import Database
from fapproc.errors import StorageError
from fapproc.voice import tell


def found(database: Database, archive: str, filled_from: Database | None = None) -> None:
    """Make the tables of an archive, all or none; what of the server endangers rows is told.

    Args:
        database: which is to be empty.
        archive: the archive's id.
        filled_from: whose rows are copied.

    Raises:
        StorageError: there are tables already, or the database can't be used.
        Damaged: other rows are there afterwards than were read.
    """
    with database.writing() as connection:
        if inspect(connection).get_table_names():
            raise StorageError(
                f"The database at {database.name} is not empty: it holds {_held(connection)}. "
                "Make a new database with the server's own tools, and name that."
            )
        for warning in engines.driver_of(connection).warnings(connection):
            tell(f"Warning: {warning}")
        creating.create(connection, archive)
        if filled_from is not None:
            with filled_from.reading() as source:
                copying.copy_rows(source, connection)


def refuse_others(database: Database, archive: str) -> None:
    """See that a database is that of the archive with this id.

    Raises:
        StorageError: it is another's, or has no tables.
    """
    with database.reading() as connection:
        owner = creating.owner(connection)
    if owner != archive:
        what = "another archive" if owner else "no archive"
        raise StorageError(
            f"The database at {database.name} holds {what}. Look whether archive.json names the "
            "right one, or restore it from a copy."
        )


def said(url: str, archive: str) -> str:
    """What was said last of the archive with this id, in the database of its rows.

    Raises:
        StorageError: as `refuse_others`, or the archive has its rows elsewhere by now, or the
            server can't be reached.
    """
    with closing(Database(url)) as database:
        refuse_others(database, archive)
        with database.reading() as connection:
            text = creating.said(connection)
    if not text:
        raise StorageError(
            f"The rows of this archive are at {database.name} no more: they were moved. Copy "
            "archive.json again from the folder in which that was done."
        )
    return text


def say(url: str, archive: str, text: str) -> None:
    """Say something else of it.

    Raises:
        StorageError, ArchiveHeld: as `said`, or it can't be written.
    """
    with closing(Database(url)) as database:
        refuse_others(database, archive)
        with database.writing() as connection:
            creating.say(connection, text)


def leave(url: str, archive: str) -> None:
    """Say that the archive has its rows elsewhere from now on: another computer can't know.

    Raises:
        StorageError, ArchiveHeld: as `say`.
    """
    say(url, archive, "")


def _held(connection: Connection) -> str:
    owner = creating.owner(connection)
    return "tables of something else" if owner is None else f"the rows of archive {owner}"
