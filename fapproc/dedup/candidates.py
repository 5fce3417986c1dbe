"""Which pairs are worth a rule's decision: those that any method finds near. Arrays in, values out.

Many equal codes don't become as many pairs: of images with all hashes equal, the first `LISTED` are
compared with everything, and each further one with the first of them alone. So 10,000 copies are
10,496 pairs and not 50 million.
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from fapproc.dedup import middles, motion, search, turns
from fapproc.dedup.evidence import Encoded, silent
from fapproc.dedup.method import Flags, Index, Kind, Methods, Sensitivity
from fapproc.dedup.perceptual import DIFF, PERCEPT
from fapproc.dedup.registry import METHODS, radii
from fapproc.dedup.tiles import held
from fapproc.executors.here import Here
from fapproc.executors.outcomes import MakeExecutor

LISTED = 32
_MARKED = 4096
"""How many vectors are read at a time."""
_ODD = np.uint64(0x9E3779B97F4A7C15)


class Candidates(NamedTuple):
    """Rows i < j, sorted, each pair once; and rows that a network finds more pairs of."""

    i: Index
    j: Index
    more: Index


def candidates(
    encoded: Encoded,
    new: Flags,
    sensitivity: Sensitivity,
    *,
    with_flat: bool,
    asking: bool = False,
    tell: Callable[[str, float], None] = lambda *_: None,
    methods: Methods = METHODS,
    executor: MakeExecutor = Here,
    each: int | None = None,
) -> Candidates:
    """Find every pair with a new image in it that any method finds near enough.

    Animations that share frames are pairs too, and a still with the animation that it is a frame
    of; with `asking`, also pictures of which one may be the other turned, or with words across top
    and bottom.

    Args:
        encoded: all images.
        new: for each row, whether it is to be compared with all others.
        sensitivity: the wider of the two sensitivities of each method counts here.
        with_flat: whether hashes of flat pictures are compared too, which are equal although the
            pictures aren't.
        asking: whether pairs for a second look are wanted too; else only those within a
            sensitivity.
        tell: is called with the method that is at work and the part of its work that is done.
        methods: by name.
        executor: makes what compares the tiles of a search.
        each: of what a network alone finds, so many of each picture, the nearest; None: all.
    """
    mute = silent(encoded, methods)
    empty = np.logical_or.reduce([mute[name] for name in encoded.hashes])
    copies, firsts = _copies(encoded, empty)
    keys = [_keys(firsts, copies, new, len(encoded))]
    original = np.ones(len(encoded), dtype=np.bool_)
    original[copies] = False
    wanted = radii(sensitivity, methods)
    more = [np.zeros(0, np.int64)]
    for name, given in wanted.items():
        if name not in encoded.codes:
            continue
        kind, codes = methods[name].kind, held(encoded.codes[name])
        radius = methods[name].asking(given) if asking else given
        among = np.flatnonzero(original if with_flat else original & ~mute[name])
        planned = search.plan(kind, codes, radius, new, among, each)
        found = search.run(planned, partial(tell, name), executor(planned.compare))
        keys.append(found.i * len(encoded) + found.j)
        more.append(found.more)
    if PERCEPT.name in encoded.codes:
        among = np.flatnonzero(original & ~mute[PERCEPT.name])
        a, b = motion.shared(encoded.reels, encoded.hashes[PERCEPT.name], new, among)
        keys.append(a * len(encoded) + b)
        if asking and PERCEPT.name in wanted:
            by = partial(tell, turns.TURNED)
            a, b = turns.near(encoded.turnable, new, among, executor, by)
            keys.append(a * len(encoded) + b)
    networks = [name for name in encoded.codes if methods[name].kind is Kind.VECTOR]
    if asking and DIFF.name in wanted and wanted.keys() & networks:  # a network has its say
        among = np.flatnonzero(original & ~mute[DIFF.name])
        by = partial(tell, middles.MIDDLE)
        a, b = middles.near(encoded.hashes, new, among, executor, by)
        keys.append(a * len(encoded) + b)
    i, j = np.divmod(np.unique(np.concatenate(keys)), max(1, len(encoded)))
    return Candidates(i, j, np.unique(np.concatenate(more)))


def _copies(encoded: Encoded, empty: Flags) -> tuple[Index, Index]:
    """Rows that come after the first `LISTED` with equal codes, and the first row of each.

    The hashes of flat pictures are equal though the pictures are not; so there the vector counts.
    """
    columns = [*encoded.hashes.values()]
    columns += [encoded.animated.astype(np.uint64), encoded.reels.marks, _marks(encoded, empty)]
    table = np.stack(columns, axis=1)
    mixed = np.zeros(len(table), dtype=np.uint64)
    for column in table.T:  # one number a row: to sort by each column takes seven times as long
        mixed = (mixed ^ column) * _ODD
        mixed ^= mixed >> np.uint64(32)
    order = np.argsort(mixed, kind="stable")
    same = (table[order[1:]] == table[order[:-1]]).all(axis=1)
    run = np.concatenate([[0], np.cumsum(~same)]) if len(order) else np.zeros(0, np.int64)
    starts = np.flatnonzero(np.concatenate([[True], ~same])) if len(order) else run
    place = np.arange(len(order)) - starts[run]
    later = place >= LISTED
    return order[later], order[starts[run[later]]]


def _marks(encoded: Encoded, empty: Flags) -> NDArray[np.uint64]:
    marks = np.zeros(len(encoded), dtype=np.uint64)
    names = encoded.codes.keys() - encoded.hashes.keys()
    rows = np.flatnonzero(empty)
    for start in range(0, len(rows), _MARKED):
        some = rows[start : start + _MARKED]
        vectors = [encoded.codes[name][some] for name in encoded.codes if name in names]
        for at, row in enumerate(some.tolist()):
            marks[row] = crc32(b"".join(codes[at].tobytes() for codes in vectors))
    return marks


def _keys(a: Index, b: Index, new: Flags, count: int) -> Index:
    wanted = new[a] | new[b]
    keys: Index = np.minimum(a, b)[wanted] * count + np.maximum(a, b)[wanted]
    return keys
