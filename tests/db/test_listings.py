from collections.abc import Iterator
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from fapproc.archive import Archive
from fapproc.db import catalogue, derived, figures, images, listings, places, tags
from fapproc.db.dialect import numbers
from fapproc.model import (
    LOCAL_DISK,
    Detail,
    Failure,
    Folder,
    Format,
    Listed,
    Place,
    Reason,
    Sighting,
    UserId,
    Verdict,
)
from fapproc.sources import Source
from tests.db.memory import rows_in_memory
from tests.shelves import sightings

ANN, BOB = UserId(7700), UserId(8800)


@pytest.fixture
def connection(archive: Archive) -> Iterator[Connection]:
    """Ann with the albums 1 and 2, Bob and the local disk with the album 1; read and written."""
    with archive.writing() as open_connection:
        prepare(open_connection)
        yield open_connection


def prepare(connection: Connection) -> None:
    for user in (ANN, BOB, LOCAL_DISK):
        catalogue.save_user(connection, user, f"user {user}")
        for album in (1, 2):
            catalogue.save_folder(connection, user, Folder(album, f"album {album}"), album)


def page(connection: Connection, user: UserId, album: int, *ids: int) -> None:
    listings.add_page(connection, user, album, [Listed(number, None) for number in ids])


def image(connection: Connection, letter: str = "a") -> int:
    return images.add(connection, letter * 64, 1, Format.JPG, 1)


def fail(connection: Connection, number: int, *, source: Source = Source.SITE) -> int:
    return listings.record_failure(
        connection,
        number,
        Reason.FILE,
        Detail.MISSING,
        name="lake.jpg",
        url="https://cdn.example/5",
        at=90,
        source=source,
    )


def seen(connection: Connection, user: UserId, album: int) -> list[int]:
    return [sighting.place.image for sighting in sightings(connection, user, album)]


def test_listed_images_wait_in_the_order_of_the_pages(connection: Connection) -> None:
    page(connection, ANN, 1, 5, 3, 9)
    page(connection, ANN, 1, 3, 7, 5)
    assert listings.ids_in_order(connection, ANN, 1) == [5, 3, 9, 7]
    assert [one.image for one in listings.waiting(connection, ANN, 1)] == [5, 3, 9, 7]
    assert listings.ids_in_order(connection, ANN, 2) == []


def test_a_name_of_the_photo_page_wins_and_that_of_the_list_stays_where_there_is_none(
    connection: Connection,
) -> None:
    listings.add_page(connection, ANN, 1, [Listed(5, "from the list"), Listed(6, "kept")])
    listings.record_images(
        connection, [(5, image(connection), "from the page")], source=Source.SITE
    )
    listings.record_images(connection, [(6, image(connection), None)], source=Source.SITE)
    assert [s.name for s in sightings(connection, ANN, 1)] == ["from the page", "kept"]


def test_an_image_had_in_one_album_is_had_everywhere_on_the_site(connection: Connection) -> None:
    page(connection, ANN, 1, 5)
    page(connection, ANN, 2, 4, 5)
    page(connection, BOB, 1, 5)
    assert (
        listings.record_images(connection, [(5, image(connection), "lake")], source=Source.SITE)
        == 3
    )
    assert seen(connection, ANN, 1) == seen(connection, ANN, 2) == seen(connection, BOB, 1) == [5]
    assert sightings(connection, ANN, 2) == [
        Sighting(Place(ANN, 2, 5), 1, "lake", "a" * 64, Verdict.NEW)
    ]


def test_an_id_of_the_site_and_the_same_id_of_the_local_disk_are_strangers(
    connection: Connection,
) -> None:
    page(connection, ANN, 1, 5)
    page(connection, LOCAL_DISK, 1, 5)
    assert (
        listings.record_images(connection, [(5, image(connection, "a"), None)], source=Source.SITE)
        == 1
    )
    assert seen(connection, LOCAL_DISK, 1) == []
    assert (
        listings.record_images(connection, [(5, image(connection, "b"), None)], source=Source.DISK)
        == 1
    )
    assert sightings(connection, ANN, 1)[0].digest == "a" * 64
    page(connection, LOCAL_DISK, 2, 5)
    assert [one.image for one in listings.waiting(connection, LOCAL_DISK, 2)] == [5]
    assert fail(connection, 5, source=Source.DISK) == 1


def test_the_local_disk_says_nothing_of_an_id_of_the_site(connection: Connection) -> None:
    page(connection, LOCAL_DISK, 1, 5)
    listings.record_images(connection, [(5, image(connection), None)], source=Source.DISK)
    page(connection, BOB, 1, 5)
    assert [one.image for one in listings.waiting(connection, BOB, 1)] == [5]


def test_a_new_album_with_an_image_that_is_there_already_needs_no_request(
    connection: Connection,
) -> None:
    page(connection, ANN, 1, 5, 6)
    listings.record_images(connection, [(5, image(connection), "lake")], source=Source.SITE)
    page(connection, BOB, 1, 5, 6)
    assert listings.settled(connection, BOB, 1, [5, 6], failed=False) == {5}
    assert [s.name for s in sightings(connection, BOB, 1)] == ["lake"]


def test_a_failure_is_copied_to_a_new_album_that_lists_the_same_id(connection: Connection) -> None:
    page(connection, ANN, 1, 5)
    assert fail(connection, 5) == 1
    page(connection, BOB, 2, 4, 5)
    copied = Failure(
        Place(BOB, 2, 5),
        1,
        Reason.FILE,
        Detail.MISSING,
        "lake.jpg",
        "https://cdn.example/5",
        90,
    )
    assert places.failures(connection, BOB) == [copied]
    assert places.failures(connection, BOB, 1) == []
    assert len(places.failures(connection)) == 2
    assert figures.count_failures(connection) == 1


def test_seen_wins_over_failed_where_albums_disagree(connection: Connection) -> None:
    page(connection, ANN, 1, 5)
    page(connection, ANN, 2, 5)
    number = image(connection)
    fail(connection, 5)
    connection.exec_driver_sql(
        f"UPDATE listing SET reason = NULL, detail = NULL, image_id = {number} WHERE album_id = 1"
    )
    page(connection, BOB, 1, 5)
    assert seen(connection, BOB, 1) == [5]


def test_what_failed_needs_no_request_unless_failures_are_asked_for(
    connection: Connection,
) -> None:
    page(connection, ANN, 1, 5, 6, 7)
    fail(connection, 5)
    listings.record_images(connection, [(6, image(connection), None)], source=Source.SITE)
    assert listings.settled(connection, ANN, 1, [5, 6, 7], failed=False) == {5, 6}
    assert listings.settled(connection, ANN, 1, [5, 6, 7], failed=True) == {6}


def test_an_image_that_failed_and_is_had_later_is_a_failure_no_more(
    connection: Connection,
) -> None:
    page(connection, ANN, 1, 5)
    fail(connection, 5)
    listings.record_images(connection, [(5, image(connection), None)], source=Source.SITE)
    assert places.failures(connection) == []
    assert [s.name for s in sightings(connection, ANN, 1)] == ["lake.jpg"]


def test_an_image_that_is_there_does_not_fail(connection: Connection) -> None:
    page(connection, ANN, 1, 5)
    listings.record_images(connection, [(5, image(connection), None)], source=Source.SITE)
    assert fail(connection, 5) == 0
    assert seen(connection, ANN, 1) == [5]


def test_an_unsound_image_stays_at_each_of_its_places_and_is_a_failure_there(
    connection: Connection,
) -> None:
    page(connection, ANN, 1, 5, 6)
    page(connection, BOB, 1, 5)
    number = image(connection)
    for listed in (5, 6):
        listings.record_images(connection, [(listed, number, None)], source=Source.SITE)
    mark(connection, number)
    assert seen(connection, ANN, 1) == [5, 6]
    found = places.failures(connection)
    assert [(f.place.user, f.place.image) for f in found] == [(ANN, 5), (ANN, 6), (BOB, 5)]
    assert {(f.reason, f.detail, f.at) for f in found} == {(Reason.DAMAGED, Detail.TRUNCATED, 95)}
    assert all(failure.kept for failure in found)
    assert figures.count_failures(connection) == 2
    assert figures.of_users(connection)[ANN].failures == 2
    assert figures.of_albums(connection, ANN)[1].failures == 2


def mark(connection: Connection, number: int) -> None:
    derived.set_unsound(connection, number, Detail.TRUNCATED, seen=False, decoders="these", at=95)


def test_an_unsound_image_is_asked_for_by_force_alone(connection: Connection) -> None:
    page(connection, ANN, 1, 5)
    number = image(connection)
    listings.record_images(connection, [(5, number, None)], source=Source.SITE)
    mark(connection, number)
    assert listings.settled(connection, ANN, 1, [5], failed=False) == {5}
    assert listings.settled(connection, ANN, 1, [5], failed=True) == set()
    assert listings.waiting(connection, ANN, 1) == []


def test_other_bytes_take_the_places_and_the_tags_of_an_unsound_image(
    connection: Connection,
) -> None:
    page(connection, ANN, 1, 5)
    page(connection, BOB, 1, 5)
    old, new = image(connection, "a"), image(connection, "b")
    for number in (old, new):
        listings.record_images(connection, [(5, number, None)], source=Source.SITE)
    assert [s.digest for s in sightings(connection, ANN, 1)] == [digest(connection, old)]
    tag = tags.create(connection, "lakes", None)
    tags.apply(connection, tag, numbers([old]))
    mark(connection, old)
    assert fail(connection, 5) == 0
    assert listings.record_images(connection, [(5, old, None)], source=Source.SITE) == 2
    assert listings.record_images(connection, [(5, new, None)], source=Source.SITE) == 2
    for user in (ANN, BOB):
        shown = [s.digest for s in sightings(connection, user, 1)]
        assert shown == [digest(connection, new)]
    assert tags.tags_of(connection, [old, new]) == {old: ["lakes"], new: ["lakes"]}
    assert figures.count_failures(connection) == 0


def digest(connection: Connection, number: int) -> str:
    return images.by_ids(connection, [number])[number].image.digest


def test_places_and_images_are_counted_apart(connection: Connection) -> None:
    page(connection, ANN, 1, 5, 6, 7)
    number = image(connection)
    listings.record_images(connection, [(5, number, None)], source=Source.SITE)
    listings.record_images(connection, [(6, number, None)], source=Source.SITE)
    assert figures.count_sightings(connection) == 2
    assert figures.count_seen_images(connection) == 1
    found = places.sightings_of(connection, [number, 999])
    assert [s.place.image for s in found[number]] == [5, 6]
    assert found[999] == []


def test_a_page_of_a_thousand_is_as_good_as_one_of_ten(connection: Connection) -> None:
    ids = list(range(5000, 3999, -1))
    page(connection, ANN, 1, *ids)
    assert [one.image for one in listings.waiting(connection, ANN, 1)] == ids
    assert listings.settled(connection, ANN, 1, ids, failed=False) == set()


IDS = st.lists(st.integers(1, 12), max_size=8)


@settings(max_examples=60)
@given(st.lists(IDS, max_size=4), st.randoms(use_true_random=False))
def test_an_album_has_the_order_that_was_set_whatever_pages_it_came_from(
    pages: list[list[int]],
    random: Random,
) -> None:
    with rows_in_memory() as connection:
        prepare(connection)
        for ids in pages:
            page(connection, ANN, 1, *ids)
        listed = listings.ids_in_order(connection, ANN, 1)
        assert listed == list(dict.fromkeys(number for ids in pages for number in ids))
        random.shuffle(listed)
        listings.set_order(connection, ANN, 1, listed)
        assert listings.ids_in_order(connection, ANN, 1) == listed
