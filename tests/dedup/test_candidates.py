from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from fapproc.dedup.candidates import LISTED, candidates
from fapproc.dedup.evidence import Encoded, weigh
from fapproc.dedup.fusion import hybrid, union
from fapproc.dedup.motion import Reels
from fapproc.dedup.registry import CNN, HASHES, sensitivities

RANDOM = np.random.default_rng(5)
TEXTURE = RANDOM.integers(0, 2**64, 8, dtype=np.uint64)


def encoded(kinds: list[int], vectors: bool = True) -> Encoded:
    """Images of a few kinds, each with all codes equal; kind 0 is flat."""
    chosen = np.array(kinds, dtype=np.int64)
    base = TEXTURE.copy()
    base[0] = 0
    codes: dict[str, NDArray[Any]] = {}
    for name in HASHES:
        codes[name] = base[chosen]
    if vectors:
        codes[CNN] = np.eye(8, dtype=np.int8)[chosen] * 100
    still = np.zeros(len(kinds), dtype=bool)
    return Encoded(codes, still, Reels.none(len(kinds)), np.zeros(len(kinds), np.uint8))


def every(count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    return np.triu_indices(count, 1)


@given(st.lists(st.integers(0, 5), max_size=20), st.data())
def test_whatever_a_rule_accepts_of_what_is_new_is_a_candidate(
    kinds: list[int], data: st.DataObject
) -> None:
    images = encoded(kinds, vectors=data.draw(st.booleans()))
    new = np.array([data.draw(st.booleans()) for _ in kinds], dtype=bool)
    for rule, with_flat in ((hybrid, False), (union, True)):
        i, j, _ = candidates(images, new, sensitivities(), with_flat=with_flat)
        found = set(zip(i.tolist(), j.tolist(), strict=True))
        assert len(found) == len(i)
        a, b = every(len(kinds))
        accepted = rule(weigh(images, a, b, sensitivities())) & (new[a] | new[b])
        wanted = set(zip(a[accepted].tolist(), b[accepted].tolist(), strict=True))
        assert wanted <= found
        assert all(i < j and (new[i] or new[j]) for i, j in found)


def test_copies_by_the_thousand_are_few_pairs_and_one_group() -> None:
    count = 3000
    images = encoded([1] * count)
    everything = np.ones(count, dtype=bool)
    before = images.codes[CNN][:].copy()
    i, j, _ = candidates(images, everything, sensitivities(), with_flat=False)
    assert len(i) == LISTED * (LISTED - 1) // 2 + count - LISTED
    assert set(j[i == 0].tolist()) == set(range(1, count))
    assert np.array_equal(images.codes[CNN][:], before)


def test_hashes_of_flat_pictures_bring_no_pairs_unless_wanted() -> None:
    images = encoded([0] * 10, vectors=False)
    new = np.ones(10, dtype=bool)
    assert len(candidates(images, new, sensitivities(), with_flat=False)[0]) == 0
    assert len(candidates(images, new, sensitivities(), with_flat=True)[0]) == 45
