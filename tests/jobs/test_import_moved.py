"""A folder that was imported and lies elsewhere now is the album that it was."""

import zipfile
from pathlib import Path

import pytest

from fapproc.archive import Archive
from fapproc.db import deleting, disk_albums
from fapproc.jobs import import_folder, shelving
from fapproc.model import LOCAL_DISK
from tests.jobs.test_import_folder import albums, lay
from tests.shelves import small


@pytest.fixture
def source(tmp_path: Path) -> Path:
    lay(folder := tmp_path / "pictures", {"a.png": small(1), "lakes/b.png": small(2)})
    lay(folder, {"lakes/c.png": small(3), "lakes/d.png": small(4)})
    return folder


def places(archive: Archive) -> dict[str, tuple[int, list[int]]]:
    return {shelf.album.name: (shelf.album.id, shelf.images) for shelf in shelving.shelves(archive)}


def test_a_folder_that_was_moved_or_renamed_is_the_same_album_with_the_same_places(
    archive: Archive, source: Path, tmp_path: Path
) -> None:
    import_folder.import_folder(archive, source)
    before = places(archive)
    (source / "lakes").rename(source / "waters")
    lay(source, {"waters/e.png": small(5)})
    moved = source.rename(tmp_path / "elsewhere")
    report = import_folder.import_folder(archive, moved)
    assert set(report.moved) == {
        ("pictures", str(moved)),
        ("pictures/lakes", str(moved / "waters")),
    }
    assert report.stored.new == 1
    after = places(archive)
    assert after["elsewhere"] == before["pictures"]
    number, images = after["elsewhere/waters"]
    assert (number, images[:3]) == before["pictures/lakes"] and len(images) == 4
    again = import_folder.import_folder(archive, moved)
    assert (again.moved, again.stored.new, places(archive)) == ((), 0, after)


def test_a_copy_is_an_album_of_its_own_while_what_it_was_copied_from_is_there(
    archive: Archive, source: Path, tmp_path: Path
) -> None:
    import_folder.import_folder(archive, source)
    lay(tmp_path / "copy", {"a.png": small(1)})
    assert import_folder.import_folder(archive, tmp_path / "copy").moved == ()
    assert set(albums(archive)) == {"copy", "pictures", "pictures/lakes"}


def test_another_folder_where_one_was_before_is_another_album(
    archive: Archive, source: Path, tmp_path: Path
) -> None:
    import_folder.import_folder(archive, source)
    (source / "lakes").rename(tmp_path / "lakes")
    import_folder.import_folder(archive, tmp_path / "lakes")
    lay(source, {"lakes/z.png": small(9)})
    report = import_folder.import_folder(archive, source)
    assert report.moved == () and report.stored.new == 1
    assert albums(archive) == {
        "lakes": ["b.png", "c.png", "d.png"],
        "pictures": ["a.png"],
        "pictures/lakes": ["z.png"],
    }


def test_few_pictures_in_common_make_no_folder_another_one(
    archive: Archive, source: Path, tmp_path: Path
) -> None:
    import_folder.import_folder(archive, source)
    for file in ("b.png", "c.png", "d.png"):
        (source / "lakes" / file).unlink()
    (source / "lakes").rmdir()
    lay(tmp_path / "new", {"b.png": small(2)})  # one of three
    assert import_folder.import_folder(archive, tmp_path / "new").moved == ()
    assert "pictures/lakes" in albums(archive)


def test_a_zip_that_was_moved_is_the_same_album(archive: Archive, tmp_path: Path) -> None:
    source = tmp_path / "comics"
    source.mkdir()
    with zipfile.ZipFile(source / "one.cbz", "w") as packed:
        packed.writestr("1.png", small(1))
    import_folder.import_folder(archive, source)
    (source / "one.cbz").rename(moved := source / "first.cbz")
    report = import_folder.import_folder(archive, source)
    assert report.moved == (("comics/one.cbz", str(moved)),)
    assert albums(archive) == {"comics/first.cbz": ["1.png"]}


def test_of_an_album_that_is_deleted_no_place_is_remembered(archive: Archive, source: Path) -> None:
    import_folder.import_folder(archive, source)
    with archive.reading() as connection:
        assert set(disk_albums.places(connection).values()) == {str(source), f"{source}/lakes"}
    with archive.writing() as connection:
        deleting.delete_rows(connection, deleting.of_users(connection, [LOCAL_DISK]))
        assert disk_albums.places(connection) == {}
