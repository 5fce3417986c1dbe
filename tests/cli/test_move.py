"""`fapproc init --blobs` and `fapproc move`: pictures in a bucket and back, by real processes."""

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from fapproc.vault import registry
from fapproc.vault.backend import Place
from tests.cli.conftest import Fapproc
from tests.drawing import landscape
from tests.holdings import PASSWORD
from tests.processes import Process
from tests.programs import FAPPROC, Home
from tests.vault import moto_storage
from tests.vault.between import between
from tests.vault.moto_storage import MotoStorage
from tests.vault.object_storage import WITHIN, ObjectStorage, served

SOUND = "Everything is there and sound.\n"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home with pictures, and a server of object storage that is named in its environment."""
    made = Home(tmp_path / "home", dict(served().environment))
    (made.folder / "pictures").mkdir(parents=True)
    for seed in range(5):
        landscape(seed, (60, 40)).save(made.folder / "pictures" / f"{seed}.png")
    return made


def in_the_bucket(url: str, kind: str) -> list[Path]:
    """The files of a kind that lie there."""
    return sorted(path for path in (served().path(url) / kind).rglob("*") if path.is_file())


def test_a_new_archive_has_its_pictures_in_a_bucket_and_nothing_in_its_folder(home: Home) -> None:
    url = served().place()
    told = home.done("init", "--blobs", url)
    assert told == f"Made an empty archive in {home.archive}, its pictures at {url}.\n"
    assert "5 new pictures" in home.done("import", str(home.folder / "pictures"))
    home.done("thumbs", "-q")
    assert home.done("check", "--read-data") == SOUND
    assert len(in_the_bucket(url, "blobs")) == len(in_the_bucket(url, "thumbs")) == 5
    assert not (home.archive / "blobs").exists() and not (home.archive / "thumbs").exists()
    again = home.run("init", "--blobs", url)
    assert (again.returncode, again.stderr.count("\n")) == (2, 1)
    assert "There is an archive in" in again.stderr


@pytest.mark.parametrize("server", [served, moto_storage.served], ids=["rclone", "moto"])
def test_a_sealed_archive_in_a_bucket_is_filled_processed_searched_and_checked(
    home: Home, server: Callable[[], ObjectStorage | MotoStorage]
) -> None:
    home.settings |= server().environment
    home.password(PASSWORD)
    landscape(0, (120, 80)).save(home.folder / "pictures" / "large.png")
    home.done("init", "--blobs", server().place())
    assert "6 new pictures" in home.done("import", str(home.folder / "pictures"))
    assert "6 images processed" in home.done("process")
    assert "in 1 group of possible duplicates" in home.done("dedup")
    assert home.done("check", "--read-data") == SOUND
    assert not {"blobs", "thumbs"} & {path.name for path in home.archive.iterdir()}


def test_the_archives_own_folder_is_said_as_full_paths(
    fapproc: Fapproc, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    told = fapproc("init", "-d", "new", "--blobs", ".").stdout
    own = tmp_path / "new"
    assert told == f"Made an empty archive in new, its pictures at {own}/blobs and {own}/thumbs.\n"


@pytest.mark.parametrize("password", [None, PASSWORD], ids=["open", "sealed"])
def test_pictures_move_into_a_bucket_and_back_and_are_the_same(
    home: Home, password: str | None
) -> None:
    home.password(password)
    url = served().place()
    home.done("import", str(home.folder / "pictures"))
    home.done("thumbs", "-q")
    before = home.done("print", "--json")
    files = {path.name: path.read_bytes() for path in blobs_of(home)}
    moved = home.run("move", "--blobs", url)
    assert moved.stdout == f"5 images moved to {url}, and read there.\n"
    assert f"The former files are still at {home.archive / 'blobs'}" in moved.stderr
    there = {path.name: path.read_bytes() for path in in_the_bucket(url, "blobs")}
    assert there.keys() == files.keys()
    assert password is not None or there == files
    shutil.rmtree(home.archive / "blobs")
    shutil.rmtree(home.archive / "thumbs")
    assert home.done("print", "--json") == before
    assert home.done("check", "--read-data") == SOUND
    assert home.run("move", "--blobs", url).returncode == 2
    home.done("move", "--blobs", ".")
    assert home.done("check", "--read-data") == SOUND
    assert json.loads((home.archive / "archive.json").read_text())["files"] == "."
    assert "5 images moved to" in home.done("log")


def blobs_of(home: Home) -> list[Path]:
    """The files in the archive's own folder."""
    return sorted(path for path in (home.archive / "blobs").rglob("*") if path.is_file())


def test_pictures_that_a_move_left_unencrypted_are_named_when_the_archive_is_sealed(
    home: Home,
) -> None:
    home.done("import", str(home.folder / "pictures"))
    home.done("move", "--blobs", served().place(), "-q")
    home.password(PASSWORD)
    sealed = home.run("seal", "-q")
    assert sealed.returncode == 0
    assert "Not part of the archive, and left as it was: blobs." in sealed.stderr
    assert len(blobs_of(home)) == 5


@pytest.mark.parametrize("amid", ["PUT /pictures", f"GET /pictures/{'{}'}/thumbs"])
def test_a_move_that_is_killed_leaves_the_archive_as_it_was_and_goes_on(
    home: Home, amid: str
) -> None:
    """Amid the copies, and amid reading them where they are now."""
    url = served().place()
    home.done("import", str(home.folder / "pictures"))
    home.done("thumbs", "-q")
    said = (home.archive / "archive.json").read_bytes()
    with between(served()) as way:
        home.settings["AWS_ENDPOINT_URL"] = way.address
        way.holds = amid.format(url.rsplit("/", 1)[1])
        process = home.start("move", "--blobs", url, "-q")
        assert way.held.wait(WITHIN)
        process.kill()
        process.communicate(timeout=WITHIN)
    home.settings |= served().environment
    assert (home.archive / "archive.json").read_bytes() == said
    assert home.done("check", "--read-data") == SOUND
    home.done("move", "--blobs", url)
    assert home.done("check", "--read-data") == SOUND
    assert len(in_the_bucket(url, "blobs")) == len(in_the_bucket(url, "thumbs")) == 5


@pytest.mark.skipif(sys.platform == "win32", reason="a signal as Unix has it")
def test_ctrl_c_ends_a_command_that_waits_for_a_server_which_says_nothing(home: Home) -> None:
    """It stayed until the server was given up, 30 seconds later."""
    home.done("init", "--blobs", served().place())
    with between(served()) as way:
        home.settings["AWS_ENDPOINT_URL"] = way.address
        way.holds = "archive.json"
        with Process(
            [*FAPPROC, "stats"], env=home.environment, stderr=subprocess.PIPE, text=True
        ) as process:
            assert way.held.wait(WITHIN)
            process.send_signal(signal.SIGINT)
            told = process.communicate(timeout=20)[1]
    assert process.returncode == 130
    assert told.startswith("Interrupted") and told.count("\n") == 1


def test_a_damaged_picture_stops_the_move_and_the_archive_stays_where_it_was(home: Home) -> None:
    url = served().place()
    home.done("import", str(home.folder / "pictures"))
    blobs_of(home)[2].write_bytes(b"changed")
    said = (home.archive / "archive.json").read_bytes()
    refused = home.run("move", "--blobs", url)
    assert refused.returncode == 13
    assert "Nothing was changed." in refused.stderr
    assert (home.archive / "archive.json").read_bytes() == said


def test_a_bucket_that_is_another_archives_is_refused_and_nothing_is_written_there(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in served().environment.items():
        monkeypatch.setenv(name, value)
    place = Place(served().place(), home.folder, "00" * 16)
    registry.create(place)
    home.done("import", str(home.folder / "pictures"))
    refused = home.run("move", "--blobs", place.url)
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert "something lies there already" in refused.stderr
    assert in_the_bucket(place.url, "blobs") == []


def test_a_place_that_is_taken_is_told_before_a_password_is_asked_for(home: Home) -> None:
    url = served().place()
    home.done("init", "--blobs", url, "-d", str(home.folder / "first"))
    home.password(PASSWORD)
    home.done("init")
    home.password(None)
    moved = home.run("move", "--blobs", url)
    assert moved.returncode == 1 and "something lies there already" in moved.stderr, moved
    there = home.run("move", "--blobs", ".")
    assert there.returncode == 2 and "there already" in there.stderr
    new = home.run("init", "--blobs", url, "-d", str(home.folder / "new"))
    assert new.returncode == 1 and "something lies there already" in new.stderr
    assert "no password" not in new.stderr and not (home.folder / "new").exists()


@pytest.mark.parametrize("url", ["/media/disk", "file:///media/disk", "bucket", ""])
def test_what_is_no_place_for_pictures_is_told_before_anything_is_made(
    home: Home, url: str
) -> None:
    refused = home.run("init", "--blobs", url)
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)
    assert "s3://BUCKET/FOLDER" in refused.stderr
    assert not home.archive.exists()


def test_a_scheme_without_a_backend_is_told(home: Home) -> None:
    refused = home.run("init", "--blobs", "gopher://bucket/pictures")
    assert (refused.returncode, refused.stderr.count("\n")) == (10, 1)
    assert "no backend" in refused.stderr
    assert not home.archive.exists()
