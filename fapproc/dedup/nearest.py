"""For each new picture, those that a network finds nearest, however far they are. Arrays only.

A crop of a fifth a side, or a picture under large words, is further from its picture than a network
may propose in general: among a hundred thousand pictures, strangers are as near. But among a few
thousand it is still the nearest, and so worth a second look.
"""

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from fapproc.dedup.evidence import Encoded, silent
from fapproc.dedup.method import Flags, Index, Kind, Methods, Scores, Sensitivity
from fapproc.dedup.registry import radii
from fapproc.dedup.tiles import Codes

EACH = 2
"""How many for each picture. Of 100 photographs under the words of a meme 0.93 are among the first
of their own or the reverse, 0.96 among two, 0.98 among four: such words are like each other."""
_COLUMNS, _ROWS = 8192, 1024
"""How many vectors are read at a time, and with how many new ones compared: 32 MiB of cosines."""

Couples = tuple[Index, Index]


def nearest(
    encoded: Encoded,
    new: Flags,
    sensitivity: Sensitivity,
    methods: Methods,
    tell: Callable[[str, float], None] = lambda *_: None,
) -> Couples:
    """Find the nearest stills of each new one by every network that is on.

    Args:
        encoded: all images.
        new: for each row, whether its nearest ones are wanted.
        sensitivity: which methods are on.
        methods: by name.
        tell: is called with the method that is at work and the part of its work that is done.

    Returns:
        Rows i < j; a pair may come more than once.
    """
    mute = silent(encoded, methods)
    ones, others = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for name in radii(sensitivity, methods):
        if name not in encoded.codes or methods[name].kind is not Kind.VECTOR:
            continue
        among = np.flatnonzero(~mute[name] & ~encoded.animated)
        fresh = among[new[among]]
        found, cosines = _nearest(encoded.codes[name], fresh, among, partial(tell, name))
        row, place = np.nonzero(cosines)
        ones.append(fresh[row])
        others.append(found[row, place])
    i, j = np.concatenate(ones), np.concatenate(others)
    return np.minimum(i, j), np.maximum(i, j)


def joined(found: Couples, proposed: Couples, count: int) -> tuple[Index, Index, Flags]:
    """Merge proposed pairs with those found, sorted, each once; and tell which were proposed."""
    keys, more = (i * count + j for i, j in (found, proposed))
    whole = np.union1d(keys, more)
    i, j = np.divmod(whole, max(1, count))
    return i, j, np.isin(whole, more)


def _nearest(
    codes: Codes, fresh: Index, among: Index, tell: Callable[[float], None]
) -> tuple[Index, Scores]:
    """The nearest other rows of each, `EACH` of them, and their cosines; 0 where there is none."""
    best = np.zeros((len(fresh), EACH))
    which = np.zeros((len(fresh), EACH), np.int64)
    if not len(fresh):
        return which, best
    ones = _unit(codes[fresh])
    for start in range(0, len(among), _COLUMNS):
        tell(start / len(among))
        places = among[start : start + _COLUMNS]
        columns = _unit(codes[places])
        for first in range(0, len(fresh), _ROWS):
            some = slice(first, first + _ROWS)
            cosines: NDArray[np.float32] = ones[some] @ columns.T
            cosines[fresh[some][:, None] == places] = 0
            top = np.argpartition(-cosines, min(EACH, len(places)) - 1, axis=1)[:, :EACH]
            values = np.column_stack([best[some], np.take_along_axis(cosines, top, axis=1)])
            rows = np.column_stack([which[some], places[top]])
            order = np.argsort(-values, axis=1, kind="stable")[:, :EACH]
            best[some] = np.take_along_axis(values, order, axis=1)
            which[some] = np.take_along_axis(rows, order, axis=1)
    return which, best


def _unit(vectors: NDArray[np.int8]) -> NDArray[np.float32]:
    """Scale to length 1; a row of zeros, which is no vector, stays one and is near to none."""
    wide = vectors.astype(np.float32)
    lengths = np.linalg.norm(wide, axis=1, keepdims=True)
    scaled: NDArray[np.float32] = wide / np.maximum(lengths, 1)
    return scaled
