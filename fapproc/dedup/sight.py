"""What to know of a picture before it is compared: whether there is anything to see.

A hash sees the pixels as they are stored, a network what a person sees (`seen`); some pictures show
nothing to either, and of some a hash sees another picture. In memory.
"""

from enum import IntFlag

import numpy as np
from PIL import Image

from fapproc.dedup.perceptual import PERCEPT
from fapproc.dedup.seen import Seen

_SHADES = 16
"""Such a part of the way from the darkest to the brightest is another colour than the ground."""
_SPARSE = 0.15
"""Of a picture: among 500 photographs two show less. Of 400 drawings, each on a white sheet with 2%
of it in ink, 3,500 of 79,800 pairs are within the sensitivity of `percept`, and 2,000 of `diff`."""
_FRAMED = 0.75
"""Of a picture, inside its border: with bars half as wide as the picture at both sides 78 of 7,750
pairs of photographs are within the sensitivity of `diff`, and all within that of `wavelet`."""
_SAME_BITS = 8
"""Between what a hash sees and what is seen: of 500 photographs at most 2, of others 22 to 39."""


class Sight(IntFlag):
    """What was noticed of a picture; kept in the archive as a number."""

    BLANK = 1
    """One colour, or a shade: nothing by which it could be told from others."""

    VEILED = 2
    """As stored it is another picture: alpha or shades of 16 bits make it what is seen."""

    SPARSE = 4
    """Little on a plain ground, or between bars: most of its bits tell of these alone."""


def sight(seen: Seen, stored: Image.Image | None = None) -> Sight:
    """Look at a picture.

    Args:
        seen: as people see it.
        stored: the pixels that hashes see, upright, in RGB of `PERCEPT.size`; None where they are
            those that are seen.
    """
    noticed = Sight(0)
    if seen.is_blank:
        noticed |= Sight.BLANK
    if _share(seen.fine) < _SPARSE or _inside(seen) < _FRAMED:
        noticed |= Sight.SPARSE
    if stored is not None and _bits_apart(seen.small, stored) > _SAME_BITS:
        noticed |= Sight.VEILED
    return noticed


def _share(fine: Image.Image) -> float:
    """How much of a picture is of another colour than its ground, which is the middle one.

    By counts of shades and tables of them, in a third of the time that arrays of pixels take.
    """
    counts = np.array(fine.histogram()).reshape(3, -1)
    below = counts.cumsum(axis=1)
    half = below[0, -1] // 2
    middle = [np.searchsorted(one, half, side) for one in below for side in ("left", "right")]
    ground = np.array(middle).reshape(3, 2).mean(axis=1, keepdims=True)
    shown = np.flatnonzero(counts.any(axis=0))
    is_other = np.abs(np.arange(256) - ground) > int(shown[-1] - shown[0]) / _SHADES
    tables = is_other.astype(np.uint8)
    others = [
        np.frombuffer(plane.tobytes().translate(table.tobytes()), np.bool_)
        for plane, table in zip(fine.split(), tables, strict=True)
    ]
    return float(np.logical_or.reduce(others).mean())


def _inside(seen: Seen) -> float:
    """How much of a picture is inside its border."""
    left, upper, right, lower = seen.inner
    return (right - left) * (lower - upper) / (seen.small.width * seen.small.height)


def _bits_apart(one: Image.Image, other: Image.Image) -> int:
    bits = (
        PERCEPT.bits(np.asarray(image.resize(PERCEPT.size, Image.Resampling.LANCZOS).convert("L")))
        for image in (one, other)
    )
    return int(np.count_nonzero(next(bits) ^ next(bits)))
