"""Who uses an archive whose rows a server has: every opener shares a lock there.

The locks are advisory ones, each held by a session: whoever dies holds nothing. A session that is
cut loses its lock and isn't told, so each writing transaction takes the archive's lock itself.
"""

import math
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
from sqlalchemy import URL

from fapproc.db.dialect import servers
from fapproc.db.dialect.postgresql_refusal import refusal
from fapproc.db.dialect.postgresql_session import ARCHIVE, JOBS, LOCKS, connect, holder, me
from fapproc.errors import ArchiveHeld, StorageError
from fapproc.hold import SOMEONE, Holder, Waiting

_HOLDERS = """
    SELECT a.application_name FROM pg_locks l JOIN pg_stat_activity a USING (pid)
    WHERE l.locktype = 'advisory' AND l.pid <> pg_backend_pid()
    AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND l.classid = %s AND l.objid::bigint = %s AND l.objsubid = 2 ORDER BY a.backend_start
"""
_STAY = "SELECT set_config(name, '0', false) FROM pg_settings WHERE name = 'idle_session_timeout'"
"""Sessions that hold locks are idle for hours; servers before PostgreSQL 14 cut none for that."""
_SECONDS_BETWEEN_TRIES = 0.1


class ServerLock:
    """This process's hold on one archive, from opening to closing; as `Lock` has it in a folder."""

    def __init__(self, url: str) -> None:
        self._url = servers.parsed(url)
        self._name = url
        self._session: psycopg.Connection[Any] | None = None

    def share(self) -> None:
        """Hold the archive together with others.

        Raises:
            ArchiveHeld: something holds it alone.
            StorageError: the server can't be reached.
        """
        self._take("pg_try_advisory_lock_shared")

    def alone(self) -> None:
        """Hold the archive alone.

        Raises:
            ArchiveHeld: others have it open; the sentence names them.
            StorageError: the server can't be reached.
        """
        self._take("pg_try_advisory_lock")

    def release(self) -> None:
        """Let go; safe to call twice."""
        session, self._session = self._session, None
        if session is not None:
            _let_go(session)
            session.close()

    def still_alone(self) -> None:
        """See that the session that holds the archive alone was not cut.

        Raises:
            StorageError: it was, now or before; others may have used the archive since.
        """
        if self._session is None:
            raise StorageError(
                f"The server at {self._name} no longer holds the archive for this command. Run it "
                "again."
            )
        with self._told():
            self._session.execute("SELECT 1")

    @contextmanager
    def job(
        self, name: str, *, wait: float = 0, waiting: Waiting = lambda _: None, said: str = ""
    ) -> Iterator[None]:
        """Be the only one that does this job on the archive; as `Lock.job`.

        Raises:
            ArchiveHeld: another process does it now; the sentence names it.
            StorageError: the server can't be reached.
        """
        key = zlib.crc32(name.encode()) & 0x7FFFFFFF
        until = math.inf if wait == math.inf else time.monotonic() + wait
        with self._told():
            session = _staying(self._url)
        with session:
            with self._told():
                held = _try(session, "pg_try_advisory_lock", JOBS, key)
                if not held and wait > 0:
                    waiting(_words(_holders(session, JOBS, key)))
                while not held and time.monotonic() < until:
                    time.sleep(_SECONDS_BETWEEN_TRIES)
                    held = _try(session, "pg_try_advisory_lock", JOBS, key)
                if not held:
                    what = said or f"{name} is already running in"
                    raise ArchiveHeld(f"{what} {_words(_holders(session, JOBS, key))}.")
            try:
                yield
            finally:
                _let_go(session)

    def was_held(self, at: float) -> bool:
        """Whether an opener that is alive was there at that time already."""
        living = [*self.others(), holder(me())]
        return any(each is None or each.since <= at for each in living)

    def others(self) -> list[Holder | None]:
        """Who else has the archive open; None for one that doesn't say who it is."""
        with self._told():
            if self._session is not None and not self._session.closed:
                return _holders(self._session, LOCKS, ARCHIVE)
            with connect(self._url) as session:
                return _holders(session, LOCKS, ARCHIVE)

    def named(self) -> str:
        """Who else has the archive open, in words."""
        others = self.others()
        return _words(others) if others else ""

    def _take(self, how: str) -> None:
        with self._told():
            self._session = _staying(self._url)
            held = _try(self._session, how, LOCKS, ARCHIVE)
        if not held:
            who = self.named() or SOMEONE
            self.release()
            raise ArchiveHeld(f"The archive is in use by {who}.")

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except psycopg.Error as error:
            self.release()
            raise (refusal(error, self._name) or error) from None


def _staying(url: URL) -> psycopg.Connection[Any]:
    """A session that holds what it took until it lets go, however long nothing is asked in it."""
    session = connect(url)
    session.execute(_STAY)
    return session


def _let_go(session: psycopg.Connection[Any]) -> None:
    """Let go at once: that a session was closed the server notices a moment later."""
    with suppress(psycopg.Error):
        session.execute("SELECT pg_advisory_unlock_all()")


def _try(session: psycopg.Connection[Any], how: str, kind: int, key: int) -> bool:
    [held] = session.execute(f"SELECT {how}({kind}, {key})".encode()).fetchone() or [False]
    return bool(held)


def _holders(session: psycopg.Connection[Any], kind: int, key: int) -> list[Holder | None]:
    return [holder(name) for (name,) in session.execute(_HOLDERS, [kind, key])]


def _words(holders: list[Holder | None]) -> str:
    return " and ".join(str(each or SOMEONE) for each in holders) or SOMEONE
