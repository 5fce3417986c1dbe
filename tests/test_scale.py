"""docs/scale.md: what it calculates from its measured costs comes out as it says."""

import math
import re
from collections.abc import Callable
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[1] / "docs" / "scale.md").read_text(encoding="utf-8")
SIZES = (1e6, 1e7, 1e8)
PORTION = 131_072
HOUR = 3600.0


def row(begins: str) -> list[str]:
    """The cells behind the first of a row."""
    [line] = [line for line in PAGE.splitlines() if line.startswith(f"| {begins}")]
    return [cell.strip() for cell in line.strip("|").split("|")[1:]]


def numbers(text: str) -> list[float]:
    return [float(found.replace(",", "")) for found in re.findall(r"\d[\d,]*(?:\.\d+)?", text)]


def cost(step: str, column: int) -> float:
    """Seconds of a processor that a picture takes at a step."""
    return float(row(step)[column]) / 1000


def portions(count: float) -> float:
    """How often a portion is compared with all there are by then, on average half of them."""
    return count / PORTION / 2


CODES = sum(numbers(row("131,072 new of ten million")[0]))
TURNED = numbers(row("turned pictures")[0])[0]
RATE, NEAREST = (
    1e6 * numbers(PAGE[PAGE.index(f"| vectors, {what}") :].partition(" million couples")[0])[-1]
    for what in ("the near ones", "the two nearest")
)
HOURS: dict[str, Callable[[float], float]] = {
    "`import`, large": lambda n: n * cost("`import` |", 1) / HOUR,
    "`process`, small": lambda n: n * cost("`process`:", 0) / HOUR,
    "`process`, large": lambda n: n * cost("`process`:", 1) / HOUR,
    "the same on 32": lambda n: n * cost("`process`:", 1) / HOUR / 32,
    "`dedup`: four hashes": lambda n: portions(n) * CODES * n / 1e7 / HOUR,
    "`dedup`: turned pictures": lambda n: portions(n) * TURNED * n / 1e6 / HOUR,
    "`dedup`: vectors that are near": lambda n: n * n / 2 / RATE / HOUR,
    "`dedup`: looks at eight": lambda n: n * 8 * 0.008 / HOUR,
    "`dedup`: the two nearest of each": lambda n: n * n / NEAREST / HOUR,
    "`check --read-data`, large": lambda n: n * cost("`check --read-data` |", 1) / HOUR,
    "`backup`, large": lambda n: n * cost("`backup` |", 1) / HOUR,
}
GIGABYTES: dict[str, Callable[[float], float]] = {
    "files, small": lambda n: n * numbers(row("its file")[0])[0] / 1e9,
    "files, large": lambda n: n * numbers(row("its file")[1])[0] / 1e9,
    "thumbnails": lambda n: n * numbers(row("its thumbnail")[0])[0] / 1e9,
    "database": lambda n: n * numbers(row("its rows")[0])[0] / 1e9,
    "memory: `dedup` by hashes": lambda n: n * (300 + 524_288 * 15e-6 * 33) / 1e9,
    "memory: `dedup`, pairs": lambda n: PORTION * n * 1e-4 * 79 * 2 / 1e9,
    "memory: `check`": lambda n: n * 2 * 16 / 1e9,
}
UNITS = {"MB": 1e-3, "GB": 1.0, "TB": 1e3}


def is_about(told: float, calculated: float) -> bool:
    """Whether it is the same in two digits, but for the last one."""
    digit: float = 10 ** (math.floor(math.log10(calculated)) - 1)
    return abs(told - calculated) <= digit


@pytest.mark.parametrize("step", HOURS)
def test_hours_follow_from_the_costs_of_a_picture(step: str) -> None:
    told = [numbers(cell)[0] for cell in row(step)]
    for hours, count in zip(told, SIZES, strict=True):
        assert is_about(hours, HOURS[step](count)), (hours, HOURS[step](count))


@pytest.mark.parametrize("what", GIGABYTES)
def test_bytes_follow_from_those_of_a_picture(what: str) -> None:
    for cell, count in zip(row(what), SIZES, strict=True):
        number, unit = cell.split()
        assert is_about(float(number) * UNITS[unit], GIGABYTES[what](count)), cell
