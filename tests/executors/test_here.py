"""The simplest executor: this process."""

from collections.abc import Iterator

import pytest

from fapproc.executors.here import Here
from fapproc.executors.outcomes import Done, Refusal, Refused


def halved(number: int) -> int:
    if number % 2:
        raise Refusal(f"{number} is odd")
    return 10 // number


def test_each_payload_is_done_or_refused_under_its_key() -> None:
    (a, done), (b, refused) = Here(halved).map([("a", 2), ("b", 3)])
    assert (a, done, b) == ("a", Done(5), "b")
    assert isinstance(refused, Refused)
    assert str(refused.problem) == "3 is odd"


def test_an_error_that_nobody_foresaw_is_raised_as_it_is() -> None:
    with pytest.raises(ZeroDivisionError):
        list(Here(halved).map([("a", 0)]))


def test_a_payload_is_taken_when_its_outcome_is_asked_for_and_not_before() -> None:
    taken = []

    def tasks() -> Iterator[tuple[int, int]]:
        for number in (2, 4, 6):
            taken.append(number)
            yield number, number

    outcomes = Here(halved).map(tasks())
    assert taken == []
    next(outcomes)
    assert taken == [2]
