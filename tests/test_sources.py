"""A site is a source by its name, with numbers of its own; none of them is anybody else's."""

import pytest

from fapproc.archive import Archive
from fapproc.db import catalogue, observations
from fapproc.db.listings import ODD_CRAWLS
from fapproc.jobs import audit, crawl, failures, ingest, inventory, selection
from fapproc.jobs.ingest import Miss, Picture
from fapproc.jobs.pages import albums as album_pages
from fapproc.model import (
    LOCAL_DISK,
    Detail,
    Folder,
    Format,
    Gone,
    Level,
    Listed,
    Reason,
    UserId,
)
from fapproc.selections.selection import Selection
from fapproc.sources import Source

OTHER = Source("lakes")
HERE, THERE = UserId(7), UserId(7, OTHER)
SOURCES = (Source.SITE, OTHER)
JPG = b"\xff\xd8\xff\xe0" + bytes(20)


@pytest.mark.parametrize(("user", "text"), [(HERE, "7"), (THERE, "lakes:7"), (LOCAL_DISK, "disk")])
def test_a_user_is_read_as_written(user: UserId, text: str) -> None:
    assert str(user) == text and UserId.parse(text) == user


def test_another_site_has_users_images_and_failures_of_its_own(archive: Archive) -> None:
    albums = {}
    for source in SOURCES:
        folders, name = [Folder(1, "Hills")], f"User of {source}"
        memory = crawl.record_folders(archive, 7, name, folders, at=1, source=source)
        (albums[source],) = memory.folders
        listed = [Listed(image, None) for image in (5, 6, 8)]
        crawl.record_page(archive, albums[source], listed, failed=False)
    pictures = [Picture(5, "lake.jpg", JPG, Format.JPG)]
    misses = [Miss(6, Reason.FILE, Detail.MISSING)]
    ingest.store(archive, pictures, misses, at=2, source=OTHER)
    odd = [Miss(8, Reason.PAGE, Detail.ODD)]
    reports = [ingest.store(archive, [], odd, at=2, source=OTHER) for _ in range(ODD_CRAWLS)]
    assert [report.odd for report in reports] == [{8}, {8}, set()]
    waiting = crawl.still_waiting(archive, albums[Source.SITE])
    assert [entry.image for entry in waiting] == [5, 6, 8] and not crawl.odd_before(
        archive, Source.SITE
    )
    assert not crawl.still_waiting(archive, albums[OTHER])
    assert crawl.witnesses(archive, Source.SITE) == [] and crawl.witnesses(archive, OTHER) == [5]
    missing = failures.listed(archive, OTHER)
    assert failures.to_retry(missing, Source.SITE) == [] and failures.to_retry(missing, OTHER) == [
        6,
        8,
    ]
    for source in SOURCES:
        found = crawl.recall(archive, user_id=7, name=None, source=source).user
        assert found is not None and found.id == UserId(7, source)
        crawl.finish_album(archive, albums[source], [5, 6, 8], pages=1, at=3)
    assert crawl.finish_user(archive, 7, at=4, source=OTHER)
    assert not crawl.finish_user(archive, 7, at=4, source=Source.SITE)
    assert audit.find_user(archive, user_id=7, name=None, source=OTHER).id == THERE
    assert {user.id for user in inventory.users(archive)} == {HERE, THERE}


def test_a_number_alone_is_the_first_site_s_if_it_has_one(archive: Archive) -> None:
    for source in (Source.DISK, OTHER, Source.SITE):
        with archive.writing() as connection:
            catalogue.save_user(connection, UserId(7, source), f"User of {source}")
            found = catalogue.find_anyone(connection, 7, None, Source.SITE)
        assert found is not None and found.id.source == source


def test_failures_of_a_number_are_those_of_the_source_that_is_asked(archive: Archive) -> None:
    for number, source in enumerate(SOURCES, start=5):
        memory = crawl.record_folders(archive, 7, "Ann", [Folder(1, "Hills")], at=1, source=source)
        crawl.record_page(archive, memory.folders[0], [Listed(number, None)], failed=False)
        ingest.store(archive, [], [Miss(number, Reason.FILE, Detail.MISSING)], at=2, source=source)
    for number, source in enumerate(SOURCES, start=5):
        for whose in ({"user_id": 7}, {"user": "ann"}):
            missing = failures.listed(archive, source, **whose)
            assert [each.failure.place.user.source for each in missing] == [source]
            assert failures.to_retry(missing, source) == [number]


def test_a_page_of_a_user_of_another_site_is_that_user_s(archive: Archive) -> None:
    for source in SOURCES:
        crawl.record_folders(archive, 7, f"User of {source}", [], at=1, source=source)
    for wanted in (HERE, THERE):
        found = album_pages.albums(archive, wanted)
        assert found is not None and found.user.id == wanted
    assert album_pages.find_user(archive, UserId(8, OTHER)) is None


def test_what_is_gone_from_one_site_bears_witness_of_another(archive: Archive) -> None:
    for source in SOURCES:
        folders = [Folder(1, "Hills")]
        (album,) = crawl.record_folders(archive, 7, "Ann", folders, at=1, source=source).folders
        crawl.record_page(archive, album, [Listed(5, None)], failed=False)
        ingest.store(archive, [Picture(5, None, JPG, Format.JPG)], at=2, source=source)
    with archive.writing() as connection:
        observations.set_gone(connection, [Gone(5, Level.PAGE, None, 3)], source=OTHER)
    assert crawl.witnesses(archive, Source.SITE) == [5] and crawl.witnesses(archive, OTHER) == []


def test_a_user_of_another_site_is_chosen_by_a_former_name_too(archive: Archive) -> None:
    for name in ("Ann", "Hanna"):
        crawl.record_folders(archive, 7, name, [Folder(1, "Hills")], at=1, source=OTHER)
    with archive.reading() as connection:
        assert selection.resolve(connection, Selection(users=("ann",))).users == (THERE,)
