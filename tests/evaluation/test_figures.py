"""The arithmetic of the evaluation, on cases small enough to count by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.figures import (
    Labels,
    Rate,
    largest_wrong,
    mistakes,
    recall,
    unrelated,
    unrelated_pairs,
    widest,
)

# Two photographs of one series and one of another, each with one transformed picture.
LABELS = Labels(
    photo=np.array([0, 0, 1, 1, 2, 2]),
    series=np.array([0, 0, 0, 0, 1, 1]),
    step=np.array([0, 1, 0, 1, 0, 1]),
    rows=np.array([[0, 1], [2, 3], [4, 5]]),
)


def test_of_none_in_many_the_upper_bound_is_the_rule_of_three() -> None:
    for of in (300, 31_125):
        assert Rate(0, of).at_most == pytest.approx(3 / of, rel=0.01)
    assert Rate(0, 300).at_least == 0


def test_of_all_the_lower_bound_is_the_rule_of_three_from_above() -> None:
    assert Rate(250, 250).at_least == pytest.approx(1 - 3 / 250, abs=1e-4)
    assert Rate(250, 250).at_most == 1


def test_bounds_are_those_of_the_tables() -> None:
    """One-sided 95% of 1 in 10 and 9 in 10, Clopper and Pearson 1934."""
    assert Rate(1, 10).at_most == pytest.approx(0.3942, abs=1e-4)
    assert Rate(1, 10).at_least == pytest.approx(0.0051, abs=1e-4)
    assert Rate(9, 10).at_least == pytest.approx(0.6058, abs=1e-4)


@given(st.integers(1, 500).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of))))
def test_a_rate_lies_between_its_bounds_and_more_evidence_narrows_them(
    case: tuple[int, int],
) -> None:
    rate, more = Rate(*case), Rate(10 * case[0], 10 * case[1])
    assert 0 <= rate.at_least <= rate.value <= rate.at_most <= 1
    assert more.at_least >= rate.at_least
    assert more.at_most <= rate.at_most


def test_nothing_of_nothing_says_nothing() -> None:
    assert (Rate(0, 0).value, Rate(0, 0).at_least, Rate(0, 0).at_most) == (0, 0, 1)


def test_recall_counts_what_was_found_and_what_is_the_same_file() -> None:
    a, b = LABELS.versions(1)
    assert recall(a, b, np.array([True, False, False])) == Rate(1, 3)
    assert recall(a, np.array([1, 2, 5]), np.array([True, False, False])) == Rate(2, 3)


def test_pairs_of_one_series_are_not_unrelated() -> None:
    assert unrelated(LABELS.series) == 4 * 2
    assert unrelated(np.arange(5)) == 10
    assert unrelated(np.zeros(5, dtype=np.int64)) == 0


def test_mistakes_are_counted_by_images_by_photographs_and_as_they_are() -> None:
    i, j = np.array([0, 0, 1, 2, 4]), np.array([1, 2, 4, 4, 5])
    found = mistakes(LABELS, i, j, np.array([True, True, True, True, True]))
    assert found.images == Rate(2, 8)
    assert found.photos == Rate(2, 2)
    assert found.plain == Rate(1, 2)
    found = mistakes(LABELS, i, j, np.array([True, True, True, False, True]))
    assert (found.images.count, found.photos.count, found.plain.count) == (1, 1, 0)


def test_several_images_of_two_photographs_are_one_mistake_of_photographs() -> None:
    found = mistakes(LABELS, np.array([0, 1]), np.array([5, 4]), np.array([True, True]))
    assert (found.images.count, found.photos.count) == (2, 1)


def test_the_largest_wrong_group_is_the_largest_that_mixes_series() -> None:
    series = {"a": 0, "b": 0, "c": 0, "d": 1, "e": 2}
    assert largest_wrong([{"a", "b", "c"}], series) == 0
    assert largest_wrong([{"a", "b", "c"}, {"a", "d"}, {"c", "d", "e"}], series) == 3
    assert largest_wrong([], series) == 0


def test_a_group_is_as_wide_as_it_has_pictures_that_are_not_one() -> None:
    series = {"a": "lake", "b": "lake", "c": "hill", "d": "boat"}
    assert widest([{"a", "b"}], series) == 1
    assert widest([{"a", "b"}, {"a", "c", "d"}, {"b", "d"}], series) == 3
    assert widest([], series) == 1


def test_pairs_are_counted_by_the_names_of_series() -> None:
    assert unrelated_pairs(["lake", "lake", "hill", "boat"]) == 5
    assert unrelated_pairs(["lake"]) == 0
