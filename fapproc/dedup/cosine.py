"""Every pair of vectors within a cosine, and no other: exact, arrays only."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from fapproc.dedup.pairs import Index, Pairs

Vectors = NDArray[np.int8]
Flags = NDArray[np.bool_]
Found = tuple[Index, Index]

_ROWS = 1024
_MARGIN = 1e-4
"""More than float32 may err in a cosine; what is within it is judged by whole numbers."""


def near(vectors: Vectors, threshold: float, new: Flags | None = None) -> Pairs:
    """Find every pair of vectors whose cosine is at least `threshold`.

    Args:
        vectors: a row a vector, int8; only its direction counts. A row of zeros is near to none.
        threshold: above 0, at most 1.
        new: for each vector, whether it is new; pairs of two known ones are passed over.

    Raises:
        ValueError: vectors of another shape or type, or a threshold out of bounds.
    """
    if vectors.ndim != 2 or vectors.dtype != np.int8:
        raise ValueError(f"vectors are two-dimensional int8, not {vectors.ndim}-d {vectors.dtype}")
    if not 0 < threshold <= 1:
        raise ValueError(f"threshold {threshold}: above 0, at most 1")
    if new is None:
        new = np.ones(len(vectors), dtype=np.bool_)
    order = np.argsort(~new, kind="stable")
    found = [(order[a], order[b]) for a, b in _blocks(vectors[order], threshold, int(new.sum()))]
    a = np.concatenate([np.zeros(0, np.int64), *(pair[0] for pair in found)])
    b = np.concatenate([np.zeros(0, np.int64), *(pair[1] for pair in found)])
    i, j = np.minimum(a, b), np.maximum(a, b)
    score = _cosines(vectors, i, j)
    kept = score >= threshold
    i, j, score = i[kept], j[kept], score[kept]
    sort = np.lexsort((j, i))
    return Pairs(i[sort], j[sort], score[sort])


def _blocks(vectors: Vectors, threshold: float, count: int) -> Iterator[Found]:
    """Compare each of the first `count` vectors with those behind it, a tile at a time."""
    for top in range(0, count, _ROWS):
        rows = _unit(vectors[top : min(top + _ROWS, count)])
        for left in range(top, len(vectors), _ROWS):
            close = rows @ _unit(vectors[left : left + _ROWS]).T >= threshold - _MARGIN
            a, b = np.nonzero(close)
            a, b = a + top, b + left
            yield a[a < b], b[a < b]


def _unit(vectors: Vectors) -> NDArray[np.float32]:
    """Scale vectors to length 1; zeros stay."""
    wide = vectors.astype(np.float32)
    length = np.sqrt(np.einsum("ij,ij->i", wide, wide))
    length[length == 0] = 1
    unit: NDArray[np.float32] = wide / length[:, None]
    return unit


def _cosines(vectors: Vectors, i: Index, j: Index) -> NDArray[np.float64]:
    """Return the cosines of pairs, from whole numbers: the same on every machine, 1 for equals."""
    score = np.zeros(len(i))
    for start in range(0, len(i), _ROWS):
        part = slice(start, start + _ROWS)
        a, b = vectors[i[part]].astype(np.int64), vectors[j[part]].astype(np.int64)
        dots, squares = (a * b).sum(axis=1), (a * a).sum(axis=1) * (b * b).sum(axis=1)
        score[part] = dots / np.sqrt(np.maximum(squares, 1))
    return score
