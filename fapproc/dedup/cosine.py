"""Every pair of vectors within a cosine, and no other: exact, arrays only.

Vectors of unit length are turned so that most of their length lies in few coordinates, the head.
What the rest, the tail, adds to the cosine of a pair is at most the product of the tails' lengths
(Cauchy and Schwarz). So a product of the heads, with the tail's length as one coordinate more,
bounds the cosine from above, and only pairs whose bound reaches the threshold are compared in full.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fapproc.dedup import few
from fapproc.dedup.tiles import Codes, Flags, Index, Pairs

Floats = NDArray[np.float32]
Lengths = NDArray[np.float64]
Found = tuple[Index, Index, Lengths, Index]
"""Pairs i < j of rows, and their cosines; and rows of which others were left out."""

_NONE = (np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))
_WHOLE = 1024
"""Up to so many vectors are compared in full, in 2 to 106 ms: finding axes would take 74 to 245."""
_SAMPLE, _FEW = 4096, 1024
_WIDTHS = (32, 64, 96, 128, 192, 256, 384)
# Nanoseconds, measured at 1248 dimensions: choose the width of the head, change no result.
_MULTIPLY, _LOOK_AT_A_PAIR = 0.03, 2200.0
_BLOCK = 32768
"""Rows whose heads are kept: those of the columns are made again for each block."""
_TILE = 2048
"""Rows and columns compared at a time: 16 MiB of bounds."""
_CHUNK = 4096
"""How many pairs or rows are compared in full at a time."""
_MARGIN = 1e-4
"""More than float32 may err in a cosine; what is within it is judged by whole numbers."""
_LONGEST = 1 << 17
"""Of this many whole numbers of 8 bits the products are summed exactly in 31 bits."""


@dataclass(frozen=True, slots=True)
class Tile:
    """A block of rows against some columns: from which to which place in the order of a search."""

    top: int
    end: int
    left: int
    right: int

    @property
    def weight(self) -> int:
        """How many couples are compared."""
        return (min(self.end, self.right) - self.top) * (self.right - self.left)


@dataclass(slots=True, eq=False)
class Search:
    """What the tiles of a search share: 8 bytes a vector, the axes, and how vectors are reached.

    `order`: the rows that are compared, the `fresh` new ones first. The block of rows that was
    compared last is kept where it was read, with its heads: tiles of one block best go to one
    process. So each vector is read once a block, in the order of the rows.

    `each`: only pairs in which one is among the so many nearest of the other; None: every pair. Of
    5,000 drawn pictures that are all alike 12 million pairs are near: to look at each takes longer
    than all else that is done with them.
    """

    vectors: Codes
    threshold: float
    order: Index
    fresh: int
    axes: Floats
    each: int | None = None
    _block: tuple[int, "list[_Read]"] = field(default=(-1, []), init=False, repr=False)

    @property
    def tiles(self) -> Iterator[Tile]:
        """Each new one with those behind it: by blocks of rows, and in these by columns."""
        for block in range(0, self.fresh, _BLOCK):
            end = min(block + _BLOCK, self.fresh)
            for left in range(block, len(self.order), _TILE):
                right = min(left + _TILE, len(self.order))
                yield Tile(block, end, left, right)

    def __reduce__(self) -> tuple[Any, ...]:
        mine = self.vectors, self.threshold, self.order, self.fresh, self.axes, self.each
        return Search, mine

    def compare(self, tile: Tile) -> Found:
        """Find the pairs of a tile, each row with the columns behind it."""
        rows = self._rows(tile.top, tile.end)[: -(-(tile.right - tile.top) // _TILE)]
        columns = self._read(tile.left, tile.right)
        parts: list[Found] = []
        for some in rows:
            bound = some.heads @ columns.heads.T
            a, b = np.divmod(np.flatnonzero(bound >= self.threshold - _MARGIN), bound.shape[1])
            behind = some.places[a] < columns.places[b]
            a, b = a[behind], b[behind]
            if self.each is not None and len(a) > self.each * sum(bound.shape):
                a, b, _, more = _nearest(some, columns, a, b, self.threshold - _MARGIN, self.each)
                parts.append((*_NONE, self.order[more]))
            parts += self._judged(some, columns, a, b)
        return _joined(parts)

    def gather(self, found: Iterable[Found]) -> Pairs:
        """Sort the pairs of all tiles."""
        i, j, score, more = _joined(found)
        if self.each is not None:
            kept = few.of_ends(np.concatenate([i, j]), np.tile(score, 2), self.each)
            kept = kept[: len(i)] | kept[len(i) :]
            more = np.concatenate([more, i[~kept], j[~kept]])
            i, j, score = i[kept], j[kept], score[kept]
        order = np.lexsort((j, i))
        return Pairs(i[order], j[order], score[order], np.unique(more))

    def _rows(self, top: int, end: int) -> "list[_Read]":
        if self._block[0] != top:
            self._block = (-1, [])  # let go of before others are read
            stops = range(top, end, _TILE)
            self._block = (top, [self._read(one, min(one + _TILE, end)) for one in stops])
        return self._block[1]

    def _read(self, start: int, stop: int) -> "_Read":
        vectors = self.vectors[self.order[start:stop]]
        there = vectors.any(axis=1)
        # The bound of two rows of zeros is 1: of 10,000, each pair would be looked at whole.
        vectors, places = vectors[there], np.flatnonzero(there) + start
        lengths = _lengths(vectors)
        return _Read(places, vectors, lengths, _with_tail(_unit(vectors, lengths) @ self.axes))

    def _judged(self, rows: "_Read", columns: "_Read", i: Index, j: Index) -> Iterable[Found]:
        """Keep the pairs whose cosine is at least the threshold: roughly, then by whole numbers."""
        for start in range(0, len(i), _CHUNK):
            a, b = i[start : start + _CHUNK], j[start : start + _CHUNK]
            one, other = rows.vectors[a].astype(np.float32), columns.vectors[b].astype(np.float32)
            scale = np.sqrt(rows.lengths[a] * columns.lengths[b])
            rough = np.einsum("ij,ij->i", one, other) / scale
            near = np.flatnonzero(rough >= self.threshold - _MARGIN)
            whole = np.einsum(
                "ij,ij->i", one[near].astype(np.float64), other[near].astype(np.float64)
            )
            score = whole / scale[near]
            kept = score >= self.threshold
            near = near[kept]
            a, b = self.order[rows.places[a[near]]], self.order[columns.places[b[near]]]
            yield np.minimum(a, b), np.maximum(a, b), score[kept], _NONE[0]


@dataclass(frozen=True, slots=True, eq=False)
class _Read:
    """Vectors that were read to be compared: their places in the order, squared lengths, heads."""

    places: Index
    vectors: NDArray[np.int8]
    lengths: Lengths
    heads: Floats


def _nearest(rows: _Read, columns: _Read, a: Index, b: Index, least: float, each: int) -> Found:
    """Of pairs of rows and columns those in which one is among the nearest of the other.

    All cosines are multiplied at once: where most pairs are near that takes a tenth of the time.
    Told are places in rows and columns, and in the order of the search of those with more pairs.
    """
    cosines = np.full((len(rows.places), len(columns.places)), -1, np.float32)
    every = _unit(rows.vectors, rows.lengths) @ _unit(columns.vectors, columns.lengths).T
    cosines[a, b] = every[a, b]
    kept, left = few.of_matrix(cosines, least, each)
    more = [rows.places[left.any(axis=1)], columns.places[left.any(axis=0)]]
    i, j = np.nonzero(kept)
    return i, j, np.zeros(0), np.concatenate(more)


def planned(
    vectors: Codes, threshold: float, new: Flags, among: Index, each: int | None = None
) -> Search:
    """Plan to find every pair of vectors whose cosine is at least `threshold`.

    Besides the vectors and the pairs, memory holds some tens of megabytes, whatever their number.
    The cosines are computed from whole numbers: equal on every machine, and 1.0 for equal vectors.

    Args:
        vectors: a row a vector, int8; only its direction counts. A row of zeros is near to none.
        threshold: above 0, at most 1.
        new: for each vector, whether it is new; pairs of two known ones are passed over.
        among: the rows that are compared, sorted.
        each: as `Search` has it.

    Raises:
        ValueError: vectors of another shape or type, or a threshold out of bounds.
    """
    shape, kind = vectors.shape, vectors.dtype
    if len(shape) != 2 or kind != np.int8 or shape[1] > _LONGEST:
        raise ValueError(f"vectors are two-dimensional int8, not {len(shape)}-d {kind}")
    if not 0 < threshold <= 1:
        raise ValueError(f"threshold {threshold}: above 0, at most 1")
    if np.count_nonzero(new[among]) > _BLOCK:  # else each is read once only, as it is for this
        among = among[_are_there(vectors, among)]
    order = among[np.argsort(~new[among], kind="stable")]
    fresh = int(new[among].sum())
    axes = np.zeros((shape[1], 0), np.float32)
    if fresh:
        axes = _axes(vectors, among, threshold - _MARGIN, min(fresh, _BLOCK))
    return Search(vectors, threshold, order, fresh, axes, each)


def _are_there(vectors: Codes, among: Index) -> Flags:
    """Tell which rows are not of zeros."""
    there = np.zeros(len(among), dtype=np.bool_)
    for start in range(0, len(among), _CHUNK):
        there[start : start + _CHUNK] = vectors[among[start : start + _CHUNK]].any(axis=1)
    return there


def _lengths(vectors: NDArray[np.int8]) -> Lengths:
    """Return the squared lengths, whole numbers."""
    wide = vectors.astype(np.int32)
    squares: Lengths = np.einsum("ij,ij->i", wide, wide).astype(np.float64)
    return squares


def _axes(vectors: Codes, among: Index, least: float, rows: int) -> Floats:
    """Choose the axes of the head, and how many: a wider one costs more and leaves fewer pairs.

    They are those of the largest squared length over a sample, not of the largest deviation from a
    mean: what all vectors have in common belongs to the head too. A column's head is made once for
    so many rows.
    """
    if len(among) <= _WHOLE:
        return np.eye(vectors.shape[1], dtype=np.float32)
    # A quarter of few vectors: to look at them all would take longer than their search.
    step = -(-len(among) // min(_SAMPLE, max(_FEW, len(among) // 4)))
    sample = _units(vectors[among[::step]])
    # Others than the axes were made of: of these the tails are shorter than of the rest.
    few = _units(vectors[among[step // 2 :: step * max(1, -(-len(sample) // _FEW))]])
    if not (len(sample) and len(few)):
        return np.eye(vectors.shape[1], dtype=np.float32)
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


def _joined(found: Iterable[Found]) -> Found:
    first, second, score, more = zip((*_NONE, _NONE[0]), *found, strict=True)
    return (
        np.concatenate(first),
        np.concatenate(second),
        np.concatenate(score),
        np.concatenate(more),
    )


def _units(vectors: NDArray[np.int8]) -> Floats:
    """Scale those vectors to length 1 that are none of zeros."""
    some = vectors[vectors.any(axis=1)]
    return _unit(some, _lengths(some))


def _unit(vectors: NDArray[np.int8], lengths: Lengths) -> Floats:
    """Scale vectors that are none of zeros to length 1."""
    return vectors * np.sqrt(1 / lengths).astype(np.float32)[:, None]
