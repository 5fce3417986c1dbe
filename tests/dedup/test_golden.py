"""The hashes against values that the real imagededup 0.3.3 made, for every format and mode."""

from functools import cache

import pytest

from fapproc.dedup.colour import Colour
from fapproc.dedup.registry import METHODS, encode
from fapproc.imaging.decode import decode
from tests.dedup import golden

HASHES = ("percept", "diff", "average", "wavelet")


@cache
def ours() -> dict[str, dict[str, str]]:
    """Decode and hash each picture as `process` does."""
    found = {}
    for name, data in golden.pictures():
        codes = encode(Colour(decode(data).first), [METHODS[name] for name in HASHES])
        hexes = {method: code.hex() for method, code in codes.items()}
        found[name] = {"pixels": golden.pixels(data), **hexes}
    return found


def test_there_are_400_golden_values_and_more() -> None:
    values = golden.values()
    assert list(values) == list(ours())
    assert len(values) * len(HASHES) >= 400


@pytest.mark.parametrize("column", ["pixels", *HASHES])
def test_pictures_have_the_golden_values(column: str) -> None:
    """Where the pixels differ, a decoder or the drawing has changed, and not a hash."""
    golden_values = {name: value[column] for name, value in golden.values().items()}
    assert {name: value[column] for name, value in ours().items()} == golden_values
