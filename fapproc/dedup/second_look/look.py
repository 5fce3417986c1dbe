"""Decide whether two pictures are the same where they overlap, and say in what way."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fapproc.dedup.sameness import are_same
from fapproc.dedup.second_look import few_pixels
from fapproc.dedup.second_look.agreement import (
    Agreement,
    agreement,
    closely,
    colours_apart,
    overlap,
    refined,
)
from fapproc.dedup.second_look.alignment import (
    Map,
    Pairing,
    as_they_are,
    by_features,
    by_sliding,
)
from fapproc.dedup.second_look.brighter import is_brighter
from fapproc.dedup.second_look.inside import bordered_more, in_one_place, is_loose
from fapproc.dedup.second_look.picture import Picture
from fapproc.dedup.second_look.substance import differ
from fapproc.dedup.second_look.told import WHOLE, spot, told
from fapproc.dedup.second_look.written import words_on_one
from fapproc.dedup.seen import shows_nothing
from fapproc.looks import Look

SAME = 0.65
"""Agreement from which on two are the same picture. Photographs: strangers come to 0.3, copies
cropped, turned, mirrored or with a caption to 0.8 and more, where they are laid precisely."""
_LEAST_SHOWN = 9
"""Blocks that show something: fewer say nothing. A line of small text on white has 8 at most, and
any two of these can be laid over each other."""
_MANY_SHOWN, _SAME_BY_FEW = 30, 0.9
"""Of fewer blocks more is wanted: small things on a sheet have a dozen. The outlines of an island
and of a bus came to 0.86."""
_ALIKE, _ALIKE_WORST = 1.5, 4.0
"""Shades by which two are apart on average, and in the worst of 256 places, that are alike."""
_PLACES_APART = 12.0
"""Shades by which one of 64 places is apart of no two that are alike: thrice as many as of them."""
_LEAST_OF_ONE, _LEAST_OF_BOTH = 0.5, 0.1  # of the one, and of each, must lie over the other
_WITHIN = 0.93
"""One must lie in the other but for so much: ends of two long things stick out of both."""
_QUARTER = 0.25
"""Three blocks in four must agree so much: rings of two sizes agree in half of them, and so do two
moons. But where one shade fills much of the picture, as of pages with one frame, chats and comic
pages, the score and three blocks in four must reach the other two."""
_OF_PAPER, _QUARTER_OF_PAPER = 0.9, 0.5
_LEAST_OF_PAPER = 0.3
"""So much of each must lie over the other on paper, of which a crop by a fifth leaves 0.36: any
flag has a corner of one that is of one colour, as 0.15 to 0.23 of it."""
_CLOSE, _QUARTER_CLOSE = 0.93, 0.75
"""And so much of them with as many pixels as both have: pages and slides with other words come to
0.90 and 0.87, comic pages to 1.0 and 0.25, warning signs to 0.99 and 0.57; drawings that are the
same, of 100 in seven forms, mostly to 0.97 and 0.94, turned by 2 degrees to 0.91 and 0.76."""
_CONTRADICTED, _CONTRADICTED_BETWEEN = 0.15, 0.05
"""So much of the detail that both show may lie where they don't agree, and between the bands that
captions may take. Of 40 drawings, to choose on, in 27 forms it is 0.026 at most, 0.114 with a
caption; of buttons of one form with other words 0.07 to 0.25."""
_EXPLAINED = 0.2
"""So much of the detail must lie where they agree: signs of one form agree at their edges."""
_EXPLAINED_BETWEEN = 0.5
"""So much of it where only what is between words was compared."""
_RICH, _MIDDLE = 0.75, (0.3, 0.7)
"""Where fewer blocks show something, another middle makes another picture: signs, rings, dials. Of
others it may be a mark on a photograph."""
_COLOURS = 20.0
"""Shades by which colours may differ: a red flag and a green one are two pictures."""
_HOPELESS, _PRECISE = 0.05, 0.93
"""Agreement between which a more precise map is looked for."""


def look(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> Look:
    """Lay one picture over another, and say whether they are the same where they overlap.

    As they are, by features, and by sliding parts; straight, mirrored, turned by quarters. The
    first way in which they agree is taken. The same two always give the same.

    Args:
        first: uint8, height x width x 3, as large as a thumbnail.
        second: another one.
    """
    return laid_over(Picture(first), Picture(second))


def laid_over(a: Picture, b: Picture) -> Look:
    """The same of pictures that are ready: what was made of one serves all its pairs.

    Two that agree and are refused are looked at the other way round too: sums come out a little
    otherwise then, and of 116 drawn signs 5 were the same as with a caption in one order alone.
    """
    found = _first_over_second(a, b)
    if found.same or found.score < SAME:
        return found
    back = _first_over_second(b, a)
    return back.reversed if back.same else found


def _first_over_second(a: Picture, b: Picture) -> Look:
    """Lay two over each other, in this order.

    If they don't agree as they are, what is inside their borders is. Two that are alike in every
    place, or in all but words, are the same: there may be too little in them to tell by otherwise.
    """
    if _are_alike(a, b) or is_brighter(a, b):
        return Look(1.0, same=True)
    words = words_on_one(a, b)
    if words is not None and (
        words.beside is None or _laid_over(*words.beside, on_paper=True).same
    ):
        return Look(1.0, same=True, differs=words.box)
    found = _laid_over(a, b)
    if found.same or found.settled or (a.inside is None and b.inside is None):
        return found.look
    within = a.inside or a, b.inside or b
    on_paper = not (a.has_shades or b.has_shades)
    inside = _laid_over(*within, on_paper=on_paper)
    if not inside.same and (cut := in_one_place(a, b)) is not None:
        inside = _laid_over(*cut, on_paper=on_paper)
    if not inside.same:
        return max(found.look, inside.look, key=lambda each: each.score)
    in_frames = not on_paper and all(each.has_shades for each in within)
    if not in_frames and is_loose(a, b, inside.look):
        return found.look
    return replace(inside.look, bordered=bordered_more(a, b))


@dataclass(frozen=True, slots=True)
class _Seen:
    """A look, and whether it is settled that the two are different."""

    look: Look
    settled: bool = False

    @property
    def same(self) -> bool:
        return self.look.same


def _laid_over(a: Picture, b: Picture, *, on_paper: bool = False) -> _Seen:
    """Lay one over the other as they are; `on_paper`: both were cut out of pages without shades."""
    best, two = 0.0, Pairing(a, b)
    if not two.may_agree:
        return _Seen(Look(best, same=False))
    for propose in (as_they_are, by_features, by_sliding):
        for proposed in propose(two):
            matrix, found = _fitted(a, b, proposed)
            if found is None:
                continue
            best = max(best, found.score)
            if (
                _is_told(a, b, matrix, found, on_paper=on_paper)
                or _is_told_between(a, b, matrix, found, on_paper=on_paper)
                or few_pixels.are_the_same(a, b, matrix, found)
            ):
                return _Seen(told(a, b, matrix, found))
            if _has_other_spot(a, b, matrix, found):
                return _Seen(Look(best, same=False), settled=True)
    return _Seen(Look(best, same=False))


def _has_other_spot(a: Picture, b: Picture, matrix: Map, found: Agreement) -> bool:
    """Whether two on paper are the same edge on edge, but for a spot: one more feather."""
    return (
        min(found.shares) >= WHOLE
        and found.score >= _CLOSE
        and not (a.has_shades and b.has_shades)
        and _are_close(closely(a, b, matrix))
        and differ(a, b, matrix, in_second=found.in_second, banded=False)
    )


def _are_alike(a: Picture, b: Picture) -> bool:
    """Whether two that show anything are alike in every place."""
    if float(np.abs(a.places - b.places).max()) > _PLACES_APART:
        return False
    aspects = a.aspect, b.aspect
    alike = are_same(a.even, b.even, aspects, mean=_ALIKE, worst=_ALIKE_WORST)
    return alike and not shows_nothing(Image.fromarray(a.rgb))


def _is_told(
    a: Picture, b: Picture, matrix: Map, found: Agreement, *, on_paper: bool, banded: bool = False
) -> bool:
    """Whether it is more than an outline, or a form with another filling, in which they agree."""
    shaded = a.has_shades and b.has_shades
    return (
        found.score >= SAME
        and (shaded or _agree_on_paper(found))
        and max(found.shares) >= _WITHIN
        and found.quarter >= _QUARTER
        and found.explained >= _EXPLAINED
        and not _has_another_middle(found)
        and colours_apart(a, b, matrix, found) < _COLOURS
        and (
            _agree_with_shades(a, b, matrix, found)
            if shaded
            else _agree_closely(a, b, matrix, banded=banded)
        )
        # Moons of two phases, dark on white, fill all that is inside with shades; buttons do too.
        and not (
            shaded
            and (
                differ(a, b, matrix, in_second=found.in_second, banded=banded, on_paper=on_paper)
                or few_pixels.is_other_print(a, b, matrix, found, banded=banded)
            )
        )
    )


def _agree_with_shades(a: Picture, b: Picture, matrix: Map, found: Agreement) -> bool:
    """Whether it is many blocks in which they agree, or few in which they do with all their pixels.

    A button cropped by a tenth came to 0.75 of small pixels, and to 1.0 of all.
    """
    wanted = SAME if found.shown >= _MANY_SHOWN else _SAME_BY_FEW
    return found.score >= wanted or _are_close(closely(a, b, matrix))


def _agree_on_paper(found: Agreement) -> bool:
    agree = found.score >= _OF_PAPER and found.quarter >= _QUARTER_OF_PAPER
    return agree and min(found.shares) >= _LEAST_OF_PAPER


def _agree_closely(a: Picture, b: Picture, matrix: Map, *, banded: bool) -> bool:
    """Whether they agree with as many pixels as they have: two pages agree in where lines are."""
    found = closely(a, b, matrix)
    found = found.between_bands() if banded else found
    return (
        _are_close(found)
        and not _is_contradicted(found)
        and not differ(a, b, matrix, in_second=found.in_second, banded=banded)
    )


def _are_close(found: Agreement) -> bool:
    return found.score >= _CLOSE and found.quarter >= _QUARTER_CLOSE


def _is_contradicted(found: Agreement) -> bool:
    """Whether both show something where they don't agree, as buttons with other words do."""
    between = found.between_bands()
    return found.contradicted > _CONTRADICTED or between.contradicted > _CONTRADICTED_BETWEEN


def _is_told_between(
    a: Picture, b: Picture, matrix: Map, found: Agreement, *, on_paper: bool
) -> bool:
    """Whether all but words across top and bottom is the same, which are on one of them alone."""
    between = found.between_bands()
    return (
        between.shown >= _LEAST_SHOWN
        and between.explained >= _EXPLAINED_BETWEEN
        and _is_told(a, b, matrix, between, on_paper=on_paper, banded=True)
        and closely(a, b, matrix).is_written_on
    )


def _is_full(found: Agreement) -> bool:
    """Whether nearly all of the picture shows something."""
    return found.shown >= _RICH * found.blocks.size


def _has_another_middle(found: Agreement) -> bool:
    """Whether two simple pictures differ in their middle: a caption is elsewhere."""
    there = spot(found)
    if there is None or _is_full(found):
        return False
    low, high = _MIDDLE
    left, upper, right, lower = there
    return low < (left + right) / 2 < high and low < (upper + lower) / 2 < high


def _fitted(a: Picture, b: Picture, matrix: Map) -> tuple[Map, Agreement | None]:
    """A map and how well the two agree by it, moved to where they do best."""
    found = _agreed(a, b, matrix)
    if found is None or not _HOPELESS < found.score < _PRECISE:
        return matrix, found
    moved = refined(a, b, matrix)
    better = _agreed(a, b, moved)
    if better is not None and better.score > found.score:
        return moved, better
    return matrix, found


def _agreed(a: Picture, b: Picture, matrix: Map) -> Agreement | None:
    """How well they agree; None where too little lies together, or shows anything."""
    shares = overlap(a, b, matrix)[2]
    if max(shares) < _LEAST_OF_ONE or min(shares) < _LEAST_OF_BOTH:
        return None
    found = agreement(a, b, matrix)
    return found if found.shown >= _LEAST_SHOWN else None
