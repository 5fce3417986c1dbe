"""Whether one of two pictures is the other in more light. Arrays in, values out.

More light multiplies all shades, and what it makes white can't be told from paper: where most of
what is pale is gone, a look by blocks finds too little that agrees.
"""

import cv2
import numpy as np
from PIL import Image

from fapproc.dedup.second_look.picture import SIDE, Grey, Picture, detail, have_one_form
from fapproc.dedup.second_look.substance import beyond
from fapproc.dedup.seen import shows_nothing

_LIGHT = 1.03, 1.3
"""So many times as bright may the one be: a fifth more is 1.2, a fifth less 1.25."""
_PLACES_APART = 12.0
"""Shades by which one of 64 places may be beyond that."""
_DARK, _WHITE, _TELLING = 24.0, 245.0, 0.004
"""Shades between these tell of the light, if so much of the picture has them."""
_COMPARED = 128
_MEAN, _APART, _SOME, _MOST = 4.0, 20.0, 0.01, 60.0
"""Shades by which the two may be apart in one light, on average; by which few places may be, which
part of all; and by which none may. Of 400 drawings and themselves by a fifth brighter nine in ten
have 2.3, 0.003 of all, and 37. Of the 11,000 most alike pairs of 4,352 drawings none that differ
keep to all of it."""
_LEFT = 0.05
"""So much of the detail must be left: a fifth more light leaves 0.02 of a pale net of lines."""


def is_brighter(a: Picture, b: Picture) -> bool:
    """Whether one is the other in more light, edge on edge, and still shows enough of it."""
    dark, bright = sorted((a, b), key=lambda each: float(each.places.mean()))
    if not (have_one_form(a, b) and _may_be_brighter(dark.places, bright.places)):
        return False
    if shows_nothing(Image.fromarray(bright.rgb)):
        return False
    height, width = np.minimum(dark.rgb.shape, bright.rgb.shape)[:2].clip(max=SIDE).tolist()
    shades, brighter = (_sized(each.rgb, (width, height)) for each in (dark, bright))
    light = _light(shades, brighter)
    if not _LIGHT[0] <= light <= _LIGHT[1]:
        return False
    lit = np.clip(shades * np.float32(light), 0, 255)
    share = min(1.0, _COMPARED / max(height, width))
    size = max(1, round(width * share)), max(1, round(height * share))
    shades, lit, brighter = (_sized(each, size) for each in (shades, lit, brighter))
    apart = beyond(lit, brighter).max(axis=2)
    return bool(
        np.abs(lit - brighter).mean() <= _MEAN
        and (apart > _APART).mean() <= _SOME
        and apart.max() <= _MOST
        and (detail(brighter) ** 2).sum() >= _LEFT * (detail(shades) ** 2).sum()
    )


def _may_be_brighter(dark: Grey, bright: Grey) -> bool:
    """Whether no place of the one is darker than in the other, or brighter than light makes it."""
    above = bright - np.clip(dark * np.float32(_LIGHT[1]), 0, 255)
    return float(np.maximum(above, dark - bright).max()) <= _PLACES_APART


def _light(dark: Grey, bright: Grey) -> float:
    """How many times as bright the one is, as most places say that tell it; 0 if few do."""
    telling = (dark > _DARK) & (bright < _WHITE)
    if np.count_nonzero(telling) < _TELLING * telling.size:
        return 0.0
    return float(np.median(bright[telling] / dark[telling]))


def _sized(pixels: Grey, size: tuple[int, int]) -> Grey:
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA).astype(np.float32)
