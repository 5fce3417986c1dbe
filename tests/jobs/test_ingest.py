from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from sqlalchemy import event

from fapproc.archive import Archive
from fapproc.db import kept_figures, places
from fapproc.db.placeholders import PLACEHOLDER_BYTES
from fapproc.errors import StorageError
from fapproc.jobs import crawl, ingest, inventory, tagging
from fapproc.jobs.ingest import IngestReport, Miss
from fapproc.model import Detail, Folder, Format, Listed, Reason, UserId
from fapproc.selections.grammar import of_digests
from fapproc.sources import Source
from fapproc.vault.store import digest_of
from tests.shelves import AT, USER, blob, files_below, fill, list_ids, numbered, picture, small


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
    list_ids(archive, 1, 2, 3, 9)
    one, two = small(1), small(2)
    miss = Miss(9, Reason.PAGE, Detail.MISSING)
    report = ingest.store(
        archive, [picture(1, one), picture(2, one)], [miss], at=AT, source=Source.SITE
    )
    assert report == IngestReport(new=1, known=1, bytes=len(one), failed=1)
    again = ingest.store(archive, [picture(1, one), picture(3, two)], at=AT + 9, source=Source.SITE)
    assert again == IngestReport(new=1, known=1, bytes=len(two), failed=0)
    assert report + again == IngestReport(2, 2, len(one) + len(two), 1)
    with archive.reading() as connection:
        known = kept_figures.values(connection)
        assert (known["fetched_least"], known["fetched_most"]) == (AT, AT + 9)


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
    (album,) = crawl.record_folders(
        archive, USER, "Ann", [Folder(1, "lakes")], at=AT, source=Source.SITE
    ).folders
    crawl.record_page(archive, album, [Listed(1, None), Listed(2, None)], failed=False)
    (archive.folder / "blobs").write_bytes(b"a file where the folder should be")
    with pytest.raises(StorageError):
        ingest.store(
            archive, [picture(1, small(1)), picture(2, small(2))], at=AT, source=Source.SITE
        )
    assert list(inventory.entries(archive)) == []
    assert [one.image for one in crawl.still_waiting(archive, album)] == [1, 2]
    assert not any(".unfinished" in name for name in files_below(archive.folder))
    (archive.folder / "blobs").unlink()
    ingest.store(archive, [picture(1, small(1)), picture(2, small(2))], at=AT, source=Source.SITE)
    assert crawl.still_waiting(archive, album) == []


def test_bytes_that_come_again_repair_a_file_that_the_disk_spoiled(archive: Archive) -> None:
    fill(archive, {"lakes": numbered(small(1))})
    blob(archive, small(1)).write_bytes(b"spoiled")
    ingest.store(archive, [picture(77, small(1))], at=AT, source=Source.SITE)
    assert blob(archive, small(1)).read_bytes() == small(1)


def test_bytes_are_what_their_first_ones_say() -> None:
    assert ingest.examine(small(1)) is Format.PNG
    assert ingest.examine(b"") is Detail.EMPTY
    assert ingest.examine(b"<html>") is Detail.NOT_A_PICTURE
    assert replace(picture(1, small(1)), name="lake.jpg").format is Format.PNG


def places_of(archive: Archive) -> tuple[list[int], dict[int, tuple[str, str]]]:
    """The ids that are in the archive, and what failed."""
    with archive.reading() as connection:
        failed = places.failures(connection)
    had = [place.place.image for one in inventory.entries(archive) for place in one.sightings]
    return sorted(had), {one.place.image: (one.reason, one.detail) for one in failed}


PLACEHOLDER = ("file", "placeholder")


def test_one_small_file_for_four_ids_is_none_of_them_and_its_bytes_stay(archive: Archive) -> None:
    fill(archive, {"lakes": numbered(small(1), small(2), small(1), first=1)})
    assert places_of(archive) == ([1, 2, 3], {})
    again = Miss(9, Reason.PAGE, Detail.UNREACHABLE)
    fill(archive, {"hills": [again, *numbered(small(1), small(1), first=10)]}, first_album=112)
    had, failed = places_of(archive)
    assert had == [2]
    assert failed == {9: ("page", "unreachable"), **dict.fromkeys((1, 3, 10, 11), PLACEHOLDER)}
    assert blob(archive, small(1)).read_bytes() == small(1)
    fill(archive, {"woods": numbered(small(1), first=20)})
    assert places_of(archive)[1][20] == PLACEHOLDER


def test_a_picture_that_was_judged_or_is_large_may_come_as_often_as_it_likes(
    archive: Archive,
) -> None:
    large = small(3) + bytes(PLACEHOLDER_BYTES)
    fill(archive, {"lakes": numbered(small(1), small(1), large, large, large, first=1)})
    tagging.create(archive, "Lakes")
    tagging.apply(archive, "Lakes", of_digests([digest_of(small(1))]))
    fill(archive, {"hills": numbered(small(1), small(1), large, large, first=10)})
    assert places_of(archive) == ([1, 2, 3, 4, 5, 10, 11, 12, 13], {})


def test_what_a_person_accepts_is_a_picture_from_then_on(archive: Archive) -> None:
    four = numbered(*[small(1)] * 4, first=1)
    fill(archive, {"lakes": four})
    assert places_of(archive)[0] == []
    ingest.store(archive, [replace(one, accepted=True) for one in four], at=AT, source=Source.SITE)
    fill(archive, {"hills": numbered(small(1), first=10)})
    assert places_of(archive) == ([1, 2, 3, 4, 10], {})


def test_an_odd_page_is_a_failure_in_the_third_crawl_unless_the_picture_comes(
    archive: Archive,
) -> None:
    odd = Miss(1, Reason.PAGE, Detail.ODD)
    fill(archive, {"lakes": numbered(small(2), first=2)})
    (album,) = crawl.recall(archive, user_id=USER, name=None, source=Source.SITE).folders
    crawl.record_page(archive, album, [Listed(1, None)], failed=False)
    assert ingest.store(archive, [], [odd], at=AT, source=Source.SITE) == IngestReport(
        odd=frozenset({1})
    )
    assert crawl.odd_before(archive, Source.SITE) == [1]
    ingest.store(archive, [], [odd], at=AT, source=Source.SITE)
    assert places_of(archive) == ([2], {})
    assert ingest.store(archive, [], [odd], at=AT, source=Source.SITE) == IngestReport(failed=1)
    assert places_of(archive) == ([2], {1: ("page", "odd")})
    ingest.store(archive, [picture(1, small(1))], at=AT, source=Source.SITE)
    assert places_of(archive) == ([1, 2], {}) and crawl.odd_before(archive, Source.SITE) == []
    assert set(crawl.witnesses(archive, Source.SITE)) == {1, 2}


def test_a_batch_takes_as_many_statements_as_a_picture_and_few(archive: Archive) -> None:
    taken = []
    for numbers in ([1], range(10, 40)):
        list_ids(archive, *numbers)
        pictures = [picture(number, small(number)) for number in numbers]
        with said_to(archive) as statements:
            ingest.store(archive, pictures, at=AT, source=Source.SITE)
        taken.append(len(statements))
    # Who waits, begins, was pruned, is listed; images, places, the best, guests; figures.
    assert taken[0] == taken[1] <= 21


def test_a_page_of_a_folder_takes_few_statements_however_many_images_it_lists(
    archive: Archive,
) -> None:
    list_ids(archive, 1)
    taken = []
    for numbers in ([2], range(10, 40)):
        with said_to(archive) as statements:
            list_ids(archive, *numbers)
        taken.append(len(statements))
    assert taken[0] == taken[1]


@contextmanager
def said_to(archive: Archive) -> Iterator[list[str]]:
    """The statements that the database is given."""
    with archive.reading() as connection:
        engine = connection.engine
    said: list[str] = []

    def hear(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        said.append(statement)

    event.listen(engine, "before_cursor_execute", hear)
    yield said
    event.remove(engine, "before_cursor_execute", hear)
