"""What a crawl asks for, and what it leaves alone."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.demosite.model import User
from tests.demosite.site import Site
from tests.fapspider.conftest import small_world
from tests.fapspider.crawling import Crawls, asked, contents, paths, serving

WALK, PARKS = "Long walk", "Park galleries"


@pytest.mark.parametrize(
    ("argument", "name"),
    [
        ("folder=LONG WALK", WALK),
        ("folder_name=long walk", WALK),
        ("folder=2024", "2024"),
        ("folder_name=2024", "2024"),
        ("folder={id}", WALK),
        ("folder_id={id}", WALK),
    ],
)
def test_one_folder_by_name_or_number(crawls: Crawls, user: User, argument: str, name: str) -> None:
    folder = user.folder_named(name)
    told = crawls.run(f"user_id={user.id}", argument.format(id=folder.id))
    assert "1 album read" in told
    found = contents(crawls.archive)
    assert [shelf.album.id for shelf in found.shelves] == [folder.id]
    assert found.images(folder.id) == list(folder.photo_ids)
    assert found.users[0].finished_at == 0


def test_empty_pages_in_the_middle_are_no_end_and_three_are(
    crawls: Crawls, user: User, site: Site
) -> None:
    folder = user.folder_named(WALK)
    crawls.run(f"user_id={user.id}", f"folder={WALK}")
    read = [request.path for request in asked(site) if f"folderid={folder.id}" in request.path]
    assert len(read) == len(folder.pages) + 3
    assert contents(crawls.archive).shelf(folder.id).album.pages == len(folder.pages) == 4


def test_a_galleries_folder_by_name_is_refused_the_first_time_and_the_second(
    crawls: Crawls, user: User, site: Site
) -> None:
    sentence = f"Error: '{PARKS}' is a galleries folder"
    assert sentence in crawls.run(f"user={user.name}", f"folder={PARKS}")
    site.log.clear()
    assert sentence in crawls.run(f"user={user.name}", f"folder={PARKS}")
    assert asked(site) == []


def test_a_user_without_folders(crawls: Crawls, site: Site) -> None:
    told = crawls.run(f"user={site.world.bare.name}")
    assert "has no picture folders" in told
    (user,) = contents(crawls.archive).users
    assert user.id.number == site.world.bare.id and user.finished_at > 0


def test_a_second_crawl_within_72_hours_sends_no_request_and_says_so(
    crawls: Crawls, user: User, site: Site
) -> None:
    crawls.run(f"user={user.name}")
    before = contents(crawls.archive)
    site.log.clear()
    for argument in (f"user={user.name.swapcase()}", f"user_id={user.id}"):
        assert "no request is sent. -a force=1 reads it again" in crawls.run(argument)
    assert asked(site) == []
    assert contents(crawls.archive).files == before.files


def test_the_folders_rest_by_themselves(crawls: Crawls, user: User, site: Site) -> None:
    """After one folder, all folders: the list is known and that one rests."""
    folder = user.folder_named(WALK)
    crawls.run(f"user={user.name}", f"folder={WALK}")
    site.log.clear()
    told = crawls.run(f"user={user.name}")
    assert "2 albums read, 1 resting, 1 folder of galleries skipped" in told
    assert not [one.path for one in asked(site) if f"folderid={folder.id}" in one.path]
    assert not set(paths(site, "/photo/")) & {f"/photo/{each}/" for each in folder.photo_ids}
    assert contents(crawls.archive).users[0].finished_at > 0


def test_force_reads_folders_again_and_only_failed_pictures_once_each(
    crawls: Crawls, user: User, site: Site
) -> None:
    first, second, third = user.folder_named(WALK).photo_ids[:3]
    faults = {str(first): "page-missing", str(second): "file-missing", str(third): "page-nolink"}
    site.board.set(faults)
    crawls.run(f"user={user.name}")
    site.board.set({str(second): None})
    site.log.clear()
    told = crawls.run(f"user={user.name}", "force=1")
    assert "3 albums read" in told and "1 new picture " in told and "2 failed" in told
    photos = paths(site, "/photo/")
    assert sorted(photos) == sorted(f"/photo/{each}/" for each in (first, second, third))
    assert paths(site, "/images/") == [site.world.photos[second].full_path]
    folder = user.folder_named(WALK)
    found = contents(crawls.archive)
    assert found.images(folder.id) == list(folder.photo_ids[1:2] + folder.photo_ids[3:])
    assert found.failures(folder.id) == {first: ("page", "missing"), third: ("link", "none")}


def test_without_force_no_failure_is_tried_again(crawls: Crawls, user: User, site: Site) -> None:
    failed = user.folder_named(WALK).photo_ids[0]
    site.board.set({str(failed): "page-missing"})
    crawls.run(f"user={user.name}", f"folder={WALK}")
    site.board.set({str(failed): None})
    site.log.clear()
    crawls.run(f"user={user.name}")
    assert f"/photo/{failed}/" not in paths(site)


def test_ids_that_two_users_share_cost_no_second_request(
    crawls: Crawls, user: User, site: Site
) -> None:
    other = site.world.second
    (folder,) = other.folders
    shared = [each for each in folder.photo_ids if each in user.folders[0].photo_ids]
    site.board.set({str(shared[1]): "page-missing"})
    crawls.run(f"user={user.name}")
    site.log.clear()
    crawls.run(f"user={other.name}")
    asked_for = set(paths(site, "/photo/"))
    assert asked_for == {f"/photo/{each}/" for each in folder.photo_ids if each not in shared}
    found = contents(crawls.archive)
    assert found.failures(folder.id) == {shared[1]: ("page", "missing")}
    assert found.images(folder.id) == [each for each in folder.photo_ids if each != shared[1]]


def test_a_folder_that_is_new_on_the_site_is_found_though_the_list_rests(
    crawls: Crawls, user: User, site: Site
) -> None:
    hidden = replace(user, folders=user.folders[:1])
    whole = site.world
    site.world = replace(whole, users=(hidden, *whole.users[1:]))
    crawls.run(f"user={user.name}")
    site.world = whole
    told = crawls.run(f"user={user.name}", f"folder={WALK}")
    assert "1 album read" in told
    found = contents(crawls.archive)
    assert found.images(user.folder_named(WALK).id) == list(user.folder_named(WALK).photo_ids)


def test_images_that_left_the_site_keep_their_place(crawls: Crawls, user: User, site: Site) -> None:
    crawls.run(f"user={user.name}", f"folder={WALK}")
    folder, whole = user.folder_named(WALK), site.world
    ids = folder.photo_ids
    fresh = whole.second.folders[0].photo_ids[-1]
    now = replace(folder, pages=((ids[0], ids[2]), (), (*ids[3:], fresh)))
    changed = replace(user, folders=(now,))
    site.world = replace(whole, users=(changed, *whole.users[1:]))
    crawls.run(f"user={user.name}", f"folder={WALK}", "force=1")
    assert contents(crawls.archive).images(folder.id) == [*ids, fresh]


def test_an_address_that_expired_is_asked_for_afresh_once(tmp_path: Path) -> None:
    with serving(Site(small_world())) as site:
        folder = site.world.main.folder_named(WALK)
        once, always = folder.photo_ids[:2]
        site.board.set({str(once): "file-expired-once", str(always): "file-expired"})
        crawls = Crawls(tmp_path, site.root)
        crawls.run(f"user={site.world.main.name}", f"folder={WALK}")
        found = contents(crawls.archive)
        assert found.failures(folder.id) == {always: ("file", "expired")}
        assert once in found.images(folder.id)
        for each, most in ((once, 3), (always, 2)):  # the one may tell of the other at the end
            assert paths(site).count(f"/photo/{each}/") in {2, most}
            assert paths(site).count(site.world.photos[each].full_path) in {2, most}


def test_a_user_who_was_renamed_is_found_by_both_names(
    crawls: Crawls, site: Site, user: User
) -> None:
    crawls.run(f"user={user.name}", "folder=Landscapes")
    before = contents(crawls.archive).images(user.folders[0].id)
    world = site.world
    renamed = replace(user, name="Cloud Watcher")
    with serving(Site(replace(world, users=(renamed, *world.users[1:])))) as later:
        crawls.root = later.root
        once = f"{user.name} is now called Cloud Watcher; the number, {user.id}, is the same."
        for name in (user.name, user.name.upper(), "cloud watcher"):
            told = crawls.run(f"user={name}", "folder=Landscapes", "force=1")
            assert "Error" not in told
            assert told.lower().count(once.lower()) == (name != "cloud watcher")
            assert not paths(later, "/profile/")
    found = contents(crawls.archive)
    assert [(one.id.number, one.name) for one in found.users] == [(user.id, "Cloud Watcher")]
    assert found.images(user.folders[0].id) == before
