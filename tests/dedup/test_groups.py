from collections.abc import Callable, Sequence
from itertools import combinations
from random import Random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fapproc.dedup.groups import Part, connected, grow, members, parts

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


COUPLES = st.sets(st.tuples(st.integers(0, 9), st.integers(0, 9)).filter(lambda p: p[0] < p[1]))


def anyone(one: Sequence[int], other: Sequence[int]) -> bool:
    return True


def _within(reach: int) -> Callable[[Sequence[int], Sequence[int]], bool]:
    """Numbers on a line: those further apart are strangers."""

    def together(one: Sequence[int], other: Sequence[int]) -> bool:
        return all(abs(a - b) <= reach for a in one for b in other)

    return together


def test_components_come_with_their_pairs() -> None:
    table = np.array([(5, 9), (1, 3), (1, 7), (3, 7)], dtype=np.int64)
    found = list(parts(table))
    assert found == [Part((1, 3, 7), ((1, 3), (1, 7), (3, 7))), Part((5, 9), ((5, 9),))]
    assert [part.is_whole for part in found] == [True, True]
    assert not Part((1, 2, 3), ((1, 2), (2, 3))).is_whole
    assert list(parts(np.zeros((0, 2), dtype=np.int64))) == []


def test_a_chain_of_neighbours_joins_no_strangers() -> None:
    chain = [(n, n + 1) for n in range(50)]
    found = grow(chain, frozenset(), _within(2))
    assert max(group[-1] - group[0] for group in found) <= 2
    assert max(len(group) for group in found) == 3


def test_copies_of_one_picture_stay_together_though_not_all_are_paired() -> None:
    star = [(0, n) for n in range(1, 9)]
    assert grow(star, frozenset(), anyone) == [tuple(range(9))]
    assert grow([(0, 1), (1, 2), (2, 3)], frozenset(), anyone) == [(0, 1, 2, 3)]


def test_images_judged_different_are_in_two_groups_where_others_tell_them_apart() -> None:
    pairs = [(0, 1), (2, 3), (1, 2)]
    assert grow(pairs, frozenset({(1, 2)}), anyone) == [(0, 1), (2, 3)]


def test_an_image_that_is_alone_by_a_verdict_stays_where_it_was_judged() -> None:
    assert grow([(0, 1)], frozenset({(0, 1)}), anyone) == [(0, 1)]
    apart = frozenset({(0, 2), (1, 2)})
    assert grow([(0, 1), (0, 2), (1, 2)], apart, anyone) == [(0, 1, 2)]
    three = frozenset(combinations(range(3), 2))
    assert grow([(0, 1), (0, 2), (1, 2)], three, anyone) == [(0, 1, 2)]


@given(COUPLES, COUPLES, st.integers(0, 9))
def test_groups_hold_each_image_once_no_strangers_and_only_the_paired(
    pairs: set[tuple[int, int]], different: set[tuple[int, int]], reach: int
) -> None:
    found = grow(sorted(pairs), frozenset(different), _within(reach))
    placed = [image for group in found for image in group]
    assert len(placed) == len(set(placed))
    assert all(len(group) > 1 for group in found)
    for group in found:
        assert group[-1] - group[0] <= reach
        inside = [pair for pair in pairs if set(pair) <= set(group)]
        assert all(any(image in pair for pair in inside) for image in group)


@given(COUPLES)
def test_without_strangers_groups_are_components(pairs: set[tuple[int, int]]) -> None:
    table = np.array(sorted(pairs), dtype=np.int64).reshape(-1, 2)
    assert grow(sorted(pairs), frozenset(), anyone) == [part.images for part in parts(table)]
