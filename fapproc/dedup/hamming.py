"""Every pair of 64-bit codes within a Hamming distance, and no other: exact, arrays only.

Equal codes are searched once. The rest by pigeonhole, as multi-index hashing does (Norouzi, Punjani
and Fleet, arXiv 1307.2982) but with sorting instead of tables: of `blocks` parts of two codes that
differ in at most `radius` bits, at least `blocks - radius` are equal. So for every choice of that
many blocks the codes are sorted by those bits and compared with their neighbours of the same key.
Where that sifts too little (few codes, wide radius), every code is compared with every other.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from math import comb

import numpy as np
from numpy.typing import NDArray

from fapproc.dedup.tiles import Codes, Flags, Held, Index, Pairs

Words = NDArray[np.uint64]
Found = tuple[Index, Index]

BITS = 64
WIDEST = 15
_CHUNK = 1 << 20
"""How many pairs are compared at a time: some tens of megabytes."""

_MARK_BITS = 20
_ODD = np.uint64(0x9E3779B97F4A7C15)
"""2^64 divided by the golden ratio: products with it differ in their upper bits (Knuth)."""

_SAMPLE = 1000
# Nanoseconds, measured at 1e6 codes: choose the plan, change no result.
_MARK_A_CODE, _SORT_A_CODE, _CHECK_A_PAIR, _COMPARE_A_PAIR = 10.0, 65.0, 12.0, 1.8


@dataclass(frozen=True, slots=True)
class SameKey:
    """Codes that agree in the bits of a key, but for pairs that an earlier tile finds."""

    key: np.uint64
    passed_over: tuple[np.uint64, ...]

    @property
    def weight(self) -> int:
        """One is as much work as another."""
        return 1


@dataclass(frozen=True, slots=True)
class Rows:
    """New codes, from one place to another of an order, with all that come behind them in it."""

    start: int
    stop: int

    @property
    def weight(self) -> int:
        """How many they are."""
        return self.stop - self.start


@dataclass(frozen=True, slots=True, eq=False)
class _Distinct:
    """Codes to be compared, each once however many rows have it.

    All tiles need all of them, so a search stays in the process that holds them: ten million take
    half a minute.

    `distinct`: the codes. `members`: rows by code, sorted, of each code the `fresh` new ones first;
    they begin at `starts` and are `counts`.
    """

    codes: Codes
    radius: int
    distinct: Held
    members: Index
    starts: Index
    counts: Index
    fresh: Index

    def gather(self, found: Iterable[Found]) -> Pairs:
        """Make pairs of rows of the pairs of distinct codes, and of equal ones."""
        rows = [_equal(self.members, self.starts, self.counts, self.fresh)]
        near = [pair for pair in found if len(pair[0])]
        if near:
            a, b = (np.concatenate(side) for side in zip(*near, strict=True))
            starts, counts, fresh = self.starts, self.counts, self.fresh
            known = counts[a] - fresh[a]
            rows += [
                _expand(self.members, starts[a], fresh[a], starts[b], counts[b]),
                _expand(self.members, starts[a] + fresh[a], known, starts[b], fresh[b]),
            ]
        one, other = (np.concatenate(side) for side in zip(*rows, strict=True))
        i, j = np.minimum(one, other), np.maximum(one, other)
        order = np.lexsort((j, i))
        i, j = i[order], j[order]
        return Pairs(i, j, np.bitwise_count(self.codes[i] ^ self.codes[j]))


@dataclass(frozen=True, slots=True, eq=False)
class ByKeys(_Distinct):
    """Compares codes that agree in some of so many blocks."""

    blocks: int

    @property
    def tiles(self) -> Iterator[SameKey]:
        """One for each choice of blocks."""
        for key, passed_over in _choices(self.blocks, self.radius):
            yield SameKey(key, tuple(passed_over))

    def compare(self, tile: SameKey) -> Found:
        """Find pairs of distinct codes."""
        codes, new = self.distinct.codes, self.fresh > 0
        sharing = _sharing(codes, new, tile.key)
        found = _same_key(codes[sharing], new[sharing], self.radius, tile.key, tile.passed_over)
        return _joined((sharing[a], sharing[b]) for a, b in found)


@dataclass(frozen=True, slots=True, eq=False)
class ByPairs(_Distinct):
    """Compares each new code with every other; `distinct` has them in `order`, new ones first."""

    order: Index

    @property
    def tiles(self) -> Iterator[Rows]:
        """So many rows each that a comparison takes some tens of megabytes."""
        count = int(np.count_nonzero(self.fresh)) if self.radius else 0
        rows = max(1, _CHUNK // max(1, len(self.order)))
        for start in range(0, count, rows):
            yield Rows(start, min(start + rows, count))

    def compare(self, tile: Rows) -> Found:
        """Find pairs of distinct codes."""
        codes, order = self.distinct.codes, self.order
        above = codes[tile.start : tile.stop]
        found = []
        for first in range(tile.start, len(order), _CHUNK):
            right = codes[first : first + _CHUNK]
            close = np.bitwise_count(above[:, None] ^ right[None, :]) <= self.radius
            a, b = np.nonzero(close)
            a, b = a + tile.start, b + first
            found.append((order[a[a < b]], order[b[a < b]]))
        return _joined(found)


def planned(codes: Codes, radius: int, new: Flags, among: Index) -> ByKeys | ByPairs:
    """Plan to find every pair of codes that differ in at most `radius` bits.

    Memory is that of the codes, times a small number, and of the pairs found: m equal codes are
    m (m - 1) / 2 pairs. Where few are new, only codes that share a key with a new one are sorted.

    Args:
        codes: one-dimensional, uint64; positions in it are what the pairs name.
        radius: 0 to 15 bits.
        new: for each code, whether it is new; pairs of two known ones are passed over.
        among: the rows that are compared, sorted.

    Raises:
        ValueError: codes of another shape or type, or a radius out of bounds.
    """
    shape, kind = codes.shape, codes.dtype
    if len(shape) != 1 or kind != np.uint64:
        raise ValueError(f"codes are one-dimensional uint64, not {len(shape)}-d {kind}")
    if not 0 <= radius <= WIDEST:
        raise ValueError(f"radius {radius}: 0 to {WIDEST} bits")
    is_new = new[among]
    distinct, which, counts = np.unique(codes[among], return_inverse=True, return_counts=True)
    fresh = np.bincount(which[is_new], minlength=len(distinct))
    members = among[np.lexsort((~is_new, which))]
    starts = np.cumsum(counts) - counts
    blocks = _plan(distinct, fresh > 0, radius) if radius else None
    rows = members, starts, counts, fresh
    if blocks is None:
        order = np.argsort(fresh == 0, kind="stable")
        return ByPairs(codes, radius, Held(distinct[order]), *rows, order)
    return ByKeys(codes, radius, Held(distinct), *rows, blocks)


def _joined(found: Iterable[Found]) -> Found:
    none = np.zeros(0, dtype=np.int64)
    a, b = zip((none, none), *found, strict=True)
    return np.concatenate(a), np.concatenate(b)


def _equal(members: Index, starts: Index, counts: Index, fresh: Index) -> Found:
    """Pair the members of each set of equal codes: every new one with those behind it."""
    position = np.arange(len(members)) - np.repeat(starts, counts)
    behind = np.repeat(counts, counts) - position - 1
    behind[position >= np.repeat(fresh, counts)] = 0
    first = np.repeat(np.arange(len(members)), behind)
    return members[first], members[first + 1 + _ramps(behind)]


def _expand(
    members: Index, starts_a: Index, many_a: Index, starts_b: Index, many_b: Index
) -> Found:
    """Turn pairs of distinct codes into pairs of all members from these starts on."""
    many = many_a * many_b
    step, width = _ramps(many), np.repeat(many_b, many)
    a, b = np.repeat(starts_a, many), np.repeat(starts_b, many)
    return members[a + step // width], members[b + step % width]


def _ramps(lengths: Index) -> Index:
    """Count 0, 1, 2, ... up to each length, one after the other."""
    ends = np.cumsum(lengths)
    total = int(ends[-1]) if len(ends) else 0
    return np.arange(total) - np.repeat(ends - lengths, lengths)


def _plan(codes: Words, new: Flags, radius: int) -> int | None:
    """Choose the number of blocks, None for comparing every pair, by the cost on these codes.

    Random codes are the least that is to be compared; a sample shows what is more alike.
    """
    fresh = int(new.sum())
    pairs = _pairs_of(len(codes)) - _pairs_of(len(codes) - fresh)
    sample = codes[:: max(1, len(codes) // _SAMPLE)]
    scale = pairs / max(1, _pairs_of(len(sample)))
    costs: dict[int | None, float] = {None: pairs * _COMPARE_A_PAIR}
    for blocks in range(radius + 1, min(BITS, radius + 8) + 1):
        sorts = comb(blocks, radius)
        marking = sorts * len(codes) * _MARK_A_CODE
        if marking < min(costs.values()):
            random = sorts * pairs / 2 ** (BITS * (blocks - radius) / blocks)
            alike = scale * sum(_same(sample, key) for key, _ in _choices(blocks, radius))
            checks = max(random, alike)
            sorting = min(sorts * len(codes), sorts * fresh + checks) * _SORT_A_CODE
            costs[blocks] = marking + sorting + checks * _CHECK_A_PAIR
    return min(costs, key=lambda plan: costs[plan])


def _pairs_of(count: int) -> float:
    return count * (count - 1) / 2


def _same(codes: Words, key: np.uint64) -> int:
    """Count the pairs of codes that agree in the key bits."""
    counts = np.unique(codes & key, return_counts=True)[1]
    return int((counts * (counts - 1)).sum()) // 2


def _choices(blocks: int, radius: int) -> Iterator[tuple[np.uint64, list[np.uint64]]]:
    """Yield, for every choice of blocks, its bits as one mask and the blocks it passes over."""
    cuts = [BITS * block // blocks for block in range(blocks + 1)]
    parts = [(1 << end) - (1 << start) for start, end in pairwise(cuts)]
    for chosen in combinations(range(blocks), blocks - radius):
        passed_over = [parts[block] for block in range(chosen[-1]) if block not in chosen]
        yield np.uint64(sum(parts[block] for block in chosen)), [*map(np.uint64, passed_over)]


def _sharing(codes: Words, new: Flags, key: np.uint64) -> Index:
    """Return the codes that agree with a new one in the key bits, and a few others."""
    if new.all():
        return np.arange(len(codes))
    marks = np.zeros(1 << _MARK_BITS, dtype=np.bool_)
    mark = _scattered(codes, key) >> np.uint64(BITS - _MARK_BITS)
    marks[mark[new]] = True
    return np.flatnonzero(marks[mark])


def _scattered(codes: Words, key: np.uint64) -> Words:
    """Turn key bits into numbers that differ in their upper bits: equal ones stay equal."""
    return (codes & key) * _ODD


def _same_key(
    codes: Words, new: Flags, radius: int, key: np.uint64, passed_over: Sequence[np.uint64]
) -> Iterator[Found]:
    """Find near pairs whose key bits are equal, and that no earlier choice of blocks finds.

    The first choice that finds a pair is its first equal blocks; so a pair with an equal block
    that this choice has passed over was found before. Of each key the new codes come first, and
    are compared with those behind them.
    """
    bits = max(1, len(codes)).bit_length()
    place, known = np.uint64((1 << bits) - 1), np.where(new, np.uint64(0), np.uint64(1 << bits))
    upper = ~np.uint64((2 << bits) - 1)
    # Key and place in one number: to sort these takes a fifth of the time of `argsort`.
    numbers = known | np.arange(len(codes), dtype=np.uint64)
    packed = np.sort((_scattered(codes, key) & upper) | numbers)
    order = (packed & place).astype(np.int64)
    ordered = codes[order]
    left = np.flatnonzero(packed & np.uint64(1 << bits) == 0)
    packed &= upper
    step = 1
    while len(left := left[left < len(codes) - step]):
        left = left[packed[left] == packed[left + step]]
        for start in range(0, len(left), _CHUNK):
            some = left[start : start + _CHUNK]
            differing = ordered[some] ^ ordered[some + step]
            hits = np.flatnonzero(np.bitwise_count(differing) <= radius)
            hits = hits[differing[hits] & key == 0]
            for part in passed_over:
                hits = hits[differing[hits] & part != 0]
            yield order[some[hits]], order[some[hits] + step]
        step += 1
