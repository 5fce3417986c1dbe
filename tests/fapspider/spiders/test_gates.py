"""Pages that stand before a list: what they want is said, and what passes them."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from fapproc.sites.gates import AGE, LOGIN, SCRIPT, read_gate
from fapproc.sites.imagefap import pages
from tests.demosite.model import User
from tests.demosite.response import Request, Response, page
from tests.demosite.site import Site
from tests.fapspider.commands.test_commands import Fapproc, error, fapproc  # noqa: F401 - a fixture
from tests.fapspider.conftest import small_world
from tests.fapspider.crawling import Crawls, serving

URL = "https://www.imagefap.com/profile/a"
FORM = "<form><input type=password name=p><input type=submit value='Log in'></form>"


@pytest.mark.parametrize(
    ("html", "url", "wants"),
    [
        ("<title>Log in</title><p>Welcome", URL, LOGIN),
        ("<p>Welcome. Log in to go on.", URL, LOGIN),
        ("<p>You must be logged in to see this profile.", URL, LOGIN),
        ("<p>Welcome", "https://www.imagefap.com/login.php?back=1", LOGIN),
        ("<p>Welcome", "https://www.imagefap.com/sign-in/", LOGIN),
        ("<title>Age verification</title>", URL, AGE),
        ("<p>This site has pictures for adults. Are you 18 or older?", URL, AGE),
        ("<p>Please confirm your age", URL, AGE),
        ("<p>Welcome", "https://www.imagefap.com/age_check.php", AGE),
        ("<script>document.cookie = 'a=1'; location.reload()</script>", URL, SCRIPT),
        ("<title>Loading</title><script src=/a.js></script><div></div>", URL, SCRIPT),
        ("<noscript>Please enable JavaScript to go on.</noscript>", URL, SCRIPT),
        ("<p>This site requires cookies and JavaScript.", URL, SCRIPT),
        ("", URL, None),
        (f"<title>Pictures</title>{FORM}<p>A new look", URL, None),
        (f"{FORM}<p>Please log in. There is no such user.", URL, None),
        ("<script>'please log in'</script><p>A new look", URL, None),
        (
            "<a class=blk_header href='/showfavorites.php?userid=4'>Log in to continue</a>",
            URL,
            None,
        ),
        ("", "https://[", None),
    ],
)
def test_what_stands_before_a_page_is_told(html: str, url: str, wants: str | None) -> None:
    assert read_gate(f"<html><body>{html}</body></html>", url, pages) == wants


@dataclass
class Gated(Site):
    """A site that answers paths that begin so with something else."""

    answers: dict[str, Response] = field(default_factory=dict)

    def answer(self, request: Request, target: str) -> Response:
        whole = super().answer(request, target)
        return next((to for start, to in self.answers.items() if target.startswith(start)), whole)


@pytest.fixture
def site() -> Iterator[Gated]:
    gated = Gated(small_world())
    with serving(gated):
        yield gated


@pytest.mark.parametrize(
    ("start", "answer", "said"),
    [
        ("/profile/", Response(302, b"", headers=(("Location", "/login.php"),)), LOGIN),
        ("/profile/", page("<html><title>Are you 18?</title>Confirm your age</html>"), AGE),
        ("/profile/", page("<html>Please log in</html>", 403), LOGIN),
        ("/profile/", page("<html><body><script>f()</script></body></html>"), SCRIPT),
        ("/showfavorites.php", page("<html><body>Please sign in</body></html>"), LOGIN),
    ],
)
def test_a_gate_before_the_user_is_no_missing_user(
    fapproc: Fapproc,  # noqa: F811 - the fixture
    site: Gated,
    user: User,
    start: str,
    answer: Response,
    said: str,
) -> None:
    site.answers = {start: answer, "/login.php": page("<html>Welcome</html>")}
    ended = fapproc("read", "-u", user.name)
    assert ended.code == 20
    told = error(ended)
    assert f"The site answers {site.root}{start}" in told  # not where that led
    assert f"with {said}." in told and "SITE_COOKIES" in told


@pytest.mark.parametrize(
    ("status", "said"),
    [(403, "the site refuses it. Open it in a browser"), (503, "the site is in trouble. Try")],
)
def test_a_site_that_refuses_its_first_page_has_asked_to_stop(
    fapproc: Fapproc,  # noqa: F811 - the fixture
    site: Gated,
    user: User,
    status: int,
    said: str,
) -> None:
    site.answers = {"/profile/": page("<html>Sorry</html>", status)}
    ended = fapproc("read", "-u", user.name)
    assert ended.code == 20
    assert f" answers {status}: {said}" in error(ended)
    assert ("SITE_COOKIES" in error(ended)) is (status == 403)


def test_a_folder_behind_a_gate_keeps_no_other_from_being_read(
    crawls: Crawls, site: Gated, user: User
) -> None:
    walk = user.folder_named("Long walk")
    target = f"/showfavorites.php?userid={user.id}&page=0&folderid={walk.id}"
    site.answers = {target: page("<html><body>Please log in</body></html>")}
    told = crawls.run(f"user_id={user.id}")
    assert "Album 'Long walk' is left for the next crawl" in told and LOGIN in told
    assert "2 albums read" in told


def test_a_bare_address_in_the_command_is_whose_favorites_are_meant(
    fapproc: Fapproc,  # noqa: F811 - the fixture
    site: Gated,
    user: User,
) -> None:
    folder = user.folder_named("Landscapes")
    query = f"folderid={folder.id}&userid={user.id}&page=3"
    ended = fapproc("read", f"{site.root}/showfavorites.php?{query}#top", "-q")
    assert ended.code == 0, ended.err
    assert "1 album read" in ended.out
    refused = fapproc("read", "https://elsewhere.example/profile/a")
    assert refused.code == 2 and "is not an address of 127.0.0.1" in error(refused)
    twice = fapproc("read", "a", "-u", "b")
    assert twice.code == 2 and "Two users were given" in error(twice)
