"""Of near pairs those in which one is among the nearest few of the other. Arrays in, values out."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fapproc.dedup.tiles import Flags, Index


def of_matrix(scores: NDArray[Any], least: float, each: int) -> tuple[Flags, Flags]:
    """Of the scores of rows and columns that are at least so high, the highest of each.

    Returns:
        for each score, whether it is among so many of its row or of its column; and whether it is
        high enough and is not.
    """
    near = scores >= least
    kept = np.zeros_like(near)
    for axis, size in ((1, near.shape[1]), (0, near.shape[0])):
        top = np.argpartition(-scores, min(each, size) - 1, axis=axis)
        top = top[:, :each] if axis else top[:each]
        np.put_along_axis(kept, top, values=True, axis=axis)
    kept &= near
    return kept, near & ~kept


def of_ends(ends: Index, scores: NDArray[Any], each: int) -> Flags:
    """Which of these pairs, told by one end each, are among so many with the highest scores."""
    order = np.lexsort((-scores, ends))
    begins = np.flatnonzero(np.diff(ends[order], prepend=-1))
    place = np.arange(len(order)) - np.repeat(begins, np.diff(begins, append=len(order)))
    found = np.zeros(len(ends), np.bool_)
    found[order[place < each]] = True
    return found
