"""Whether two pictures of so few pixels are the same that none is lost where they are compared.

Of larger ones this can't be said: lines of text become grey bars. Arrays in, values out.
"""

from fapproc.dedup.second_look.agreement import Agreement
from fapproc.dedup.second_look.alignment import Map
from fapproc.dedup.second_look.picture import Picture
from fapproc.dedup.second_look.substance import ENOUGH, difference
from fapproc.dedup.second_look.told import WHOLE

_AGREE, _QUARTER, _EXPLAINED = 0.65, 0.25, 0.85
"""How well they must agree, three blocks in four of them, and how much of the detail must lie where
they do: made smaller, it agrees less than that of others, and yet each place is the same."""
_INK, _COLOURED = 0.01, 0.1
"""Which part of what either shows may differ: JPEG blurs colours. Of 155 drawings of up to 128
pixels, of half the size, 115 were found without this and 146 with it; of 3,540 pairs of texts of 96
and 64 pixels none more is the same, while of 1,770 of 128 pixels three would be. Of 4,136 pairs of
drawings from one folder three are: lights, one of which is grey."""

_PRINT, _ON_GROUND, _INK_OF_PRINT = 128, 0.5, 0.005
"""Pages of text of so few pixels are grey bars on a ground that shows between them, which agree by
0.84 to 0.92 whatever is written. But 0.008 to 0.06 of what either shows differs; of a page and its
poor copy nothing does."""


def is_other_print(a: Picture, b: Picture, matrix: Map, found: Agreement, *, banded: bool) -> bool:
    """Whether two with shades are print of few pixels, as other words are; the rest as below."""
    if max(*a.rgb.shape, *b.rgb.shape) > _PRINT:
        return False
    differs = difference(a, b, matrix, in_second=found.in_second, banded=banded)
    # One counts what differs among what is shown, the other among all: by both, how much is shown.
    return differs.ink > _INK_OF_PRINT and differs.area < _ON_GROUND * differs.ink


def are_the_same(a: Picture, b: Picture, matrix: Map, found: Agreement) -> bool:
    """Whether two of few pixels hardly differ in any place, edge on edge.

    Args:
        a: one.
        b: the other.
        matrix: how the first lies in the second.
        found: how well they agree so.
    """
    if (
        max(*a.rgb.shape, *b.rgb.shape) > ENOUGH
        or min(found.shares) < WHOLE
        or found.score < _AGREE
        or found.quarter < _QUARTER
        or found.explained < _EXPLAINED
    ):
        return False
    differs = difference(a, b, matrix, in_second=found.in_second, banded=False)
    return differs.ink <= _INK and differs.coloured <= _COLOURED
