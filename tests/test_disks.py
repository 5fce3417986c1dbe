"""Disks that are not ext4: no sync of folders, no flock, short names, no memory that programs can
share, links."""

import os
import shutil
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest

from fapproc.archive import Archive
from fapproc.jobs import sealing
from fapproc.jobs.check import check
from fapproc.vault.store import digest_of
from tests.disks import disk_of
from tests.drawing import landscape, write
from tests.holdings import PASSWORD, content_of, fill, given
from tests.loaded import library
from tests.processes import Process
from tests.programs import Home
from tests.shelves import files_below

OPENER = ".locks/opener-1-00c0ffee"
COPY_PART = "imagefap.database.copy.part"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="disks as Linux shows them")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path / "home")
    made.folder.mkdir()
    return made


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(2):
        (folder / f"{number}.png").write_bytes(write(landscape(number, (40, 30)), "PNG"))
    return folder


def on(words: str, home: Home, *line: str) -> subprocess.CompletedProcess[str]:
    """Run a command whose archive lies on such a disk."""
    there = {"OTHERDISK": words, "OTHERDISK_ROOT": str(home.folder)}
    return Home(home.folder, home.settings | there, library("otherdisk")).run(*line)


@pytest.mark.parametrize("sync", ["nosync", "badsync"])
def test_a_disk_without_flock_and_sync_of_folders_is_used_and_its_locks_hold(
    sync: str, home: Home, pictures: Path
) -> None:
    done = on(f"{sync},noflock", home, "import", str(pictures), "-q")
    assert done.returncode == 0 and "2 new pictures" in done.stdout
    assert done.stderr.count("knows no flock; byte ranges are locked instead.") == 1
    with held(home):
        refused = on("noflock", home, "seal")
    assert refused.returncode == 11 and "in use by" in refused.stderr


def held(home: Home) -> "subprocess.Popen[str]":
    """Another program on the same disk, which has the archive open until it is told to end."""
    code = "import sys; from pathlib import Path; from fapproc.archive import Archive\n"
    code += "with Archive.open(Path(sys.argv[1])): print('open', flush=True); sys.stdin.read()"
    there = {"OTHERDISK": "noflock", "OTHERDISK_ROOT": str(home.folder)}
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(home.archive)],
        env=home.environment | there | {"LD_PRELOAD": library("otherdisk")},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None and process.stdout.readline() == "open\n"
    return process


@pytest.mark.parametrize(
    ("words", "told"),
    [("nolock", "can't be locked"), ("nomap", "no memory that programs can share")],
)
def test_a_disk_that_can_hold_no_archive_is_told_in_a_sentence(
    words: str, told: str, home: Home, pictures: Path
) -> None:
    refused = on(words, home, "import", str(pictures), "-q")
    assert refused.returncode == 1 and "Traceback" not in refused.stderr
    assert told in refused.stderr.splitlines()[-1]


def test_a_lock_that_can_not_be_had_leaves_no_file_open(tmp_path: Path) -> None:
    code = "import sys; from pathlib import Path; from fapproc.lock import Lock\n"
    code += "from fapproc.errors import StorageError\n"
    code += "try: Lock(Path(sys.argv[1])).share()\nexcept StorageError: print('refused')"
    there = {"OTHERDISK": "nolock", "OTHERDISK_ROOT": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, str(tmp_path)],
        env=os.environ | there | {"LD_PRELOAD": library("otherdisk")},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("refused\n", "")


def test_a_name_that_a_disk_takes_for_too_long_is_shortened(home: Home, tmp_path: Path) -> None:
    source = tmp_path / "pictures"
    source.mkdir()
    names = ["é" * 120 + end for end in ("a.png", "b.png")]
    contents = [write(landscape(number, (40, 30)), "PNG") for number in range(2)]
    for name, data in zip(names, contents, strict=True):
        (source / unicodedata.normalize("NFC", name)).write_bytes(data)
    assert on("short", home, "import", str(source), "-q").returncode == 0
    home.done("tag", "create", "w" * 200)
    home.done("tag", "apply", "w" * 200, *map(digest_of, contents))
    for line in (["export"], ["export"], ["export", "--renumber"]):
        done = on("short", home, *line)
        assert done.returncode == 0, done.stderr
        there = files_below(home.archive / "tag_export")
        assert there.pop(".fapproc-export")
        assert sorted(there.values()) == sorted(contents)
        assert all(len(part.encode()) <= 143 for name in there for part in name.split("/"))


@pytest.mark.parametrize("part", ["blobs", "thumbs"])
def test_a_part_on_another_disk_is_written_sealed_and_searched_like_any_other(
    part: str, tmp_path: Path
) -> None:
    folder = tmp_path / "archive"
    fill(folder)
    with disk_of("8m", tmp_path / "disk") as disk:
        shutil.move(folder / part, disk / part)
        (folder / part).symlink_to(disk / part)
        before = content_of(folder, None)
        (mark,) = disk.glob("*/.fapproc-archive")
        clear = set(files_below(disk).values()) - {mark.read_bytes()}
        with given(PASSWORD):
            report = sealing.seal(folder)
        assert report.left == ()
        assert content_of(folder, PASSWORD) == before
        assert not clear & set(files_below(disk).values())
        with given(PASSWORD), Archive.open(folder) as archive:
            assert check(archive, read_data=True).findings == ()
        assert not list(folder.rglob("*/.unfinished/*"))


@pytest.mark.parametrize("name", ["imagefap.database", "archive.json", ".locks"])
def test_any_other_link_is_refused_and_nothing_is_said_to_be_sealed(
    name: str, home: Home, tmp_path: Path
) -> None:
    fill(home.archive)
    (home.archive / name).rename(tmp_path / name)
    (home.archive / name).symlink_to(tmp_path / name)
    home.password(PASSWORD)
    before = files_below(tmp_path / name) if name == ".locks" else (tmp_path / name).read_bytes()
    for command in ("seal", "stats", "check"):
        home.password(PASSWORD if command == "seal" else None)
        refused = home.run(command)
        assert refused.returncode in {1, 13} and "it is a link" in refused.stderr, command
    after = files_below(tmp_path / name) if name == ".locks" else (tmp_path / name).read_bytes()
    assert after == before


@pytest.mark.parametrize("kind", ["link", "folder"])
@pytest.mark.parametrize("command", ["seal", "backup"])
def test_a_copy_of_the_database_is_not_written_through_what_lies_in_its_place(
    command: str, kind: str, home: Home, tmp_path: Path
) -> None:
    fill(home.archive)
    mine, saved = tmp_path / "mine", tmp_path / "saved"
    mine.touch()  # SQLite takes an empty file for a new database
    home.done("backup", str(saved))
    place = {"seal": home.archive / "imagefap.database.new", "backup": saved / COPY_PART}[command]
    place.mkdir() if kind == "folder" else place.symlink_to(mine)
    if command == "seal":
        home.password(PASSWORD)
    refused = home.run(*{"seal": ["seal"], "backup": ["backup", str(saved)]}[command])
    assert refused.returncode == 1
    assert "something else is in its place. Move it away." in refused.stderr
    assert mine.read_bytes() == b""
    home.password(None)
    home.done("stats")


@pytest.mark.parametrize(
    "name", ["imagefap.database", "imagefap.database-journal", ".locks/archive", OPENER]
)
def test_a_pipe_in_place_of_a_file_keeps_nobody_waiting(name: str, home: Home) -> None:
    fill(home.archive)
    (home.archive / name).unlink(missing_ok=True)
    os.mkfifo(home.archive / name)
    said = home.run("stats")
    assert said.returncode in ({0} if name == OPENER else {1, 13}), said.stderr
    assert name == OPENER or "it is a pipe" in said.stderr or "no database" in said.stderr


def test_sealing_leaves_what_is_not_ours_and_names_it(tmp_path: Path) -> None:
    folder = tmp_path / "archive"
    fill(folder)
    mine = ["imagefap.database.mycopy", "blobs/notes.txt", "blobs/ab/letter.jpg", "letter.txt"]
    for name in mine:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("mine")
    (folder / "imagefap.database.old").mkdir()
    with given(PASSWORD):
        report = sealing.seal(folder)
    assert set(report.left) == {*mine, "imagefap.database.old"}
    with given(PASSWORD), Archive.open(folder) as archive:
        found = {entry.name for entry in check(archive).findings}
    assert found == set(report.left)
    assert all((folder / name).read_text() == "mine" for name in mine)


NAMESPACE = ("unshare", "--pid", "--fork", "--mount-proc")
HALVES = """
import os, sys
from pathlib import Path
from fapproc.disk import Folders
from fapproc.durable.unfinished import Half
folders = Folders(Path(sys.argv[1]))
half = Half.write(folders, ("blobs", "ab", "file"), b"bytes")
print(half.name, flush=True)
sys.stdin.read()
half.place(folders, ("blobs", "ab", "file"))
"""


def test_a_program_in_another_container_keeps_its_temporary_files(home: Home) -> None:
    """Its process number is 1 or so, which here is another's, or nobody's."""
    if subprocess.run([*NAMESPACE, "true"], capture_output=True, check=False).returncode:
        pytest.skip("no namespace of processes can be made here")
    Archive.open_or_create(home.archive).close()
    with Process(
        [*NAMESPACE, sys.executable, "-c", HALVES, str(home.archive)],
        env=home.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as writer:
        assert writer.stdout is not None
        name = writer.stdout.readline().strip()
        Archive.open(home.archive).close()
        assert (home.archive / "blobs" / ".unfinished" / name).exists()
        writer.communicate("go on")
    assert writer.returncode == 0
    assert (home.archive / "blobs" / "ab" / "file").read_bytes() == b"bytes"


@pytest.mark.parametrize("place", [".tmp", ".unfinished"])
def test_a_linked_folder_of_temporary_files_is_left_alone(
    place: str, home: Home, tmp_path: Path
) -> None:
    fill(home.archive)
    docs = tmp_path / "docs"
    docs.mkdir()
    for name in ("letter.txt", f"half-{32 * '0'}", "1-0123456789abcdef"):
        (docs / name).write_text("mine")
    shutil.rmtree(home.archive / place, ignore_errors=True)
    (home.archive / place).symlink_to(docs)
    before = files_below(docs)
    for line in (["stats"], ["check"], ["backup", str(tmp_path / "copy"), "-q"]):
        home.run(*line)
    assert files_below(docs) == before


def test_a_backup_keeps_a_person_s_own_files(home: Home, tmp_path: Path) -> None:
    fill(home.archive)
    copy = tmp_path / "copy"
    for place in (".tmp", ".unfinished"):
        (copy / place).mkdir(parents=True)
        (copy / place / "letter.txt").write_text("mine")
    home.done("backup", str(copy), "-q")
    assert (copy / ".tmp" / "letter.txt").read_text() == "mine"
    assert (copy / ".unfinished" / "letter.txt").read_text() == "mine"
