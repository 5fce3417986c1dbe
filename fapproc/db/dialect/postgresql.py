"""PostgreSQL, over psycopg: connections, waiting for turns, rows in bulk, its own checks.

A reading transaction sees one state (REPEATABLE READ). Those that write take turns by an advisory
lock, and each statement sees what was written last (READ COMMITTED): under REPEATABLE READ a
transaction that has waited would begin with what was there before, and fail (41 of 75 increments).
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import count
from typing import Any

import psycopg
from psycopg import errors
from psycopg.sql import SQL, Identifier
from sqlalchemy import Connection, Engine, create_engine, inspect
from sqlalchemy.exc import DBAPIError

from fapproc.db.dialect import servers
from fapproc.db.dialect.postgresql_refusal import refusal, without_detail
from fapproc.db.dialect.postgresql_session import ARCHIVE, LOCKS, WRITER, connect
from fapproc.db.dialect.turns import Taken, TooLong
from fapproc.errors import ArchiveHeld

_numbers = count()


_BEGIN = f"""
    BEGIN ISOLATION LEVEL READ COMMITTED;
    SET LOCAL lock_timeout = {{}};
    SELECT pg_advisory_xact_lock({LOCKS}, {WRITER});
    SET LOCAL lock_timeout = 0;
    SELECT pg_try_advisory_xact_lock_shared({LOCKS}, {ARCHIVE}) OR EXISTS (
        SELECT 1 FROM pg_locks l JOIN pg_stat_activity a USING (pid)
        WHERE l.locktype = 'advisory' AND l.mode = 'ExclusiveLock'
        AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND l.classid = {LOCKS} AND l.objid = {ARCHIVE} AND l.objsubid = 2
        AND a.application_name = current_setting('application_name'))
"""  # noqa: S608 - numbers of ours
"""The archive is shared until the transaction ends, unless this process itself has it alone: the
session that holds it for this process may have been cut, and nobody would have told."""


class PostgreSQL:
    """One database on a server."""

    def __init__(self, url: str, *, read_only: bool = False) -> None:
        self.name = url
        self._url = servers.parsed(url)
        self._engine = create_engine(
            "postgresql+psycopg://",
            creator=partial(connect, self._url, read_only=read_only),
            pool_pre_ping=True,  # the server may have been started anew
            use_native_hstore=False,  # it would be asked for at each connection
            hide_parameters=True,  # a traceback must not show the names that a statement was given
        )

    @property
    def file(self) -> None:
        """None: the rows are on a server."""

    def engine(self) -> Engine:
        """A pool of connections; a transaction begins as `begin` says."""
        return self._engine

    def begin(self, connection: Connection, turn_seconds: float | None) -> None:
        """Begin a transaction: one that reads, or one that waits so long for its turn to write."""
        session: Any = connection.connection.driver_connection
        if turn_seconds is None:
            session.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            return
        try:
            told = session.execute(_BEGIN.format(int(turn_seconds * 1000)))
        except errors.LockNotAvailable as error:
            session.rollback()  # the next try is made in the same session
            raise Taken from error
        while told.nextset():
            pass
        if not told.fetchone()[0]:
            raise ArchiveHeld(f"The archive at {self.name} is held alone by another program.")

    @contextmanager
    def without_references(self, connection: Connection) -> Iterator[None]:  # noqa: ARG002 - SQLite's
        """Its tables are changed in place: no rebuilding deletes rows that refer to others."""
        yield

    @contextmanager
    def translate_errors(self) -> Iterator[None]:
        """Turn what the server says into a sentence, without the values of rows."""
        try:
            yield
        except (DBAPIError, psycopg.Error) as error:
            # Neither shown nor kept: what the server says in detail holds names.
            raise (refusal(error, self.name) or without_detail(error)) from None

    def bytes(self) -> int:
        """What the rows take on the server."""
        with self.translate_errors(), self._engine.connect() as connection:
            size = connection.exec_driver_sql("SELECT pg_database_size(current_database())")
            return int(size.scalar_one())

    def tidy(self) -> None:
        """Count what is there for the planner, and note which pages all may see.

        The server does so by itself some minutes later; until then a page of the viewer may take
        a hundred times as long.
        """
        with self.translate_errors(), connect(self._url) as session:
            query = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
            for (table,) in session.execute(query).fetchall():
                session.execute(SQL("VACUUM (ANALYZE) {}").format(Identifier(table)))

    def close(self) -> None:
        """Nothing was taken besides connections."""


def cursor(connection: Connection) -> Any:
    """A cursor of the server's, so that rows come as they are fetched."""
    session: Any = connection.connection.driver_connection
    return session.cursor(name=f"rows_{next(_numbers)}")


def warnings(connection: Connection) -> list[str]:
    """Which settings of the server let a power cut take what was stored."""
    session: Any = connection.connection.driver_connection
    off = [
        name
        for name in ("fsync", "full_page_writes", "synchronous_commit")
        if session.execute(SQL("SHOW {}").format(Identifier(name))).fetchone()[0] == "off"
    ]
    if not off:
        return []
    are = f"{' and '.join(off)} {'is' if len(off) == 1 else 'are'}"
    helps = "may take what was stored. Let the server's owner switch that on."
    return [f"{are} off on the server, so a power cut there {helps}"]


@contextmanager
def within(connection: Connection, seconds: float) -> Iterator[None]:
    """End a statement that takes longer; the transaction goes on.

    Raises:
        TooLong: it was ended.
    """
    session: Any = connection.connection.driver_connection
    session.execute(
        f"SAVEPOINT within; SET LOCAL statement_timeout = {max(1, int(seconds * 1000))}"
    )
    try:
        yield
    except (DBAPIError, psycopg.Error) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        if not isinstance(cause, errors.QueryCanceled):
            raise
        session.execute("ROLLBACK TO within")
        raise TooLong from error
    session.execute("SET LOCAL statement_timeout = 0; RELEASE within")


def page_faults(connection: Connection) -> list[str]:
    """Nothing: pages are the server's to check (`pg_amcheck`)."""
    del connection
    return []


def seal_faults(connection: Connection) -> list[str]:
    """Nothing: its pages are not sealed."""
    del connection
    return []


def unlike_index(connection: Connection, table: str, column: str) -> Iterable[tuple[str, str]]:
    """Nothing, as of pages."""
    del connection, table, column
    return ()


def rebuild_indexes(connection: Connection) -> None:
    """Make every index again from its table."""
    session: Any = connection.connection.driver_connection
    for table in inspect(connection).get_table_names():
        session.execute(SQL("REINDEX TABLE {}").format(Identifier(table)))


def dangling(connection: Connection) -> Iterable[tuple[str, str]]:
    """Child and parent table of each row whose reference leads nowhere."""
    session: Any = connection.connection.driver_connection
    found = inspect(connection)
    for table in found.get_table_names():
        for key in found.get_foreign_keys(table):
            parent = key["referred_table"]
            ends = zip(key["constrained_columns"], key["referred_columns"], strict=True)
            same = [SQL("p.{} = c.{}").format(Identifier(b), Identifier(a)) for a, b in ends]
            given = [SQL("c.{}").format(Identifier(a)) for a in key["constrained_columns"]]
            query = SQL(
                "SELECT count(*) FROM {} c WHERE num_nulls({}) = 0 AND NOT EXISTS "
                "(SELECT 1 FROM {} p WHERE {})"
            ).format(
                Identifier(table),
                SQL(", ").join(given),
                Identifier(parent),
                SQL(" AND ").join(same),
            )
            for _ in range(session.execute(query).fetchone()[0]):
                yield table, parent


def load(
    connection: Connection, table: str, names: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Write rows that were read from another database, by COPY."""
    session: Any = connection.connection.driver_connection
    columns = SQL(", ").join(map(Identifier, names))
    into = SQL("COPY {} ({}) FROM STDIN").format(Identifier(table), columns)
    with session.cursor() as writer, writer.copy(into) as copy:
        for row in rows:
            copy.write_row(row)


def empty(connection: Connection, table: str) -> None:
    """Delete all rows of a table, and those that refer to them."""
    session: Any = connection.connection.driver_connection
    session.execute(SQL("TRUNCATE TABLE {} CASCADE").format(Identifier(table)))


def last_number(connection: Connection, table: str) -> int:
    """The last number that the database made for a row of this table."""
    session: Any = connection.connection.driver_connection
    query = SQL("SELECT last_value, is_called FROM {}").format(Identifier(f"{table}_id_seq"))
    last, is_called = session.execute(query).fetchone()
    return int(last) if is_called else int(last) - 1


def set_last_number(connection: Connection, table: str, number: int) -> None:
    """Let the next number that is made for a row of this table be the one after this."""
    session: Any = connection.connection.driver_connection
    named = Identifier(f"{table}_id_seq").as_string(session)
    session.execute("SELECT setval(%s, %s, false)", [named, number + 1])
