import statistics as stdlib

import pytest

from fapproc.archive import Archive
from fapproc.db.figures import Spread
from fapproc.dedup.registry import HASHES
from fapproc.jobs import duplicates, inventory, shelving, tagging
from fapproc.jobs.ingest import Miss, Picture
from fapproc.jobs.statistics import statistics
from fapproc.model import Detail, Reason, Verdict
from fapproc.selections.grammar import of_digests
from fapproc.vault.store import digest_of
from tests.drawing import film
from tests.shelves import AT, USER, fill, judge, numbered, photo, picture, process, small

MOVING = film("GIF", 3, (60, 40))
LAKE, LAKE_AGAIN = photo(1), photo(1, quality=60)


@pytest.fixture
def filled(archive: Archive) -> Archive:
    miss = Miss(1300, Reason.FILE, Detail.MISSING)
    lakes: list[Picture | Miss] = [*numbered(LAKE, LAKE_AGAIN), miss, picture(1303, MOVING)]
    fill(archive, {"lakes": lakes, "copies": [picture(1201, LAKE), picture(1310, MOVING)]}, at=AT)
    fill(archive, {"other": [miss, picture(1320, small(9))]}, user=8800, name="Bob", at=AT + 50)
    process(archive)
    duplicates.find_duplicates(archive)
    return archive


def test_everything_is_there_piece_by_piece(
    filled: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    tagging.create(filled, "Places/Lakes")
    tagging.apply(filled, "Lakes", of_digests([digest_of(LAKE)]))
    assert [user.name for user in inventory.users(filled)] == ["Ann", "Bob"]
    shelves = list(shelving.shelves(filled))
    assert [(shelf.album.user.number, shelf.album.name, shelf.images) for shelf in shelves] == [
        (USER, "lakes", [1201, 1202, 1303]),
        (USER, "copies", [1201, 1310]),
        (8800, "other", [1320]),
    ]
    assert [[f.place.image for f in shelf.failures] for shelf in shelves] == [[1300], [], [1300]]
    monkeypatch.setattr(shelving, "_PLACES", 1)
    assert list(shelving.shelves(filled)) == shelves
    first, *rest = inventory.entries(filled)
    assert first.image.digest == digest_of(LAKE)
    assert [(s.place.album, s.place.image) for s in first.sightings] == [(111, 1201), (112, 1201)]
    assert first.tags == ("Places/Lakes",)
    assert list(first.codes) == list(HASHES)
    assert all(entry.tags == () for entry in rest)
    (group,) = inventory.groups(filled)
    assert set(group.members) == {digest_of(LAKE), digest_of(LAKE_AGAIN)}
    assert [(tag.path, tag.images) for tag in inventory.tags(filled)] == [
        ("Places", 0),
        ("Places/Lakes", 1),
    ]


def test_the_archive_in_figures(filled: Archive) -> None:
    judge(filled, LAKE, Verdict.KEEP)
    found = statistics(filled)
    contents = [LAKE, LAKE_AGAIN, MOVING, small(9)]
    sizes = [len(data) for data in contents]
    assert (found.images, found.animated, found.users, found.albums) == (4, 1, 2, 3)
    assert (found.sightings, found.exact_duplicates, found.failures, found.gone) == (6, 2, 1, 0)
    assert (found.oldest_fetch, found.newest_fetch) == (AT, AT + 50)
    assert (found.oldest_album, found.newest_album, found.unread_albums) == (AT, AT + 50, 0)
    mean, stdev = found.bytes.mean, found.bytes.stdev
    assert found.bytes == Spread(4, sum(sizes), min(sizes), max(sizes), mean, stdev)
    assert (mean, stdev) == pytest.approx((stdlib.mean(sizes), stdlib.stdev(sizes)))
    assert (found.pixels.total, found.pixels.min) == (2 * 320 * 240 + 60 * 40 + 24 * 18, 24 * 18)
    assert found.thumb_bytes.count == 4
    assert (found.duplicate_images, found.duplicate_groups, found.need_action) == (2, 1, 1)
    assert not found.sealed
    assert found.database_bytes == filled.database_bytes


def test_an_empty_archive_has_figures_too(archive: Archive) -> None:
    found = statistics(archive)
    assert (found.images, found.users, found.albums, found.oldest_fetch) == (0, 0, 0, 0)
    assert found.bytes == found.pixels == Spread(0, 0, 0, 0, 0.0, 0.0)
    assert list(inventory.entries(archive)) == []
    assert list(inventory.groups(archive)) == []
