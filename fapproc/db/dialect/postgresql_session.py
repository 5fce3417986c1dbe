"""A session with PostgreSQL: how it is begun, and how others see whose it is."""

import logging
from functools import cache
from typing import Any

import psycopg
from sqlalchemy import URL

from fapproc.db.dialect import servers
from fapproc.hold import Holder

LOCKS = 0x666170
"""The first number of our advisory locks, so that nobody else's are theirs."""
JOBS = LOCKS + 1
"""The same of jobs."""
WRITER, ARCHIVE = 1, 2
_LONGEST = 63
"""Bytes of a session's name; the server cuts off what is more."""
_PLANS = "SET jit = off; SET random_page_cost = 1.1; SET work_mem = '64MB'"
"""Compiling takes longer than what is asked, rows by an index are mostly in memory, and so has to
be a set of a million numbers: a page of a grid took 5 times as long without (2026-11-29)."""
_SETTINGS = {
    "connect_timeout": 10,
    "client_encoding": "utf8",
    # A server that has gone silent is noticed within a minute, not within two hours.
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}


def connect(url: URL, *, read_only: bool = False) -> psycopg.Connection[Any]:
    """Begin a session; transactions begin in it where that is said.

    Raises:
        psycopg.Error: that can't be done.
    """
    said: dict[str, Any] = {**_SETTINGS, **servers.parameters(url), "application_name": me()}
    # It warns of what it ignores as a connection is lost, in the server's words: the error has it.
    logging.getLogger("psycopg").setLevel(logging.CRITICAL)
    session = psycopg.connect(autocommit=True, **said)
    try:
        session.execute(_PLANS)
        if read_only:
            session.execute("SET default_transaction_read_only = on")
    except BaseException:
        session.close()  # a server of few sessions would count it until it is collected
        raise
    return session


def holder(name: str) -> Holder | None:
    """Whose session has this name; None for one that is not ours, or doesn't say."""
    parts = name.rsplit(" ", 3)
    try:
        command, pid, since, host = parts
        return Holder(command, int(pid), host, int(since))
    except ValueError:
        return None


@cache
def me() -> str:
    """The name of this process's sessions: the same for all of them, and no other process's."""
    here = Holder.here()
    return f"{here.command} {here.pid} {here.since} {here.host}".encode()[:_LONGEST].decode(
        errors="ignore"
    )
