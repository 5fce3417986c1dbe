"""What is known of pairs before any is looked at twice: their states, and who stands together.

Stored pairs, looks and verdicts are read as they come, and noted at the pairs that ask for a look:
none of the others is held, only which images stand together by them.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from fapproc.db import judgements, looks, paired
from fapproc.dedup.groups import Joined
from fapproc.dedup.method import Flags, Index
from fapproc.dedup.motion import FRAME
from fapproc.dedup.second_look import LOOKER
from fapproc.jobs.comparing import Found
from fapproc.jobs.looked import State

States = NDArray[np.int8]
Ends = tuple[Sequence[int] | Index, Sequence[int] | Index]


class Rows:
    """In which row a pair is, of many, each once: 16 bytes a pair."""

    def __init__(self, a: Index, b: Index) -> None:
        self._images = np.unique(np.concatenate([a, b]))
        keys = self._key(np.searchsorted(self._images, a), np.searchsorted(self._images, b))
        self._order = np.argsort(keys)
        self._keys = keys[self._order]

    def of(self, a: Sequence[int] | Index, b: Sequence[int] | Index) -> Index:
        """The row of each of these pairs; -1 of one that is none of the many."""
        if not len(self._keys):
            return np.full(len(a), -1)
        (one, is_one), (other, is_other) = _places(self._images, a), _places(self._images, b)
        at, is_there = _places(self._keys, self._key(one, other))
        return np.where(is_one & is_other & is_there, self._order[at], -1)

    def _key(self, one: Index, other: Index) -> Index:
        return one * len(self._images) + other


def standing(connection: Connection, found: Found) -> tuple[States, Joined]:
    """The state of each pair that asks for a look, and which images stand together before any.

    Pairs stand that were stored or are found now, but for those that ask for a look: of these, what
    a person judged, and what a look called the same. None stands that a person called different.
    """
    asked = found.asked
    rows, different = Rows(asked.a, asked.b), Rows(*_whole(paired.different(connection)))
    joined, is_stored = Joined(()), np.zeros(len(asked), np.bool_)
    stands = np.array([key[1:] for key in found.stands if key[0] != FRAME], np.int64)
    stands = stands.reshape(-1, 2)
    now: list[tuple[bool, Ends]] = [(False, (stands[:, 0], stands[:, 1]))]
    stored: Iterator[tuple[bool, Ends]] = (
        (True, ends) for ends in paired.ends(connection, without=FRAME)
    )
    for was_there, (a, b) in chain(stored, now):
        at = rows.of(a, b)
        is_stored[at[at >= 0]] |= was_there
        for n in np.flatnonzero((at < 0) & (different.of(a, b) < 0)).tolist():
            joined.join(int(a[n]), int(b[n]))
    is_different = different.of(asked.a, asked.b) >= 0
    is_judged = is_stored & _judged_together(connection, asked.a, asked.b)
    states = np.full(len(asked), State.OPEN, np.int8)
    for a, b, same in looks.seen(connection, LOOKER, np.unique(asked.a).tolist()):
        at = rows.of(a, b)
        states[at[at >= 0]] = np.where(same, State.SAME, State.OTHER)[at >= 0]
    states[is_different | is_judged] = State.LEFT
    stay = (states == State.SAME) | (is_judged & ~is_different)
    for row in np.flatnonzero(stay).tolist():
        joined.join(int(asked.a[row]), int(asked.b[row]))
    return states, joined


def _judged_together(connection: Connection, a: Index, b: Index) -> Flags:
    """Which pairs are in one group now, in which a person said something of both."""
    images, groups = _whole(judgements.together(connection))
    if not len(images):
        return np.zeros(len(a), np.bool_)
    order = np.argsort(images)
    images, groups = images[order], groups[order]
    (one, is_one), (other, is_other) = _places(images, a), _places(images, b)
    return np.asarray(is_one & is_other & (groups[one] == groups[other]), np.bool_)


def _whole(stretches: Iterable[Ends]) -> tuple[Index, Index]:
    """Columns that were read in stretches."""
    none = np.zeros(0, np.int64)
    first, second = [none], [none]
    for one, other in stretches:
        first.append(np.asarray(one, np.int64))
        second.append(np.asarray(other, np.int64))
    return np.concatenate(first), np.concatenate(second)


def _places(among: Index, some: Sequence[int] | Index) -> tuple[Index, Flags]:
    """Where each number is among sorted ones, of which there is one, and whether it is there."""
    wanted = np.asarray(some, np.int64)
    at = np.searchsorted(among, wanted).clip(max=len(among) - 1)
    return at, among[at] == wanted
