"""Pages that end in the middle: tried again, then left for the next crawl."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import pytest

from tests.demosite.response import Request, Response
from tests.demosite.site import Site
from tests.fapspider.conftest import small_world
from tests.fapspider.crawling import Crawls, contents, paths, serving
from tests.fapspider.spiders.test_crawl_stopped import assert_whole


@dataclass
class Cutting(Site):
    """A site that sends only a part of pages whose target ends so, this many times."""

    cut: dict[str, int] = field(default_factory=dict)
    to_nothing: bool = False
    in_place_of: dict[str, bytes] = field(default_factory=dict)
    """What is sent as a page where the target of a file holds this."""

    def answer(self, request: Request, target: str) -> Response:
        response = super().answer(request, target)
        for part, page in self.in_place_of.items():
            if "/images/full/" in target and part in target:
                return Response(200, page)
        end = next((end for end, left in self.cut.items() if left and target.endswith(end)), None)
        if end is None:
            return response
        self.cut[end] -= 1
        kept = 0 if self.to_nothing else len(response.body) * 2 // 3
        return replace(response, body=response.body[:kept])


@pytest.fixture
def site() -> Iterator[Site]:
    with serving(Cutting(small_world())) as running:
        yield running


@pytest.mark.parametrize("to_nothing", [False, True])
def test_a_page_that_was_cut_off_is_asked_for_again(
    crawls: Crawls, site: Cutting, to_nothing: bool
) -> None:
    site.to_nothing = to_nothing
    user = site.world.main
    walk, photo = user.folder_named("Long walk"), user.folder_named("Long walk").photo_ids[0]
    site.cut = {f"userid={user.id}&page=0": 1, f"folderid={walk.id}": 2, f"/photo/{photo}/": 1}
    assert "left" not in crawls.run(f"user_id={user.id}")
    assert_whole(contents(crawls.archive), site, user)


def test_a_folder_whose_page_stays_cut_off_is_left_for_the_next_crawl(
    crawls: Crawls, site: Cutting
) -> None:
    user = site.world.main
    walk, photo = user.folder_named("Long walk"), user.folder_named("Landscapes").photo_ids[0]
    site.cut = {f"folderid={walk.id}": 3, f"/photo/{photo}/": 3}
    told = crawls.run(f"user_id={user.id}", CONCURRENT_REQUESTS=1)
    assert "Album 'Long walk' is left for the next crawl" in told
    found = contents(crawls.archive)
    assert found.users[0].finished_at == 0
    assert found.failures(user.folder_named("Landscapes").id) == {photo: ("page", "unreachable")}
    crawls.run(f"user_id={user.id}")
    assert contents(crawls.archive).images(walk.id) == list(walk.photo_ids)
    assert len(paths(site, f"/photo/{photo}/")) == 3


def test_a_user_whose_page_stays_empty_is_not_called_unknown(crawls: Crawls, site: Cutting) -> None:
    site.to_nothing, site.cut = True, {"Friends": 3}
    told = crawls.run(f"user={site.world.main.name}")
    assert "Friends has nothing on it. Check the network" in told
    assert not crawls.archive.exists()


def test_a_page_that_comes_in_place_of_a_file_is_no_picture_though_it_has_no_end(
    crawls: Crawls, site: Cutting
) -> None:
    folder = site.world.main.folder_named("Landscapes")
    odd = folder.photo_ids[0]
    site.in_place_of[f"/{odd}."] = b"<html><body>Try again later"
    crawls.run(f"user_id={site.world.main.id}", "folder=Landscapes")
    assert contents(crawls.archive).failures(folder.id) == {odd: ("damaged", "not-a-picture")}
