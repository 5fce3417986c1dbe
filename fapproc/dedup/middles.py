"""Pictures whose middles are alike, whatever is across top and bottom: words of a meme.

A row of bits tells of an eighth of the height. So the rows of the middle half stay as they are when
words take a quarter at top and at bottom, which to a network are most of the picture. `diff` and
`average` propose; a network must not call them strangers, and a second look decides. Arrays only.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fapproc.dedup import search
from fapproc.dedup.method import Flags, Index, Kind
from fapproc.dedup.perceptual import AVERAGE, DIFF
from fapproc.dedup.tiles import Held
from fapproc.executors.outcomes import MakeExecutor

Codes = Mapping[str, NDArray[Any]]
"""Of all rows, by method."""

MIDDLE = "middle"
"""What the search for these is called."""
BITS = 3
AVERAGE_BITS = 8
"""So many of the 32 bits of the middle may differ by `diff`, and by `average`. With words on them,
27 of 119 drawings are below a cosine of 0.7, and 22 of these are so near. So are 22 of 79,401 pairs
of drawings, of which 3 have a cosine of 0.4 and nothing else to propose them. Of 124,176 pairs of
photographs 3 are, and none of these has.
"""
_MIDDLE = np.uint64(0x0000FFFFFFFF0000)
_STEPS = (
    (np.uint64(16), np.uint64(0x0000FFFF0000FFFF)),
    (np.uint64(8), np.uint64(0x00FF00FF00FF00FF)),
    (np.uint64(4), np.uint64(0x0F0F0F0F0F0F0F0F)),
    (np.uint64(2), np.uint64(0x3333333333333333)),
    (np.uint64(1), np.uint64(0x5555555555555555)),
)
_TELLING = 5
"""So many bits of the middle are set, and so many not: of a plain middle nothing is to be told."""
_PROPOSED, _SAMPLE = 1 << 22, 1000
"""So many pairs are proposed at a time: 300 megabytes."""


def near(
    codes: Codes,
    new: Flags,
    among: Index,
    executor: MakeExecutor,
    tell: Callable[[float], None] = lambda _: None,
) -> tuple[Index, Index]:
    """Find pictures of which one may be the other with words across top and bottom.

    Args:
        codes: what is known of all rows.
        new: for each row, whether it is to be compared with all others.
        among: the rows that are compared, sorted.
        executor: makes what compares the tiles of a search.
        tell: is called with the part of the work that is done.

    Returns:
        Rows i < j, one of them new, each pair once.
    """
    middles = _spread(codes[DIFF.name] & _MIDDLE)
    telling = among[_tells(middles[among])]
    ones, others = [telling[:0]], [telling[:0]]
    for done, fresh, rest in _portions(middles, telling[new[telling]], telling):
        tell(done)
        is_fresh = np.zeros(len(new), np.bool_)
        is_fresh[fresh] = True
        planned = search.plan(Kind.BITS, Held(middles), BITS, is_fresh, rest)
        found = search.run(planned, executor=executor(planned.compare))
        wanted = alike(codes, found.i, found.j)
        ones.append(found.i[wanted])
        others.append(found.j[wanted])
    return np.concatenate(ones), np.concatenate(others)


def alike(codes: Codes, i: Index, j: Index) -> Flags:
    """Which pairs of rows are alike in their middles, and show something there."""
    one, other = (codes[DIFF.name][rows] & _MIDDLE for rows in (i, j))
    shades = (codes[AVERAGE.name][i] ^ codes[AVERAGE.name][j]) & _MIDDLE
    near_: Flags = (np.bitwise_count(one ^ other) <= BITS) & (
        np.bitwise_count(shades) <= AVERAGE_BITS
    )
    return near_ & _tells(one) & _tells(other)


def _spread(middles: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Let an empty bit follow each bit of the middle: a search cuts codes into parts of one width.

    In steps as Morton's order is made (Warren, Hacker's Delight 7-2).
    """
    spread = middles >> np.uint64(16)
    for by, mask in _STEPS:
        spread = (spread | (spread << by)) & mask
    return spread


def _tells(middles: NDArray[np.uint64]) -> Flags:
    ones = np.bitwise_count(middles)
    tells: Flags = (ones >= _TELLING) & (ones <= int(np.bitwise_count(_MIDDLE)) - _TELLING)
    return tells


def _portions(
    middles: NDArray[np.uint64], fresh: Index, among: Index
) -> Iterator[tuple[float, Index, Index]]:
    """So many new rows at a time that the pairs proposed fit into memory, and what these meet.

    With the part of the work that is done. Rows of an earlier portion have met all.
    """
    some, others = (rows[:: max(1, len(rows) // _SAMPLE)] for rows in (fresh, among))
    bits = np.bitwise_count(middles[some][:, None] ^ middles[others][None, :])
    proposed = np.count_nonzero(bits <= BITS) / max(1, bits.size) * len(among)
    many = max(1, int(_PROPOSED / max(proposed, _PROPOSED / max(1, len(fresh)))))
    for start in range(0, len(fresh), many):
        past = fresh[:start]
        yield (
            start / len(fresh),
            fresh[start : start + many],
            np.setdiff1d(among, past, assume_unique=True),
        )
