"""Addresses of pages: joined as a browser joins them, read as whoever wrote them meant them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest

from fapproc.config import REAL_SITE
from fapproc.sites.addresses import joined, unescaped, unescaped_field
from fapproc.sites.imagefap.site import ImageFap as Site
from fapspider.middlewares import HostGuard
from fapspider.spiders.favorites import FavoritesSpider

PAGE = "https://www.imagefap.com/photo/3001/"


@pytest.mark.parametrize(
    ("link", "whole"),
    [
        ("//cdn.imagefap.com/images/a.jpg", "https://cdn.imagefap.com/images/a.jpg"),
        ("/images/a.jpg", "https://www.imagefap.com/images/a.jpg"),
        ("images/a.jpg", "https://www.imagefap.com/photo/3001/images/a.jpg"),
        ("../../images/a.jpg?x=1", "https://www.imagefap.com/images/a.jpg?x=1"),
        (" \n https://cdn.imagefap.com/im\nages/a.jpg\t", "https://cdn.imagefap.com/images/a.jpg"),
        ("https://[a/b", "https://[a/b"),
    ],
)
def test_a_link_is_joined_to_the_address_of_its_page(link: str, whole: str) -> None:
    assert joined(link, PAGE) == whole


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Blue%20Lake", "Blue Lake"),
        ("M%C3%BCller", "Müller"),
        ("M%FCller", "Müller"),
        ("M%FCller%20%C3%A9%E9", "Müller éé"),
        ("Müller%20&%20S%F6hne", "Müller & Söhne"),
        ("%80", "€"),
        ("100%", "100%"),
        ("100%zz%2", "100%zz%2"),
    ],
)
def test_escaped_bytes_are_utf_8_or_what_old_pages_have(written: str, name: str) -> None:
    assert unescaped(written) == name


def test_a_plus_is_a_space_in_a_field_alone() -> None:
    assert unescaped_field("Blue+Lake%2B") == "Blue Lake+"
    assert unescaped("Blue+Lake%2B") == "Blue+Lake+"


@given(st.text())
def test_any_text_is_joined_and_read(text: str) -> None:
    joined(text, PAGE)
    unescaped_field(text).encode(errors="surrogatepass")


@pytest.mark.parametrize(
    ("root", "link", "asked"),
    [
        (REAL_SITE, "http://cdn.imagefap.com/a.jpg", "https://cdn.imagefap.com/a.jpg"),
        (REAL_SITE, "HTTP://cdn.imagefap.com:80/a.jpg", "https://cdn.imagefap.com/a.jpg"),
        (REAL_SITE, "https://cdn.imagefap.com/a.jpg", "https://cdn.imagefap.com/a.jpg"),
        (REAL_SITE, "http://elsewhere.example/a.jpg", None),
        (REAL_SITE, "ftp://cdn.imagefap.com/a.jpg", None),
        (REAL_SITE, "http://[a/b", None),
        ("http://127.0.0.1:80", "http://127.0.0.1:80/a.jpg", "http://127.0.0.1:80/a.jpg"),
    ],
)
def test_a_site_of_https_is_asked_by_https(root: str, link: str, asked: str | None) -> None:
    assert Site(root).first([link]) == asked


def test_a_redirect_to_plain_http_is_followed_by_https_and_one_elsewhere_is_not() -> None:
    crawler = Crawler(FavoritesSpider)
    crawler.spider = FavoritesSpider(user="a")
    crawler.spider.site = Site(REAL_SITE)
    guard = HostGuard(crawler)
    asked = guard.process_request(Request("http://www.imagefap.com/profile/a"))
    assert asked is not None and asked.url == "https://www.imagefap.com/profile/a"
    assert guard.process_request(asked) is None
    with pytest.raises(IgnoreRequest):
        guard.process_request(Request("http://elsewhere.example/profile/a"))


@pytest.mark.parametrize(("length", "is_allowed"), [(1_000, True), (10_000, False)])
def test_an_address_beyond_what_servers_take_is_not_asked_for(
    length: int, is_allowed: bool
) -> None:
    assert Site(REAL_SITE).allows(f"{REAL_SITE}/{'a' * length}") is is_allowed
