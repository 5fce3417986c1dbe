"""Addresses of pages: joined as a browser joins them, read as whoever wrote them meant them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fapproc.config import REAL_SITE
from fapspider.addresses import joined, unescaped, unescaped_field
from fapspider.site import Site

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
