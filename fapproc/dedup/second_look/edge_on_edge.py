"""Two pictures that lie edge on edge, and hardly differ in any place. Arrays in, values out.

Where pale shades became white, or where a small picture was made smaller, their detail agrees less
than that of others, and yet each place of them is the same.
"""

from fapproc.dedup.second_look.agreement import Agreement, closely
from fapproc.dedup.second_look.alignment import Map
from fapproc.dedup.second_look.picture import Picture
from fapproc.dedup.second_look.substance import ENOUGH, difference
from fapproc.dedup.second_look.told import WHOLE

_AGREE, _EXPLAINED = 0.9, 0.95
"""How well two must agree, and how much of the detail must lie where they do."""
_AGREE_SMALL, _QUARTER_SMALL, _EXPLAINED_SMALL = 0.65, 0.25, 0.85
_INK_SMALL, _COLOURED_SMALL = 0.01, 0.1
"""The same of small ones, what three blocks in four must reach, and which part of what either shows
may differ: JPEG blurs colours. Of 155 drawings of up to 128 pixels, of half the size, 115 were
found without this and 146 with it; of 3,540 pairs of texts of 96 and 64 pixels none more is the
same, while of 1,770 of 128 pixels three would be. Of 4,136 pairs of drawings from one folder three
are: lights, one of which is grey."""


def are_the_same(a: Picture, b: Picture, matrix: Map, found: Agreement) -> bool:
    """Whether two hardly differ in any place, edge on edge.

    Args:
        a: one.
        b: the other.
        matrix: how the first lies in the second.
        found: how well they agree so.
    """
    return min(found.shares) >= WHOLE and (
        _but_for_light(a, b, matrix, found) or _in_few_pixels(a, b, matrix, found)
    )


def _but_for_light(a: Picture, b: Picture, matrix: Map, found: Agreement) -> bool:
    """Whether two on paper are the same, but pale shades of one are white."""
    return (
        not (a.has_shades and b.has_shades)
        and found.explained >= _EXPLAINED
        and (close := closely(a, b, matrix)).score >= _AGREE
        and close.explained >= _EXPLAINED
        and not difference(a, b, matrix, in_second=close.in_second, banded=False).is_any
    )


def _in_few_pixels(a: Picture, b: Picture, matrix: Map, found: Agreement) -> bool:
    """Whether two are the same that have so few pixels that none is lost where they are compared.

    Of larger ones this can't be said: lines of text become grey bars.
    """
    if (
        max(*a.rgb.shape, *b.rgb.shape) > ENOUGH
        or found.score < _AGREE_SMALL
        or found.quarter < _QUARTER_SMALL
        or found.explained < _EXPLAINED_SMALL
    ):
        return False
    differs = difference(a, b, matrix, in_second=found.in_second, banded=False)
    return differs.ink <= _INK_SMALL and differs.coloured <= _COLOURED_SMALL
