from dataclasses import astuple
from fractions import Fraction
from functools import partial
from random import Random

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from fapproc.dedup import cosine, search
from fapproc.dedup.method import Kind

Vectors = NDArray[np.int8]
near = partial(search.pairs, Kind.VECTOR)
Found = list[tuple[int, int]]


def brute(vectors: Vectors, threshold: float, new: NDArray[np.bool_] | None = None) -> Found:
    """The pairs within the threshold, by whole numbers: c >= t where c^2 >= t^2 and c > 0.

    0.8 is meant as it is written: the float is above it, so two of that cosine would be none.
    """
    wide = vectors.astype(object)
    dots = wide @ wide.T
    limit = Fraction(str(threshold)) ** 2
    return [
        (i, j)
        for i in range(len(wide))
        for j in range(i + 1, len(wide))
        if (new is None or new[i] or new[j])
        and dots[i, j] > 0
        and dots[i, j] ** 2 >= limit * dots[i, i] * dots[j, j]
    ]


def found(vectors: Vectors, threshold: float, new: NDArray[np.bool_] | None = None) -> Found:
    pairs = near(vectors, threshold, new)
    with pytest.MonkeyPatch.context() as patch:  # as many are compared, by their heads first
        patch.setattr(cosine, "_WHOLE", 0)
        by_heads = near(vectors, threshold, new)
    for whole, part in zip(astuple(pairs), astuple(by_heads), strict=True):
        assert np.array_equal(whole, part)
    assert [part.dtype.name for part in (pairs.i, pairs.j, pairs.score)] == [
        "int64",
        "int64",
        "float64",
    ]
    assert (pairs.score >= threshold).all() and (pairs.score <= 1).all()
    return list(zip(pairs.i.tolist(), pairs.j.tolist(), strict=True))


def alike(seed: int, count: int, width: int = 96) -> Vectors:
    """Vectors around a common direction, as features of photos are; a third are near others."""
    random = np.random.default_rng(seed)
    drawn = random.random((count, width)) ** 4 + random.random(width) ** 2 * 0.5
    for at in range(count // 3):
        drawn[at] = drawn[random.integers(count)] + random.normal(0, random.random() / 4, width)
    scaled = drawn * 127 / np.abs(drawn).max(axis=1, keepdims=True)
    vectors: Vectors = np.rint(scaled).astype(np.int8)
    return vectors


@example(np.array([[4, 1, 1, 1, 1], [1, 1, 1, 1, 1]], dtype=np.int8), 0.8, Random(0))
@settings(max_examples=50, deadline=None)
@given(
    arrays.arrays(np.int8, st.tuples(st.integers(0, 12), st.integers(1, 5))),
    st.sampled_from([0.25, 0.5, 0.75, 0.8, 0.95, 1.0]),
    st.randoms(use_true_random=False),
)
def test_any_vectors_and_any_that_are_new(
    vectors: Vectors, threshold: float, random: Random
) -> None:
    assert found(vectors, threshold) == brute(vectors, threshold)
    new = np.array([random.random() < 0.4 for _ in vectors], dtype=np.bool_)
    assert found(vectors, threshold, new) == brute(vectors, threshold, new)


@pytest.mark.parametrize("threshold", [0.7, 0.8, 0.9, 0.99])
def test_every_pair_within_the_threshold_and_no_other(threshold: float) -> None:
    vectors = alike(1, 250)
    expected = brute(vectors, threshold)
    assert expected
    assert found(vectors, threshold) == expected


@pytest.mark.parametrize("width", [1, 8, 96])
def test_the_width_of_the_head_and_the_size_of_blocks_make_no_difference(
    width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cosine, "_WIDTHS", (width,))
    monkeypatch.setattr(cosine, "_MULTIPLY", 1e9)  # so the narrowest is chosen
    monkeypatch.setattr(cosine, "_BLOCK", 64)
    monkeypatch.setattr(cosine, "_TILE", 32)
    monkeypatch.setattr(cosine, "_CHUNK", 50)
    vectors = alike(3, 200)
    new = np.arange(200) % 7 == 3
    assert found(vectors, 0.8) == brute(vectors, 0.8)
    assert found(vectors, 0.8, new) == brute(vectors, 0.8, new)


def test_equal_vectors_have_a_cosine_of_1_and_zeros_are_near_to_none() -> None:
    vectors = np.concatenate([np.repeat(alike(2, 1), 3, axis=0), np.zeros((2, 96), np.int8)])
    pairs = near(vectors, 1.0)
    assert list(zip(pairs.i.tolist(), pairs.j.tolist(), strict=True)) == [(0, 1), (0, 2), (1, 2)]
    assert pairs.score.tolist() == [1.0, 1.0, 1.0]


@pytest.mark.parametrize("count", [0, 1])
def test_nothing_is_near_to_nothing(count: int) -> None:
    assert len(near(np.ones((count, 8), dtype=np.int8), 0.8)) == 0


@pytest.mark.parametrize(
    ("vectors", "threshold"),
    [
        (np.zeros((3, 3), dtype=np.float32), 0.8),
        (np.zeros(3, dtype=np.int8), 0.8),
        (np.zeros((3, 3), dtype=np.int8), 0.0),
        (np.zeros((3, 3), dtype=np.int8), 1.1),
    ],
)
def test_what_is_no_vector_and_no_threshold_is_refused(vectors: Vectors, threshold: float) -> None:
    with pytest.raises(ValueError, match=r"vectors are|threshold"):
        near(vectors, threshold)


@pytest.mark.parametrize("fresh", [1, 300, 700])
def test_how_far_it_is_grows_from_none_to_all(fresh: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cosine, "_BLOCK", 128)
    monkeypatch.setattr(cosine, "_TILE", 64)
    told: list[float] = []
    near(alike(1, 700), 0.9, np.arange(700) < fresh, told.append)
    assert told[0] == 0
    assert told == sorted(told)
    assert 0.9 < told[-1] < 1
