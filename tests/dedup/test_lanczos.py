"""Shrinking by products of matrices gives Pillow's own pixels."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from fapproc.dedup import lanczos
from fapproc.dedup.lanczos import Size

SIZES = [(32, 32), (9, 8), (8, 8), (256, 256), (31, 7)]
SIDE = st.integers(1, 900)


def noise(size: Size, seed: int, shades: int) -> Image.Image:
    values = np.random.default_rng(seed).integers(0, shades, (size[1], size[0], 3)) * 255
    return Image.fromarray((values // (shades - 1)).astype(np.uint8))


def by_pillow(image: Image.Image, size: Size) -> Image.Image:
    return image.resize(size, Image.Resampling.LANCZOS)


@settings(max_examples=40, deadline=None)
@given(size=st.tuples(SIDE, SIDE), seed=st.integers(0, 99), shades=st.sampled_from([2, 3, 256]))
def test_every_pixel_is_the_one_that_pillow_makes(size: Size, seed: int, shades: int) -> None:
    image = noise(size, seed, shades)
    made = lanczos.shrink(image, SIZES)
    assert {small: one.tobytes() for small, one in made.items()} == {
        small: by_pillow(image, small).tobytes() for small in SIZES
    }


@pytest.mark.parametrize("size", [(1, 40_000), (40_000, 1), (3000, 200), (200, 3000), (2100, 1400)])
def test_long_and_large_pictures_are_shrunk_as_pillow_does(size: Size) -> None:
    image = noise(size, 1, 256)
    for small, made in lanczos.shrink(image, SIZES).items():
        assert made.tobytes() == by_pillow(image, small).tobytes()


def test_pictures_of_nearly_every_size_go_the_fast_way() -> None:
    assert lanczos._agrees()
    sides = range(128, 1200)
    fast = [
        side for side in sides if all(lanczos._weights(side, small).clear for small in (8, 9, 32))
    ]
    assert len(fast) > 0.9 * len(sides)
