"""Of each new picture the nearest ones, however far, and what is made of them."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from fapproc.dedup import nearest
from fapproc.dedup.evidence import Encoded, weigh
from fapproc.dedup.fusion import divide
from fapproc.dedup.motion import Reels
from fapproc.dedup.registry import CNN, HASHES, METHODS, sensitivities

RANDOM = np.random.default_rng(7)


def encoded(vectors: NDArray[np.int8], animated: tuple[int, ...] = ()) -> Encoded:
    """Images whose hashes have nothing to do with each other."""
    count = len(vectors)
    codes: dict[str, NDArray[Any]] = {
        name: RANDOM.integers(0, 2**64, count, dtype=np.uint64) for name in HASHES
    }
    moving = np.isin(np.arange(count), animated)
    sight = np.zeros(count, np.uint8)
    return Encoded({**codes, CNN: vectors}, moving, Reels.none(count), sight)


def found(images: Encoded, new: NDArray[np.bool_]) -> set[tuple[int, int]]:
    i, j = nearest.nearest(images, new, sensitivities(), METHODS)
    assert (i < j).all()
    return set(zip(i.tolist(), j.tolist(), strict=True))


def test_the_nearest_two_of_each_new_one_are_found_wherever_they_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(nearest, "_COLUMNS", 16)
    monkeypatch.setattr(nearest, "_ROWS", 8)
    vectors = RANDOM.integers(-127, 128, (50, 12)).astype(np.int8) + np.int8(0)
    vectors[7] = 0
    images, new = encoded(vectors, animated=(3, 4)), np.arange(50) % 3 == 0
    unit = vectors / np.maximum(1, np.linalg.norm(vectors.astype(float), axis=1, keepdims=True))
    cosines = unit @ unit.T
    np.fill_diagonal(cosines, 0)
    cosines[:, [3, 4, 7]] = 0
    wanted = {
        (min(row, other), max(row, other))
        for row in np.flatnonzero(new & (np.arange(50) != 3)).tolist()
        for other in np.argsort(-cosines[row])[: nearest.EACH].tolist()
    }
    assert found(images, new) == wanted


def test_who_is_nearest_is_looked_at_from_a_laxer_cosine_on() -> None:
    angles = np.radians([0, 60, 63, 0])
    plane = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    images = encoded(np.rint(plane * 127).astype(np.int8))  # cosines of 0.5 and 0.998
    i, j = np.array([0, 0]), np.array([1, 3])
    for proposed, asked in ((None, False), (np.array([True, True]), True)):
        evidence = weigh(images, i, j, sensitivities(), METHODS, proposed)
        assert divide(evidence, "hybrid").asked.tolist() == [asked, True]
    far = encoded(np.array([[127, 0], [40, 120]], np.int8))
    evidence = weigh(far, i[:1], j[:1], sensitivities(), METHODS, np.array([True]))
    assert not divide(evidence, "hybrid").asked[0]


def test_what_is_proposed_joins_what_was_found_each_once() -> None:
    some = np.array([0, 2]), np.array([3, 4])
    more = np.array([0, 1, 1]), np.array([3, 2, 2])
    i, j, proposed = nearest.joined(some, more, 5)
    assert list(zip(i.tolist(), j.tolist(), proposed.tolist(), strict=True)) == [
        (0, 3, True),
        (1, 2, True),
        (2, 4, False),
    ]
