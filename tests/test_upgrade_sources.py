"""Archives from before users had a source: LOCAL DISK was user 1, maybe mixed with the site's."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from fapproc import description
from fapproc.db import catalogue, listings
from fapproc.db.engine import Database
from fapproc.jobs import inventory, judging, shelving
from fapproc.model import LOCAL_DISK, LOCAL_DISK_NAME, Level, User, UserId, Verdict
from fapproc.sources import Source
from fapproc.vault.keys import Keys, Purpose
from tests.archives.make import ALBUM, AT, PASSWORD, USER, unpack
from tests.jobs.ward import Ward
from tests.shelves import sightings

HOLIDAY, FILE = 2**62 + 5, 2**61 + 7
"""An album and an image of the disk: hashes of 63 bits."""
MEADOWS, SEEN, WAITING = 42, 900, 901
ONE, ANN = UserId(1), UserId(USER)
PAGES = "pages, listed_at, fetched_at"


@pytest.fixture
def form() -> str:
    """Open, but where a test says otherwise."""
    return "open"


@pytest.fixture
def old(form: str, tmp_path: Path) -> Ward:
    """An archive of revision 0003 in which Ännchen is the only user."""
    unpack(form, tmp_path / "archive", "0003")
    return Ward(tmp_path / "archive", PASSWORD if form == "sealed" else "")


def write(ward: Ward, *statements: str) -> None:
    """Add rows as the program of that revision did, without bringing the archive up to date."""
    key = None
    if ward.password:
        described = description.read(ward.folder)
        assert described is not None
        keys, _ = Keys.unlock(described.id, list(described.slots), PASSWORD)
        key = keys.subkey(Purpose.DATABASE)
    rows = Database(ward.folder / "imagefap.database", key)
    with rows.writing() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    rows.close()


def user(name: str, former: Mapping[str, int], *, crawled: bool) -> list[str]:
    return [
        f"INSERT INTO user VALUES (1, '{name}', '{name.casefold()}', {AT * crawled}, 0, 0, NULL)",
        f"INSERT INTO setting VALUES ('former_names', '{json.dumps(former)}')",
    ]


def imported() -> list[str]:
    return [
        (
            f"INSERT INTO album (user_id, id, name, kind, position, {PAGES})"
            f" VALUES (1, {HOLIDAY}, 'holiday', 'pictures', 0, 1, {AT}, {AT})"
        ),
        (
            "INSERT INTO listing (user_id, album_id, site_id, position, name, image_id, verdict)"
            f" VALUES (1, {HOLIDAY}, {FILE}, 0, 'beach.jpg', 3, 'new')"
        ),
    ]


def crawled() -> list[str]:
    place = f"{SEEN}, 1, {MEADOWS}"
    return [
        (
            f"INSERT INTO album (user_id, id, name, kind, position, {PAGES})"
            f" VALUES (1, {MEADOWS}, 'meadows', 'pictures', 0, 1, {AT}, 0)"
        ),
        (
            "INSERT INTO listing (user_id, album_id, site_id, position, image_id, verdict)"
            f" VALUES (1, {MEADOWS}, {SEEN}, 0, 2, 'new'),"
            f" (1, {MEADOWS}, {WAITING}, 1, NULL, 'new')"
        ),
        (
            "INSERT INTO observation (site_id, user_id, album_id, at, level, since)"
            f" VALUES ({place}, 9, 'page', 9)"
        ),
        f"INSERT INTO gone (site_id, user_id, album_id, level, at) VALUES ({place}, 'page', 9)",
    ]


@pytest.mark.parametrize(
    ("form", "name", "former", "left"),
    [
        ("sealed", "LOCAL DISK", {"river walker": 1, "änne": USER}, "river walker"),
        ("open", "LOCAL DISK", {"local disk": 1, "river walker": 1}, "river walker"),
        ("open", "River Walker", {"local disk": 1}, "River Walker"),
        ("open", "River Walker", {"local disk": 1, "river walker": 1, "rower": 1}, "River Walker"),
    ],
)
def test_an_import_and_the_site_s_user_1_that_were_mixed_are_parted(
    old: Ward, name: str, former: dict[str, int], left: str
) -> None:
    write(old, *user(name, former, crawled=True), *imported(), *crawled())
    with old.opened() as archive:
        assert inventory.users(archive) == [
            User(LOCAL_DISK, LOCAL_DISK_NAME),
            User(ONE, left, albums_at=AT),
            User(ANN, "Ännchen", AT, AT),
        ]
        assert [(shelf.album.user, shelf.album.id) for shelf in shelving.shelves(archive)] == [
            (LOCAL_DISK, HOLIDAY),
            (ONE, MEADOWS),
            (ANN, ALBUM),
        ]
        with archive.reading() as connection:
            [beach] = sightings(connection, LOCAL_DISK, HOLIDAY)
            [seen] = sightings(connection, ONE, MEADOWS)
            assert (beach.place.image, beach.name, seen.place.image) == (FILE, "beach.jpg", SEEN)
            [waiting] = listings.waiting(connection, ONE, MEADOWS)
            assert waiting.image == WAITING
            found = catalogue.user_by_name(connection, "RIVER WALKER", source=Source.SITE)
            assert found is not None and found.id == ONE
            assert catalogue.user_by_name(connection, LOCAL_DISK_NAME, source=Source.SITE) is None
            for key, number in former.items():
                named = catalogue.user_by_name(connection, key, source=Source.SITE)
                assert key == "local disk" or (named and named.id.number == number)
        [gone] = [entry.gone for entry in inventory.entries(archive) if entry.gone]
        assert [(one.image, one.level) for one in gone] == [(SEEN, Level.PAGE)]
    assert old.is_clean()


def test_a_disk_without_a_user_1_of_the_site_is_the_disk(old: Ward) -> None:
    write(old, *user(LOCAL_DISK_NAME, {}, crawled=False), *imported())
    with old.opened() as archive:
        assert [user.id for user in inventory.users(archive)] == [LOCAL_DISK, ANN]
    assert old.is_clean()


def test_a_user_1_of_the_site_without_an_import_is_the_site_s(old: Ward) -> None:
    write(old, *user("River Walker", {"rower": 1}, crawled=True), *crawled())
    with old.opened() as archive, archive.reading() as connection:
        assert [user.id for user in catalogue.users(connection)] == [ONE, ANN]
        rower = catalogue.user_by_name(connection, "Rower", source=Source.SITE)
        assert rower is not None and rower.id == ONE
    assert old.is_clean()


def test_a_decision_of_before_is_undone_at_the_places_of_either(old: Ward) -> None:
    with old.opened() as archive:
        digests = [entry.image.digest for entry in inventory.entries(archive)]
    unpack("open", old.folder, "0003")
    said = [
        [digests[2], 1, HOLIDAY, FILE, "skip"],
        [digests[1], 1, MEADOWS, SEEN, "skip"],
        [digests[0], USER, ALBUM, 1, "keep"],
    ]
    before = {"different": [], "places": said, "to_look": False, "verdicts": {}}
    after = {**before, "places": [[*place[:-1], "new"] for place in said]}
    write(
        old,
        *user(LOCAL_DISK_NAME, {"river walker": 1}, crawled=True),
        *imported(),
        *crawled(),
        "INSERT INTO decision (at, what, before, after)"
        f" VALUES (1, 'places', '{json.dumps(before)}', '{json.dumps(after)}')",
    )
    with old.opened() as archive:
        judging.undo(archive)
        with archive.reading() as connection:
            [beach] = sightings(connection, LOCAL_DISK, HOLIDAY)
            [seen] = sightings(connection, ONE, MEADOWS)
            lake, *_ = sightings(connection, ANN, ALBUM)
    assert [one.verdict for one in (beach, seen, lake)] == [
        Verdict.SKIP,
        Verdict.SKIP,
        Verdict.KEEP,
    ]


def test_a_user_whose_row_is_gone_comes_back_without_taking_a_number_of_the_site(
    old: Ward,
) -> None:
    write(old, *user(LOCAL_DISK_NAME, {"river walker": 1}, crawled=True), *imported(), *crawled())
    old.execute("DELETE FROM user")
    assert {("reference", "album")} == set(old.found("--repair"))
    with old.opened() as archive:
        disk, *others = inventory.users(archive)
        assert (disk.id, disk.name) == (LOCAL_DISK, LOCAL_DISK_NAME)
        assert [other.name for other in others] == ["recovered 7700", "recovered 7701"]
        assert all(2**62 <= other.id.number < 2**63 for other in others)
        assert len(list(shelving.shelves(archive))) == 3
    assert old.is_clean()
