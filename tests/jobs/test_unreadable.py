"""Files that can't be read: each is a finding of its own, in every command, and the others go on.

What lies in a file's place is real: a pipe, a link in a circle, 300 GB of nothing. What a disk
answers with an error is told by a library that stands between the program and the kernel.
"""

import errno
import json
import os
import resource
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from fapproc.durable.folder import DurableFolder
from fapproc.errors import FapError, StorageError, Unreadable
from fapproc.jobs import ingest, media
from fapproc.jobs.check import check
from fapproc.jobs.ingest import Picture
from fapproc.jobs.repair import repair
from fapproc.jobs.save import Target, known
from fapproc.model import Format
from fapproc.sources import Source
from fapproc.vault.store import Key, Kind, digest_of
from tests.archives.make import AT, drawn
from tests.disks import FailingDisk, Fault
from tests.jobs.ward import Ward, age
from tests.loaded import library
from tests.programs import FAPPROC, Home, clean
from tests.shelves import files_below, list_ids, where

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pipes and links as Unix has them")


def circle(place: Path) -> None:
    place.symlink_to(place.name)


def bound(place: Path) -> None:
    here = Path.cwd()
    os.chdir(place.parent)  # a socket's path has 107 bytes at most
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(place.name)
    finally:
        os.chdir(here)


def vast(place: Path) -> None:
    with place.open("wb") as stream:
        stream.truncate(300 * 1000**3)


IN_PLACE: dict[str, Callable[[Path], None]] = {
    "a pipe": os.mkfifo,
    "a link in a circle": circle,
    "a link to a picture": lambda place: place.symlink_to("/dev/zero"),
    "a socket": bound,
    "a folder": Path.mkdir,
    "300 GB of nothing": vast,
}
in_place = pytest.mark.parametrize("lay", IN_PLACE.values(), ids=IN_PLACE)


@pytest.fixture
def open_ward(tmp_path: Path) -> Ward:
    return Ward.new(tmp_path / "archive", sealed=False)


def name(ward: Ward, file: Path) -> str:
    return file.relative_to(ward.folder).as_posix()


def lost(ward: Ward) -> list[tuple[object, ...]]:
    return ward.ask("SELECT id FROM image WHERE lost_at IS NOT NULL")


@in_place
def test_what_is_no_file_is_one_finding_and_the_others_are_read(
    open_ward: Ward, lay: Callable[[Path], None]
) -> None:
    ward = open_ward
    blob, _ = ward.files()[0]
    blob.unlink()
    lay(blob)
    for words in ((), ("--read-data",), ("--repair",)):
        assert ward.found(*words) == [("unreadable", name(ward, blob))]
    result = ward.run("check", "--read-data")
    assert "6 files read" in result.stderr and str(blob) in result.stdout
    assert lost(ward) == []


@in_place
def test_a_backup_is_an_archive_though_a_file_could_not_be_copied(
    open_ward: Ward, lay: Callable[[Path], None], tmp_path: Path
) -> None:
    ward = open_ward
    blob, thumb = ward.files()[1]
    blob.unlink()
    lay(blob)
    result = ward.run("backup", str(tmp_path / "copy"), "-q")
    assert result.exit_code == 13 and str(blob) in result.stderr
    copy = Ward(tmp_path / "copy", ward.password)
    assert copy.found() == [("missing-blob", name(ward, blob))]
    assert (copy.folder / name(ward, thumb)).read_bytes() == thumb.read_bytes()


def test_a_folder_in_the_place_of_a_backups_file_stops_no_other(
    open_ward: Ward, tmp_path: Path
) -> None:
    blob, _ = open_ward.files()[1]
    assert open_ward.run("backup", str(tmp_path / "copy"), "-q").exit_code == 0
    there = tmp_path / "copy" / name(open_ward, blob)
    there.unlink()
    there.mkdir()
    result = open_ward.run("backup", str(tmp_path / "copy"), "-q")
    assert result.exit_code == 13 and f"{there} can't be written" in result.stderr
    assert (tmp_path / "copy" / "archive.json").is_file()


@in_place
def test_an_export_writes_the_others_and_leaves_what_is_no_file_of_ours(
    open_ward: Ward, lay: Callable[[Path], None]
) -> None:
    export = ("export", "--include-skipped")
    assert open_ward.run(*export).exit_code == 0
    folder = open_ward.folder / "tag_export" / "Places" / "Lakes"
    first, second = sorted(folder.iterdir())
    blob = next(blob for blob, _ in open_ward.files() if blob.read_bytes() == second.read_bytes())
    shutil.rmtree(folder.parent)
    blob.unlink()
    lay(blob)
    result = open_ward.run(*export)
    assert result.exit_code == 13 and str(blob) in result.stderr
    assert list(folder.iterdir()) == [first]
    first.unlink()
    lay(first)
    kind = first.lstat().st_mode
    result = open_ward.run(*export)
    assert result.exit_code == 13 and str(first) in result.stderr
    assert first.lstat().st_mode == kind


@pytest.mark.parametrize("lay", [os.mkfifo, circle, vast], ids=["pipe", "link", "vast"])
def test_an_unreadable_thumbnail_is_made_again(
    open_ward: Ward, lay: Callable[[Path], None]
) -> None:
    _, thumb = open_ward.files()[2]
    thumb.unlink()
    lay(thumb)
    assert open_ward.found("--repair") == [("unreadable", name(open_ward, thumb))]
    assert open_ward.is_clean()


def test_a_thumbnail_in_whose_place_a_folder_lies_is_told_and_the_others_are_made(
    open_ward: Ward,
) -> None:
    (_, first), (_, second), _ = open_ward.files()
    for thumb in (first, second):
        thumb.unlink()
    first.mkdir()
    result = open_ward.run("check", "--repair")
    assert result.exit_code == 13 and f"{first} can't be read" in result.stdout
    assert second.is_file() and first.is_dir()
    first.rmdir()
    assert open_ward.run("check", "--repair").exit_code == 0
    assert open_ward.is_clean()


def test_a_picture_in_whose_place_a_folder_lies_fails_and_the_others_are_stored(
    open_ward: Ward,
) -> None:
    place = open_ward.folder / "blobs"
    with open_ward.opened() as archive:
        list_ids(archive, 10, 11)
        new = [Picture(n, f"lake {n}", drawn(n), Format.JPG) for n in (10, 11)]
        taken = where(archive, Key(Kind.BLOB, digest_of(new[0].data), Format.JPG))
        taken.mkdir(parents=True)
        report = ingest.store(archive, new, at=AT, source=Source.SITE)
    assert (report.new, report.failed) == (1, 1)
    assert taken.is_dir() and len([file for file in place.rglob("*.jpg") if file.is_file()]) == 4


@pytest.mark.parametrize("lay", [Path.touch, os.mkfifo, circle], ids=["file", "pipe", "link"])
def test_what_lies_where_a_folder_belongs_stops_only_what_belongs_into_it(
    open_ward: Ward, lay: Callable[[Path], None]
) -> None:
    tag = open_ward.folder / "tag_export" / "Places"
    tag.parent.mkdir()
    lay(tag)
    assert open_ward.run("tag", "create", "Other").exit_code == 0
    data = drawn(20)
    with open_ward.opened() as archive:
        list_ids(archive, 20)
        ingest.store(archive, [Picture(20, "lake 20", data, Format.JPG)], at=AT, source=Source.SITE)
    assert open_ward.run("tag", "apply", "Other", digest_of(data)).exit_code == 0
    result = open_ward.run("export")
    assert result.exit_code == 13 and str(tag) in result.stderr
    assert len(files_below(tag.parent / "Other")) == 1
    assert not tag.is_dir()


def test_a_sealed_archive_tells_what_can_not_be_read_from_what_is_lost(tmp_path: Path) -> None:
    sealed = Ward.new(tmp_path / "archive", sealed=True)
    blob, _ = sealed.files()[0]
    blob.unlink()
    os.mkfifo(blob)
    assert sealed.found("--repair") == [("unreadable", name(sealed, blob))]
    assert lost(sealed) == []


@pytest.mark.parametrize("form", ["open", "sealed"])
@pytest.mark.parametrize("depth", [0, 1], ids=["shard", "part"])
def test_a_file_in_place_of_a_folder_of_pictures_hides_them_and_none_is_lost(
    depth: int, form: str, tmp_path: Path
) -> None:
    ward = Ward.new(tmp_path / "archive", sealed=form == "sealed")
    folder = ward.files()[0][0].parents[depth]
    hidden = sorted(name(ward, blob) for blob, _ in ward.files() if folder in blob.parents)
    folder.rename(tmp_path / "kept")
    folder.write_bytes(b"mine")
    for words in ((), ("--read-data",), ("--repair",)):
        found = ward.found(*words)
        assert sorted(n for kind, n in found if kind == "unreadable") == hidden
        assert {kind for kind, _ in found} <= {"unreadable", "foreign"}
    assert f"{folder} is in the place of a folder" in ward.run("check").stdout
    assert lost(ward) == [] and folder.read_bytes() == b"mine"
    folder.unlink()
    (tmp_path / "kept").rename(folder)
    assert ward.is_clean()


def test_sealing_names_every_file_that_can_not_be_read_and_changes_nothing(open_ward: Ward) -> None:
    blobs = [blob for blob, _ in open_ward.files()]
    for blob in blobs[:2]:
        blob.unlink()
        os.mkfifo(blob)
    result = Ward(open_ward.folder, "a new password").run("seal", "-q")
    assert result.exit_code == 13
    assert all(str(blob) in result.stderr for blob in blobs[:2])
    named = sorted(name(open_ward, blob) for blob in blobs[:2])
    assert sorted(open_ward.found()) == [("unreadable", entry) for entry in named]


def test_what_can_not_be_read_is_replaced_by_the_same_bytes(open_ward: Ward) -> None:
    blob, _ = open_ward.files()[0]
    blob.unlink()
    os.mkfifo(blob)
    with open_ward.opened() as archive:
        ingest.store(
            archive, [Picture(1, "lake 1", drawn(1), Format.JPG)], at=AT, source=Source.SITE
        )
    assert open_ward.is_clean()


def test_a_picture_is_not_marked_as_lost_that_can_not_be_read_when_it_would_be(
    open_ward: Ward,
) -> None:
    blob, _ = open_ward.files()[0]
    blob.unlink()
    with open_ward.opened() as archive:
        found = check(archive).findings
        os.mkfifo(blob)
        assert [step.done for step in repair(archive, found)] == [False]
    assert lost(open_ward) == []


def test_pictures_behind_a_link_to_a_disk_that_is_not_there_are_not_lost(open_ward: Ward) -> None:
    disk = open_ward.folder.parent / "disk"
    (open_ward.folder / "blobs").rename(disk)
    (open_ward.folder / "blobs").symlink_to(disk)
    assert open_ward.is_clean()
    disk.rename(disk.with_name("unplugged"))
    result = open_ward.run("check", "--repair")
    assert result.exit_code == 13 and result.stdout.count("is its disk connected?") == 3
    assert lost(open_ward) == []
    disk.with_name("unplugged").rename(disk)
    assert open_ward.is_clean()


def test_the_viewer_says_that_it_can_not_be_had(open_ward: Ward) -> None:
    blob, _ = open_ward.files()[0]
    blob.unlink()
    os.mkfifo(blob)
    with open_ward.opened() as archive, pytest.raises(Unreadable):
        media.blob(archive, blob.stem)


def test_get_gives_a_picture_another_name_where_its_own_can_not_be_read(tmp_path: Path) -> None:
    data = drawn(1)
    for lay, called in zip(IN_PLACE.values(), range(len(IN_PLACE)), strict=True):
        lay(tmp_path / f"{called}.jpg")
    target = Target(tmp_path)
    report = target.save(
        [Picture(n, f"{n}.jpg", data + bytes([n]), Format.JPG) for n in range(len(IN_PLACE))]
    )
    assert (report.new, target.renamed) == (len(IN_PLACE), len(IN_PLACE))


def test_a_list_of_get_that_is_a_pipe_is_a_sentence(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / ".fapproc-get")
    with pytest.raises(FapError, match="it is a pipe"):
        known(tmp_path)


def test_a_description_that_is_a_pipe_is_a_sentence(open_ward: Ward) -> None:
    (open_ward.folder / "archive.json").unlink()
    os.mkfifo(open_ward.folder / "archive.json")
    result = open_ward.run("stats")
    assert result.exit_code == 1 and "it is a pipe" in result.stderr


def test_a_stray_that_is_no_file_is_not_ours_and_left_alone(open_ward: Ward) -> None:
    stray = open_ward.folder / "blobs" / "ab" / f"ab{'0' * 62}.jpg"
    stray.parent.mkdir()
    os.mkfifo(stray)
    age(stray)
    (open_ward.folder / "imagefap.database.new").mkdir()
    both = [("foreign", name(open_ward, stray)), ("foreign", "imagefap.database.new")]
    assert open_ward.found("--repair") == both
    assert stray.is_fifo()


def test_a_process_that_may_open_no_more_files_blames_none(tmp_path: Path) -> None:
    """It is no word about a picture, so it ends the whole."""
    (tmp_path / "file").write_bytes(b"text")
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, before[1]))
    try:
        with pytest.raises(StorageError, match="Too many open files"):
            DurableFolder(tmp_path).read("file")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.mark.skipif(sys.platform != "linux", reason="memory is limited as Linux does it")
def test_a_process_that_may_have_no_more_memory_says_so(open_ward: Ward) -> None:
    blob, _ = open_ward.files()[0]
    os.truncate(blob, 255 << 20)
    limited = ("/bin/sh", "-c", 'ulimit -v 400000; exec "$@"', "sh")
    ended = subprocess.run(
        [*limited, *FAPPROC, "check", "--read-data", "-d", str(open_ward.folder)],
        env=clean(os.environ) | {"OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 1 and ended.stderr.startswith("Error: There is not enough memory")
    assert ended.stderr.count("\n") == 1


BAD = {
    "read-EIO": ("read", errno.EIO),
    "read-EAGAIN": ("read", errno.EAGAIN),
    "open-ESTALE": ("open", errno.ESTALE),
    "stat-EACCES": ("stat", errno.EACCES),
}


def run_on_a_bad_disk(
    ward: Ward, part: str, answer: tuple[str, int], *words: str
) -> subprocess.CompletedProcess[str]:
    """Run a command while files with this in their path can't be read."""
    call, number = answer
    told = {"UNREADABLE": part, "UNREADABLE_CALL": call, "UNREADABLE_ERRNO": str(number)}
    home = Home(ward.folder.parent / "home", told, library("unreadable"))
    return home.run(*words, "-d", str(ward.folder))


@pytest.mark.parametrize("answer", BAD.values(), ids=BAD)
def test_a_disk_that_answers_with_an_error_makes_one_finding(
    open_ward: Ward, answer: tuple[str, int]
) -> None:
    blob, _ = open_ward.files()[0]
    call, number = answer
    words = ("check", "--read-data", "--repair", "--json")
    ended = run_on_a_bad_disk(open_ward, name(open_ward, blob), answer, *words)
    if call == "stat":  # the bytes can be had all the same
        assert ended.returncode == 0, ended
        return
    assert ended.returncode == 13 and "Traceback" not in ended.stderr, ended
    [found] = map(json.loads, ended.stdout.splitlines())
    assert (found["kind"], found["name"]) == ("unreadable", name(open_ward, blob))
    said = "0 of its" if number == errno.EAGAIN else os.strerror(number)
    assert said in found["sentence"]
    assert blob.exists() and lost(open_ward) == []
    assert open_ward.is_clean()


@pytest.mark.parametrize(
    "words",
    [("backup", "{copy}", "-q"), ("export", "--include-skipped"), ("process", "-q")],
    ids=lambda w: w[0],
)
def test_every_command_names_what_a_disk_does_not_give_and_goes_on(
    open_ward: Ward, words: tuple[str, ...], tmp_path: Path
) -> None:
    blob, _ = open_ward.files()[0]
    open_ward.execute("UPDATE image SET thumb_bytes=NULL, thumb_digest=NULL, thumb_format=NULL")
    line = [word.format(copy=tmp_path / "copy") for word in words]
    ended = run_on_a_bad_disk(open_ward, name(open_ward, blob), BAD["read-EIO"], *line)
    assert ended.returncode == 13 and str(blob) in ended.stderr, ended
    assert "Traceback" not in ended.stderr
    if "backup" in words:
        assert (tmp_path / "copy" / "archive.json").is_file()
        assert len(files_below(tmp_path / "copy" / "blobs")) == 2
    if "export" in words:
        there = files_below(open_ward.folder / "tag_export")
        assert there.pop(".fapproc-export") and len(there) == 1
    if "process" in words:
        made = open_ward.ask("SELECT count(*) FROM image WHERE thumb_bytes IS NOT NULL")
        assert made == [(2,)]


def test_a_folder_of_thumbnails_that_a_disk_does_not_open_stops_no_other(open_ward: Ward) -> None:
    _, thumb = open_ward.files()[0]
    folder = name(open_ward, thumb.parent)
    open_ward.execute("UPDATE image SET thumb_bytes=NULL, thumb_digest=NULL, thumb_format=NULL")
    ended = run_on_a_bad_disk(open_ward, folder, ("open", errno.EIO), "process", "-q")
    assert ended.returncode == 13 and "Traceback" not in ended.stderr
    assert f"{thumb} can't be written: Input/output error. Repair the disk" in ended.stderr
    made = open_ward.ask("SELECT count(*) FROM image WHERE thumb_bytes IS NOT NULL")
    assert made == [(2,)]


@pytest.mark.parametrize("words", [("check", "--repair"), ("process", "-q")], ids=lambda w: w[0])
def test_where_no_thumbnail_can_be_had_or_written_the_rest_is_done_all_the_same(
    open_ward: Ward, words: tuple[str, ...]
) -> None:
    open_ward.files()[0][0].unlink()
    if "process" in words:
        nothing = "thumb_bytes=NULL, thumb_digest=NULL, thumb_format=NULL, width=NULL, height=NULL"
        open_ward.execute(f"UPDATE image SET {nothing}")
    whole = str(open_ward.folder / "thumbs")
    ended = run_on_a_bad_disk(open_ward, whole, ("open", errno.EACCES), *words)
    assert ended.returncode == 13 and "Traceback" not in ended.stderr, ended
    if "check" in words:
        assert len(lost(open_ward)) == 1 and ended.stdout.count("Not repaired") == 2, ended.stdout
    else:
        assert open_ward.ask("SELECT count(*) FROM image WHERE width IS NOT NULL") == [(2,)]
        assert ended.stderr.count(f"{whole}: Permission denied") == 1, ended.stderr


def test_what_can_not_be_put_back_on_a_disk_stops_no_other_repair(tmp_path: Path) -> None:
    home = Home(tmp_path)
    ward = Ward.new(home.archive, sealed=False)
    (first, _), (second, _) = ward.files()[:2]
    first.rename(first.with_name(f"{first.stem[:-1]}{'0' if first.stem[-1] != '0' else '1'}.jpg"))
    second.unlink()
    disk = FailingDisk(home, ward.folder)
    ended = disk.run(Fault("n", 1, lasting=True), "check", "--repair")
    assert ended.returncode == 13 and "Traceback" not in ended.stderr, ended
    assert len(lost(ward)) == 1
    assert disk.run(None, "check", "--repair").returncode == 13
    assert first.exists()


@pytest.mark.parametrize(
    "words",
    [("import",), ("backup",), ("export", "--all", "--output"), ("import-legacy",)],
    ids=lambda words: str(words[0]),
)
def test_a_folder_that_is_a_link_in_a_circle_is_a_sentence(
    words: tuple[str, ...], open_ward: Ward, tmp_path: Path
) -> None:
    circle(tmp_path / "circle")
    ended = open_ward.run(*words, str(tmp_path / "circle"))
    assert isinstance(ended.exception, SystemExit)
    assert ended.exit_code in {1, 10} and ended.stderr.count("\n") == 1, ended.stderr


def test_an_archive_whose_pictures_are_a_link_in_a_circle_opens_and_names_them(
    open_ward: Ward,
) -> None:
    shutil.rmtree(open_ward.folder / "blobs")
    circle(open_ward.folder / "blobs")
    assert open_ward.run("stats").exit_code == 0
    assert open_ward.run("check").exit_code == 13
