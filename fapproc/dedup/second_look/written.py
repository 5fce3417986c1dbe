"""Whether words at top or bottom are all by which two pictures differ, edge on edge.

What words cover of a drawing on paper may be most of what shows, and a look by blocks finds too
little to go by then. But words that are written over a picture leave all other pixels as they are:
what is between is alike in every place. Arrays in, values out.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from fapproc.dedup.second_look.inside import in_box_of
from fapproc.dedup.second_look.picture import Grey, Picture, detail, have_one_form
from fapproc.looks import Box

Flags = NDArray[np.bool_]

_ROWS, _BLOCK = 16, 4
"""Rows and columns of blocks, and the pixels of a block."""
_BAND = 6
"""So many rows may words take at top, and so many at bottom: of a picture twice as wide as high
they begin at its edge and take a quarter of the height. Figures: of 119 drawings to choose on."""
_MIDDLE, _PLACES_APART = slice(3, 5), 12.0
"""Of 8 rows of places those that are looked at first, and the shades by which these may differ."""
_ALIKE = 5.0
"""Shades by which a block may be apart that is alike: beside words JPEG makes 5 of it at most."""
_REST = 0.025
"""Which part of the detail of alike blocks may be apart: of copies mostly 0.001, at most 0.022."""
_OWN, _LEAST_DETAIL = 0.15, 25.0
"""Which part of its detail is between the words, of the one without them, and how much that is on
average in shades squared: 0.154 and 52 at least, but for a sheet with grey hairlines."""
_REST_OF_SHADED, _LEAST_OF_SHADED = 0.06, 10.0
"""The same of a photograph, of which all is told by shades: of one in haze 0.028 and 23."""
_APART = 30.0
_MORE = 2.2
"""So many times as sharp are edges where the two differ, on the one that is written on. Written on
one of them they come to 2.4 (one: to 1.2), with other words on both to 1.0 to 2.0."""
_WIDE = 0.5
"""Of the width: a hat or a sword at the top of a figure is less wide. So is a caption, but on paper
that stands apart, on nothing and beside nothing."""
_CAPTION, _PLAIN = 3, 1.0
"""So many rows may such a caption take, and so much detail may be around it: a hat has a head."""


@dataclass(frozen=True, slots=True)
class Words:
    """Words that are on one of two pictures, which are alike in all other places.

    Attributes:
        box: where they are, or most of them, in either picture.
        beside: what of both pictures is to be looked at more closely, because too little shows
            beside the words to say that it is the same; None where enough does.
    """

    box: Box
    beside: tuple[Picture, Picture] | None = None


def words_on_one(a: Picture, b: Picture) -> Words | None:
    """Find the words by which two pictures differ; None if they differ in more."""
    if not have_one_form(a, b):
        return None
    if float(np.abs(a.places[_MIDDLE] - b.places[_MIDDLE]).max()) > _PLACES_APART:
        return None
    one, other = a.even[0], b.even[0]
    differs: Flags = _blocks(np.abs(one - other).mean(axis=2)) > _ALIKE
    if not differs.any() or differs[_BAND:-_BAND].any():
        return None
    written = _written(a, b)
    if written is None:
        return None
    plain = other if written == 0 else one
    left, right = _ends(differs.max(axis=0))
    shaded = a.has_shades and b.has_shades
    stands_apart = _stands_apart(differs, plain, shaded=shaded)
    if right - left < _WIDE * _ROWS and not stands_apart:
        return None
    beside = None
    if not _shows_the_rest(one, other, plain, ~differs.max(axis=1), shaded=shaded):
        beside = in_box_of(b if written == 0 else a, a, b) if stands_apart else None
        if beside is None:
            return None
    ends = slice(0, _BAND), slice(_ROWS - _BAND, _ROWS)
    band = max(ends, key=lambda each: int(differs[each].sum()))
    upper, lower = (band.start + end for end in _ends(differs[band].max(axis=1)))
    left, right = _ends(differs[band].max(axis=0))
    return Words((left / _ROWS, upper / _ROWS, right / _ROWS, lower / _ROWS), beside)


def _ends(flags: Flags) -> tuple[int, int]:
    """The first that is set, and the one after the last."""
    there = np.flatnonzero(flags)
    return int(there[0]), int(there[-1]) + 1


def _stands_apart(differs: Flags, plain: Grey, *, shaded: bool) -> bool:
    """Whether what differs is at the edge, and on nothing and beside nothing if that is paper."""
    upper, lower = _ends(differs.max(axis=1))
    around = cv2.dilate(differs.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    shown = _blocks((detail(plain, _BLOCK) ** 2).mean(axis=2))[around]
    is_outside = lower <= _CAPTION or upper >= _ROWS - _CAPTION
    return is_outside and (shaded or float(shown.max()) <= _PLAIN)


def _shows_the_rest(one: Grey, other: Grey, plain: Grey, rows: Flags, *, shaded: bool) -> bool:
    """Whether enough shows in these rows, of the one without words, and is the same there."""
    details = _blocks((detail(plain, _BLOCK) ** 2).mean(axis=2))
    there = float(details[rows].sum())
    least, rest = (_LEAST_OF_SHADED, _REST_OF_SHADED) if shaded else (_LEAST_DETAIL, _REST)
    apart = float(_blocks(((one - other) ** 2).mean(axis=2))[rows].sum())
    return (
        there >= _OWN * float(details.sum())
        and there >= least * details[rows].size
        and apart <= rest * there
    )


def _written(a: Picture, b: Picture) -> int | None:
    """Which of the two has much sharper edges where they differ, 0 or 1; None: neither."""
    one = a.grey
    other = cv2.resize(b.grey, one.shape[::-1], interpolation=cv2.INTER_AREA)
    apart = (np.abs(one - other) > _APART).astype(np.uint8)
    there = cv2.dilate(apart, np.ones((3, 3), np.uint8)) > 0
    edges = [float(_edges(each)[there].sum()) for each in (one, other)]
    return edges.index(max(edges)) if max(edges) >= _MORE * max(1.0, min(edges)) else None


def _edges(grey: Grey) -> Grey:
    """How sharp the edge is at each pixel, squared."""
    across, down = (cv2.Sobel(grey, cv2.CV_32F, *way) for way in ((1, 0), (0, 1)))
    sharp: Grey = across**2 + down**2
    return sharp


def _blocks(pixels: Grey) -> Grey:
    """The means of blocks."""
    means: Grey = pixels.reshape(_ROWS, _BLOCK, _ROWS, _BLOCK).mean(axis=(1, 3))
    return means
