"""`cookies.txt` as extensions of browsers write it, line by line."""

import codecs
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fapspider.politeness.cookies import read_cookies
from fapspider.politeness.cookies_file import read_export

HEAD = "# Netscape HTTP Cookie File\n"
LINE = "www.imagefap.com\tFALSE\t/\tTRUE\t1999999999\tpassed\tthe-check\n"


def _read(text: str | bytes) -> list[tuple[str, str, str, int | None]]:
    export = read_export(text.encode() if isinstance(text, str) else text)
    assert export.bad == 0
    return [(c.domain, c.name, c.value or "", c.expires) for c in export.cookies]


WHOLE = [("www.imagefap.com", "passed", "the-check", 1999999999)]


@pytest.mark.parametrize(
    "text",
    [
        HEAD + LINE,
        LINE,
        f"# Made by an extension\n\n{HEAD}# https://curl.se/\n{LINE}",
        (HEAD + LINE).replace("\n", "\r\n"),
        codecs.BOM_UTF8 + (HEAD + LINE).encode(),
        (HEAD + LINE).encode("utf-16"),
        HEAD + "#HttpOnly_" + LINE,
        LINE.replace("\t", "   "),
        LINE.replace("FALSE", "false").replace("TRUE", "true"),
        LINE.replace("1999999999", "1999999999.25"),
        "\n  \n" + LINE.rstrip("\n"),
        LINE + LINE,
        (HEAD + LINE).replace("\n", "\r"),
        LINE.replace("1999999999", "1.999999999e9"),
    ],
)
def test_one_cookie_is_read_in_whatever_form(text: str | bytes) -> None:
    assert _read(text) == WHOLE


@pytest.mark.parametrize("flag", ["TRUE", "FALSE"])
@pytest.mark.parametrize("dot", [".", ""])
def test_a_flag_that_contradicts_the_dot_is_no_bad_line(dot: str, flag: str) -> None:
    is_domain = dot == "." or flag == "TRUE"
    ((domain, *_),) = _read(f"{dot}imagefap.com\t{flag}\t/\tFALSE\t0\ta\tb")
    assert domain == (".imagefap.com" if is_domain else "imagefap.com")


@pytest.mark.parametrize(
    "ends", ["0", "", "Session", "session", "-1", "13350000000000000", "inf", "nan"]
)
def test_a_cookie_of_a_session_has_no_end(ends: str) -> None:
    assert _read(f"a.com\tTRUE\t/\tFALSE\t{ends}\tn\tv") == [(".a.com", "n", "v", None)]


@pytest.mark.parametrize(
    ("line", "value", "ends"),
    [
        ("a.com\tTRUE\t/\tFALSE\t1999999999\tn", "", 1999999999),
        ("a.com\tTRUE\t/\tFALSE\tSession\tn", "", None),
        ("a.com\tTRUE\t/\tFALSE\tn\tv", "v", None),
        ("a.com TRUE / FALSE n v", "v", None),
    ],
)
def test_of_six_fields_either_the_value_or_the_date_is_not_there(
    line: str, value: str, ends: int | None
) -> None:
    assert _read(line) == [(".a.com", "n", value, ends)]


@pytest.mark.parametrize(
    "bad",
    ["secret", "a\tb\tc", "a.com\tPERHAPS\t/\tFALSE\t0\tn\tv", "a.com\tTRUE\t/\tFALSE\t0\t\tv"],
)
def test_a_bad_line_is_passed_over_and_counted(tmp_path: Path, bad: str) -> None:
    file = tmp_path / "cookies.txt"
    file.write_text(f"{bad}\n{LINE}{bad}\n")
    read = read_cookies(file, "www.imagefap.com")
    assert read.bad == 2 and [cookie.name for cookie in read.cookies] == ["passed"]


@given(st.binary(max_size=300))
def test_any_file_is_read(data: bytes) -> None:
    read_export(data)
