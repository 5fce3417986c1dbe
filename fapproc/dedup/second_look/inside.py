"""What is inside the borders of two pictures, or on their plain grounds. Arrays in, values out."""

import numpy as np
from numpy.typing import NDArray

from fapproc.dedup.second_look.picture import Picture, have_one_form
from fapproc.dedup.second_look.told import WHOLE
from fapproc.looks import Look

_TOGETHER, _LITTLE = 0.6, 0.2
"""What each of two boxes has of both at least that are in one place, and which part of a page
something small has: of larger ones a line is little."""
_OF_INSIDE, _WHOLE_INSIDE = 0.7, 0.9
"""So much of either must the other show where two on paper agree inside their borders alone: of
those that did by less one was a copy, cropped by a fifth, and four other drawings. And if less than
the other is shown, no place in it may differ: pieces of a jigsaw have one side in common."""
_OF_CUT, _REACHES = 0.3, 0.04
"""So much must it show where the page ends at each side that it doesn't show: of three small signs
in a corner a crop by a tenth left 0.5 and 0.7. What a side may miss that is still shown."""


def in_one_place(a: Picture, b: Picture) -> tuple[Picture, Picture] | None:
    """What is small and in the same place on two pages, cut out of both alike; None if it isn't.

    What each has inside is cut a line or two too near: of a thing of 17 lines that is much.
    """
    if a.inside is None or b.inside is None or not have_one_form(a, b):
        return None
    one, other = (each.inner / np.tile(each.rgb.shape[1::-1], 2) for each in (a, b))
    both = np.concatenate([np.minimum(one, other)[:2], np.maximum(one, other)[2:]])
    if _area(both) > _LITTLE or min(_area(one), _area(other)) < _TOGETHER * _area(both):
        return None
    return _cut(a, both), _cut(b, both)


def in_box_of(thing: Picture, a: Picture, b: Picture) -> tuple[Picture, Picture] | None:
    """What is in the place of all that one picture shows, cut out of two; None if that is all."""
    if thing.inside is None:
        return None
    box = thing.inner / np.tile(thing.rgb.shape[1::-1], 2)
    return _cut(a, box), _cut(b, box)


def _cut(picture: Picture, box: NDArray[np.float64]) -> Picture:
    """Cut a box out of a picture, given as parts of its width and height."""
    left, upper, right, lower = np.rint(box * np.tile(picture.rgb.shape[1::-1], 2)).astype(int)
    return Picture(picture.rgb[upper:lower, left:right])


def _area(box: NDArray[np.float64]) -> float:
    return float((box[2] - box[0]) * (box[3] - box[1]))


def is_loose(a: Picture, b: Picture, inside: Look) -> bool:
    """Whether too little, or not all, of two on paper agrees inside their borders."""
    if inside.differs is not None and inside.shared < _WHOLE_INSIDE:
        return True
    return inside.shared < (_OF_CUT if _is_cut_off(a, b, inside) else _OF_INSIDE)


def _is_cut_off(a: Picture, b: Picture, inside: Look) -> bool:
    """Whether each shows all of the other but for what its page has no room for."""
    if inside.mirrored or inside.turned:
        return False
    for part, other in ((inside.part_of_first, b), (inside.part_of_second, a)):
        if part is None:
            continue
        left, upper, right, lower = other.inner
        height, width = other.rgb.shape[:2]
        misses = part[0], part[1], 1 - part[2], 1 - part[3]
        beside = left, upper, width - right, height - lower
        if any(missed > _REACHES and room for missed, room in zip(misses, beside, strict=True)):
            return False
    return True


def bordered_more(a: Picture, b: Picture) -> int | None:
    """Which of them has the wider border, if they differ in that."""
    shares = [1.0 if one.inside is None else one.inside.rgb.size / one.rgb.size for one in (a, b)]
    return shares.index(min(shares)) if min(shares) < WHOLE * max(shares) else None
