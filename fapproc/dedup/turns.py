"""Pictures that are others turned, or turned and mirrored, by what their codes say. Arrays only.

The bits of `average` and `wavelet` lie as the places of the picture do, so they are turned with it.
Those of `percept` are signs of frequencies: where a picture is mirrored every second one changes,
and where it is turned by a quarter rows and columns change places. That holds but for frequencies
near the median; of a drawing that is its own mirror image half of them are. So `average` proposes,
and the others have a say. A second look decides.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fapproc.dedup import search
from fapproc.dedup.method import Flags, Index, Kind, Scores
from fapproc.dedup.perceptual import AVERAGE, PERCEPT, WAVELET
from fapproc.dedup.tiles import Held
from fapproc.executors.outcomes import MakeExecutor

Codes = NDArray[np.uint64]
Way = tuple[int, int, int]

TURNED = "turned"
"""The name of pairs of which one is the other turned; their score is in bits of `average`."""
BITS = 2
"""So many bits of `average` may differ, and so many frequencies of `percept`: of 500 photographs,
each turned and saved as JPEG, 0.997 are so near, and no two of them. 4 bits find all, and a search
of 100,000 takes ten times as long, 43 seconds of a processor."""
_FREQUENCIES, _FREQUENCIES_OF_SPARSE, _OF_SPARSE = 12, 24, 4
"""Of what shows little more frequencies may, and so many bits of `wavelet`: of 400 drawings 0.95
were so near (at 4 bits of `average`), where 12 frequencies find 0.76."""
_WAYS = tuple((swap, across, down) for swap in (0, 1) for across in (0, 1) for down in (0, 1))[1:]
"""The seven: whether sides change places, and whether it is mirrored then across, and down."""
_PROPOSED, _SAMPLE = 1 << 22, 1000
"""So many pairs are proposed at a time: 300 megabytes."""
_ODD_ACROSS, _ODD_DOWN = np.uint64(0x5555555555555555), np.uint64(0x00FF00FF00FF00FF)
"""Every second frequency of a row, and of a column."""
_SWAPS = (
    (np.uint64(7), np.uint64(0x00AA00AA00AA00AA)),
    (np.uint64(14), np.uint64(0x0000CCCC0000CCCC)),
    (np.uint64(28), np.uint64(0x00000000F0F0F0F0)),
)
"""Steps in which rows and columns of 8 x 8 bits change places (Warren, Hacker's Delight 7-3)."""
_MIRRORS = (
    (np.uint64(1), np.uint64(0x5555555555555555)),
    (np.uint64(2), np.uint64(0x3333333333333333)),
    (np.uint64(4), np.uint64(0x0F0F0F0F0F0F0F0F)),
)
"""Steps in which the bits of each row are turned round."""


@dataclass(frozen=True, slots=True, eq=False)
class Turnable:
    """Codes of all rows by the three methods, and which rows show little."""

    average: Codes
    percept: Codes
    wavelet: Codes
    sparse: Flags

    @classmethod
    def of(cls, codes: Mapping[str, NDArray[Any]], sparse: Flags) -> "Turnable":
        """Of codes by method."""
        return cls(codes[AVERAGE.name], codes[PERCEPT.name], codes[WAVELET.name], sparse)

    def bits(self, i: Index, j: Index, way: Way) -> Scores:
        """In how many bits of `average` pairs differ where the first is turned; NaN: too many."""
        bits = np.bitwise_count(_places(self.average[i], way) ^ self.average[j])
        frequencies = np.bitwise_count(_waves(self.percept[i], way) ^ self.percept[j])
        places = np.bitwise_count(_places(self.wavelet[i], way) ^ self.wavelet[j])
        shows_little = self.sparse[i] | self.sparse[j]
        fits = (frequencies <= _FREQUENCIES) | (
            shows_little & (frequencies <= _FREQUENCIES_OF_SPARSE) & (places <= _OF_SPARSE)
        )
        return np.where((bits <= BITS) & fits, bits, np.nan)


def near(
    known: Turnable,
    new: Flags,
    among: Index,
    executor: MakeExecutor,
    tell: Callable[[float], None] = lambda _: None,
) -> tuple[Index, Index]:
    """Find pictures that may be others turned, mirrored or not.

    Args:
        known: what is known of all rows.
        new: for each row, whether it is to be compared with all others.
        among: the rows that are compared.
        executor: makes what compares the tiles of a search.
        tell: is called with the part of the work that is done.

    Returns:
        Rows i < j, one of them new; a pair may come more than once.
    """
    fresh = among[new[among]]
    ones, others = [fresh[:0]], [fresh[:0]]
    for done, way in enumerate(_WAYS):
        tell(done / len(_WAYS))
        many = _at_once(known.average, fresh, among, way)
        for start in range(0, len(fresh), many):
            turned = fresh[start : start + many]
            of = np.concatenate([among, turned])
            is_turned = np.arange(len(of)) >= len(among)
            listed = np.concatenate([known.average[among], _places(known.average[turned], way)])
            planned = search.plan(Kind.BITS, Held(listed), BITS, is_turned)
            found = search.run(planned, executor=executor(planned.compare))
            crossing = ~is_turned[found.i] & is_turned[found.j]
            one, other = of[found.j[crossing]], of[found.i[crossing]]
            wanted = (one != other) & ~np.isnan(known.bits(one, other, way))
            ones.append(one[wanted])
            others.append(other[wanted])
    a, b = np.concatenate(ones), np.concatenate(others)
    return np.minimum(a, b), np.maximum(a, b)


def _at_once(average: Codes, fresh: Index, among: Index, way: Way) -> int:
    """How many new rows are turned at a time, so that the pairs proposed fit into memory.

    Of a million drawn codes, coarser than those of photographs, 22 GB were (at 4 bits).
    """
    turned, others = (rows[:: max(1, len(rows) // _SAMPLE)] for rows in (fresh, among))
    bits = np.bitwise_count(_places(average[turned], way)[:, None] ^ average[others][None, :])
    proposed = np.count_nonzero(bits <= BITS) / max(1, bits.size) * len(among)
    return max(1, int(_PROPOSED / max(proposed, _PROPOSED / max(1, len(fresh)))))


def distance(known: Turnable, i: Index, j: Index) -> Scores:
    """In how many bits of `average` pairs differ where the one is turned so that it fits best.

    NaN where it fits in no way.
    """
    bits = np.full(len(i), np.nan)
    for way in _WAYS:
        bits = np.fmin(bits, known.bits(i, j, way))
    return bits


def _waves(percept: Codes, way: Way) -> Codes:
    """The codes of turned pictures, but for frequencies near the median."""
    swap, across, down = way
    codes = _swapped(percept) if swap else percept
    return codes ^ (_ODD_ACROSS * np.uint64(across)) ^ (_ODD_DOWN * np.uint64(down))


def _places(codes: Codes, way: Way) -> Codes:
    """The codes of turned pictures, of bits that lie as the places do."""
    swap, across, down = way
    codes = _swapped(codes) if swap else codes
    for by, mask in _MIRRORS if across else ():
        codes = ((codes & mask) << by) | ((codes >> by) & mask)
    return codes.byteswap() if down else codes


def _swapped(codes: Codes) -> Codes:
    """Let rows and columns of 8 x 8 bits change places."""
    for by, mask in _SWAPS:
        moved = (codes ^ (codes >> by)) & mask
        codes = codes ^ moved ^ (moved << by)
    return codes
