"""Alignment: where one picture may lie in another."""

from collections.abc import Callable, Iterator

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw

from fapproc.dedup.second_look.alignment import Pairing, Place
from fapproc.dedup.second_look.picture import Grey, Picture
from tests.dedup.test_second_look import cropped, folded_sheet


@pytest.fixture(params=["IPP", "no IPP"])
def _sums(request: pytest.FixtureRequest) -> Iterator[None]:
    """OpenCV's two ways of sliding; that by IPP depends on the processor."""
    used = cv2.ipp.useIPP()
    cv2.ipp.setUseIPP(request.param == "IPP")
    yield
    cv2.ipp.setUseIPP(used)


def dot() -> Image.Image:
    """A dot in a corner of a sheet."""
    paper = Image.new("RGB", (280, 280), "white")
    ImageDraw.Draw(paper).ellipse((30, 30, 110, 110), "black")
    return paper


def correlation(window: Grey, part: Grey) -> float:
    """What sliding computes for one place, in float64."""
    one, other = (each - each.mean(dtype=np.float64) for each in (window, part))
    return float((one * other).sum() / (np.linalg.norm(one) * np.linalg.norm(other)))


def error(place: Place) -> float:
    """By how much a place's score is off."""
    left, upper, width, height = place.box
    scene = place.scene.scenes[place.turn[1]]
    window = scene[upper : upper + height, left : left + width]
    exact = correlation(window, place.part.part(width, height))
    return abs(place.score - exact)


@pytest.mark.usefixtures("_sums")
@pytest.mark.parametrize("drawn", [folded_sheet, dot])
@pytest.mark.parametrize("share", [0.05, 0.1, 0.2])
def test_a_part_fits_nowhere_just_because_nothing_is_shown_there(
    drawn: Callable[[], Image.Image], share: float
) -> None:
    whole = drawn()
    two = Pairing(*(Picture(np.asarray(each)) for each in (whole, cropped(whole, share))))
    assert max(map(error, two.slid)) < 1e-4
