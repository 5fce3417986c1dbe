"""A slight turn leaves wedges in the corners, which don't hide that all around is paper."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageOps

from fapproc.dedup.seen import Seen
from fapproc.dedup.wedges import filled
from fapproc.imaging.decode import decode
from tests.drawing import landscape, write

PHOTO = landscape(1, (280, 210))


def sheet(ground: str) -> Image.Image:
    """A picture on a large sheet."""
    paper = Image.new("RGB", (280, 400), ground)
    paper.paste(PHOTO.resize((120, 90)), (90, 140))
    return paper


def turned(image: Image.Image, degrees: float, fill: str = "black") -> Image.Image:
    return image.rotate(degrees, Image.Resampling.BICUBIC, fillcolor=fill)


def planes(image: Image.Image) -> np.ndarray:
    return np.stack([np.asarray(plane) for plane in image.convert("RGB").split()])


@pytest.mark.parametrize("degrees", [2, -2, 1.5, 4])
@pytest.mark.parametrize(("ground", "fill"), [("white", "black"), ("#f4efe0", "#204080")])
def test_what_a_turn_leaves_in_the_corners_is_no_part_of_the_picture(
    degrees: float, ground: str, fill: str
) -> None:
    left, upper, right, lower = Seen(turned(sheet(ground), degrees, fill)).inner
    assert 78 <= left <= 96 and 128 <= upper <= 146
    assert 204 <= right <= 222 and 224 <= lower <= 242


def test_what_jpeg_leaves_beside_the_wedges_of_a_small_picture_is_filled_too() -> None:
    small = Image.new("RGB", (128, 128), "white")
    small.paste(PHOTO.resize((26, 26)), (51, 51))
    stored = decode(write(turned(small, 2), "JPEG", quality=80)).frames[0].image.convert("RGB")
    left, upper, right, lower = Seen(stored).inner
    assert 45 <= left <= 52 and 45 <= upper <= 52 and 76 <= right <= 83 and 76 <= lower <= 83


def test_a_picture_without_wedges_stays_as_it_is() -> None:
    rounded = Image.new("RGB", (280, 210), "black")
    ImageDraw.Draw(rounded).rounded_rectangle((0, 0, 279, 209), 30, "white")
    others = [PHOTO, sheet("white"), rounded, ImageOps.expand(PHOTO, 9, "white")]
    others += [Image.new("RGB", size, "red") for size in ((1, 1), (1, 90), (90, 2))]
    for image in others:
        given = planes(image)
        assert filled(given) is given


def test_wedges_of_a_full_picture_are_filled_without_a_border() -> None:
    askew = turned(PHOTO, 3)
    assert filled(planes(askew)) is not None
    assert Seen(askew).inner == (0, 0, *askew.size)
