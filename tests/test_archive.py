import json
import os
import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from fapproc.archive import Archive
from fapproc.db import catalogue
from fapproc.description import BACKUP, FILE, FORMAT
from fapproc.errors import Damaged, FapError, NoArchive, PasswordProblem, StorageError
from fapproc.model import UserId
from fapproc.ours import DATABASE, TEMPORARY
from fapproc.unlocking import NewArchive, create_if_needed
from tests.shelves import blob, files_below, fill, numbered, small

Opener = Callable[[Path], Archive]
OPENERS = pytest.mark.parametrize(
    "opener", [Archive.open, Archive.open_or_create], ids=["open", "open-or-create"]
)
# What a database of the predecessor may begin with: pickle of protocols 2 to 5, Fernet token.
FIRST_BYTES = [b"\x80\x02", b"\x80\x03", b"\x80\x04\x95", b"\x80\x05\x95", b"\x80\x00\x00\x00", b""]


def describe(folder: Path, **changes: object) -> None:
    file = folder / FILE
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))


def test_a_new_archive_is_for_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "far" / "archive"
    Archive.open_or_create(folder).close()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_new_archive_says_what_it_is_twice(archive: Archive) -> None:
    text = (archive.folder / FILE).read_text()
    assert (archive.folder / BACKUP).read_text() == text
    values = json.loads(text)
    assert len(bytes.fromhex(values.pop("id"))) == 16
    assert values == {
        "format": FORMAT,
        "suite": None,
        "slots": [],
        "database": "imagefap.database",
        "files": ".",
        "work": None,
        "mac": None,
    }
    assert not archive.sealed
    assert (archive.folder / "imagefap.database").is_file()


def test_two_archives_have_two_ids(tmp_path: Path) -> None:
    with (
        Archive.open_or_create(tmp_path / "a") as one,
        Archive.open_or_create(tmp_path / "b") as two,
    ):
        assert one.description.id != two.description.id


def test_what_was_stored_is_there_when_it_is_opened_again(tmp_path: Path) -> None:
    with Archive.open_or_create(tmp_path / "a") as archive:
        fill(archive, {"lakes": numbered(small(1))})
        first = archive.description
    for again in (Archive.open(tmp_path / "a"), Archive.open_or_create(tmp_path / "a")):
        with again as archive, archive.reading() as connection:
            assert archive.description == first
            assert [user.name for user in catalogue.users(connection)] == ["Ann"]
            assert blob(archive, small(1)).read_bytes() == small(1)


def test_the_size_of_the_database_counts_its_log(archive: Archive) -> None:
    fill(archive, {"lakes": numbered(small(1))})
    log = archive.folder / f"{DATABASE}-wal"
    assert log.stat().st_size > 0
    assert archive.database_bytes == (archive.folder / DATABASE).stat().st_size + log.stat().st_size


@pytest.mark.parametrize(
    "there", ["nothing", "an empty folder", "a folder with other things", "a file"]
)
def test_where_no_archive_is_none_is_opened_and_none_made(tmp_path: Path, there: str) -> None:
    folder = tmp_path / "a"
    if there == "a file":
        folder.write_bytes(b"text")
    elif there != "nothing":
        folder.mkdir()
        if "other" in there:
            (folder / "letter.txt").write_bytes(b"Dear")
    before = files_below(tmp_path)
    said = "is a file, and" if there == "a file" else "No archive in .*Make one with"
    with pytest.raises(NoArchive, match=said):
        Archive.open(folder)
    assert files_below(tmp_path) == before


@OPENERS
@pytest.mark.parametrize("first", FIRST_BYTES, ids=lambda first: first.hex() or "empty")
def test_the_database_of_the_predecessor_is_recognised_and_not_a_byte_of_it_changed(
    tmp_path: Path, first: bytes, opener: Opener
) -> None:
    (tmp_path / "blobs").mkdir()
    (tmp_path / "blobs" / f"{'ab' * 32}.jpg").write_bytes(small(1))
    (tmp_path / DATABASE).write_bytes(first + b"not to be touched" * 100)
    before = files_below(tmp_path)
    with pytest.raises(NoArchive, match=r"fapfavorites 2.0, which is not changed.*import-legacy"):
        opener(tmp_path)
    assert files_below(tmp_path) == before


@OPENERS
def test_an_archive_of_a_newer_program_is_refused(tmp_path: Path, opener: Opener) -> None:
    Archive.open_or_create(tmp_path).close()
    describe(tmp_path, format=FORMAT + 1, suite="a later one")
    before = files_below(tmp_path)
    with pytest.raises(NoArchive, match=r"newer version of this program. Update it"):
        opener(tmp_path)
    assert files_below(tmp_path) == before


@OPENERS
def test_a_database_of_a_newer_program_is_refused(tmp_path: Path, opener: Opener) -> None:
    Archive.open_or_create(tmp_path).close()
    with sqlite3.connect(tmp_path / DATABASE) as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    with pytest.raises(NoArchive, match=r"newer version .*9999.*Update the program"):
        opener(tmp_path)


@OPENERS
@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"{}",
        b'{"format": "1"}',
        b'{"format": 1}',
        b"\xff\xfe\x00",
    ],
)
def test_a_description_that_is_not_one_is_damage(
    tmp_path: Path, text: bytes, opener: Opener
) -> None:
    Archive.open_or_create(tmp_path).close()
    (tmp_path / FILE).write_bytes(text)
    with pytest.raises(Damaged, match=r"Put back its copy archive\.json\.bak"):
        opener(tmp_path)
    (tmp_path / f"{FILE}.bak").unlink()
    with pytest.raises(Damaged, match=r"Put back archive\.json of a backup"):
        opener(tmp_path)


@OPENERS
@pytest.mark.parametrize(
    "change",
    [
        {"database": "../other.database"},
        {"database": "/etc/other.database"},
        {"files": "/tmp"},
        {"files": ".."},
        {"note": "hello"},
        {"id": 5},
        {"format": 0},
        {"suite": "none at all"},
        {"slots": [{"salt": "00"}]},
        {"work": "something else"},
        {"mac": "00"},
    ],
    ids=str,
)
def test_an_edited_description_is_damage(
    tmp_path: Path, change: dict[str, object], opener: Opener
) -> None:
    Archive.open_or_create(tmp_path).close()
    describe(tmp_path, **change)
    wrong = (
        r"(is damaged|a password slot that can't be used)\. Put back its copy archive\.json\.bak"
    )
    with pytest.raises(Damaged, match=wrong):
        opener(tmp_path)


def test_the_copy_of_the_description_mends_a_damaged_one(tmp_path: Path) -> None:
    Archive.open_or_create(tmp_path).close()
    (tmp_path / FILE).write_bytes(b"")
    (tmp_path / BACKUP).replace(tmp_path / FILE)
    Archive.open(tmp_path).close()


@OPENERS
def test_a_password_for_an_open_archive_is_refused(
    tmp_path: Path, opener: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    Archive.open_or_create(tmp_path / "a").close()
    before = files_below(tmp_path)
    monkeypatch.setenv("FAP_PASSWORD", "secret-word")
    with pytest.raises(
        PasswordProblem, match="is not sealed: new pictures would be stored unencrypted"
    ):
        opener(tmp_path / "a")
    assert files_below(tmp_path) == before


@OPENERS
@pytest.mark.parametrize("pictures", [True, False])
def test_a_database_that_was_lost_is_not_taken_for_an_empty_one(
    tmp_path: Path, opener: Opener, pictures: bool
) -> None:
    with Archive.open_or_create(tmp_path) as archive:
        if pictures:
            fill(archive, {"lakes": numbered(small(1))})
    (tmp_path / DATABASE).unlink()
    before = files_below(tmp_path)
    with pytest.raises(Damaged, match=rf"is missing\. Restore {DATABASE} from a copy, or name"):
        opener(tmp_path)
    assert files_below(tmp_path) == before


def test_a_database_that_is_lost_while_it_is_in_use_is_not_replaced_by_an_empty_one(
    tmp_path: Path,
) -> None:
    with Archive.open_or_create(tmp_path) as archive, archive.reading():
        (tmp_path / DATABASE).unlink()
        with pytest.raises(Damaged, match=r"is missing\. Restore it"), archive.reading():
            pass
    assert not (tmp_path / DATABASE).exists()


@OPENERS
def test_a_database_that_was_emptied_is_not_taken_for_a_new_one(
    tmp_path: Path, opener: Opener
) -> None:
    with Archive.open_or_create(tmp_path) as archive:
        fill(archive, {"lakes": numbered(small(1))})
    (tmp_path / DATABASE).write_bytes(b"")
    before = files_below(tmp_path)
    with pytest.raises(Damaged, match="has pictures, but its database is empty"):
        opener(tmp_path)
    assert files_below(tmp_path) == before


@OPENERS
def test_pictures_of_which_nothing_else_is_left_get_no_new_archive(
    tmp_path: Path, opener: Opener
) -> None:
    with Archive.open_or_create(tmp_path) as archive:
        fill(archive, {"lakes": numbered(small(1))})
    for name in (DATABASE, FILE, BACKUP):
        (tmp_path / name).unlink()
    before = files_below(tmp_path)
    with pytest.raises(Damaged, match=r"neither archive\.json nor a database\. Restore both"):
        opener(tmp_path)
    assert files_below(tmp_path) == before


def test_a_description_that_was_lost_is_not_taken_for_the_predecessor_s(tmp_path: Path) -> None:
    Archive.open_or_create(tmp_path).close()
    (tmp_path / FILE).unlink()
    with pytest.raises(Damaged, match="is missing"):
        Archive.open_or_create(tmp_path)
    (tmp_path / BACKUP).unlink()
    with pytest.raises(Damaged, match="is missing"):
        Archive.open_or_create(tmp_path)


@OPENERS
def test_an_archive_that_a_crash_left_half_made_is_completed(
    tmp_path: Path, opener: Opener
) -> None:
    create_if_needed(NewArchive(tmp_path, None))
    assert (tmp_path / DATABASE).read_bytes() == b""
    with opener(tmp_path) as archive:
        fill(archive, {"lakes": numbered(small(1))})


def test_a_crash_before_the_description_leaves_nothing_in_the_way(tmp_path: Path) -> None:
    create_if_needed(NewArchive(tmp_path, None))
    (tmp_path / FILE).unlink()
    with Archive.open_or_create(tmp_path) as archive:
        assert json.loads((tmp_path / FILE).read_text())["id"] == archive.description.id
    assert (tmp_path / BACKUP).read_bytes() == (tmp_path / FILE).read_bytes()


@OPENERS
@pytest.mark.parametrize("keep", [0, 100])
def test_a_damaged_database_is_told_in_a_sentence(
    tmp_path: Path, keep: int, opener: Opener
) -> None:
    Archive.open_or_create(tmp_path).close()
    data = (tmp_path / DATABASE).read_bytes()
    (tmp_path / DATABASE).write_bytes(data[:keep] + b"\xff" * (len(data) - keep))
    with pytest.raises(Damaged, match=r"is damaged or not a database .* Restore it from a copy"):
        opener(tmp_path)


@OPENERS
def test_a_folder_in_the_place_of_the_database_is_told_in_a_sentence(
    tmp_path: Path, opener: Opener
) -> None:
    Archive.open_or_create(tmp_path).close()
    (tmp_path / DATABASE).unlink()
    (tmp_path / DATABASE).mkdir()
    with pytest.raises(
        StorageError, match=r"can't be used: .* it is a folder\. Put the database file there"
    ):
        opener(tmp_path)


@pytest.mark.parametrize("below", [".", "deeper/archive"])
def test_a_file_where_the_folder_should_be_is_told_in_a_sentence(
    tmp_path: Path, below: str
) -> None:
    (tmp_path / "file").write_bytes(b"text")
    with pytest.raises(StorageError, match=r"can't be made: .* Name another one"):
        Archive.open_or_create(tmp_path / "file" / below)
    assert (tmp_path / "file").read_bytes() == b"text"


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_is_told_in_a_sentence(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(StorageError, match="can't be made: Permission denied"):
            Archive.open_or_create(tmp_path / "archive")
        with pytest.raises(StorageError, match="can't be made: Permission denied"):
            Archive.open_or_create(tmp_path)
    finally:
        tmp_path.chmod(0o700)


def test_opening_sweeps_what_a_killed_program_left_half_written(tmp_path: Path) -> None:
    Archive.open_or_create(tmp_path).close()
    left = tmp_path / "blobs" / TEMPORARY / f"half-{32 * '0'}"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"half")
    Archive.open(tmp_path).close()
    assert not left.exists()


def test_an_error_inside_a_writing_block_undoes_it(archive: Archive) -> None:
    with pytest.raises(FapError, match="stop"), archive.writing() as connection:
        catalogue.save_user(connection, UserId(1), "Ann")
        raise FapError("stop")
    with archive.reading() as connection:
        assert catalogue.users(connection) == []
