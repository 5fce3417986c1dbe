"""Whose failure it is: crawls of a site that stops working, and of pictures that don't."""

import pytest

from tests.demosite.model import User
from tests.demosite.site import Site
from tests.fapspider.crawling import Contents, Crawls, contents, paths, until

WALK = "Long walk"


def listed(user: User) -> list[int]:
    return [photo for folder in user.folders for photo in folder.photo_ids]


@pytest.mark.parametrize("how", ["503", "home", "cloud", "reset"])
def test_photo_pages_that_stop_working_end_the_crawl_and_no_picture_has_failed(
    crawls: Crawls, site: Site, user: User, how: str
) -> None:
    crawl = crawls.start(f"user_id={user.id}", SITE_PAUSE="0.01", DOWNLOAD_DELAY="0.05")
    until(lambda: len(paths(site, "/images/")) >= 3, crawl)
    site.log.clear()
    site.board.set({"/photo/": how})
    told = crawl.end()
    assert told.count("pausing for ") == 3 and "also after 3 pauses" in told
    assert len(paths(site, "/photo/")) < 20
    assert not [failure for shelf in contents(crawls.archive).shelves for failure in shelf.failures]
    site.board.set({"/photo/": None})
    crawls.run(f"user_id={user.id}")
    found = contents(crawls.archive)
    for folder in user.folders:
        if folder.photo_ids:
            assert found.images(folder.id) == list(folder.photo_ids)


def test_odd_pictures_side_by_side_at_the_beginning_hold_up_no_other(
    crawls: Crawls, site: Site, user: User
) -> None:
    odd = listed(user)[:5]
    others = [number for number in listed(user) if number not in odd]
    site.board.set({f"/photo/{number}/": "home" for number in odd})
    told = crawls.run(f"user_id={user.id}", DOWNLOAD_DELAY="0.01")
    assert "Error" not in told and "5 pages of pictures led to something else" in told
    found = contents(crawls.archive)
    assert [number for folder in user.folders for number in found_in(found, folder.id)] == others
    assert not [failure for shelf in found.shelves for failure in shelf.failures]


@pytest.mark.parametrize(
    ("how", "failed"),
    [("page-503", ("page", "unreachable")), ("file-expired", ("file", "expired"))],
)
def test_pictures_that_stay_as_they_are_have_failed_where_one_that_was_had_still_comes(
    crawls: Crawls, site: Site, user: User, how: str, failed: tuple[str, str]
) -> None:
    folder = user.folder_named(WALK)
    good, *bad = folder.photo_ids
    site.board.set(dict.fromkeys(map(str, bad), how))
    told = crawls.run(f"user_id={user.id}", f"folder={WALK}", SITE_PAUSE="0.01")
    assert "pausing" not in told and f"{len(bad)} failed" in told
    found = contents(crawls.archive)
    assert found.images(folder.id) == [good]
    assert found.failures(folder.id) == dict.fromkeys(bad, failed)


@pytest.mark.parametrize("reason", ["page", "file"])
def test_pictures_that_are_always_answered_by_a_check_stop_nothing(
    crawls: Crawls, site: Site, user: User, reason: str
) -> None:
    folder = user.folder_named(WALK)
    bad = folder.photo_ids[:2]
    file = {number: site.world.photos[number].full_path for number in bad}
    site.board.set({f"/photo/{n}/" if reason == "page" else file[n]: "cloud" for n in bad})
    told = crawls.run(f"user_id={user.id}", SITE_PAUSE="0.01", DOWNLOAD_DELAY="0.01")
    assert "Error" not in told and 1 <= told.count("pausing for ") <= 3
    found = contents(crawls.archive)
    assert found.images(folder.id) == [n for n in folder.photo_ids if n not in bad]
    assert found.failures(folder.id) == dict.fromkeys(bad, (reason, "unreachable"))
    assert found.users[0].finished_at


def test_pictures_have_not_failed_where_none_that_was_had_comes_either(
    crawls: Crawls, site: Site, user: User
) -> None:
    crawls.run(f"user_id={user.id}", "folder=2024")
    site.board.set({"/photo/": "503"})
    told = crawls.run(f"user_id={user.id}", f"folder={WALK}", SITE_PAUSE="0.01")
    assert told.count("pausing for ") == 3 and "also after 3 pauses" in told
    assert len(paths(site, "/photo/")) < 20
    assert contents(crawls.archive).failures(user.folder_named(WALK).id) == {}


def found_in(found: Contents, folder: int) -> list[int]:
    """What a folder has in the archive; one of galleries has nothing."""
    shelves = [shelf for shelf in found.shelves if shelf.album.id == folder]
    return [image for shelf in shelves for image in shelf.images]
