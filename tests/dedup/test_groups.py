from random import Random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fapproc.dedup.groups import connected, members

PAIRS = st.lists(st.tuples(st.integers(0, 19), st.integers(0, 19)), max_size=30)


def labels(count: int, pairs: list[tuple[int, int]]) -> list[int]:
    table = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    return [int(label) for label in connected(count, table[:, 0], table[:, 1])]


def test_images_are_together_that_a_chain_of_pairs_connects() -> None:
    named = labels(7, [(5, 1), (1, 3), (6, 2)])
    assert named == [0, 1, 2, 1, 4, 1, 2]
    assert members(np.array(named)) == [[1, 3, 5], [2, 6]]


def test_without_pairs_everyone_is_alone() -> None:
    assert labels(3, []) == [0, 1, 2]
    assert members(np.arange(3)) == []
    assert labels(0, []) == []
    assert members(np.arange(0)) == []


@given(PAIRS, st.randoms())
def test_order_direction_and_repetition_make_no_difference(
    pairs: list[tuple[int, int]], random: Random
) -> None:
    shuffled = [pair if random.random() < 0.5 else pair[::-1] for pair in pairs * 2]
    random.shuffle(shuffled)
    assert labels(20, shuffled) == labels(20, pairs)


@given(PAIRS)
def test_the_label_is_the_lowest_of_all_that_can_be_reached(pairs: list[tuple[int, int]]) -> None:
    reached = {at: {at} for at in range(20)}
    for _ in range(20):
        for a, b in pairs:
            reached[a] |= reached[b]
            reached[b] |= reached[a]
    assert labels(20, pairs) == [min(reached[at]) for at in range(20)]
