import os
import sys
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from fapproc.archive import Archive
from fapproc.db import catalogue
from fapproc.errors import FapError
from fapproc.jobs import import_folder, ingest, inventory, shelving
from fapproc.jobs.import_folder import ImportReport
from fapproc.jobs.import_tree import Tree
from fapproc.model import LOCAL_DISK, LOCAL_DISK_NAME, Detail, Reason
from fapproc.vault.store import AT_ONCE
from tests.shelves import files_below, fill, photo, picture, sightings, small


@pytest.fixture
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("from") / "pictures"


def lay(folder: Path, files: dict[str, bytes]) -> None:
    folder.mkdir(exist_ok=True)
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)


def albums(archive: Archive) -> dict[str, list[str | None]]:
    with archive.reading() as connection:
        return {
            album.name: [one.name for one in sightings(connection, album.user, album.id)]
            for album in catalogue.albums(connection)
        }


def failures(archive: Archive) -> list[tuple[str | None, Reason, Detail]]:
    return [
        (failure.name, failure.reason, failure.detail)
        for shelf in shelving.shelves(archive)
        for failure in shelf.failures
    ]


def test_each_folder_is_an_album_and_its_files_come_by_name(archive: Archive, source: Path) -> None:
    lay(
        source,
        {
            "b.png": small(1),
            "a.png": small(2),
            "2024/lakes/c.png": small(3),
            "2024/z.png": small(4),
            "2023/y.png": small(1),
        },
    )
    report = import_folder.import_folder(archive, source)
    assert albums(archive) == {
        "pictures": ["a.png", "b.png"],
        "pictures/2023": ["y.png"],
        "pictures/2024": ["z.png"],
        "pictures/2024/lakes": ["c.png"],
    }
    assert list(albums(archive)) == sorted(albums(archive))
    size = sum(len(small(n)) for n in (1, 2, 3, 4))
    assert report == ImportReport(albums=4, stored=ingest.IngestReport(4, 1, size, 0), skipped=0)
    (user,) = inventory.users(archive)
    assert (user.id, user.name) == (LOCAL_DISK, LOCAL_DISK_NAME)
    for shelf in shelving.shelves(archive):
        assert 0 < shelf.album.id < 2**63 and shelf.album.pages == 1
        assert shelf.album.fetched_at > 0
        assert all(0 < image < 2**63 for image in shelf.images)


def test_files_and_folders_come_in_the_order_of_their_numbers(
    archive: Archive, source: Path
) -> None:
    names = ["img1.png", "Img2.png", "img10.png"]
    for place in ("day 2", "day 10"):
        lay(source, {f"{place}/{name}": small(n) for n, name in enumerate(reversed(names))})
    packed(source / "set.zip", {f"p{n}.png": small(n) for n in (1, 10, 2)})
    import_folder.import_folder(archive, source)
    found = albums(archive)
    assert found["pictures/day 2"] == found["pictures/day 10"] == names
    assert found["pictures/set.zip"] == ["p1.png", "p2.png", "p10.png"]
    ours = [name for name in found if "day" in name]
    assert ours == ["pictures/day 2", "pictures/day 10"]


def test_the_folder_itself_may_be_given_another_name(archive: Archive, source: Path) -> None:
    lay(source, {"a.png": small(1), "below/b.png": small(2)})
    import_folder.import_folder(archive, source, name="Holidays")
    assert list(albums(archive)) == ["Holidays", "Holidays/below"]


def test_how_many_files_it_looks_at_is_known_before(archive: Archive, source: Path) -> None:
    lay(source, {"a.png": small(1), "b.txt": b"no", ".hidden.png": small(2), "below/c.jpg": b"no"})
    with zipfile.ZipFile(source / "packed.zip", "w") as packed:
        for name in ("one.png", "notes.txt", "__MACOSX/one.png", "folder/"):
            packed.writestr(name, small(3))
    (source / "no.zip").write_bytes(b"PK\x03\x04 and no more")
    told: list[int] = []
    import_folder.import_folder(archive, source, done=told.append)
    assert sum(told) == import_folder.count(archive, source) == 5


def test_a_second_import_adds_nothing_and_a_changed_file_is_added(
    archive: Archive, source: Path
) -> None:
    lay(source, {"a.png": small(1), "b.png": small(2)})
    import_folder.import_folder(archive, source)
    before = albums(archive)
    again = import_folder.import_folder(archive, source)
    assert again.stored == ingest.IngestReport(known=2)
    assert albums(archive) == before
    lay(source, {"a.png": small(3), "c.png": small(4)})
    changed = import_folder.import_folder(archive, source)
    assert (changed.stored.new, changed.stored.known) == (2, 1)
    assert albums(archive) == {"pictures": ["a.png", "b.png", "a.png", "c.png"]}


def test_nothing_in_the_folder_is_changed(archive: Archive, source: Path) -> None:
    lay(source, {"a.png": small(1), "liar.jpg": b"text", "notes.txt": b"text"})
    before = files_below(source)
    times = {file: file.stat().st_mtime_ns for file in source.iterdir()}
    import_folder.import_folder(archive, source)
    assert files_below(source) == before
    assert {file: file.stat().st_mtime_ns for file in source.iterdir()} == times


def test_more_files_than_a_batch_keep_their_order_and_are_counted(
    archive: Archive, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_folder, "BATCH", 3)
    names = [f"{n}.png" for n in range(10, 18)]
    lay(source, {name: small(n) for n, name in enumerate(names)})
    steps: list[int] = []
    import_folder.import_folder(archive, source, done=steps.append)
    assert albums(archive) == {"pictures": names}
    assert sum(steps) == 8


def test_content_counts_and_not_the_extension(archive: Archive, source: Path) -> None:
    lay(source, {"a.jpg": small(1), "no extension": small(2), "b.txt": photo(1)})
    import_folder.import_folder(archive, source)
    assert albums(archive) == {"pictures": ["a.jpg", "b.txt", "no extension"]}


def test_a_file_that_claims_to_be_a_picture_and_is_none_is_a_failure(
    archive: Archive, source: Path
) -> None:
    files = {"empty.JPG": b"", "liar.png": b"<html>", "other.webp": b"8BPS\0\1", "z.png": small(1)}
    lay(source, files)
    report = import_folder.import_folder(archive, source)
    assert (report.albums, report.stored.failed, report.skipped) == (1, 3, 0)
    assert failures(archive) == [
        ("empty.JPG", Reason.DAMAGED, Detail.EMPTY),
        ("liar.png", Reason.DAMAGED, Detail.NOT_A_PICTURE),
        ("other.webp", Reason.DAMAGED, Detail.FORMAT),
    ]
    again = import_folder.import_folder(archive, source)
    assert (again.stored.failed, len(failures(archive))) == (3, 3)


def test_other_files_are_skipped(archive: Archive, source: Path) -> None:
    lay(source, {"notes.txt": b"text", "film.mp4": b"\0\0\0\x1cftypisom", "x/empty": b""})
    skipped = tuple(f"pictures/{name}" for name in ("film.mp4", "notes.txt", "x/empty"))
    report = import_folder.import_folder(archive, source)
    assert report == ImportReport(0, ingest.IngestReport(), 3, skipped_names=skipped)
    assert albums(archive) == {}


def test_a_file_too_large_for_a_picture_is_not_read(
    archive: Archive, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_folder, "MAX_BYTES", len(small(1)))
    lay(source, {"a.png": small(1), "b.png": small(1) + b"\0"})
    import_folder.import_folder(archive, source)
    assert failures(archive) == [("b.png", Reason.DAMAGED, Detail.TOO_LARGE)]
    assert albums(archive) == {"pictures": ["a.png"]}


@pytest.mark.parametrize("inside", [".", "archive", "2024/archive"])
def test_an_archive_inside_the_folder_is_not_imported(source: Path, inside: str) -> None:
    lay(source, {"a.png": small(1)})
    with Archive.open_or_create(source / inside) as archive:
        fill(archive, {"lakes": [picture(5, small(2))]})
        import_folder.import_folder(archive, source)
        found = albums(archive)
    found.pop("lakes")
    assert found == ({} if inside == "." else {"pictures": ["a.png"]})


def test_a_link_to_a_folder_is_not_followed_and_one_to_a_file_is(
    archive: Archive, source: Path
) -> None:
    lay(source, {"a.png": small(1)})
    lay(source.parent / "elsewhere", {"b.png": small(2)})
    (source / "link").symlink_to(source.parent / "elsewhere")
    (source / "loop").symlink_to(source)
    (source / "c.png").symlink_to(source.parent / "elsewhere" / "b.png")
    (source / "nowhere.png").symlink_to(source / "no such file")
    report = import_folder.import_folder(archive, source)
    assert albums(archive) == {"pictures": ["a.png", "c.png"]}
    assert (report.skipped, report.stored.failed) == (1, 0)


def test_what_is_no_file_is_skipped(archive: Archive, source: Path) -> None:
    lay(source, {"a.png": small(1)})
    os.mkfifo(source / "pipe.png")
    assert import_folder.import_folder(archive, source).skipped == 1


@pytest.mark.skipif(sys.platform != "linux", reason="needs a file that nobody can read")
def test_a_file_that_can_not_be_read_is_a_failure(archive: Archive, source: Path) -> None:
    lay(source, {"a.png": small(1)})
    (source / "b.png").symlink_to("/proc/self/mem")
    report = import_folder.import_folder(archive, source)
    assert report.stored.failed == 1
    assert failures(archive) == [("b.png", Reason.FILE, Detail.UNREACHABLE)]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_names_that_are_no_text_are_imported_as_far_as_they_are(
    archive: Archive, source: Path
) -> None:
    lay(source, {})
    folder = os.fsencode(source) + b"/caf\xe9"
    os.mkdir(folder)  # noqa: PTH102 - a name of bytes
    for name, data in {b"\xff.png": small(1), b"\xfe.png": small(2)}.items():
        with open(folder + b"/" + name, "wb") as stream:  # noqa: PTH123 - a name of bytes
            stream.write(data)
    import_folder.import_folder(archive, source)
    assert albums(archive) == {"pictures/caf\ufffd": ["\ufffd.png", "\ufffd.png"]}


def test_a_source_that_is_no_folder_is_told_and_of_a_file_the_folder(
    archive: Archive, source: Path
) -> None:
    with pytest.raises(FapError, match="There is no folder"):
        import_folder.import_folder(archive, source)
    source.write_bytes(small(1))
    with pytest.raises(FapError, match="is not a folder") as refused:
        import_folder.import_folder(archive, source)
    assert str(refused.value).endswith(f"Name the one that holds it: {source.parent}")


def test_a_folder_that_can_not_be_read_is_told_and_the_rest_comes(
    archive: Archive, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay(source, {"a.png": small(1), "z/b.png": small(2)})
    monkeypatch.chdir(source)
    for _ in range(18):  # no path to what lies here is short enough, for root neither
        Path("m" * 250).mkdir()
        monkeypatch.chdir("m" * 250)
    report = import_folder.import_folder(archive, source)
    assert albums(archive) == {"pictures": ["a.png"], "pictures/z": ["b.png"]}
    [told] = report.unreadable
    assert "can't be read: File name too long" in told


NAS = {
    "@eaDir/a.png/SYNOPHOTO_THUMB_M.jpg": small(11),
    "#recycle/old.png": small(12),
    "$Recycle.Bin/S-1/old.png": small(13),
    ".Trash-1000/files/old.png": small(14),
    "DCIM/.thumbnails/1.png": small(15),
    "DCIM/@eadir/b.png": small(16),
    "DCIM/._b.png": small(17),
    "DCIM/._c.png": small(18),
    "DCIM/.trashed-1700000000-d.png": small(19),
    "DCIM/Thumbs.db": small(20),
    ".DS_Store": b"\0",
}
"""What a NAS, a phone and three systems keep among pictures; most of it are pictures."""


def test_what_is_hidden_or_a_systems_own_is_left_out_and_counted(
    archive: Archive, source: Path
) -> None:
    lay(source, {"a.png": small(1), "DCIM/b.png": small(2)} | NAS)
    report = import_folder.import_folder(archive, source)
    assert albums(archive) == {"pictures": ["a.png"], "pictures/DCIM": ["b.png"]}
    assert report.left_out == {
        "@eaDir": 1,
        "@eadir": 1,
        "#recycle": 1,
        "$Recycle.Bin": 1,
        ".Trash-1000": 1,
        ".thumbnails": 1,
        "._*": 2,
        ".* (files)": 1,
        "Thumbs.db": 1,
        ".DS_Store": 1,
    }
    assert (report.skipped, report.stored.failed) == (0, 0)


@pytest.mark.parametrize(
    "name",
    [
        *("~snapshot", "#snapshot", "trashbox", "Network Recycle Bin", "Network Trash Folder"),
        *("Temporary Items", "RECYCLER", "Recycled", "Recycle Bin", "FOUND.000", "@Transcode"),
        *("System Volume Information", "iPod Photo Cache", "LOST.DIR", "lost+found", "__MACOSX"),
    ],
)
def test_a_folder_that_a_system_made_is_none_of_a_person(source: Path, name: str) -> None:
    lay(source, {f"{name}/a.png": small(1)})
    tree = Tree(source, ())
    assert list(tree.folders()) == [] and tree.left_out == {name: 1}


def test_all_takes_what_is_hidden_too(archive: Archive, source: Path) -> None:
    lay(source, {"a.png": small(1), "DCIM/b.png": small(2)} | NAS)
    report = import_folder.import_folder(archive, source, everything=True)
    assert report.left_out == {} and report.stored.new == 12 and report.skipped == 1


def test_a_hidden_folder_that_is_named_is_imported(archive: Archive, source: Path) -> None:
    lay(source, {})
    lay(source / ".favorites", {"a.png": small(1)})
    import_folder.import_folder(archive, source / ".favorites")
    assert albums(archive) == {".favorites": ["a.png"]}


def test_the_archives_files_are_not_imported_from_where_a_link_leads(
    archive: Archive, source: Path
) -> None:
    """Blobs on another disk lie in a folder of any name."""
    fill(archive, {"lakes": [picture(5, small(2))]})
    lay(source, {"a.png": small(1)})
    (archive.folder / "blobs").rename(source / "disk")
    (archive.folder / "blobs").symlink_to(source / "disk")
    report = import_folder.import_folder(archive, source, everything=True)
    assert albums(archive)["pictures"] == ["a.png"] and report.stored.new == 1
    assert report.left_out == {"the archive itself": 1}


def test_another_archive_is_left_out(archive: Archive, source: Path) -> None:
    lay(source, {"a.png": small(1)})
    with Archive.open_or_create(source / "other") as other:
        fill(other, {"lakes": [picture(5, small(2))]})
    report = import_folder.import_folder(archive, source)
    assert report.left_out == {"archives": 1} and report.stored.new == 1


def test_large_files_are_held_few_at_a_time(archive: Archive, source: Path) -> None:
    """Eight of 250 MB took 2.1 GB; here the same in the small, by what lies in memory at once."""
    size = AT_ONCE // 2
    files = {f"{n}.png": small(n) + bytes([n]) * size for n in range(6)}
    lay(source, files)
    tracemalloc.start()
    try:
        report = import_folder.import_folder(archive, source)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert report.stored.new == 6
    assert most < 3 * AT_ONCE


def packed(file: Path, files: dict[str, bytes], *, how: int = zipfile.ZIP_DEFLATED) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(file, "w", how) as made:
        for name, data in files.items():
            made.writestr(name, data)


def test_a_zip_is_an_album_read_without_unpacking(archive: Archive, source: Path) -> None:
    lay(source, {"a.png": small(1)})
    inside = {
        "02.png": small(3),
        "sub/01.png": small(2),
        "__MACOSX/._x.png": b"x",
        "notes.txt": b"n",
    }
    packed(source / "comic.cbz", inside)
    packed(source / "below" / "more.zip", {"bad.png": b"<html>", "empty/": b""})
    (source / "none.zip").write_bytes(b"no zip at all")
    (source / "torn.zip").write_bytes((source / "comic.cbz").read_bytes()[:-40])
    report = import_folder.import_folder(archive, source)
    assert albums(archive) == {
        "pictures": ["a.png"],
        "pictures/comic.cbz": ["02.png", "sub/01.png"],
        "pictures/below/more.zip": [],
    }
    assert report.failed_names == ("pictures/below/more.zip/bad.png: not-a-picture",)
    assert report.skipped_names == ("pictures/none.zip", "pictures/comic.cbz/notes.txt")
    assert len(report.unreadable) == 1 and "torn.zip can't be read" in report.unreadable[0]
    again = import_folder.import_folder(archive, source)
    assert (again.stored.new, again.stored.known) == (0, 3)


def test_damage_in_a_zip_stops_no_other_file(archive: Archive, source: Path) -> None:
    """In what is packed by LZMA, and in a name that says that it is UTF-8."""
    lay(source, {"sound.jpg": photo(1)})
    packed(source / "spoiled.zip", {"1.jpg": photo(2), "2.jpg": photo(3)}, how=zipfile.ZIP_LZMA)
    packed(source / "named.zip", {"ää.jpg": photo(4)})
    whole = (source / "spoiled.zip").read_bytes()
    (source / "spoiled.zip").write_bytes(whole[:60] + b"\xff" * 30 + whole[90:])
    named = (source / "named.zip").read_bytes().replace("ää".encode(), b"\xff\xfe\xff\xfe")
    (source / "named.zip").write_bytes(named)
    report = import_folder.import_folder(archive, source)
    assert report.stored.new == 2
    assert report.failed_names == ("pictures/spoiled.zip/1.jpg: unreachable",)
    assert len(report.unreadable) == 1 and "named.zip can't be read" in report.unreadable[0]


def test_what_a_zip_says_of_sizes_is_not_believed(archive: Archive, source: Path) -> None:
    bomb = small(1) + bytes(300 * 1024 * 1024)
    packed(source / "bomb.zip", {"bomb.png": bomb, "nothing.dat": bytes(100 * 1024 * 1024)})
    assert (source / "bomb.zip").stat().st_size < 1024 * 1024
    report = import_folder.import_folder(archive, source)
    assert failures(archive) == [("bomb.png", Reason.DAMAGED, Detail.TOO_LARGE)]
    assert report.skipped_names == ("pictures/bomb.zip/nothing.dat",)
