"""Rows that move onto a server or back: who has the archive open, and a move that ends early."""

from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, event

from fapproc import description as descriptions
from fapproc.archive import Archive
from fapproc.db import catalogue, founding
from fapproc.db.dialect import engines
from fapproc.db.engine import Database
from fapproc.errors import ArchiveHeld, Damaged, StorageError
from fapproc.firsts import Firsts
from fapproc.hold import Hold
from fapproc.jobs import sealing, transcode
from fapproc.jobs.moving_rows import move_rows
from fapproc.model import UserId
from fapproc.ours import DATABASE
from fapproc.steps import Begin
from fapproc.unlocking import NewArchive, create_if_needed
from tests import made_once
from tests.database_server import put_on_server, served
from tests.holdings import PASSWORD
from tests.shelves import empty, fill, photo, picture


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
    elsewhere = served().empty("elsewhere")
    with Archive.open(folder), pytest.raises(ArchiveHeld, match="is in use by"):
        move_rows(folder, elsewhere)
    put_on_server(folder)
    with Archive.open(folder), pytest.raises(ArchiveHeld, match="is in use by"):
        move_rows(folder, DATABASE)
    assert not (folder / DATABASE).exists()


@contextmanager
def held(lock: Hold) -> Iterator[None]:
    """Somebody who has the archive open."""
    lock.share()
    try:
        yield
    finally:
        lock.release()


def name_user(folder: Path, name: str) -> None:
    with Archive.open(folder) as archive, archive.writing() as connection:
        catalogue.save_user(connection, UserId(5), name)


def names(folder: Path) -> list[str]:
    with Archive.open(folder) as archive, archive.reading() as connection:
        return [each.name for each in catalogue.users(connection)]


@pytest.mark.parametrize(
    "after", [2, *(pytest.param(each, marks=pytest.mark.long) for each in (0, 1, 3, 5, 20, 60, 75))]
)
def test_a_move_that_ends_early_is_gone_on_with_by_the_next_one(folder: Path, after: int) -> None:
    name_user(folder, "Ann")
    url = served().empty("early")
    with ended(after), suppress(KeyboardInterrupt):
        move_rows(folder, url)
    if not descriptions.read_existing(folder).is_on_server:
        name_user(folder, "Bea")  # it is an archive as before
        move_rows(folder, url)
    assert names(folder) in (["Ann"], ["Bea"])
    with served().session("early") as session:
        assert session.execute('SELECT name FROM "user"').fetchall() == [(names(folder)[0],)]


def test_rows_that_are_there_already_are_not_written_again(folder: Path) -> None:
    name_user(folder, "Ann")
    url = served().empty("early")
    with closing(Database(folder / DATABASE)) as rows, closing(Database(url)) as there:
        archive = descriptions.read_existing(folder).id
        founding.found(there, archive, rows)
        with served().session("early") as session:
            marked = session.execute('SELECT xmin::text FROM "user"').fetchall()
            founding.found(there, archive, rows)
            assert session.execute('SELECT xmin::text FROM "user"').fetchall() == marked


def test_what_an_unfinished_move_left_is_no_other_archives(folder: Path, tmp_path: Path) -> None:
    name_user(folder, "Ann")
    url = served().empty("early")
    with closing(Database(folder / DATABASE)) as rows, closing(Database(url)) as there:
        founding.found(there, descriptions.read_existing(folder).id, rows)
    with pytest.raises(StorageError, match="is not empty: it holds the rows of archive"):
        create_if_needed(NewArchive(tmp_path / "other", None, database=url))
    assert not (tmp_path / "other" / descriptions.FILE).exists()


def test_an_init_that_ended_early_is_done_again(tmp_path: Path) -> None:
    url, new = served().empty("early"), NewArchive(tmp_path / "new", None)
    new = replace(new, database=url)
    with ended(1), suppress(KeyboardInterrupt):
        create_if_needed(new)
    assert not (tmp_path / "new" / descriptions.FILE).exists()
    create_if_needed(new)
    assert names(tmp_path / "new") == []


def test_a_database_is_filled_by_one_program_at_a_time(folder: Path) -> None:
    url = served().empty("early")
    with held(engines.lock_at(url)), pytest.raises(ArchiveHeld, match="is in use by"):
        move_rows(folder, url)


def test_a_move_away_that_lost_the_archive_on_its_way_changes_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name_user(folder, "Ann")
    url = served().empty("lost")
    move_rows(folder, url)

    def put_in_place(where: Path) -> None:
        served().cut("lost")  # whoever writes from now on is not waited for
        former(where)

    former = sealing.put_in_place
    monkeypatch.setattr(sealing, "put_in_place", put_in_place)
    with pytest.raises(StorageError, match="can't be reached"):
        move_rows(folder, DATABASE)
    assert descriptions.read_existing(folder).is_on_server and names(folder) == ["Ann"]
    monkeypatch.undo()
    move_rows(folder, DATABASE)
    assert names(folder) == ["Ann"]


def test_a_seal_that_lost_the_archive_on_its_way_removes_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Archive.open(folder) as archive:
        fill(archive, {"Meadow": [picture(1201, photo(1))]})
    move_rows(folder, served().empty("lost"))

    def verify(source: Archive, target: Archive, begin: Begin) -> Firsts[str]:
        found = former(source, target, begin)
        served().cut("lost")
        return found

    former = transcode.verify
    monkeypatch.setenv("FAP_PASSWORD", PASSWORD)
    monkeypatch.setattr(transcode, "verify", verify)
    [clear] = [each for each in (folder / "blobs").rglob("*") if each.is_file()]
    with pytest.raises(StorageError, match="can't be reached"):
        sealing.seal(folder)
    assert clear.exists()
    monkeypatch.setattr(transcode, "verify", former)
    monkeypatch.setenv("FAP_PASSWORD", PASSWORD)
    sealing.seal(folder)
    assert not clear.exists()


def test_no_more_is_read_of_what_a_server_says_than_that_can_be(folder: Path) -> None:
    put_on_server(folder)
    served().ask("UPDATE archive SET said = said || repeat(' ', 2000000)", name="archive")
    with pytest.raises(Damaged, match="says of the archive is not what was written"):
        descriptions.read(folder)
