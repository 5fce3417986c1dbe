import json
import os
import shutil
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from fapproc.cli import main
from fapproc.errors import ArchiveHeld
from fapproc.jobs import backup, ingest
from fapproc.jobs.ingest import Picture
from fapproc.lock import Lock
from fapproc.model import Format
from fapproc.sources import Source
from tests.archives.make import AT, drawn
from tests.jobs.ward import Ward, flip
from tests.processes import Process
from tests.shelves import list_ids


@pytest.fixture(params=["open", "sealed"])
def ward(request: pytest.FixtureRequest, tmp_path: Path) -> Ward:
    return Ward.new(tmp_path / "archive", sealed=request.param == "sealed")


@pytest.fixture
def open_ward(tmp_path: Path) -> Ward:
    return Ward.new(tmp_path / "archive", sealed=False)


def copy(ward: Ward, folder: Path, *words: str) -> Result:
    return ward.run("backup", str(folder), *words)


def printed(ward: Ward) -> str:
    return ward.run("print", "--json").stdout


def test_a_backup_is_an_archive_of_its_own_and_a_restore_is_opening_it(
    ward: Ward, tmp_path: Path
) -> None:
    said = printed(ward)
    done = copy(ward, tmp_path / "copy")
    assert done.exit_code == 0
    assert "3 images: 6 files copied" in done.stdout
    shutil.rmtree(ward.folder)
    restored = Ward(tmp_path / "copy", ward.password)
    assert printed(restored) == said
    assert restored.is_clean()


def test_a_backup_of_a_sealed_archive_is_sealed(tmp_path: Path) -> None:
    ward = Ward.new(tmp_path / "archive", sealed=True)
    copy(ward, tmp_path / "copy")
    for file in (tmp_path / "copy").rglob("*"):
        if file.is_file():
            data = file.read_bytes()
            for clear in ("Ännchen".encode(), b"Lakes", b"lake 1", drawn(1)[:64], b"SQLite format"):
                assert clear not in data, file
    locked = CliRunner().invoke(
        main, ["stats", "-d", str(tmp_path / "copy")], env={"FAP_PASSWORD": "wrong"}
    )
    assert locked.exit_code == 12


@pytest.mark.parametrize("words", [(), ("--dry-run",)], ids=["done", "tried"])
def test_a_folder_that_can_not_be_made_is_refused_in_a_dry_run_too(
    words: tuple[str, ...], open_ward: Ward, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("mine")
    result = copy(open_ward, tmp_path / "file", *words)
    assert result.exit_code == 1 and "can't be made" in result.stderr
    assert result.stdout == ""


def test_a_second_backup_adds_only_what_is_new(ward: Ward, tmp_path: Path) -> None:
    copy(ward, tmp_path / "copy")
    with ward.opened() as archive:
        list_ids(archive, 9)
        ingest.store(
            archive, [Picture(9, "lake 9", drawn(9), Format.JPG)], at=AT, source=Source.SITE
        )
    again = copy(ward, tmp_path / "copy")
    assert "4 images: 1 file copied" in again.stdout
    assert "6 already there" in again.stdout
    restored = Ward(tmp_path / "copy", ward.password)
    assert printed(restored) == printed(ward)
    assert restored.is_clean()


def test_a_file_of_the_backup_that_the_disk_changed_is_copied_anew_when_it_is_read(
    ward: Ward, tmp_path: Path
) -> None:
    copy(ward, tmp_path / "copy")
    blob, _ = ward.files()[0]
    flip(tmp_path / "copy" / blob.relative_to(ward.folder))
    assert "0 files copied" in copy(ward, tmp_path / "copy").stdout
    assert "1 file copied" in copy(ward, tmp_path / "copy", "--read-data").stdout
    assert Ward(tmp_path / "copy", ward.password).is_clean()


def test_an_interrupted_backup_is_no_archive_and_goes_on(ward: Ward, tmp_path: Path) -> None:
    def stop(_: int) -> None:
        raise KeyboardInterrupt

    target = tmp_path / "copy"
    with ward.opened() as archive, pytest.raises(KeyboardInterrupt):
        backup.backup(archive, target, done=stop)
    assert not (target / "archive.json").exists()
    assert not (target / "imagefap.database").exists()
    again = copy(ward, target)
    assert "0 files copied" in again.stdout
    assert Ward(target, ward.password).is_clean()
    assert not [*target.glob("*.copy*")]


@pytest.mark.parametrize("place", [".", "inside", "blobs/ab"])
def test_a_folder_in_the_archive_is_refused(open_ward: Ward, place: str) -> None:
    result = copy(open_ward, open_ward.folder / place)
    assert result.exit_code == 2
    assert "is inside the archive" in result.stderr


def test_a_folder_of_something_else_is_refused_and_left_alone(
    open_ward: Ward, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "letter.txt").write_text("mine")
    result = copy(open_ward, other)
    assert result.exit_code == 2
    assert "Name an empty folder" in result.stderr
    assert sorted(file.name for file in other.iterdir() if file.name != ".locks") == ["letter.txt"]


def test_the_backup_of_another_archive_is_refused(open_ward: Ward, tmp_path: Path) -> None:
    other = Ward.new(tmp_path / "other", sealed=True)
    copy(other, tmp_path / "copy")
    before = (tmp_path / "copy" / "archive.json").read_text()
    assert copy(open_ward, tmp_path / "copy").exit_code == 2
    assert copy(open_ward, other.folder).exit_code == 2
    assert (tmp_path / "copy" / "archive.json").read_text() == before


def test_a_clear_backup_of_an_archive_that_was_sealed_since_is_refused(
    open_ward: Ward, tmp_path: Path
) -> None:
    copy(open_ward, tmp_path / "copy")
    sealed = Ward(open_ward.folder, "correct-horse")
    assert sealed.run("seal", "-q").exit_code == 0
    result = copy(sealed, tmp_path / "copy")
    assert result.exit_code == 2
    assert "is open and the archive is not" in result.stderr


def test_a_damaged_file_is_named_and_the_rest_is_copied(ward: Ward, tmp_path: Path) -> None:
    blob, _ = ward.files()[0]
    flip(blob)
    result = copy(ward, tmp_path / "copy")
    assert result.exit_code == 13
    assert blob.name in result.stderr
    [(kind, name)] = Ward(tmp_path / "copy", ward.password).found()
    assert (kind, name) == ("missing-blob", blob.relative_to(ward.folder).as_posix())


def test_a_good_old_copy_survives_the_damage_of_the_original(ward: Ward, tmp_path: Path) -> None:
    copy(ward, tmp_path / "copy")
    flip(ward.files()[0][0])
    assert copy(ward, tmp_path / "copy", "--read-data").exit_code == 0
    assert Ward(tmp_path / "copy", ward.password).is_clean()


def test_a_backup_that_someone_has_open_is_left_alone(open_ward: Ward, tmp_path: Path) -> None:
    copy(open_ward, tmp_path / "copy")
    reader = Lock(tmp_path / "copy")
    reader.share()
    with open_ward.opened() as archive, pytest.raises(ArchiveHeld):
        backup.backup(archive, tmp_path / "copy")
    reader.release()
    assert copy(open_ward, tmp_path / "copy").exit_code == 0


def test_a_backup_beside_a_program_that_stores_is_one_sound_state(
    ward: Ward, tmp_path: Path
) -> None:
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from fapproc.archive import Archive\n"
        "from fapproc.jobs.ingest import Picture, store\n"
        "from fapproc.model import Format\n"
        "from fapproc.sources import Source\n"
        "from tests.archives.make import drawn\n"
        "with Archive.open(Path(sys.argv[1])) as archive:\n"
        "    for n in range(100, 200):\n"
        "        one = Picture(n, None, drawn(n), Format.JPG)\n"
        "        store(archive, [one], at=1, source=Source.SITE)\n"
    )
    with ward.opened() as archive:
        list_ids(archive, *range(100, 200))
    with Process(
        [sys.executable, "-c", code, str(ward.folder)],
        env=os.environ | {"FAP_PASSWORD": ward.password},
    ) as process:
        rounds = 0
        while process.poll() is None or rounds == 0:
            assert copy(ward, tmp_path / "copy").exit_code == 0
            assert Ward(tmp_path / "copy", ward.password).is_clean()
            rounds += 1
    assert process.returncode == 0
    copy(ward, tmp_path / "copy")
    stats = Ward(tmp_path / "copy", ward.password).run("stats", "--json").stdout
    assert json.loads(stats)["images"] == 103
