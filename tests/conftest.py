"""What every test has: an environment of its own, and an archive where one is asked for."""

import gc
import math
import os
import signal
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from sqlalchemy import Connection, Engine, event
from sqlalchemy.dialects import postgresql

from fapproc.archive import Archive
from fapproc.config import SETTINGS
from fapproc.executors import starting
from tests import compiled_once, derived_once, made_once, warm_workers
from tests.database_server import put_on_server
from tests.shelves import empty

# A busy machine is no fault of the code: no example has a deadline. Fifty find what a hundred do.
settings.register_profile("house", deadline=None, max_examples=50)
settings.load_profile("house")

# `make test &` in a script: the shell has it ignore Ctrl-C, and all that it starts. Tests that send
# one would wait in vain.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_finish() -> None:
    """Look for reference cycles ever less often, and never in what is loaded for all tests.

    A tenth of what the tests themselves counted was this look, half of it at what stays anyway.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


HOMES = ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME")


@pytest.fixture(scope="session", autouse=True)
def thrift(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """One worker, forked; one key of a password, one text of a statement: more show no more."""
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own  # by all that run tests now
    (shared / "derived").mkdir(exist_ok=True)
    derived_once.use(shared / "derived")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("fapproc.executors.machine.MOST_PROCESSES", 1)
        patch.setattr("fapproc.executors.local.start", warm_workers.start)
        patch.setattr("fapproc.db.dialect.sqlite.create_engine", compiled_once.create_engine)
        # On a busy machine a command of a few pictures would come to say how far it is.
        patch.setattr("fapproc.commandline.progress._SECONDS_BETWEEN_LINES", math.inf)
        yield


@pytest.fixture
def cold(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers are programs that begin anew, as they are for everybody else."""
    monkeypatch.setattr("fapproc.executors.local.start", starting.start)


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Names of folders, counted here: pytest looks through a thousand for the next number."""
    folder = tmp_path_factory.mktemp("homes")
    return (folder / str(number) for number in count())


@pytest.fixture(autouse=True)
def home(homes: Iterator[Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder with nothing in it, and no variable that is ours: nobody's settings count."""
    folder = next(homes)
    folder.mkdir()
    own = {name for setting in SETTINGS for name in setting.variables}
    for name in [*os.environ]:
        if name in own or name.startswith(("FAP_", "SITE_")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    for name in HOMES:
        part = folder / name.lower()
        part.mkdir()
        monkeypatch.setenv(name, str(part))
    return Path(os.environ["HOME"])


@pytest.fixture(autouse=True, scope="session")
def portable() -> Iterator[None]:
    """Whatever statement of ours a test runs must compile for PostgreSQL too."""
    known: set[str] = set()
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]

    def compile_it(_: Connection, __: Any, ___: str, ____: Any, context: Any, _____: bool) -> None:
        if not context.isddl and context.compiled and context.compiled.string not in known:
            known.add(context.compiled.string)
            context.compiled.statement.compile(dialect=dialect)

    event.listen(Engine, "before_cursor_execute", compile_it)
    yield
    event.remove(Engine, "before_cursor_execute", compile_it)


ON_BOTH = ("db", "jobs")
"""Folders of tests whose archive is on either engine."""
BOTH_AT_ONCE = ("db/test_catalogue", "db/test_images", "db/test_listings", "db/test_tags")
"""Of these, what has its turn on PostgreSQL in each run; the others have it among the long ones."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One suite for all engines, but for what speaks to SQLite itself."""
    room, asked = metafunc.definition.path.parent.name, "archive" in metafunc.fixturenames
    if asked and room in ON_BOTH and metafunc.definition.get_closest_marker("sqlite") is None:
        module = f"{room}/{metafunc.definition.path.stem}"
        marks = () if module in BOTH_AT_ONCE else pytest.mark.long
        engines = ["sqlite", pytest.param("postgresql", marks=marks)]
        metafunc.parametrize("archive", engines, indirect=True)


@pytest.fixture
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Archive]:
    """A fresh open archive."""
    folder = made_once.put(tmp_path / "archive", empty)
    if getattr(request, "param", None) == "postgresql":
        put_on_server(folder)
    with Archive.open(folder) as opened:
        yield opened
