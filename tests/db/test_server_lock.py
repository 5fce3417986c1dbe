"""Who holds an archive whose rows a server has, seen from other sessions and processes."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from psycopg import errors

from fapproc.db import catalogue
from fapproc.db.dialect import engines, servers
from fapproc.db.dialect.postgresql_session import connect
from fapproc.db.engine import Database
from fapproc.errors import ArchiveHeld, StorageError
from fapproc.hold import Hold
from fapproc.model import UserId
from tests.database_server import served
from tests.processes import Process

ROOT = Path(__file__).parents[2]
HOLDER = """
import sys
import time
from fapproc.db.dialect import engines
url, how = sys.argv[1:]
sys.argv = ["/usr/bin/fapproc", "dedup", "Someone"]
lock = engines.lock_at(url)
lock.alone() if how == "alone" else lock.share()
with lock.job("dedup"):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def url() -> str:
    return served().archive("0" * 32)


@pytest.fixture
def lock(url: str) -> Iterator[Hold]:
    with another(url) as made:
        yield made


@contextmanager
def another(url: str) -> Iterator[Hold]:
    """The lock as another opener has it."""
    made = engines.lock_at(url)
    try:
        yield made
    finally:
        made.release()


def wait_until(happened: Callable[[], bool]) -> None:
    """Wait for what the server does in its own time."""
    ends = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < ends
        time.sleep(0.02)


def cut_all(url: str) -> None:
    """Let the server end each session, without a word to those whose they are."""
    served().cut(url.rpartition("/")[2])


def test_many_share_an_archive_and_nobody_has_it_alone_meanwhile(url: str, lock: Hold) -> None:
    lock.share()
    with another(url) as other:
        other.share()
        assert len(lock.others()) == len(other.others()) == 1
        with another(url) as third, pytest.raises(ArchiveHeld, match="is in use by '"):
            third.alone()
    lock.release()
    lock.alone()
    with another(url) as late, pytest.raises(ArchiveHeld, match="is in use by '"):
        late.share()


def test_a_process_is_named_by_its_command_and_holds_nothing_when_it_was_killed(
    url: str, lock: Hold
) -> None:
    command = [sys.executable, "-c", HOLDER, url, "alone"]
    pipe = subprocess.PIPE
    with Process(command, cwd=ROOT, text=True, stdin=pipe, stdout=pipe) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        named = rf"'fapproc dedup' \(pid {process.pid} on "
        with pytest.raises(ArchiveHeld, match=f"in use by {named}"):
            lock.share()
        running = pytest.raises(ArchiveHeld, match=f"dedup is already running in {named}")
        with running, lock.job("dedup"):
            pass
        with (
            closing(Database(url)) as database,
            pytest.raises(ArchiveHeld, match="held alone"),
            database.writing(),
        ):
            pass
        process.kill()
    with lock.job("dedup", wait=60):  # the server may notice a moment later
        pass
    wait_until(lambda: not lock.others())
    lock.alone()


def test_who_lost_the_lock_with_its_session_writes_only_while_nobody_has_the_archive_alone(
    url: str, lock: Hold
) -> None:
    lock.share()
    with closing(Database(url)) as database:
        cut_all(url)
        with database.writing() as connection:
            catalogue.save_user(connection, UserId(5), "Ann")
        with served().session("archive") as alone:
            alone.execute("SET application_name = 'someone else'")
            alone.execute(f"SELECT pg_advisory_lock({0x666170}, 2)")
            with pytest.raises(ArchiveHeld, match="held alone"), database.writing():
                pass
            alone.execute("SELECT pg_advisory_unlock_all()")
        with database.writing() as connection:
            assert catalogue.count_users(connection) == 1


def test_who_lost_the_archive_with_its_session_is_told_before_what_cant_be_undone(
    url: str, lock: Hold
) -> None:
    lock.alone()
    lock.still_alone()
    cut_all(url)
    with pytest.raises(StorageError, match="can't be reached"):
        lock.still_alone()
    with pytest.raises(StorageError, match="no longer holds the archive"):
        lock.still_alone()


def test_a_server_that_cuts_idle_sessions_cuts_none_that_holds_a_lock(url: str, lock: Hold) -> None:
    served().ask("ALTER DATABASE archive SET idle_session_timeout = 1000")
    try:
        lock.alone()
        with lock.job("dedup"), served().session("archive") as idle:
            number = idle.info.backend_pid
            with served().session() as looking:
                query = "SELECT 1 FROM pg_stat_activity WHERE pid = %s"
                wait_until(lambda: looking.execute(query, [number]).fetchone() is None)
            idle.close()
            with pytest.raises(ArchiveHeld, match="dedup is already"), lock.job("dedup"):
                pass
            with another(url) as other, pytest.raises(ArchiveHeld, match="is in use by"):
                other.share()
    finally:
        served().ask("ALTER DATABASE archive RESET idle_session_timeout")


def test_who_has_it_alone_writes(url: str, lock: Hold) -> None:
    lock.alone()
    with closing(Database(url)) as database, database.writing() as connection:
        catalogue.save_user(connection, UserId(5), "Ann")


def test_a_session_of_who_only_reads_changes_nothing(url: str) -> None:
    with connect(servers.parsed(url), read_only=True) as session:
        assert session.execute("SELECT count(*) FROM archive").fetchone() == (1,)
        with pytest.raises(errors.ReadOnlySqlTransaction):
            session.execute("DELETE FROM archive")


def test_a_session_that_can_t_be_begun_is_not_left_open(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fapproc.db.dialect.postgresql_session._PLANS", "SET nonsense = off")
    with served().session() as session:
        there = b"SELECT pid FROM pg_stat_activity WHERE datname = 'archive'"
        before = {*session.execute(there)}  # of which some may end meanwhile
        with pytest.raises(errors.UndefinedObject) as kept:
            connect(servers.parsed(url))
        wait_until(lambda: before.issuperset(session.execute(there)))
    assert kept.value.sqlstate


def test_a_server_that_is_away_is_a_sentence(url: str) -> None:
    away = engines.lock_at(url.replace(f":{served().port}", ":1"))
    with pytest.raises(StorageError, match="can't be reached"):
        away.share()
