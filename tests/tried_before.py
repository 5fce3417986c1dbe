"""Imported beforehand by programs of tests: the usual commands have run here once.

So what they need is imported and their statements are compiled: a third of what a short command
counts. Neither depends on an archive, a home or an environment, which each program has of its own.
"""

import os
import platform
import threading
from pathlib import Path
from tempfile import TemporaryDirectory

from click.testing import CliRunner

from fapproc.archive import Archive
from fapproc.cli import main
from fapproc.db.dialect import sqlite
from tests import compiled_once
from tests.programs import clean
from tests.shelves import fill, numbered, small

COMMANDS = ("process", "dedup", "check --read-data", "print --json", "list", "stats")


def _try(folder: Path) -> None:
    (home := folder / "home").mkdir()
    environment = clean(os.environ) | {"HOME": str(home), "FAP_ARCHIVE": str(folder / "archive")}
    os.environ.clear()
    os.environ.update(environment)
    _run("init")
    with Archive.open(folder / "archive") as archive:
        fill(archive, {"tried": numbered(small(1), small(2))})
    for command in COMMANDS:
        _run(command)
    platform.platform()  # Scrapy logs it, and Python begins `uname` to know it
    assert threading.active_count() == 1, "a program is forked from what has one thread"


def _run(command: str) -> None:
    ended = CliRunner().invoke(main, command.split())
    assert ended.exit_code == 0, ended.output


vars(sqlite)["create_engine"] = compiled_once.create_engine
with TemporaryDirectory() as folder:
    _try(Path(folder))
