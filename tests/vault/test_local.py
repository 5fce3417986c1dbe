"""What the local backend keeps besides what all do: links, and what is none of ours."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from fapproc.errors import FapError, StorageError
from fapproc.vault.backend import HERE, Place
from fapproc.vault.local import LocalBackend
from tests.shelves import files_below

A = f"blobs/ab/{'ab' * 32}.jpg"


def backend(folder: Path) -> LocalBackend:
    return LocalBackend.connect(Place(HERE, folder, "5e" * 16))


def test_renewing_what_is_not_there_does_nothing(tmp_path: Path) -> None:
    backend(tmp_path).renew(A, b"one")
    assert files_below(tmp_path) == {}


def test_what_is_no_file_is_listed_as_such_and_not_removed(tmp_path: Path) -> None:
    shard = tmp_path / "blobs" / "ab"
    shard.mkdir(parents=True)
    os.mkfifo(shard / "pipe")
    (shard / "link").symlink_to(tmp_path)
    (tmp_path / "blobs" / "cd").symlink_to(tmp_path)
    found = {entry.name: entry.is_regular for entry in backend(tmp_path).entries("blobs")}
    assert found == {"blobs/ab/pipe": False, "blobs/ab/link": False, "blobs/cd": False}
    assert not any(backend(tmp_path).delete(name) for name in found)


def test_what_lies_in_a_files_place_is_told_by_its_path(tmp_path: Path) -> None:
    (tmp_path / A).mkdir(parents=True)
    (tmp_path / "blobs" / "cd").write_text("mine")
    for name in (A, f"blobs/cd/{'cd' * 32}.jpg"):
        said = backend(tmp_path).obstacle(name)
        assert said is not None and said.startswith(f"{tmp_path / name} can't be written: ")


def test_a_part_may_be_a_link_and_a_folder_in_it_may_not(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "archive").mkdir()
    (tmp_path / "archive" / "blobs").symlink_to(tmp_path / "other")
    (tmp_path / "other" / "cd").symlink_to(tmp_path)
    there = backend(tmp_path / "archive")
    there.write({A: b"sound"})
    assert (tmp_path / "other" / "ab" / f"{'ab' * 32}.jpg").read_bytes() == b"sound"
    assert there.obstacle(A) is None
    assert there.obstacle(f"blobs/cd/{'cd' * 32}.jpg") is not None


@pytest.mark.parametrize(
    ("blobs", "thumbs"),
    [
        ("one", "one"),
        ("one", "one/below"),
        ("one/below", "one"),
        ("archive", "one"),
        ("one", "archive/blobs"),
        ("one", "."),
    ],
)
def test_links_that_make_one_folder_of_two_are_refused(
    blobs: str, thumbs: str, tmp_path: Path
) -> None:
    """Else a thumbnail would be written over the picture that has its name."""
    (tmp_path / "one" / "below").mkdir(parents=True)
    archive = tmp_path / "archive"
    archive.mkdir()
    (archive / "blobs").symlink_to(tmp_path / blobs)
    (archive / "thumbs").symlink_to(tmp_path / thumbs)
    with pytest.raises(StorageError, match="Give blobs and thumbs a folder each"):
        backend(archive)
    (archive / "thumbs").unlink()
    (archive / "blobs").unlink()
    (archive / "blobs").symlink_to(tmp_path / "one")
    backend(archive)


@pytest.mark.parametrize("part", ["blobs", "thumbs"])
def test_a_link_into_another_archive_is_refused(part: str, tmp_path: Path) -> None:
    """Else each would take the other's files for nobody's, and its repair would remove them."""
    archive, other = tmp_path / "archive", tmp_path / "other"
    for folder in (archive, other):
        folder.mkdir()
        (folder / "archive.json").write_text("{}")
    (other / part).mkdir()
    (archive / part).symlink_to(other / part)
    with pytest.raises(StorageError, match=f"belongs to the archive in {other}"):
        backend(archive)
    backend(other)


def test_links_that_lead_in_a_ring_are_an_error_of_the_file_and_not_of_the_archive(
    tmp_path: Path,
) -> None:
    (tmp_path / "blobs").symlink_to("blobs")
    made = backend(tmp_path)
    made.sweep()
    made.write({f"thumbs/ab/{'ab' * 32}.webp": b"small"})
    with pytest.raises(FapError):
        made.read(A)


@pytest.fixture
def shared(tmp_path: Path) -> tuple[Place, Place, Path]:
    """Two archives whose blobs lead to one folder, which the first has used."""
    third = tmp_path / "third"
    third.mkdir()
    places = []
    for number in (1, 2):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "archive.json").write_text("{}")
        (folder / "blobs").symlink_to(third)
        places.append(Place(HERE, folder, str(number) * 32))
    first = LocalBackend.connect(places[0])
    first.sweep()
    first.write({A: b"one"})
    return places[0], places[1], third


def test_a_folder_that_another_archive_uses_is_refused(shared: tuple[Place, Place, Path]) -> None:
    """Else each would take the other's files for nobody's, and its repair would remove them."""
    first, second, third = shared
    for other in (second, Place(HERE, second.folder, first.archive)):  # a copy has the same id
        with pytest.raises(StorageError, match=f"belongs to the archive in {first.folder}"):
            LocalBackend.connect(other)
    LocalBackend.connect(first).sweep()
    found = [entry.name for entry in LocalBackend.connect(first).entries("blobs")]
    assert found == [A] and (third / ".fapproc-archive").is_file()


def test_where_the_disk_of_the_other_archive_is_away_it_is_refused_till_a_person_says_so(
    shared: tuple[Place, Place, Path],
) -> None:
    first, second, third = shared
    first.folder.rename(first.folder.with_name("away"))
    mark = third / ".fapproc-archive"
    with pytest.raises(StorageError, match=f"If that one is no more, remove {mark}"):
        LocalBackend.connect(second)
    mark.unlink()
    LocalBackend.connect(second).sweep()
    with pytest.raises(StorageError, match=f"belongs to the archive in {second.folder}"):
        LocalBackend.connect(Place(HERE, first.folder.with_name("away"), first.archive))


def test_an_archive_may_be_moved_or_leave_the_folder_to_another(
    shared: tuple[Place, Place, Path],
) -> None:
    first, second, third = shared
    moved = Place(HERE, first.folder.with_name("moved"), first.archive)
    first.folder.rename(moved.folder)
    LocalBackend.connect(moved).sweep()
    assert str(moved.folder) in (third / ".fapproc-archive").read_text()
    (moved.folder / "blobs").unlink()
    LocalBackend.connect(second).sweep()
    assert str(second.folder) in (third / ".fapproc-archive").read_text()


def test_a_mark_of_where_nobody_may_look_is_believed_for_another_archive(
    shared: tuple[Place, Place, Path],
) -> None:
    """As in the home of another user; a name that no disk takes is refused as that is."""
    first, second, third = shared
    said = {"archive": first.archive, "folder": f"/{'a' * 300}"}
    (third / ".fapproc-archive").write_text(json.dumps(said))
    LocalBackend.connect(first)
    with pytest.raises(StorageError, match="belongs to the archive in"):
        LocalBackend.connect(second)


@pytest.mark.parametrize("said", [b"", b"[]", b'{"archive": 1, "folder": 2}', b"[" * 9999, b"\xff"])
def test_a_mark_that_says_nothing_is_none(said: bytes, shared: tuple[Place, Place, Path]) -> None:
    first, second, third = shared
    (third / ".fapproc-archive").write_bytes(said)
    LocalBackend.connect(second)
    LocalBackend.connect(first).sweep()
    assert first.archive in (third / ".fapproc-archive").read_text()


MOUNTED = """
mount --bind "$1/blobs" "$1/thumbs" && exec "$2" -c '
import sys
from pathlib import Path
from fapproc.vault.backend import HERE, Place
from fapproc.vault.local import LocalBackend
LocalBackend.connect(Place(HERE, Path(sys.argv[1]), "5e" * 16))
' "$1"
"""


def test_mounts_that_make_one_folder_of_two_are_refused(tmp_path: Path) -> None:
    apart = ("unshare", "--mount", "--map-root-user", "sh", "-c")
    for part in ("blobs", "thumbs"):
        (tmp_path / part).mkdir()
    if (
        shutil.which("unshare") is None
        or subprocess.run([*apart, "true"], capture_output=True, check=False).returncode
    ):
        pytest.skip("nothing can be mounted here for one program alone: that takes Linux")
    ended = subprocess.run(
        [*apart, MOUNTED, "sh", tmp_path, sys.executable],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "StorageError" in ended.stderr and "a folder each" in ended.stderr


def test_pictures_lie_in_two_folders_of_the_archives_own(tmp_path: Path) -> None:
    assert backend(tmp_path).folders() == [tmp_path / "blobs", tmp_path / "thumbs"]
