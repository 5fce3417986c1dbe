"""Two ways of writing one name, and two names."""

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fapproc.names import key, same, shown_in_json, steers, typed


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
