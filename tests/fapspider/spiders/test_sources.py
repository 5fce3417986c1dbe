"""The site's user number 1 beside an import: two users of one archive, in every command."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from fapproc.archive import Archive
from fapproc.cli import main
from fapproc.model import LOCAL_DISK, LOCAL_DISK_NAME, UserId
from tests.demosite.model import User
from tests.demosite.site import Site
from tests.fapspider.conftest import small_world
from tests.fapspider.crawling import Crawls, asked, contents, serving
from tests.shelves import photo
from tests.webviewer.visitors import viewer_for
from webviewer.addresses import Site as Addresses

NUMBER = 1


@pytest.fixture
def site() -> Iterator[Site]:
    """A site whose second user has the number 1."""
    world = small_world()
    first, second, *others = world.users
    users = (first, replace(second, id=NUMBER), *others)
    with serving(Site(replace(world, users=users))) as running:
        yield running


@pytest.fixture
def one(site: Site) -> User:
    return site.world.users[1]


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    """A folder with two pictures."""
    folder = tmp_path / "holiday"
    folder.mkdir()
    for number in (901, 902):
        (folder / f"beach {number}.jpg").write_bytes(photo(number))
    return folder


def run(crawls: Crawls, *words: str) -> Result:
    result = CliRunner().invoke(main, [*words, "-d", str(crawls.archive)])
    assert result.exit_code == 0, result.output
    return result


def test_the_site_s_user_1_and_the_local_disk_are_two_in_whatever_order_they_come(
    crawls: Crawls, site: Site, one: User, disk: Path
) -> None:
    (folder,) = one.folders
    run(crawls, "import", str(disk))
    told = crawls.run(f"user_id={NUMBER}")
    assert "Error" not in told
    run(crawls, "import", str(disk))
    found = contents(crawls.archive)
    names = [(user.id, user.name) for user in found.users]
    assert names == [(LOCAL_DISK, LOCAL_DISK_NAME), (UserId(NUMBER), one.name)]
    holiday, shared = found.shelves
    assert (holiday.album.user, len(holiday.images)) == (LOCAL_DISK, 2)
    assert (shared.album.user, shared.album.id) == (UserId(NUMBER), folder.id)
    assert found.images(folder.id) == list(folder.photo_ids)
    assert found.users[1].finished_at > 0 == found.users[0].finished_at

    before = len(asked(site))
    crawls.run(f"user={one.name}")
    assert len(asked(site)) == before
    told = crawls.run(f"user_id={NUMBER}", spider="audit")
    assert f"{len(folder.photo_ids)} images answered for in this run" in told
    run(crawls, "audit", "-i", str(NUMBER), "--no-crawl")
    assert "Everything is there" in run(crawls, "check", "--read-data").stdout

    printed = [json.loads(line) for line in run(crawls, "print", "--json").stdout.splitlines()]
    users = [each for each in printed if each["kind"] == "user"]
    assert [(each["source"], each["id"], each["name"]) for each in users] == [
        ("disk", 1, LOCAL_DISK_NAME),
        ("site", 1, one.name),
    ]
    albums = [each for each in printed if each["kind"] == "album"]
    assert [(each["source"], each["user"]) for each in albums] == [("disk", 1), ("site", 1)]
    places = [each["sightings"] for each in printed if each["kind"] == "image"]
    assert {(place["source"], place["user"]) for each in places for place in each} == {
        ("disk", 1),
        ("site", 1),
    }
    lines = run(crawls, "print").stdout
    assert f"disk: {LOCAL_DISK_NAME}" in lines and f"1: {one.name}" in lines

    digests = [entry.image.digest for entry in found.entries]
    run(crawls, "tag", "create", "All")
    run(crawls, "tag", "apply", "All", *digests)
    run(crawls, "export")
    exported = {file.name for file in (crawls.archive / "tag_export" / "All").iterdir()}
    assert {"beach 901.jpg", "beach 902.jpg"} < exported
    assert len(exported) == len(digests)

    with Archive.open(crawls.archive) as archive:
        client = viewer_for(archive, Addresses(site.root)).test_client()
        for address, shown, other in (
            ("/viewer/favorites/1/", folder.name, "holiday"),
            ("/viewer/favorites/disk/", "holiday", folder.name),
        ):
            page = client.get(address)
            assert page.status_code == 200
            assert shown in page.text and other not in page.text
        assert site.root in client.get(f"/viewer/favorite/1/{folder.id}/").text
        page = client.get(f"/viewer/favorite/disk/{holiday.album.id}/")
        assert "beach 901.jpg" in page.text and site.root not in page.text
