"""Two ways of writing one name, and two names."""

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fapproc.names import (
    in_order,
    key,
    meant,
    nearest,
    quoted,
    same,
    shown_in_json,
    shown_in_json_lines,
    steers,
    typed,
)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("Blue\u00a0Lake", "Blue Lake"),
        ("Bl\u00fce Lake", "Bl\u00fce Lake"),
        ("Blu\u0308e Lake", "Bl\u00fce Lake"),
        ("\ufeff Blue\u200b  Lake\u2003", "Blue Lake"),
        ("\u202aBlue Lake\u202c", "Blue Lake"),
        ("\u2066Blue\u00ad Lake\u2069", "Blue Lake"),
        ("", ""),
    ],
)
def test_a_typed_name_has_the_form_in_which_sites_have_names(written: str, kept: str) -> None:
    assert typed(written) == kept


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Caf\u00e9", "CAFE\u0301"),
        ("Stra\u00dfe", "STRASSE"),
        ("blue lake", "Blue\u202fLake"),
        ("\u0645\u06cc\u200c\u0631\u0648\u0645", "\u0645\u06cc\u0631\u0648\u0645"),
        ("\u1e9b\u0323", "\u1e9b\u0323"),
    ],
)
def test_one_name_is_found_in_whatever_way_it_is_written(one: str, other: str) -> None:
    assert same(one, other)


@pytest.mark.parametrize(
    ("one", "other"), [("Lake", "Lakes"), ("é", "e"), ("a b", "ab"), ("", "a")]
)
def test_two_names_stay_two(one: str, other: str) -> None:
    assert not same(one, other)


@given(st.text())
def test_a_name_is_itself_in_every_form_and_case(name: str) -> None:
    for form in ("NFC", "NFD"):
        assert same(name, unicodedata.normalize(form, name))
    assert key(key(name)) == key(name)
    assert typed(typed(name)) == typed(name)


@given(st.text() | st.text('\x1b\x9b\u202e\u2028\ud800\x7f"\\a', min_size=1))
def test_a_line_of_json_orders_a_terminal_nothing_and_says_the_same(text: str) -> None:
    line = shown_in_json(json.dumps({"name": text}, ensure_ascii=False))
    assert json.loads(line) == {"name": text}
    assert not any(map(steers, line))
    line.encode()


@given(st.lists(st.text('\x1b\u202e\x7f"\\a\n') | st.text()))
def test_many_lines_of_json_are_what_each_of_them_is(texts: list[str]) -> None:
    lines = [json.dumps({"name": text}, ensure_ascii=False) for text in texts]
    assert shown_in_json_lines(lines) == "".join(f"{shown_in_json(line)}\n" for line in lines)


@pytest.mark.parametrize(
    ("mistyped", "known", "found"),
    [
        ("lakse", ["Lakes", "Rivers"], "Lakes"),
        ("PLACES/LAKS", ["Places", "Places/Lakes"], "Places/Lakes"),
        ("caf\u0065\u0301s", ["caf\u00e9"], "caf\u00e9"),
        ("lakes", ["Mountains"], None),
        ("", ["Lakes"], None),
        ("x" * 1_000_000, ["x" * 1_000_000 + "y"], "x" * 1_000_000 + "y"),
    ],
)
def test_of_a_mistyped_name_the_nearest_is_suggested(
    mistyped: str, known: list[str], found: str | None
) -> None:
    assert nearest(mistyped, known) == found
    told = meant(mistyped, known)
    assert told == ("" if found is None else f" Did you mean {quoted(found)}?")


@given(st.text())
def test_a_sentence_has_no_more_of_a_name_than_its_beginning(name: str) -> None:
    assert quoted(name) == repr(name if len(name) <= 100 else f"{name[:100]}…")
    assert quoted(3000 * "\x1b") == repr(100 * "\x1b" + "…")
    assert quoted(5) == "5"


def test_of_very_many_names_the_first_are_looked_at() -> None:
    names = (f"set {number}" for number in range(10_000))
    assert nearest("sat 7", names) == "set 7"
    assert next(names) == "set 2000"


def test_names_are_ordered_by_their_numbers_and_in_any_case() -> None:
    ordered = ["a", "B", "img1", "Img2", "img02", "img10", "img10a", "img010b", "img" + "9" * 9999]
    assert sorted(sorted(ordered), key=in_order) == ordered


@given(st.text("01a\u0661\u00b2"), st.text("01a\u0661\u00b2"))
def test_every_two_names_have_an_order(one: str, other: str) -> None:
    assert (in_order(one) < in_order(other)) == (in_order(other) > in_order(one))
    assert (in_order(one) == in_order(other)) == (one == other)
