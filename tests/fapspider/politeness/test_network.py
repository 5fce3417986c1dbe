"""Hosts with an IPv6 address alone, and proxies: used, or refused with a sentence."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from fapproc.errors import UsageProblem
from fapspider.politeness.proxies import check
from tests.demosite.process import IMPATIENT
from tests.demosite.site import Site
from tests.fapspider.conftest import small_world
from tests.fapspider.crawling import Crawls, contents, serving
from tests.outgoing import Watched

WALK = "Long walk"
REAL, LOCAL = "https://www.imagefap.com", "http://127.0.0.1:8080"


@pytest.fixture
def six() -> Iterator[Site]:
    """A site that IPv6 alone leads to."""
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            pass
    except OSError:
        pytest.skip("this computer has no IPv6")
    with serving(Site(small_world()), "::1") as site:
        yield site


def test_a_site_is_asked_at_an_ipv6_address(six: Site, tmp_path: Path) -> None:
    crawls = Crawls(tmp_path, six.root)
    crawls.run(f"user={six.world.main.name}", f"folder={WALK}")
    folder = six.world.main.folder_named(WALK)
    assert contents(crawls.archive).images(folder.id) == list(folder.photo_ids)


def test_a_site_whose_name_has_an_ipv6_address_alone_is_found(six: Site, tmp_path: Path) -> None:
    six.root = six.root.replace("[::1]", "six.test")
    watched = Watched(tmp_path, {"SITE_ROOT": six.root, **IMPATIENT})
    line = ("get", "-u", six.world.main.name, "-f", WALK, "-o", str(tmp_path / "saved"))
    assert watched.run("fapproc", *line) == 0
    assert len(six.world.main.folder_named(WALK).photo_ids) == len(
        [file for file in (tmp_path / "saved").iterdir() if not file.name.startswith(".")]
    )


@pytest.mark.parametrize(
    ("root", "variables"),
    [
        (REAL, {"all_proxy": "socks5://user:secret@127.0.0.1:9050"}),
        (REAL, {"ALL_PROXY": "socks5h://127.0.0.1:9050"}),
        (REAL, {"https_proxy": "socks4://127.0.0.1:9050"}),
        (REAL, {"HTTPS_PROXY": "https://127.0.0.1:3128"}),
        (REAL, {"https_proxy": "/var/run/secret.sock"}),
        (REAL, {"https_proxy": "http://"}),
        (REAL, {"https_proxy": "http://127.0.0.1:secret"}),
        (REAL, {"https_proxy": "socks5://127.0.0.1", "all_proxy": "http://127.0.0.1:3128"}),
        (LOCAL, {"http_proxy": "socks5://127.0.0.1:9050", "no_proxy": "imagefap.com"}),
    ],
)
def test_a_proxy_that_can_t_be_used_is_told_without_its_password(
    root: str, variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(UsageProblem, match=r"_proxy is .*only http:// proxies can be used") as told:
        check(root)
    assert "secret" not in str(told.value)


@pytest.mark.parametrize(
    ("root", "variables"),
    [
        (REAL, {}),
        (REAL, {"https_proxy": "http://user:secret@127.0.0.1:3128"}),
        (REAL, {"https_proxy": "127.0.0.1:3128"}),
        (REAL, {"https_proxy": "http://[::1]:3128", "all_proxy": "socks5://127.0.0.1:9050"}),
        (REAL, {"http_proxy": "socks5://127.0.0.1:9050"}),
        (REAL, {"https_proxy": ""}),
        (REAL, {"all_proxy": "socks5://127.0.0.1:9050", "no_proxy": "imagefap.com"}),
        (LOCAL, {"all_proxy": "socks5://127.0.0.1:9050", "NO_PROXY": "localhost,127.0.0.1"}),
    ],
)
def test_a_proxy_that_can_be_used_or_is_not_for_the_site_is_no_trouble(
    root: str, variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    check(root)


def test_a_crawl_with_a_proxy_that_can_t_be_used_ends_before_any_request(
    crawls: Crawls, site: Site
) -> None:
    crawls.environment |= {"all_proxy": "socks5://127.0.0.1:9050", "no_proxy": ""}
    told = crawls.run(f"user={site.world.main.name}")
    assert told.startswith("Error: all_proxy is a proxy of the kind socks5://")
    assert told.count("\n") == 1
    assert not site.log.as_data()
