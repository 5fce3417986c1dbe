"""Every pair of vectors within a cosine, and no other: exact, arrays only.

Vectors of unit length are turned so that most of their length lies in few coordinates, the head.
What the rest, the tail, adds to the cosine of a pair is at most the product of the tails' lengths
(Cauchy and Schwarz). So a product of the heads, with the tail's length as one coordinate more,
bounds the cosine from above, and only pairs whose bound reaches the threshold are looked at whole.
"""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from fapproc.dedup.pairs import Index, Pairs

Vectors = NDArray[np.int8]
Flags = NDArray[np.bool_]
Floats = NDArray[np.float32]
Found = tuple[Index, Index]

_WHOLE = 1024
"""So few vectors are compared whole, in 2 to 106 ms: to find axes for them takes 74 to 245."""
_SAMPLE, _FEW = 4096, 1024
_WIDTHS = (32, 64, 96, 128, 192, 256, 384)
# Nanoseconds, measured at 1248 dimensions: choose the width of the head, change no result.
_MULTIPLY, _LOOK_AT_A_PAIR = 0.03, 2200.0
_BLOCK = 32768
"""Rows whose heads are kept: those of the columns are made again for each block."""
_TILE = 2048
"""Rows and columns compared at a time: 16 MiB of bounds."""
_CHUNK = 4096
"""Pairs and rows taken whole at a time."""
_MARGIN = 1e-4
"""More than float32 may err in a cosine; what is within it is judged by whole numbers."""
_LONGEST = 1 << 17
"""Of this many whole numbers of 8 bits the products are summed exactly in 31 bits."""


def near(
    vectors: Vectors,
    threshold: float,
    new: Flags | None = None,
    tell: Callable[[float], None] = lambda _: None,
) -> Pairs:
    """Find every pair of vectors whose cosine is at least `threshold`.

    Besides the vectors and the pairs, memory holds some tens of megabytes, whatever their number.
    What is compared with what goes by tiles that need nothing of each other.

    Args:
        vectors: a row a vector, int8; only its direction counts. A row of zeros is near to none.
        threshold: above 0, at most 1.
        new: for each vector, whether it is new; pairs of two known ones are passed over.
        tell: is called with the part of the work that is done, up to 1.

    Returns:
        Pairs with their cosines, computed from whole numbers: equal on every machine, and 1.0 for
        equal vectors.

    Raises:
        ValueError: vectors of another shape or type, or a threshold out of bounds.
    """
    if vectors.ndim != 2 or vectors.dtype != np.int8 or vectors.shape[1] > _LONGEST:
        raise ValueError(f"vectors are two-dimensional int8, not {vectors.ndim}-d {vectors.dtype}")
    if not 0 < threshold <= 1:
        raise ValueError(f"threshold {threshold}: above 0, at most 1")
    if new is None:
        new = np.ones(len(vectors), dtype=np.bool_)
    none = np.zeros(0, dtype=np.int64)
    if not new.any():
        return Pairs(none, none, np.zeros(0))
    lengths = _lengths(vectors)
    axes = _axes(vectors, lengths, threshold - _MARGIN, min(int(new.sum()), _BLOCK))
    parts = [
        _judged(vectors, lengths, a, b, threshold)
        for a, b in _candidates(vectors, lengths, axes, threshold - _MARGIN, new, tell)
    ]
    i, j = (np.concatenate([none, *(part[side] for part in parts)]) for side in (0, 1))
    score = np.concatenate([np.zeros(0), *(part[2] for part in parts)])
    order = np.lexsort((j, i))
    return Pairs(i[order], j[order], score[order])


def _lengths(vectors: Vectors) -> NDArray[np.float64]:
    """Return the squared lengths, whole numbers; 1 for zeros."""
    squares = np.ones(len(vectors))
    for start in range(0, len(vectors), _CHUNK):
        part = vectors[start : start + _CHUNK].astype(np.int32)
        squares[start : start + _CHUNK] = np.einsum("ij,ij->i", part, part)
    return np.maximum(squares, 1)


def _axes(vectors: Vectors, lengths: NDArray[np.float64], least: float, rows: int) -> Floats:
    """Choose the axes of the head, and how many: a wider one costs more and leaves fewer pairs.

    They are those of the largest squared length over a sample, not of the largest deviation from a
    mean: what all vectors have in common belongs to the head too. A column's head is made once for
    so many rows.
    """
    if len(vectors) <= _WHOLE:
        return np.eye(vectors.shape[1], dtype=np.float32)
    # A quarter of few vectors: to look at them all would take longer than their search.
    step = -(-len(vectors) // min(_SAMPLE, max(_FEW, len(vectors) // 4)))
    sample = _unit(vectors[::step], lengths[::step])
    # Others than the axes were made of: of these the tails are shorter than of the rest.
    others = slice(step // 2, None, step * -(-len(sample) // _FEW))
    few = _unit(vectors[others], lengths[others])
    wide = _widest(sample)
    choices = [wide[:, :width] for width in _WIDTHS if width < wide.shape[1]]
    choices += [wide, np.eye(len(wide), dtype=np.float32)]
    costs = []
    for axes in choices:
        head = _with_tail(few @ axes)
        passing = np.count_nonzero(head @ head.T >= least) / len(few) ** 2 - 1 / len(few)
        multiply = axes.shape[1] * _MULTIPLY * (1 + len(axes) / rows)
        costs.append(multiply + passing * _LOOK_AT_A_PAIR)
    return choices[int(np.argmin(costs))]


def _widest(sample: Floats) -> Floats:
    """Find the axes of the widest head, the best first, by one step of a subspace iteration.

    As Halko, Martinsson and Tropp do (arXiv 0909.4061): any axes at right angles give a true bound,
    and all of them would take longer than a search of thousands.
    """
    dimensions = sample.shape[1]
    drawn = np.random.default_rng(0).standard_normal((dimensions, min(dimensions, _WIDTHS[-1])))
    basis = np.linalg.qr(sample.T @ (sample @ drawn.astype(np.float32)))[0]
    turned = sample @ basis
    return np.ascontiguousarray(basis @ np.linalg.eigh(turned.T @ turned)[1][:, ::-1])


def _with_tail(head: Floats) -> Floats:
    """Put the tail's length beside the head of vectors of length 1."""
    tail = np.maximum(1 - np.einsum("ij,ij->i", head, head), 0)
    # What float32 errs in a square, its root makes larger: some is added before.
    return np.column_stack([head, np.sqrt(tail + _MARGIN / 10)])


def _candidates(
    vectors: Vectors,
    lengths: NDArray[np.float64],
    axes: Floats,
    least: float,
    new: Flags,
    tell: Callable[[float], None],
) -> Iterator[Found]:
    """Compare each new head with those behind it, the new ones first, a tile at a time."""
    order = np.argsort(~new, kind="stable")
    count = int(new.sum())

    def heads(start: int, stop: int) -> Floats:
        chosen = order[start:stop]
        return _with_tail(_unit(vectors[chosen], lengths[chosen]) @ axes)

    for block in range(0, count, _BLOCK):
        end = min(block + _BLOCK, count)
        rows = [heads(top, min(top + _TILE, end)) for top in range(block, end, _TILE)]
        for left in range(block, len(vectors), _TILE):
            tell(_compared(block, left, count, len(vectors)))
            columns = heads(left, left + _TILE).T
            for top, tile in zip(range(block, min(end, left + _TILE), _TILE), rows, strict=False):
                bound = tile @ columns
                a, b = np.divmod(np.flatnonzero(bound >= least), bound.shape[1])
                behind = a + top < b + left
                a, b = order[a[behind] + top], order[b[behind] + left]
                yield np.minimum(a, b), np.maximum(a, b)


def _compared(block: int, left: int, count: int, vectors: int) -> float:
    """Tell which part of all couples with a new one lies before these rows and columns."""

    def until(row: int) -> float:
        return row * vectors - row * row / 2

    end = min(block + _BLOCK, count)
    inside = (left - block) / (vectors - block)
    return (until(block) + (until(end) - until(block)) * inside) / until(count)


def _judged(
    vectors: Vectors, lengths: NDArray[np.float64], i: Index, j: Index, threshold: float
) -> tuple[Index, Index, NDArray[np.float64]]:
    """Keep the pairs whose cosine is at least the threshold: roughly, then by whole numbers."""
    found = []
    for start in range(0, len(i), _CHUNK):
        a, b = i[start : start + _CHUNK], j[start : start + _CHUNK]
        one, other = vectors[a].astype(np.float32), vectors[b].astype(np.float32)
        scale = np.sqrt(lengths[a] * lengths[b])
        rough = np.einsum("ij,ij->i", one, other) / scale
        near = np.flatnonzero(rough >= threshold - _MARGIN)
        whole = np.einsum("ij,ij->i", one[near].astype(np.float64), other[near].astype(np.float64))
        score = whole / scale[near]
        kept = score >= threshold
        near = near[kept]
        found.append((a[near], b[near], score[kept]))
    if not found:
        return i, j, np.zeros(0)
    first, second, scores = (np.concatenate(part) for part in zip(*found, strict=True))
    return first, second, scores


def _unit(vectors: Vectors, lengths: NDArray[np.float64]) -> Floats:
    """Scale vectors to length 1; zeros stay."""
    return vectors * np.sqrt(1 / lengths).astype(np.float32)[:, None]
