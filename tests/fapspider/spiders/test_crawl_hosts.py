"""No other server is ever contacted: `localhost` stands for another host, and stays idle."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from fapproc.db.listings import ODD_CRAWLS
from tests.demosite.model import Photo
from tests.demosite.photo_page import Addresses
from tests.demosite.response import Request, Response
from tests.demosite.site import Site
from tests.fapspider.conftest import small_world
from tests.fapspider.crawling import Crawls, asked, contents, serving

WALK = "Long walk"


@dataclass
class Leading(Site):
    """A site that leads elsewhere: in addresses of these photos, or by redirects from paths."""

    elsewhere: str = ""
    led: set[int] = field(default_factory=set)
    redirected: tuple[str, ...] = ()
    answers: dict[str, Response] = field(default_factory=dict)

    def addresses(self, photo: Photo) -> Addresses:
        given = Site.addresses(self, photo)
        if photo.id not in self.led:
            return given
        away = given.full.replace(self.root, self.elsewhere)
        return Addresses(away, away)

    def answer(self, request: Request, target: str) -> Response:
        whole = Site.answer(self, request, target)
        if request.path in self.answers:
            return self.answers[request.path]
        if target.startswith(self.redirected):
            return Response(302, b"", headers=(("Location", self.elsewhere + target),))
        return whole


@pytest.fixture
def trap() -> Iterator[Site]:
    with serving(Site(small_world())) as site:
        yield site
        assert asked(site) == []


@pytest.fixture
def leading(trap: Site) -> Iterator[Leading]:
    site = Leading(small_world(), elsewhere=trap.root.replace("127.0.0.1", "localhost"))
    with serving(site):
        yield site


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"], ids=["host", "port"])
def test_full_size_addresses_and_redirects_elsewhere_are_failures_of_the_picture(
    host: str, leading: Leading, tmp_path: Path
) -> None:
    leading.elsewhere = leading.elsewhere.replace("localhost", host)
    user = leading.world.main
    folder = user.folder_named(WALK)
    linked, file, page, *others = folder.photo_ids
    leading.led = {linked}
    leading.redirected = (leading.world.photos[file].full_path, f"/photo/{page}/")
    crawls = Crawls(tmp_path, leading.root)
    told = [crawls.run(f"user={user.name}", f"folder={WALK}") for _ in range(ODD_CRAWLS)]
    for said in told[1:-1]:
        assert (
            "0 failed, 1 with an odd page." in said and "already in the archive, 0 failed." in said
        )
    assert "1 failed." in told[-1] and "already in the archive, 1 failed." in told[-1]
    assert "odd page" not in told[-1]
    found = contents(crawls.archive)
    assert found.images(folder.id) == others
    assert found.failures(folder.id) == {
        linked: ("link", "none"),
        file: ("file", "unreachable"),
        page: ("page", "odd"),
    }


def test_a_folder_that_is_redirected_elsewhere_is_left_for_the_next_crawl(
    leading: Leading, tmp_path: Path
) -> None:
    user = leading.world.main
    number = user.folder_named(WALK).id
    leading.redirected = (f"/showfavorites.php?userid={user.id}&page=0&folderid={number}",)
    told = Crawls(tmp_path, leading.root).run(f"user={user.name}")
    assert f"Album '{WALK}' is left for the next crawl: " in told
    assert "2 albums read" in told


@pytest.mark.parametrize("start", ["/profile/", "/showfavorites.php"])
def test_a_user_that_is_redirected_elsewhere_ends_the_crawl(
    leading: Leading, tmp_path: Path, start: str
) -> None:
    leading.redirected = (start,)
    told = Crawls(tmp_path, leading.root).run(f"user={leading.world.main.name}")
    assert told.startswith(f"Error: {leading.elsewhere}{start}")
    assert "is not an address of the site" in told


def test_a_page_that_is_no_text_holds_up_no_other_and_is_asked_for_again(
    leading: Leading, tmp_path: Path
) -> None:
    user = leading.world.main
    folder = user.folder_named(WALK)
    odd, *others = folder.photo_ids
    leading.answers = {
        f"/photo/{odd}/": Response(200, b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01", "image/jpeg")
    }
    crawls = Crawls(tmp_path, leading.root)
    told = crawls.run(f"user={user.name}", f"folder={WALK}")
    assert "1 page of pictures led to something else, and" in told
    found = contents(crawls.archive)
    assert found.images(folder.id) == others
    assert found.failures(folder.id) == {}


@pytest.mark.parametrize("path", ["/profile/Demo & Friends", "/showfavorites.php"])
def test_a_first_page_that_is_no_text_ends_the_crawl(
    leading: Leading, tmp_path: Path, path: str
) -> None:
    leading.answers = {path: Response(200, b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01", "image/jpeg")}
    told = Crawls(tmp_path, leading.root).run(f"user={leading.world.main.name}")
    assert told.startswith(f"Error: {leading.root}") and "no text" in told
