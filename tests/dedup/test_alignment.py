"""Alignment: where one picture may lie in another."""

from collections.abc import Callable, Iterator

import cv2
import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view
from PIL import Image, ImageDraw

from fapproc.dedup.second_look.alignment import Pairing, Place
from fapproc.dedup.second_look.picture import Grey, Picture


@pytest.fixture(params=["IPP", "no IPP"])
def _sums(request: pytest.FixtureRequest) -> Iterator[None]:
    """OpenCV's two ways of sliding; that by IPP depends on the processor."""
    used = cv2.ipp.useIPP()
    cv2.ipp.setUseIPP(request.param == "IPP")
    yield
    cv2.ipp.setUseIPP(used)


def frame() -> Image.Image:
    """A sheet of paper, drawn as its outline with a corner that is folded: inside it is empty."""
    paper = Image.new("RGB", (280, 280), "white")
    draw = ImageDraw.Draw(paper)
    outline = [(16, 16), (212, 16), (254, 58), (252, 255), (15, 254)]
    draw.line([*outline, *outline[:2]], "black", 8, "curve")
    draw.line([(212, 16), (212, 58), (254, 58)], "black", 7)
    return paper


def dot() -> Image.Image:
    """A dot in a corner of a sheet."""
    paper = Image.new("RGB", (280, 280), "white")
    ImageDraw.Draw(paper).ellipse((30, 30, 110, 110), "black")
    return paper


def correlation(scene: Grey, part: Grey, left: int, upper: int) -> float:
    """What sliding computes for one place, in float64."""
    windows = sliding_window_view(scene.astype(np.float64), part.shape)
    window = windows[upper, left] - windows[upper, left].mean()
    centred = part.astype(np.float64) - part.mean(dtype=np.float64)
    product = float((window * centred).sum())
    return product / float(np.linalg.norm(window) * np.linalg.norm(centred))


def error(place: Place) -> float:
    """By how much a place's score is off."""
    left, upper, width, height = place.box
    scene = place.scene.scenes[place.turn[1]]
    exact = correlation(scene, place.part.part(width, height), left, upper)
    return abs(place.score - exact)


@pytest.mark.usefixtures("_sums")
@pytest.mark.parametrize("drawn", [frame, dot])
@pytest.mark.parametrize("share", [0.05, 0.1, 0.2])
def test_a_part_fits_nowhere_just_because_nothing_is_shown_there(
    drawn: Callable[[], Image.Image], share: float
) -> None:
    whole = drawn()
    side = round(whole.width * share)
    cut = whole.crop((side, side, whole.width - side, whole.height - side))
    two = Pairing(*(Picture(np.asarray(each)) for each in (whole, cut)))
    assert max(map(error, two.slid)) < 1e-4
