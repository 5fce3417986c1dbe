"""Whole crawls and the site's limits: what its log shows, and what the archive holds after it."""

import signal
import ssl
import threading
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from fapproc.errors import UsageProblem
from fapspider import settings
from fapspider.politeness.cookies import read_cookies
from tests.demosite import notices
from tests.demosite.model import User
from tests.demosite.response import Request, Response, page
from tests.demosite.server import DemoServer
from tests.demosite.site import Site
from tests.fapspider.conftest import small_world
from tests.fapspider.crawling import Crawls, asked, contents, paths, serving, until
from tests.self_signed import self_signed

BUDGETS = {1: 8, 3: 15}
SETTING = '{"1": 8, "3": 15}'


def page_times(site: Site) -> list[float]:
    return [one.at for one in asked(site) if not one.path.startswith("/images/")]


def test_no_window_of_the_site_s_log_is_over_its_budget(
    crawls: Crawls, site: Site, user: User
) -> None:
    first, second = user.folder_named("Landscapes"), user.folder_named("Long walk")
    other = Crawls(crawls.folder / "other", crawls.root)
    other.folder.mkdir()
    state = str(crawls.folder / "state")
    crawls.environment["XDG_STATE_HOME"] = other.environment["XDG_STATE_HOME"] = state
    site.board.set({f"/photo/{first.photo_ids[0]}/": "503*1"})
    one = crawls.start(f"user={user.name}", f"folder={first.name}", SITE_BUDGETS=SETTING)
    two = other.start(f"user={user.name}", f"folder={second.name}", SITE_BUDGETS=SETTING)
    one.end()
    two.end()
    times = page_times(site)
    assert len(times) > BUDGETS[3]
    for seconds, most in BUDGETS.items():
        for at in times:
            assert sum(at <= time < at + seconds for time in times) <= most
    assert contents(crawls.archive).images(first.id) == list(first.photo_ids)
    assert contents(other.archive).images(second.id) == list(second.photo_ids)


def test_pages_that_wait_for_the_budget_hold_up_no_file(
    crawls: Crawls, site: Site, user: User
) -> None:
    crawl = crawls.start(f"user_id={user.id}", SITE_BUDGETS='{"3600": 16}')
    said = next(line for line in crawl.process.stderr if "budget" in line)
    assert said.startswith("The site's budget (16 pages an hour) is used up: going on in ")
    until(lambda: len(paths(site, "/photo/")) == len(paths(site, "/images/")) > 1, crawl)
    crawl.signal(signal.SIGINT)
    crawl.end()
    assert len(page_times(site)) == 16


def test_a_rude_site_gives_the_same_archive_as_a_polite_one(
    crawls: Crawls, site: Site, user: User, tmp_path: Path
) -> None:
    walk = user.folder_named("Long walk")
    gone, stalls, drops, busy, checks, expires, late = map(str, walk.photo_ids)
    site.board.set({gone: "page-missing"})
    crawls.run(f"user={user.name}")
    rude = Rude(
        small_world(), checked={f"/photo/{checks}/", site.world.photos[int(late)].full_path}
    )
    with serving(rude):
        rude.board.set(
            {
                gone: "page-missing",
                stalls: "stall*1",
                drops: "drop-once",
                busy: "file-503-once",
                expires: "file-expired-once",
                f"/photo/{busy}/": "503*1",
                "/profile/": "human*1",
                "/showfavorites.php": "429*1",
            }
        )
        (tmp_path / "rude").mkdir()
        again = Crawls(tmp_path / "rude", rude.root)
        told = again.run(f"user={user.name}", DOWNLOAD_TIMEOUT=2, SITE_PAUSE="0.1")
        assert told.count("wants a human check: pausing for ") >= 2
        assert told.count("answers that the limit of requests is reached: pausing for 1.0 s") == 1
        assert paths(rude).count(f"/photo/{gone}/") == 1
    polite, found = contents(crawls.archive), contents(again.archive)
    assert found.files == polite.files
    for shelf in polite.shelves:
        assert found.images(shelf.album.id) == polite.images(shelf.album.id)
        assert found.names(shelf.album.id) == polite.names(shelf.album.id)
        assert found.failures(shelf.album.id) == polite.failures(shelf.album.id)


@dataclass
class Rude(Site):
    """A site that answers with a check, as a plain page, what it is first asked for at a path."""

    checked: set[str] = field(default_factory=set)

    def answer(self, request: Request, target: str) -> Response:
        if request.path in self.checked:
            self.checked.discard(request.path)
            return page(notices.human_page())
        return Site.answer(self, request, target)


def test_a_count_that_can_t_be_kept_is_told_before_any_request(crawls: Crawls, site: Site) -> None:
    blocked = crawls.folder / "file"
    blocked.write_text("")
    crawls.environment["XDG_STATE_HOME"] = str(blocked)
    told = crawls.run("user=a", SITE_BUDGETS=SETTING)
    assert "Error: The requests to the site can't be counted: " in told
    assert asked(site) == []


def test_a_certificate_that_is_not_valid_ends_the_crawl_with_one_sentence(tmp_path: Path) -> None:
    server = DemoServer(Site(small_world()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed(tmp_path / "both.pem"))
    server.socket = context.wrap_socket(server.socket, server_side=True)
    root = server.site.root.replace("http://", "https://")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        told = Crawls(tmp_path, root).run("user=a", RETRY_DELAY=60)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert told.startswith(
        f"Error: {root}/profile/a does not speak TLS, or has no valid certificate: "
    )
    assert told.count("\n") == 1 and asked(server.site) == []


class Proxy(ThreadingHTTPServer):
    """Answers everything with 404 and remembers what it was asked, and how."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), ProxyHandler)
        self.seen: list[tuple[str, Message]] = []


class ProxyHandler(BaseHTTPRequestHandler):
    server: Proxy

    def do_GET(self) -> None:
        self.server.seen.append((self.path, self.headers))
        self.send_error(404)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's own name
        """Print nothing."""


@pytest.mark.parametrize(
    ("variable", "kind"), [("http_proxy", "http://"), ("ALL_PROXY", "http://"), ("all_proxy", "")]
)
def test_cookies_proxy_and_user_agent_are_the_person_s(
    variable: str, kind: str, tmp_path: Path
) -> None:
    cookies = tmp_path / "cookies.txt"
    cookies.write_text(
        "\ufeff# Exported by an extension\nno line of cookies\n"
        "#HttpOnly_127.0.0.1\tTRUE\t/\tFALSE\tSession\tpassed\tthe-check\n"
        "elsewhere.test\tFALSE\t/\tFALSE\t0\tother\tsecret\n"
    )
    root = "http://127.0.0.1:9"
    crawls = Crawls(tmp_path, root)
    with Proxy() as proxy:
        thread = threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        crawls.environment |= {
            variable: f"{kind}127.0.0.1:{proxy.server_address[1]}",
            "no_proxy": "",
            "FAP_SITE_COOKIES": str(cookies),
            "FAP_USER_AGENT": "Lake/1.0",
        }
        told = crawls.run("user=a")
        proxy.shutdown()
        thread.join()
    assert "The site has no user 'a'" in told and "the-check" not in told
    assert f"SITE_COOKIES: 1 line of {cookies} can't be read." in told
    ((path, headers),) = proxy.seen
    assert path == f"{root}/profile/a"
    assert headers["Cookie"] == "passed=the-check"
    assert headers["User-Agent"] == "Lake/1.0"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (None, "can't be read: No such file or directory."),
        ("secret", "is not a cookies.txt. Export it again"),
        ("# Netscape HTTP Cookie File\nsecret\n", "is not a cookies.txt. Export it again"),
        (
            "# Netscape HTTP Cookie File\n127.0.0.11\tFALSE\t/\tFALSE\t0\ta\tsecret\n",
            "has no cookie for 127.0.0.1. Open the site in your browser",
        ),
        ("127.0.0.1\tFALSE\t/\tFALSE\t1000000000\ta\tsecret\n", "have expired. Open the site"),
    ],
)
def test_cookies_that_can_t_be_used_are_told_without_what_is_in_them(
    tmp_path: Path, text: str | None, sentence: str
) -> None:
    file = tmp_path / "cookies.txt"
    if text is not None:
        file.write_text(text)
    with pytest.raises(UsageProblem) as told:
        read_cookies(file, "127.0.0.1")
    assert sentence in str(told.value) and "secret" not in str(told.value)


def test_nobody_can_reach_into_a_running_crawl() -> None:
    assert not settings.TELNETCONSOLE_ENABLED
    assert not settings.REMOTE_CONTROL_ENABLED
    assert settings.DOWNLOAD_VERIFY_CERTIFICATES
