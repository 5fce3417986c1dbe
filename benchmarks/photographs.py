"""Drawn pictures in place of photographs, and the row of a table that says how fast they went."""

from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Protocol

from tests.drawing import landscape


class Pace(Protocol):
    """Seconds that a picture took: by the clock, and of all processors."""

    @property
    def clock(self) -> float:
        """By the clock."""

    @property
    def processors(self) -> float:
        """Of all processors."""


def draw(folder: Path, count: int, size: tuple[int, int]) -> Path:
    """Draw so many JPEGs of a size into a new folder, and return it."""
    folder.mkdir()
    for seed in range(count):
        landscape(seed, size).save(folder / f"{seed}.jpg", quality=88)
    return folder


def row(name: str, rounds: Sequence[Pace]) -> str:
    """Pictures a second, and milliseconds of a processor a picture: median, least and most."""
    rates = sorted(1 / one.clock for one in rounds)
    spent = sorted(1000 * one.processors for one in rounds)
    return (
        f"| {name} | {median(rates):.1f} ({rates[0]:.1f} to {rates[-1]:.1f}) "
        f"| {median(spent):.1f} ({spent[0]:.1f} to {spent[-1]:.1f}) |"
    )
