"""Rows that move onto a server or back: who has the archive open, and a move that ends early."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, event

from fapproc import description as descriptions
from fapproc.archive import Archive
from fapproc.db import catalogue
from fapproc.errors import ArchiveHeld
from fapproc.jobs.moving_rows import move_rows
from fapproc.model import UserId
from fapproc.ours import DATABASE
from tests import made_once
from tests.database_server import put_on_server, served
from tests.shelves import empty


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An archive in a file."""
    return made_once.put(tmp_path / "archive", empty)


@contextmanager
def ended(after: int) -> Iterator[None]:
    """A program that ends before so many transactions of the server's are committed."""
    left = iter(range(after))

    def end(connection: Connection) -> None:
        if connection.dialect.name == "postgresql" and next(left, None) is None:
            raise KeyboardInterrupt

    event.listen(Engine, "commit", end)
    try:
        yield
    finally:
        event.remove(Engine, "commit", end)


def test_nobody_else_has_the_archive_open_while_its_rows_move(folder: Path) -> None:
    elsewhere = served().url("archive")
    with Archive.open(folder), pytest.raises(ArchiveHeld, match="is in use by"):
        move_rows(folder, elsewhere)
    put_on_server(folder)
    with Archive.open(folder), pytest.raises(ArchiveHeld, match="is in use by"):
        move_rows(folder, DATABASE)
    assert not (folder / DATABASE).exists()


@pytest.mark.long
@pytest.mark.parametrize("after", range(5))
def test_a_move_that_ends_early_leaves_an_archive_that_opens_with_its_rows(
    folder: Path, after: int
) -> None:
    with Archive.open(folder) as archive, archive.writing() as connection:
        catalogue.save_user(connection, UserId(5), "Ann")
    with ended(after), suppress(KeyboardInterrupt):
        move_rows(folder, served().empty("early"))
    if descriptions.read_existing(folder).is_on_server:
        (folder / DATABASE).unlink()
    else:
        move_rows(folder, served().empty("early"))
    with Archive.open(folder) as archive, archive.reading() as connection:
        assert catalogue.count_users(connection) == 1
