import re
import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fapproc.wording import counted, duration, moment, share, size

FACTORS = {"B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (0, "0 B"),
        (987, "987 B"),
        (999, "999 B"),
        (999.7, "1.0 kB"),
        (1000, "1.0 kB"),
        (1_234_567, "1.2 MB"),
        (999_949, "999.9 kB"),
        (999_950, "1.0 MB"),
        (5_700_000_000, "5.7 GB"),
        (2 * 10**12, "2.0 TB"),
        (1_234 * 10**12, "1,234.0 TB"),
    ],
)
def test_sizes_are_said_in_decimal_units(count: float, said: str) -> None:
    assert size(count) == said


@given(st.floats(0, 10**15))
def test_a_size_is_said_to_a_twentieth_and_never_as_a_thousand_of_a_unit(count: float) -> None:
    number, unit = size(count).split()
    value = float(number.replace(",", ""))
    assert abs(value * FACTORS[unit] - count) <= max(0.5, 0.0501 * FACTORS[unit])
    assert value < 1000 or unit == "TB"


@pytest.mark.parametrize(
    ("number", "said"), [(0, "0 images"), (1, "1 image"), (2, "2 images"), (1234, "1,234 images")]
)
def test_a_number_agrees_with_its_noun(number: int, said: str) -> None:
    assert counted(number, "image") == said


def test_an_irregular_plural_may_be_given() -> None:
    assert counted(2, "copy", "copies") == "2 copies"
    assert counted(1, "copy", "copies") == "1 copy"


def test_a_share_of_nothing_is_a_dash() -> None:
    assert share(1, 8) == "12.5%"
    assert share(0, 8) == "0.0%"
    assert share(1, 0) == "-"


@pytest.fixture
def in_tokyo(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("in_tokyo")
def test_a_moment_is_said_in_the_zone_of_the_person() -> None:
    assert moment(1_700_000_000) == "2023-11-15 07:13"


def test_no_moment_is_said_as_told() -> None:
    assert moment(0) == "-"
    assert moment(0, never="pending") == "pending"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0.0 s"),
        (0.84, "0.8 s"),
        (59.4, "59 s"),
        (59.6, "1 min"),
        (245, "4 min 5 s"),
        (3600, "1 h"),
        (3605, "1 h"),
        (183_600, "2 d 3 h"),
        (86_400, "1 d"),
    ],
)
def test_a_duration_is_said_in_its_two_largest_units(seconds: float, said: str) -> None:
    assert duration(seconds) == said


@given(st.floats(0, 10**9))
def test_any_duration_can_be_said(seconds: float) -> None:
    assert re.fullmatch(r"[\d.]+ (s|min|h|d)( \d+ (s|min|h))?", duration(seconds))
