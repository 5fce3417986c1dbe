"""What can't be done ends with one sentence, before any request where that is possible."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.demosite.model import User
from tests.demosite.site import Site
from tests.disks import disk_of, full_but_for
from tests.fapspider.crawling import Crawls, asked, contents, nobody


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("user=a", "user_id=3"), "not both: -a user=a and -a user_id=3 were given"),
        ((), "Say whose favorites: -a user=NAME or -a user_id=N."),
        (("user=a", "colour=red"), "Unknown argument 'colour'. Known ones: user, user_id, "),
        (("user_id=many",), "'many' is not a number of a user"),
        (("user=a", "force=perhaps"), "force is 'perhaps'. Write force=1 or leave it out."),
    ],
)
def test_bad_arguments_end_before_any_request(
    crawls: Crawls, site: Site, arguments: tuple[str, ...], sentence: str
) -> None:
    told = crawls.run(*arguments)
    assert told.startswith("Error: ") and sentence in told and told.count("\n") == 1
    assert asked(site) == []
    assert not crawls.archive.exists()


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"SITE_ROOT": "imagefap"}, "SITE_ROOT is 'imagefap', which is not a web address"),
        ({"DOWNLOAD_DELAY": "soon"}, "DOWNLOAD_DELAY is 'soon', which is not a number of seconds"),
        ({"SITE_PAUSE": "-1"}, "SITE_PAUSE is '-1', which is not a number of seconds"),
    ],
)
def test_bad_settings_end_before_any_request(
    crawls: Crawls, site: Site, settings: dict[str, str], sentence: str
) -> None:
    told = crawls.run("user=a", **settings)
    assert told.startswith("Error: ") and sentence in told and told.count("\n") == 1
    assert asked(site) == []


def test_an_unknown_spider_is_told_with_those_there_are(crawls: Crawls) -> None:
    crawl = crawls.start("user=a", spider="favorite")
    _, told = crawl.process.communicate(timeout=60)
    assert crawl.process.returncode == 2 and "Traceback" not in told
    assert "there is no spider 'favorite'. Did you mean 'favorites'?" in told
    assert "audit, favorites, get, retry." in told and not crawls.archive.exists()


def test_an_unknown_user_is_told_with_the_address(crawls: Crawls) -> None:
    told = crawls.run("user=Nobody / Here")
    assert told.startswith("Error: The site has no user 'Nobody / Here' (")
    assert f"{crawls.root}/profile/Nobody%20%2F%20Here" in told and told.count("\n") == 1
    assert "The site has no user 12345" in crawls.run("user_id=12345")


def test_an_unknown_folder_is_told_with_those_there_are(
    crawls: Crawls, user: User, site: Site
) -> None:
    told = crawls.run(f"user={user.name}", "folder=Boats")
    assert f"{user.name} has no folder 'Boats'. The folders are: 'Landscapes', " in told
    assert not [one for one in asked(site) if "folderid" in one.path]


@pytest.mark.parametrize("folder", ["9" * 5000, "٣", "²", "-1", "0"])
def test_an_odd_number_is_no_folder(crawls: Crawls, user: User, folder: str) -> None:
    assert "has no folder " in crawls.run(f"user_id={user.id}", f"folder={folder}")


def test_an_archive_that_is_a_file_is_told(crawls: Crawls, site: Site) -> None:
    crawls.archive.write_text("a shopping list")
    told = crawls.run("user=a")
    assert f"Error: The archive folder {crawls.archive} can't be made" in told
    assert crawls.archive.read_text() == "a shopping list"
    assert asked(site) == []


def test_a_database_of_the_predecessor_is_left_alone(crawls: Crawls, site: Site) -> None:
    crawls.archive.mkdir()
    (crawls.archive / "imagefap.database").write_bytes(b"old")
    assert "holds a database of fapfavorites 2.0" in crawls.run("user=a")
    assert (crawls.archive / "imagefap.database").read_bytes() == b"old"
    assert asked(site) == []


def test_a_site_that_refuses_the_connection_is_told(tmp_path: Path) -> None:
    with nobody() as root:
        told = Crawls(tmp_path, root).run("user=a")
    assert told.startswith(f"Error: {root}/profile/a refuses the connection. Check the network")


def test_a_sealed_archive_is_crawled_with_its_password_and_refused_with_another(
    crawls: Crawls, site: Site, user: User, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("mountain lake\n")
    crawls.environment["FAP_PASSWORD_FILE"] = str(secret)
    assert "Error" not in crawls.run(f"user_id={user.id}", "folder=Landscapes")
    assert json.loads((crawls.archive / "archive.json").read_text())["suite"]
    assert not list(crawls.archive.rglob("*.jpg"))
    asked_before = len(asked(site))
    secret.write_text("another")
    told = crawls.run(f"user_id={user.id}", "folder=Landscapes", "force=1")
    assert told == "Error: The password is wrong. Nothing was changed; try again.\n"
    del crawls.environment["FAP_PASSWORD_FILE"]
    assert "no password was given" in crawls.run(f"user_id={user.id}")
    assert len(asked(site)) == asked_before


def test_a_profile_without_landmarks_is_named(crawls: Crawls, site: Site, user: User) -> None:
    site.board.set({"/profile/": "landmarks"})
    assert f"{site.root}/profile/Demo%20%26%20Friends" in crawls.run(f"user={user.name}")


def test_a_list_of_folders_without_landmarks_is_named(
    crawls: Crawls, site: Site, user: User
) -> None:
    site.board.set({"all-pages": "landmarks"})
    told = crawls.run(f"user_id={user.id}")
    assert f"Error: {site.root}/showfavorites.php?userid={user.id}&page=0 has no owner" in told
    assert "The site may have changed" in told


def test_a_folder_without_landmarks_is_named_and_left_for_the_next_crawl(
    crawls: Crawls, site: Site, user: User
) -> None:
    site.board.set({"/photo/": "landmarks"})
    crawls.run(f"user_id={user.id}", "folder=Landscapes", SITE_PAUSE="0.01")
    site.board.set({"/photo/": None, "/showfavorites.php": "landmarks"})
    told = crawls.run(f"user_id={user.id}", "folder=Long walk")
    assert "Album 'Long walk' is left for the next crawl: " in told
    assert f"{site.root}/showfavorites.php?userid={user.id}&page=0&folderid=" in told
    assert "1 left for the next crawl" in told


def test_a_folder_that_went_after_it_was_listed_is_left_and_the_others_are_read(
    crawls: Crawls, site: Site, user: User
) -> None:
    crawls.run(f"user_id={user.id}", "folder=2024")
    gone, *others = user.folders
    left = replace(user, folders=tuple(others))
    site.world = replace(site.world, users=(left, *site.world.users[1:]))
    told = crawls.run(f"user_id={user.id}")
    assert f"Album {gone.name!r} is left for the next crawl: {site.root}/showfavorites.php" in told
    walk = user.folder_named("Long walk")
    assert contents(crawls.archive).images(walk.id) == list(walk.photo_ids)


def test_a_fault_of_ours_at_one_image_holds_up_no_other(crawls: Crawls, user: User) -> None:
    folder = user.folder_named("Long walk")
    broken, rest = folder.photo_ids[:2], folder.photo_ids[2:]
    crawls.environment["BROKEN_AT"] = " ".join(map(str, broken))
    crawl = crawls.start(
        f"user_id={user.id}",
        f"folder_id={folder.id}",
        spider="broken",
        SPIDER_MODULES="tests.fapspider.broken",
        DOWNLOAD_DELAY="0.01",
    )
    _, told = crawl.process.communicate(120)
    assert "ZeroDivisionError" in told
    assert "Error: The crawl stopped because of a fault in this program" in told
    assert contents(crawls.archive).images(folder.id) == list(rest)
    crawls.run(f"user_id={user.id}", f"folder_id={folder.id}")
    assert contents(crawls.archive).images(folder.id) == list(folder.photo_ids)


def test_a_full_disk_ends_the_crawl_and_loses_nothing(
    site: Site, user: User, tmp_path: Path
) -> None:
    folder = user.folder_named("Long walk")
    with disk_of("3m", tmp_path / "disk") as disk:
        crawls = Crawls(disk, site.root)
        crawls.run(f"user_id={user.id}", "folder=Landscapes")
        before = contents(crawls.archive).files
        with full_but_for(60_000, disk):
            told = crawls.run(f"user_id={user.id}", "folder=Long walk")
        assert "Error: " in told and "Make room" in told
        assert before.items() <= contents(crawls.archive).files.items()
        crawls.run(f"user_id={user.id}", "folder=Long walk")
        assert contents(crawls.archive).images(folder.id) == list(folder.photo_ids)
        assert contents(crawls.archive).failures(folder.id) == {}


def test_photos_without_landmarks_end_the_crawl_and_are_no_failures(
    crawls: Crawls, site: Site, user: User
) -> None:
    folder = user.folder_named("Landscapes")
    site.board.set({"/photo/": "landmarks"})
    told = crawls.run(f"user_id={user.id}", "folder=Landscapes", SITE_PAUSE="0.01")
    assert "Error: Photo pages are not what was asked for, one after the other" in told
    assert "the site may have changed" in told
    assert contents(crawls.archive).failures(folder.id) == {}
    site.board.set({"/photo/": None})
    crawls.run(f"user_id={user.id}", "folder=Landscapes")
    assert contents(crawls.archive).images(folder.id) == list(folder.photo_ids)


def test_a_photo_without_landmarks_holds_up_no_other_and_has_failed_in_the_third_crawl(
    crawls: Crawls, site: Site, user: User
) -> None:
    folder = user.folder_named("Landscapes")
    odd, *others = folder.photo_ids
    site.board.set({f"/photo/{odd}/": "landmarks"})
    for failures in ({}, {}, {odd: ("page", "odd")}):
        told = crawls.run(f"user_id={user.id}", "folder=Landscapes")
        assert "Error" not in told
        assert contents(crawls.archive).images(folder.id) == others
        assert contents(crawls.archive).failures(folder.id) == failures
        is_done = contents(crawls.archive).shelf(folder.id).album.fetched_at > 0
        assert is_done is bool(failures)
