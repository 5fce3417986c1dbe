"""A server of PostgreSQL for the tests, on this computer: a cluster of a process of tests' own.

Nothing on it outlives a crash: it writes without syncing. Roots can't run one, so theirs is run as
the user that Debian's package makes.
"""

import atexit
import os
import shutil
import signal
import socket
import subprocess
import time
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import psycopg
import pytest

from fapproc import description
from fapproc.db import founding, schema
from fapproc.db.engine import Database
from fapproc.ours import DATABASE

WITHIN = 60.0
"""Seconds in which it starts, on a busy machine."""
OWNER = "fapfavorites"
_UNSAFE = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c autovacuum=off"
_TABLES = [*(table.name for table in schema.metadata.sorted_tables), "archive"]
_NUMBERED = [
    table.name
    for table in schema.metadata.sorted_tables
    if any(column.identity is not None for column in table.columns)
]


@dataclass(slots=True)
class DatabaseServer:
    """The server; `start` and `stop` it as often as a test needs."""

    programs: Path
    root: Path
    locale: str = "--locale=C.UTF-8"
    port: int = 0
    process: subprocess.Popen[bytes] | None = None

    def make(self) -> None:
        """Make the cluster."""
        if (user := _user()) is not None:
            shutil.chown(self.root, user)
        made = f"-U {OWNER} -A trust -E UTF8 --no-sync --no-instructions {self.locale}"
        self._run("initdb", "-D", self.root / "rows", *made.split())

    def start(self) -> None:
        """Begin to answer, at the port that it had before, if it had one."""
        if not self.port:
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                self.port = free.getsockname()[1]
        where = f"-p {self.port} -c listen_addresses=127.0.0.1 -k {self.root}"
        user = (f"--reuid={_user()}", f"--regid={_user()}", "--clear-groups") if _user() else ()
        # It ends with this process, though that be killed.
        begun = ("setpriv", *user, "--pdeathsig=INT", self.programs / "postgres")
        self.process = subprocess.Popen(
            [*begun, "-D", self.root / "rows", *where.split(), *_UNSAFE.split()],
            cwd=self.root,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        ends = time.monotonic() + WITHIN
        while not self._answers():
            assert time.monotonic() < ends and self.process.poll() is None, "it does not start"
            time.sleep(0.02)

    def stop(self) -> None:
        """Answer no more; connections are cut."""
        if self.process is not None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(timeout=WITHIN)

    def kill(self) -> None:
        """End at once, as in a crash: nothing is told to anybody."""
        if self.process is not None:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait(timeout=WITHIN)

    def url(self, name: str) -> str:
        """The URL of a database."""
        return f"postgresql+psycopg://{OWNER}@127.0.0.1:{self.port}/{name}"

    def ask(self, *statements: str, name: str = "postgres") -> None:
        """Run statements, each by itself."""
        with self.session(name) as session:
            for statement in statements:
                session.execute(statement.encode())

    def session(self, name: str = "postgres") -> psycopg.Connection[tuple[object, ...]]:
        """A connection to a database."""
        return psycopg.connect(
            host="127.0.0.1", port=self.port, user=OWNER, dbname=name, autocommit=True
        )

    def empty(self, name: str) -> str:
        """The URL of a database without tables."""
        self.ask(
            f"DROP DATABASE IF EXISTS {name} (FORCE)", f"CREATE DATABASE {name}", name="postgres"
        )
        return self.url(name)

    def cut(self, name: str) -> None:
        """End each session with a database, without a word to those whose they are."""
        others = f"pid <> pg_backend_pid() AND datname = '{name}'"
        self.ask(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE {others}")

    def serving(self, user: str, *names: str) -> dict[str, str]:
        """What a program has to be told that connects as this user to one of these databases."""
        for name in names:
            self.empty(name)
        self.ask(f"CREATE ROLE {user} LOGIN SUPERUSER")
        return {"PGPORT": str(self.port)}

    def archive(self, archive: str) -> str:
        """The URL of the one database that has the tables of an archive, without rows.

        Its rows are deleted each time: to make a database takes as long as many tests.
        """
        emptied = "".join(f'DELETE FROM "{table}";' for table in _TABLES)
        restarted = "".join(f"SELECT setval('{table}_id_seq', 1, false);" for table in _NUMBERED)
        with self.session("archive") as session:
            session.execute(
                f"SET session_replication_role = replica; {emptied} {restarted}"
                f"INSERT INTO archive VALUES ('{archive}', '')".encode()
            )
        return self.url("archive")

    def _answers(self) -> bool:
        try:
            self.session().close()
        except psycopg.OperationalError:
            return False
        return True

    def _run(self, program: str, *arguments: str | Path) -> None:
        subprocess.run(
            [self.programs / program, *arguments],
            user=_user(),
            cwd=self.root,
            capture_output=True,
            timeout=WITHIN,
            check=True,
        )


def put_on_server(folder: Path) -> None:
    """Let an empty archive have its rows on the server."""
    said = description.read_existing(folder)
    replace(said, database=served().archive(said.id)).write(folder)
    (folder / DATABASE).unlink()


def _user() -> str | None:
    return "postgres" if os.getuid() == 0 else None


def programs() -> Path:
    """The folder of PostgreSQL's own programs."""
    told = os.environ.get("DATABASE_PROGRAMS", "/usr/lib/postgresql/*/bin")
    found = sorted(Path("/").glob(f"{told[1:]}/postgres"))
    if not found:
        pytest.skip("PostgreSQL's server is not installed (Debian: postgresql)")
    return found[-1].parent


@cache
def served() -> DatabaseServer:
    """The server of this process of tests, started when the first test needs it."""
    made = DatabaseServer(programs(), Path(mkdtemp(prefix="database-")))
    made.locale = os.environ.get("DATABASE_LOCALE", made.locale)
    atexit.register(shutil.rmtree, made.root, ignore_errors=True)
    made.make()
    made.start()
    atexit.register(made.stop)
    database = Database(made.empty("archive"))
    founding.found(database, "0" * 32)
    database.close()
    return made
