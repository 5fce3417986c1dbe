"""Whether what two pictures show on paper differs in substance: in its areas, not in its edges.

Blocks that show detail are mostly edges, and signs, buttons or pieces of a jigsaw of one form share
most of these. So shades and colours are compared at every place, also where neither changes; a
place counts as the same if something beside it is. Arrays in, values out.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from fapproc.dedup.second_look.agreement import laid_over, planes_laid_over, refined
from fapproc.dedup.second_look.alignment import Map
from fapproc.dedup.second_look.picture import SIDE, Grey, Picture

_SIDE = 128
_SMOOTH = 0.8
_SHADES, _COLOURS = 35.0, 25.0
"""By so many shades a place is another one; by so many steps it has another colour."""
_BESIDE = np.ones((3, 3), np.uint8)
"""So far the two may be off their places, in pixels of `_SIDE`."""
_EDGE = np.ones((11, 11), np.uint8)
"""What is so near to an edge of what they share isn't compared: a turn leaves wedges there."""
_INK, _AREA = 0.08, 0.025
"""Which part of what either shows may differ, and of all that they share. Of 40 drawings, to choose
on, in 11 forms mostly nothing does; a caption on a drawing of a few lines is 0.2 of what it shows
and 0.007 of all; where a small thing was laid over itself badly it was 0.37 and 0.031. Other
smileys, signs and pieces of a jigsaw have 0.12 to 0.4 and 0.045 to 0.1."""
_COLOURED = 0.15
"""Which part of what either shows may have another colour: with a caption 0.12 has, of what was
painted in another colour 0.2 to 0.9."""
_SPOT, _EDGE_OF = 0.0015, 0.15
"""Which part of all that they share one spot may be of another shade, unless it is so near to an
edge: captions are. Of 90 drawings in 8 forms it is 0.0001 at most; an arrow with one feather and
one with two have 0.005, smileys with other mouths more."""
_SPOT_OF_SHADES = 0.01
"""The same of things with shades: of moons in other phases it is 0.02 and more, while one some
shades of which 20% more brightness makes white has 0.0023."""
_AREA_OF_SHADES, _COLOURED_AREA_OF_SHADES = 0.05, 0.2
"""Which part of all may differ where shades fill the whole, as in photographs: a caption takes
0.03, and words across top and bottom are left out. Of 60 photographs in 27 forms all are found with
this. Of the 4,000 nearest pairs of 4,352 drawings 55 no longer are the same: buttons, flags and
smileys of one form, of which 0.08 and more differs, or 0.25 and more has another colour."""
ENOUGH = 100
"""Pixels of the longer side from which on a spot is told: one of 50, enlarged, differs in edges."""
_GREY = 3.0
"""Steps by which the colours of a grey picture are apart on average, at most."""
_ROUNDS, _FIT = 4, 70
_HALF, _TELLING, _FEWEST = 128.0, 116.0, 50
"""Shades between 12 and 244 tell of the light, if there are some."""
_GAINS, _OFFSET = (0.6, 1.6), 60.0
"""What a change of light may do to shades, and one of contrast to colours."""
_BANDS = 4
"""Of the height: what words across top and bottom take is left out."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Which parts of two pictures differ, of what either shows, and of all that they share.

    `ink`, `area`: by shades; `coloured`, `coloured_area`: by colours, 0 if one of them is grey;
    `spot`: the largest spot of another shade, of all, but for those near the edges.
    """

    ink: float
    area: float
    coloured: float
    coloured_area: float
    spot: float

    def is_of_substance(self, limits: "_Limits") -> bool:
        """Whether they are two pictures, though they share their form."""
        by_shades = (self.ink > _INK and self.area > limits.area) or self.spot > limits.spot
        by_colours = self.coloured > _COLOURED and self.coloured_area > limits.coloured_area
        return by_shades or by_colours


@dataclass(frozen=True, slots=True)
class _Limits:
    """Which part of all may differ: by shades, by colours, and in one spot."""

    area: float
    coloured_area: float
    spot: float


_ON_PAPER = _Limits(_AREA, _AREA, _SPOT)
_SHADED_ON_PAPER = _Limits(_AREA, _AREA, _SPOT_OF_SHADES)
_SHADED = _Limits(_AREA_OF_SHADES, _COLOURED_AREA_OF_SHADES, 1)


def differ(
    a: Picture, b: Picture, matrix: Map, *, in_second: bool, banded: bool, on_paper: bool = False
) -> bool:
    """Whether two differ in substance, as they lie and also where they fit best.

    Args:
        a: one.
        b: the other.
        matrix: how the first lies in the second.
        in_second: whether the second lies within the first.
        banded: whether top and bottom are left out.
        on_paper: whether both were cut out of pages without shades; asked of shaded ones.
    """
    shaded = _SHADED_ON_PAPER if on_paper else _SHADED
    limits = shaded if a.has_shades and b.has_shades else _ON_PAPER
    found = difference(a, b, matrix, in_second=in_second, banded=banded)
    if not found.is_of_substance(limits):
        return False
    moved = refined(a, b, matrix, SIDE)
    return difference(a, b, moved, in_second=in_second, banded=banded).is_of_substance(limits)


def difference(a: Picture, b: Picture, matrix: Map, *, in_second: bool, banded: bool) -> Difference:
    """Compare two pictures place by place as they lie."""
    if in_second:
        a, b, matrix = b, a, np.linalg.inv(matrix)
    one, other, inside = laid_over(a.grey, b.grey, matrix, _SIDE)
    there = cv2.erode(np.pad(inside.astype(np.uint8), 1), _EDGE)[1:-1, 1:-1] > 0
    if banded:
        rows = len(there) // _BANDS
        there[:rows], there[len(there) - rows :] = False, False
    if not there.any():
        return Difference(0, 0, 0, 0, 0)
    one, other = (cv2.GaussianBlur(each, (0, 0), _SMOOTH) for each in (one, other))
    shown = (_shows(one, there) | _shows(other, there)) & there
    ink, whole = max(1, int(np.count_nonzero(shown))), int(np.count_nonzero(there))
    # What is too bright to be told apart in the one may not be so in the other.
    ways = [
        (beyond(each, _in_light_of(each, beside, there)) > _SHADES) & there
        for each, beside in ((one, other), (other, one))
    ]
    differs = min(ways, key=np.count_nonzero)
    is_sharp = min(max(each.rgb.shape) for each in (a, b)) >= ENOUGH
    apart, spot = int(np.count_nonzero(differs)), _largest_spot(differs) if is_sharp else 0
    coloured = int(np.count_nonzero(_colours_apart(a, b, matrix) & there))
    return Difference(apart / ink, apart / whole, coloured / ink, coloured / whole, spot / whole)


def _largest_spot(differs: NDArray[np.bool_]) -> int:
    """How many places the largest connected spot has that isn't near an edge."""
    height, width = differs.shape
    _, _, stats, middles = cv2.connectedComponentsWithStats(differs.astype(np.uint8))
    sizes, places = stats[1:, cv2.CC_STAT_AREA], middles[1:] / (width, height)
    inside = np.minimum(places, 1 - places).min(axis=1, initial=1) > _EDGE_OF
    return int(sizes[inside].max(initial=0))


def _shows(grey: Grey, there: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Where it is of another shade than its ground, the one that most of it has."""
    counts, ends = np.histogram(grey[there], bins=32, range=(0, 256))
    ground = float(ends[counts.argmax()] + ends[1] / 2)
    shown: NDArray[np.bool_] = np.abs(grey - ground) > _SHADES
    return shown


def beyond(one: Grey, other: Grey) -> Grey:
    """By how much each place of either is beyond all that is beside it in the other."""
    found = np.zeros(one.shape, np.float32)
    for here, there in ((one, other), (other, one)):
        low, high = cv2.erode(there, _BESIDE), cv2.dilate(there, _BESIDE)
        found = np.maximum(found, np.maximum(low - here, here - high))
    return found


def _in_light_of(one: Grey, other: Grey, there: NDArray[np.bool_]) -> Grey:
    """The second in the light of the first: brighter or flatter, as most places say.

    The darkest and the brightest ones don't: white stays white.
    """
    said = there & (np.abs(one - _HALF) < _TELLING) & (np.abs(other - _HALF) < _TELLING)
    x, y = one[said], other[said]
    gain, offset, fits = 1.0, 0.0, np.ones(x.shape, np.bool_)
    for _ in range(_ROUNDS):
        some, others = x[fits], y[fits]
        if len(some) < _FEWEST or float(others.std()) < 1:
            break
        both = float(((some - some.mean()) * (others - others.mean())).mean())
        gain = float(np.clip(both / float(others.var()), *_GAINS))
        offset = float(np.clip(np.median(some - gain * others), -_OFFSET, _OFFSET))
        miss = np.abs(x - gain * y - offset)
        fits = miss <= max(10.0, float(np.percentile(miss, _FIT)))
    lit: Grey = np.clip(gain * other + np.float32(offset), 0, 255)
    return lit


def _colours_apart(a: Picture, b: Picture, matrix: Map) -> NDArray[np.bool_]:
    """Where they have other colours, whatever their light; nowhere if one of them is grey."""
    first, second = planes_laid_over(a, b, matrix, _SIDE)
    if min(float(np.abs(each).mean()) for each in (first, second)) < _GREY:
        return np.zeros(first.shape[:2], np.bool_)
    stronger = float((first * second).sum() / max(1.0, float((second**2).sum())))
    second = second * np.float32(np.clip(stronger, *_GAINS))
    found = np.zeros(first.shape[:2], np.bool_)
    for plane in range(3):
        pair = (np.ascontiguousarray(each[..., plane]) for each in (first, second))
        one, other = (cv2.GaussianBlur(each, (0, 0), 1.0) for each in pair)
        found |= beyond(one, other) > _COLOURS
    return found
