import pytest
from hypothesis import given
from hypothesis import strategies as st

from fapproc.config import REAL_SITE
from fapproc.sites.imagefap.site import ImageFap as Site

REAL, LOCAL, SIX = Site(REAL_SITE), Site("http://127.0.0.1:8080"), Site("http://[::1]:8080")


def test_pages_have_the_site_s_own_addresses() -> None:
    assert REAL.profile("Safe & User/é") == f"{REAL_SITE}/profile/Safe%20%26%20User%2F%C3%A9"
    assert REAL.folders(12, 3) == f"{REAL_SITE}/showfavorites.php?userid=12&page=3"
    assert REAL.folder(12, 34, 0) == f"{REAL_SITE}/showfavorites.php?userid=12&page=0&folderid=34"
    assert REAL.photo(56) == f"{REAL_SITE}/photo/56/"


@pytest.mark.parametrize(
    "url",
    [
        "https://www.imagefap.com/photo/1/",
        "https://imagefap.com/",
        "https://cdnh.imagefap.com/images/full/1/100/1001.jpg?end=1&secure=2",
        "https://WWW.ImageFap.COM/",
        "https://a.b.imagefap.com:443/",
    ],
)
def test_the_real_site_is_asked_by_https_at_hosts_of_its_own(url: str) -> None:
    assert REAL.allows(url)
    assert not LOCAL.allows(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://www.imagefap.com/",
        "ftp://www.imagefap.com/",
        "//www.imagefap.com/",
        "https://imagefap.com.evil.example/",
        "https://evilimagefap.com/",
        "https://imagefap.com@evil.example/",
        "https://www.imagefap.com:443@evil.example/",
        "https://evil.example/https://www.imagefap.com/",
        "https://evil.example?.imagefap.com",
        "https://evil.example#.imagefap.com",
        "https://evil.example\\.imagefap.com/",
        "https://evil.example%2f.imagefap.com/",
        "https://evil.example .imagefap.com/",
        "https://evil.example\uff0f.imagefap.com/",
        "https://www.imagefap.com\\@evil.example/",
        "https://imagefap.com。evil.example/",
        "https://[www.imagefap.com]/",
        "https://127.0.0.1/",
        "https:///images/full/1.jpg",
        "https://",
        "imagefap.com",
        "javascript:alert(1)",
        "",
    ],
)
def test_nothing_else_is_asked_on_behalf_of_the_real_site(url: str) -> None:
    assert not REAL.allows(url)


@pytest.mark.parametrize(
    ("site", "url"),
    [
        (LOCAL, "http://127.0.0.1:8080/photo/1/"),
        (LOCAL, "http://evil.example@127.0.0.1:8080/"),
        (SIX, "http://[::1]:8080/photo/1/"),
        (Site("http://Demo.Local"), "http://demo.local/x"),
        (Site("http://Demo.Local"), "http://demo.local:80/x"),
        (Site("https://demo.local:443"), "https://demo.local/x"),
    ],
)
def test_an_imitation_is_asked_at_its_own_server(site: Site, url: str) -> None:
    assert site.allows(url)


@pytest.mark.parametrize(
    ("site", "url"),
    [
        (LOCAL, "http://127.0.0.1@evil.example/"),
        (LOCAL, "http://127.0.0.1:8080@evil.example/"),
        (LOCAL, "http://127.0.0.1\\@evil.example/"),
        (LOCAL, "http://localhost:8080/"),
        (LOCAL, "http://127.0.0.1.evil.example:8080/"),
        (LOCAL, "http://evil.127.0.0.1:8080/"),
        (LOCAL, "http://127.0.0.10:8080/"),
        (LOCAL, "http://127.0.0.1:9999/images/full/1.jpg"),
        (LOCAL, "http://127.0.0.1/"),
        (LOCAL, "https://127.0.0.1:8080/"),
        (LOCAL, "http://127.0.0.1:80800/"),
        (SIX, "http://[::1]/photo/1/"),
        (Site("http://demo.local"), "http://demo.local:0/"),
        (Site("http://demo.local"), "https://demo.local/"),
        (LOCAL, "http://[::1]:8080/"),
        (LOCAL, "http://[127.0.0.1/"),
        (LOCAL, "file:///etc/hosts"),
        (LOCAL, "data:,a"),
        (SIX, "http://[::2]:8080/"),
        (SIX, "http://127.0.0.1:8080/"),
    ],
)
def test_an_imitation_leads_to_no_other_server(site: Site, url: str) -> None:
    assert not site.allows(url)


@given(st.text(), st.sampled_from(["", "http://", "https://", "https://["]))
def test_any_text_has_an_answer(text: str, start: str) -> None:
    for site in (REAL, LOCAL, SIX):
        assert site.allows(start + text) in {True, False}
