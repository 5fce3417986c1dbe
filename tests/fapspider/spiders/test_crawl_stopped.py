"""Crawls that are stopped, and what the next one finds."""

import random
import re
import signal
import threading
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import pytest

from fapspider.settings import CONCURRENT_REQUESTS
from fapspider.spiders.photos import AT_ONCE
from tests.demosite.model import FolderKind, User
from tests.demosite.pictures import render
from tests.demosite.process import DemoSite
from tests.demosite.response import Request, Response
from tests.demosite.site import Site
from tests.demosite.world import build
from tests.fapspider.conftest import small_world
from tests.fapspider.crawling import Contents, Crawls, asked, contents, paths, serving, until

FILES = "/images/full/"


def stored(archive: Contents) -> set[int]:
    return {image for shelf in archive.shelves for image in shelf.images}


def assert_whole(archive: Contents, site: Site, user: User) -> None:
    for folder in user.folders:
        if folder.kind is FolderKind.PICTURES:
            assert archive.images(folder.id) == list(folder.photo_ids)
            photos = [site.world.photos[each] for each in folder.photo_ids]
            assert archive.data(folder.id) == [render(photo) for photo in photos]
            assert archive.failures(folder.id) == {}
    assert archive.users[0].finished_at > 0


def assert_goes_on(crawls: Crawls, site: Site, user: User) -> None:
    """The next crawl fetches no stored picture again and gets all the others."""
    had = stored(contents(crawls.archive))
    site.log.clear()
    crawls.run(f"user_id={user.id}")
    again = {site.world.photos[each].full_path for each in had} & set(paths(site, FILES))
    assert not again
    assert_whole(contents(crawls.archive), site, user)


@pytest.mark.parametrize("files", [0, 5, 11])
def test_a_killed_crawl_goes_on_where_it_was(
    crawls: Crawls, site: Site, user: User, files: int
) -> None:
    crawl = crawls.start(f"user_id={user.id}")
    until(lambda: len(paths(site, FILES if files else "/showfavorites")) >= (files or 4), crawl)
    crawl.kill()
    assert_goes_on(crawls, site, user)


@pytest.mark.parametrize("files", [0, 5])
def test_ctrl_c_stops_cleanly_and_the_next_crawl_goes_on(
    crawls: Crawls, site: Site, user: User, files: int
) -> None:
    crawl = crawls.start(f"user_id={user.id}", DOWNLOAD_DELAY="0.1")
    until(lambda: len(paths(site, FILES if files else "/showfavorites")) >= (files or 4), crawl)
    crawl.signal(signal.SIGINT)
    told = crawl.end()
    assert "Error" not in told
    assert (
        told.count("Stopped; what was fetched is kept. Run the same command again to go on.") == 1
    )
    archive = contents(crawls.archive)
    assert all(user.finished_at == 0 for user in archive.users)
    assert len(stored(archive)) >= max(0, files - 1)
    assert not [failure for shelf in archive.shelves for failure in shelf.failures]
    assert_goes_on(crawls, site, user)


@dataclass
class Hesitant(Site):
    """A site that holds pages of photos back until it is told to answer."""

    answers: threading.Event = field(default_factory=threading.Event)
    held: list[str] = field(default_factory=list)

    def answer(self, request: Request, target: str) -> Response:
        if request.path.startswith("/photo/") and not self.answers.is_set():
            self.held.append(request.path)
            self.answers.wait(120)
        return Site.answer(self, request, target)


def test_files_that_wait_at_ctrl_c_go_out_at_their_own_pace(tmp_path: Path) -> None:
    site = Hesitant(small_world())
    site.answers.set()
    with serving(site):
        crawls = Crawls(tmp_path, site.root)
        whose = f"user_id={site.world.main.id}"
        crawls.run(whose)
        site.log.clear()
        site.answers.clear()
        crawl = crawls.start(whose, spider="audit", DOWNLOAD_DELAY="0.2")
        until(lambda: len(site.held) == 8, crawl)
        site.answers.set()  # eight addresses come at once, and their files wait in a row
        until(lambda: len(paths(site, FILES)) >= 4, crawl)
        crawl.signal(signal.SIGINT)
        crawl.end()
    files = [one.at for one in asked(site) if one.path.startswith(FILES)]
    assert len(files) >= 8
    assert files[-1] - files[-4] >= 0.2  # three pauses of 0.13 at least; together none is left


def test_ctrl_c_while_the_site_rests_does_not_wait(crawls: Crawls, site: Site, user: User) -> None:
    site.board.set({"all-pages": "human"})
    crawl = crawls.start(f"user_id={user.id}", SITE_PAUSE="600")
    until(lambda: len(asked(site)) >= 1, crawl)
    crawl.signal(signal.SIGINT)
    assert "pausing for 10 min" in crawl.end()
    assert len(asked(site)) == 1


def test_a_server_that_is_too_busy_for_hours_is_told_once_and_ctrl_c_does_not_wait(
    crawls: Crawls, site: Site, user: User
) -> None:
    site.board.set({"/photo/": "503-wait"})
    crawl = crawls.start(f"user_id={user.id}")
    told = ""
    while "too busy" not in told:
        line = crawl.process.stderr.readline()
        assert line, told
        told += line
    crawl.signal(signal.SIGINT)
    told += crawl.end()
    (busy,) = [line for line in told.splitlines() if "too busy" in line]
    assert re.fullmatch(
        r"The site is too busy, and asks to wait for 2 h, until \d{4}-\d\d-\d\d \d\d:\d\d. "
        r"Ctrl-C stops; what was fetched is kept.",
        busy,
    )


def test_a_limit_with_retry_after_pauses_that_long_and_goes_on(
    crawls: Crawls, site: Site, user: User
) -> None:
    site.board.set({"/photo/": "429*1"})
    told = crawls.run(f"user_id={user.id}", SITE_PAUSE="600")
    assert told.count("limit of requests is reached: pausing for 1.0 s, then going on.") == 1
    requests = asked(site)
    (refused,) = [one for one in requests if one.status == 429]
    later = [one.at - refused.at for one in requests if one.at > refused.at]
    # What was under way comes before its end, on a busy machine late; everything else after it.
    assert len([seconds for seconds in later if seconds < 0.9]) <= CONCURRENT_REQUESTS
    assert max(later) >= 0.9
    assert_whole(contents(crawls.archive), site, user)


def test_a_human_check_pauses_longer_each_time_and_goes_on(
    crawls: Crawls, site: Site, user: User
) -> None:
    site.board.set({"all-pages": "human*2"})
    told = crawls.run(f"user_id={user.id}", SITE_PAUSE="0.2")
    assert told.count("wants a human check: pausing for ") == 2
    first, second, third = [one.at for one in asked(site)][:3]
    assert second - first >= 0.19 and third - second >= 0.39
    assert "/human-verification" not in paths(site)
    assert_whole(contents(crawls.archive), site, user)


def test_a_human_check_that_stays_ends_the_crawl_with_all_that_was_had(
    crawls: Crawls, site: Site, user: User
) -> None:
    crawl = crawls.start(f"user_id={user.id}", SITE_PAUSE="0.2", DOWNLOAD_DELAY="0.05")
    until(lambda: len(paths(site, FILES)) >= 4, crawl)
    site.board.set({"all-pages": "human"})
    told = crawl.end()
    assert told.count("pausing for ") == 3
    assert "Error: The site wants a human check at " in told
    assert "also after 3 pauses. What was fetched is kept." in told
    archive = contents(crawls.archive)
    assert len(stored(archive)) >= 4
    assert not [failure for shelf in archive.shelves for failure in shelf.failures]
    assert archive.users[0].finished_at == 0
    site.board.set({"all-pages": None})
    assert_goes_on(crawls, site, user)


def test_pauses_are_not_counted_as_in_vain_when_answers_came_between(
    crawls: Crawls, site: Site, user: User
) -> None:
    ids = [photo for folder in user.folders for photo in folder.photo_ids][:5]
    site.board.set({f"/photo/{number}/": "human*1" for number in ids})
    told = crawls.run(f"user_id={user.id}", SITE_PAUSE="0.01", CONCURRENT_REQUESTS="1")
    pauses = [line for line in told.splitlines() if "pausing for" in line]
    assert len(pauses) == 5
    assert all(one == other for one, other in pairwise(pauses))
    assert_whole(contents(crawls.archive), site, user)


def test_a_site_that_vanishes_ends_the_crawl_and_no_picture_failed(tmp_path: Path) -> None:
    folder = "Odd <names> à la carte"
    with ExitStack() as stack:
        site = stack.enter_context(DemoSite(scale=0.1, plain=True))
        crawls = Crawls(tmp_path, site.root)
        crawl = crawls.start(f"user={site.world.main.name}", f"folder={folder}", DOWNLOAD_DELAY=0.1)
        until(lambda: sum(FILES in one.path for one in site.requests()) >= 3, crawl)
        stack.close()
        told = crawl.end()
    assert "refuses the connection. Check the network and SITE_ROOT" in told
    archive = contents(crawls.archive)
    (shelf,) = archive.shelves
    assert shelf.failures == [] and len(shelf.images) >= 2
    with DemoSite(scale=0.1, plain=True) as site:
        crawls.root = site.root
        crawls.run(f"user={site.world.main.name}", f"folder={folder}")
        asked_again = {one.path.partition("?")[0] for one in site.requests()}
        before = {site.world.photos[each].full_path for each in stored(archive)}
        assert not asked_again & before
        wanted = site.world.main.folder_named(folder)
        assert contents(crawls.archive).images(wanted.id) == list(wanted.photo_ids)


def killed_often(folder: Path, scale: float, kills: int) -> int:
    """Kill a crawl at random moments, let it end, look at all; how many pictures there were."""
    chance = random.Random(kills)
    with serving(Site(build(scale=scale, plain=True))) as site:
        user = site.world.main
        wanted = {photo for each in user.folders for photo in each.photo_ids}
        crawls = Crawls(folder, site.root)
        for kill in range(kills):
            left = len(wanted) - len(set(paths(site, FILES)))
            most = len(paths(site, FILES)) + chance.randrange(1, 2 * left // (kills + 1 - kill))
            crawl = crawls.start(f"user_id={user.id}")
            until(lambda most=most: len(paths(site, FILES)) >= most, crawl)  # type: ignore[misc]
            crawl.kill()
        crawls.run(f"user_id={user.id}")
        assert_whole(contents(crawls.archive), site, user)
        fetched = Counter(paths(site, FILES))
        assert len(fetched) == len(wanted)
        assert fetched.total() - len(wanted) <= kills * AT_ONCE
        return len(wanted)


def test_a_crawl_that_is_killed_fetches_twice_at_most_what_was_under_way(tmp_path: Path) -> None:
    killed_often(tmp_path, 0.1, kills=3)


@pytest.mark.long
def test_a_crawl_of_500_pictures_survives_20_kills(tmp_path: Path) -> None:
    assert killed_often(tmp_path, 2.4, kills=20) >= 500
