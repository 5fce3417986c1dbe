"""Bytes of pages and addresses as text, whatever they are said to be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fapproc.sites.charset import as_text, page_text

NAME = "Grüße, naïve café, Ωμέγα"
PAGE = f"<html><body>{NAME}</body></html>"


@pytest.mark.parametrize(
    "content_type",
    [None, "text/html", "text/html; charset=utf8mb4", "text/html; charset=UTF-8", 'a; charset="x"'],
)
def test_a_page_is_utf_8_unless_it_says_what_else(content_type: str | None) -> None:
    assert page_text(PAGE.encode(), content_type) == PAGE


@pytest.mark.parametrize("content_type", [None, "text/html; charset=utf-8"])
def test_one_foreign_byte_spoils_no_other_letter(content_type: str | None) -> None:
    body = PAGE.encode().replace(b"</body>", b"M\xfcller \x80 \x81</body>")
    assert page_text(body, content_type) == PAGE.replace("</body>", "Müller € \x81</body>")


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ("iso-8859-1", "Müller: 5 €"),
        ("windows-1251", "Озеро и лес"),
        ("shift_jis", "湖の写真"),
        ("gb2312", "湖光山色"),
        ("koi8-r", "Озеро"),
        ("euc-kr", "호수"),
        ("iso-8859-2", "Jezioro Śniardwy"),
    ],
)
def test_a_page_in_another_charset_says_so_in_header_or_page(said: str, text: str) -> None:
    codec = "cp1252" if said == "iso-8859-1" else said
    assert page_text(text.encode(codec), f"text/html; charset={said}") == text
    meta = f'<html><head><meta charset="{said}">'
    assert page_text((meta + text).encode(codec), "text/html") == meta + text


def test_a_page_of_utf_8_that_is_said_to_be_western_is_utf_8() -> None:
    assert page_text(PAGE.encode(), "text/html; charset=ISO-8859-1") == PAGE


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_comes_before_what_is_said(codec: str) -> None:
    assert page_text(PAGE.encode(codec), "text/html; charset=latin-1") == PAGE


@pytest.mark.parametrize("said", ["utf-16", "utf-16le", "UTF-16BE"])
def test_a_page_of_single_bytes_that_calls_itself_wide_is_none(said: str) -> None:
    body = f"<meta charset={said}>{PAGE}"
    assert page_text(body.encode(), None) == body
    assert page_text(PAGE.encode(), f"text/html; charset={said}") == PAGE
    wide = PAGE.encode("utf-16-be" if said.endswith("BE") else "utf-16-le")
    assert page_text(wide, f"text/html; charset={said}") == PAGE


@pytest.mark.parametrize(
    "codec", ["punycode", "idna", "utf-7", "unicode_escape", "rot13", "hex", "zip", "undefined"]
)
def test_a_codec_that_is_none_of_the_web_is_not_used(codec: str) -> None:
    body = b"<html>+ADw-\\u0041-abc-kva</html>"
    assert page_text(body, f"text/html; charset={codec}") == body.decode()


@given(st.binary(max_size=200), st.text(max_size=40) | st.none())
def test_any_bytes_are_text_that_can_be_written(data: bytes, content_type: str | None) -> None:
    page_text(data, content_type).encode()
    as_text(data).encode()
