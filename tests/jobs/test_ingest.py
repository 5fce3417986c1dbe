from dataclasses import replace

import pytest

from fapproc.archive import Archive
from fapproc.db import images, places
from fapproc.errors import StorageError
from fapproc.jobs import crawl, ingest, inventory
from fapproc.jobs.ingest import Miss, Report
from fapproc.model import Detail, Folder, Format, Listed, Reason, UserId
from tests.shelves import AT, USER, blob, files_below, fill, numbered, picture, small


def test_the_same_bytes_are_stored_once_however_often_they_come(archive: Archive) -> None:
    pictures = numbered(small(1), small(2), small(1))
    fill(archive, {"lakes": pictures})
    entries = list(inventory.entries(archive))
    assert [len(entry.sightings) for entry in entries] == [2, 1]
    assert [sighting.name for sighting in entries[0].sightings] == ["1.png", "3.png"]
    assert sorted(archive.vault.names()) == sorted(
        f"blobs/{entry.image.digest[:2]}/{entry.image.digest}.png" for entry in entries
    )


def test_a_report_tells_new_contents_from_known_ones(archive: Archive) -> None:
    crawl.record_folders(archive, USER, "Ann", [Folder(1, "lakes")], at=AT)
    one, two = small(1), small(2)
    miss = Miss(9, Reason.PAGE, Detail.MISSING)
    report = ingest.store(archive, [picture(1, one), picture(2, one)], [miss], at=AT)
    assert report == Report(new=1, known=1, bytes=len(one), failed=1)
    again = ingest.store(archive, [picture(1, one), picture(3, two)], at=AT + 9)
    assert again == Report(new=1, known=1, bytes=len(two), failed=0)
    assert report + again == Report(2, 2, len(one) + len(two), 1)
    with archive.reading() as connection:
        assert images.times(connection) == (AT, AT + 9)


def test_what_could_not_be_had_is_a_row_that_says_why(archive: Archive) -> None:
    miss = Miss(1201, Reason.FILE, Detail.EXPIRED, "lake.jpg", "https://cdn.example/1201")
    shelves = fill(archive, {"lakes": [miss, *numbered(small(1), first=1202)]})
    with archive.reading() as connection:
        (found,) = places.failures(connection)
    assert (found.place.user, found.place.album) == (UserId(USER), shelves.albums["lakes"].id)
    assert (found.place.image, found.position, found.at) == (1201, 0, AT)
    assert (found.reason, found.detail, found.name, found.url) == (
        Reason.FILE,
        Detail.EXPIRED,
        "lake.jpg",
        "https://cdn.example/1201",
    )


def test_nothing_is_recorded_when_a_file_can_not_be_written(archive: Archive) -> None:
    (album,) = crawl.record_folders(archive, USER, "Ann", [Folder(1, "lakes")], at=AT).folders
    crawl.record_page(archive, album, [Listed(1, None), Listed(2, None)], failed=False)
    (archive.folder / "blobs").write_bytes(b"a file where the folder should be")
    with pytest.raises(StorageError):
        ingest.store(archive, [picture(1, small(1)), picture(2, small(2))], at=AT)
    assert list(inventory.entries(archive)) == []
    assert [one.image for one in crawl.still_waiting(archive, album)] == [1, 2]
    assert not any(".unfinished" in name for name in files_below(archive.folder))
    (archive.folder / "blobs").unlink()
    ingest.store(archive, [picture(1, small(1)), picture(2, small(2))], at=AT)
    assert crawl.still_waiting(archive, album) == []


def test_bytes_that_come_again_repair_a_file_that_the_disk_spoiled(archive: Archive) -> None:
    fill(archive, {"lakes": numbered(small(1))})
    blob(archive, small(1)).write_bytes(b"spoiled")
    ingest.store(archive, [picture(77, small(1))], at=AT)
    assert blob(archive, small(1)).read_bytes() == small(1)


def test_bytes_are_what_their_first_ones_say() -> None:
    assert ingest.examine(small(1)) is Format.PNG
    assert ingest.examine(b"") is Detail.EMPTY
    assert ingest.examine(b"<html>") is Detail.NOT_A_PICTURE
    assert replace(picture(1, small(1)), name="lake.jpg").format is Format.PNG
