"""The tables of an archive on a server: they are made once, and say whose rows they hold."""

from contextlib import closing

from sqlalchemy import Connection, inspect, select

from fapproc.db import copying, creating, schema
from fapproc.db.dialect import engines
from fapproc.db.engine import Database
from fapproc.errors import Damaged, StorageError
from fapproc.hold import held_alone
from fapproc.steps import Begin, unseen
from fapproc.voice import tell


def refuse_taken(url: str, archive: str = "") -> None:
    """See that a database is empty, or unfinished as one of this archive, before it is used.

    Raises:
        StorageError: it is not, or can't be used.
    """
    with closing(Database(url)) as database, database.reading() as connection:
        _refuse_taken(connection, archive, database.name)


def found(
    database: Database, archive: str, filled_from: Database | None = None, begin: Begin = unseen
) -> None:
    """Make the tables of an archive; what of the server endangers rows is told.

    Until something is said of the archive there (`say`), the database is unfinished: nobody uses
    it, and the same call goes on with what there is. Rows are copied in several transactions.

    Args:
        database: which is to be empty, or unfinished.
        archive: the archive's id.
        filled_from: whose rows are copied.
        begin: called as the copying begins.

    Raises:
        StorageError: there are tables already, or the database can't be used.
        ArchiveHeld: another program fills it now.
        Damaged: other rows are there afterwards than were read.
    """
    with held_alone(engines.lock_at(database.name)):
        with database.writing() as connection:
            _make(connection, archive, database.name)
            for warning in engines.driver_of(connection).warnings(connection):
                tell(f"Warning: {warning}")
        if filled_from is not None:
            with filled_from.reading() as source:
                copying.fill(source, database, begin)
            database.tidy()


def _make(connection: Connection, archive: str, name: str) -> None:
    """Make the tables, unless they are there and wait for this archive."""
    _refuse_taken(connection, archive, name)
    if not inspect(connection).get_table_names():
        creating.create(connection, archive)
    elif creating.owner(connection) != archive:  # an `init` was ended before it was done
        creating.give_to(connection, archive)


def _refuse_taken(connection: Connection, archive: str, name: str) -> None:
    if not inspect(connection).get_table_names():
        return
    owner = creating.owner(connection)
    waits = owner is not None and creating.said(connection) == creating.UNFINISHED
    if waits and (owner == archive or _is_without_rows(connection)):
        return
    held = "tables of something else" if owner is None else f"the rows of archive {owner}"
    raise StorageError(
        f"The database at {name} is not empty: it holds {held}. Make a new database with the "
        "server's own tools, and name that."
    )


def _is_without_rows(connection: Connection) -> bool:
    return not any(
        connection.execute(select(table).limit(1)).first() is not None
        for table in schema.metadata.sorted_tables
    )


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
        Damaged: it is far too long.
    """
    with closing(Database(url)) as database:
        refuse_others(database, archive)
        with database.reading() as connection:
            text = creating.said(connection)
    if text == creating.UNFINISHED:
        raise StorageError(
            f"The rows of this archive are not all at {database.name} yet. Run the 'fapproc move' "
            "that was interrupted again, in the folder in which that was done."
        )
    if not text:
        raise StorageError(
            f"The rows of this archive are at {database.name} no more: they were moved. Copy "
            "archive.json again from the folder in which that was done."
        )
    if len(text) > creating.MOST_SAID:
        raise Damaged(
            f"What the database at {database.name} says of the archive is not what was written. "
            "Restore it from a copy."
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
