"""What is set aside comes back once, and is never lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fapproc.jobs.ingest import Miss
from fapproc.model import Detail, Reason
from fapspider.crawl.aside import Aside

LANE = "photo pages"


def busy(image: int) -> Miss:
    return Miss(image, Reason.PAGE, Detail.UNREACHABLE)


def odd(image: int) -> Miss:
    return Miss(image, Reason.PAGE, Detail.ODD)


def test_what_failed_while_its_lane_was_well_is_a_failure_by_the_next_good_answer() -> None:
    aside = Aside()
    aside.hold(LANE, busy(1), at=5)
    assert aside.settle(LANE, 5, again=False) == []
    assert aside.settle("another", 9, again=False) == []
    assert aside.settle(LANE, 6, again=False) == [busy(1)]
    assert aside.come_back() == {}


@pytest.mark.parametrize(("miss", "again"), [(odd(1), False), (odd(1), True), (busy(1), True)])
def test_what_is_odd_or_failed_in_doubt_comes_back_once_and_then_has_failed(
    miss: Miss, again: bool
) -> None:
    aside = Aside()
    aside.hold(LANE, miss, at=1)
    assert aside.settle(LANE, 2, again=again) == []
    assert aside.come_back() == {LANE: [1]}
    aside.hold(LANE, miss, at=3)
    assert aside.settle(LANE, 4, again=True) == [miss]
    assert aside.come_back() == {}


def test_what_has_not_had_all_its_tries_comes_back_whatever_is_known_of_its_lane() -> None:
    aside = Aside()
    for at in (1, 3, 5):
        aside.hold(LANE, busy(1), at=at, cut_short=True)
        assert aside.settle(LANE, at + 1, again=False) == []
        assert aside.come_back() == {LANE: [1]}
    aside.hold(LANE, busy(1), at=7, cut_short=True)
    assert aside.come_back() == {LANE: [1]} and aside.settle_all() == []


def test_what_came_back_while_nothing_worked_comes_back_once_more() -> None:
    aside = Aside()
    aside.hold(LANE, busy(1), at=1)
    aside.settle(LANE, 2, again=True)
    aside.come_back()
    aside.hold(LANE, busy(1), at=3)
    assert aside.settle(LANE, 4, again=True, anew=True) == []
    assert aside.come_back() == {LANE: [1]}


def test_pictures_of_a_host_that_does_not_work_come_back_once_and_are_left_then() -> None:
    aside = Aside()
    for image in (1, 2):
        aside.hold("cdn", busy(image), at=1)
    assert aside.part("cdn") == [] and aside.left == 0
    assert aside.come_back() == {"cdn": [1, 2]}
    aside.hold("cdn", busy(1), at=2)
    assert set(aside.part("cdn")) == {1, 2} and aside.left == 2
    assert aside.settle_all() == [] and aside.come_back() == {}


def test_what_failed_last_of_a_lane_that_works_no_more_is_left_and_has_not_failed() -> None:
    aside = Aside()
    aside.hold(LANE, busy(1), at=1)
    aside.hold("cdn", busy(2), at=2)
    assert aside.unproven == [LANE, "cdn"]
    aside.leave(LANE)
    assert aside.left == 1 and aside.unproven == ["cdn"]
    assert aside.settle_all() == [busy(2)]


@given(st.lists(st.tuples(st.integers(1, 4), st.booleans(), st.booleans())))
def test_each_that_is_set_aside_fails_comes_back_or_is_still_held(
    rounds: list[tuple[int, bool, bool]],
) -> None:
    aside = Aside()
    waiting: set[int] = set()
    for image, is_odd, again in rounds:
        waiting -= {one for images in aside.come_back().values() for one in images}
        aside.hold(LANE, odd(image) if is_odd else busy(image), at=0)
        waiting.add(image)
        waiting -= {miss.image for miss in aside.settle(LANE, 1, again=again)}
    rest = {one for images in aside.come_back().values() for one in images}
    rest |= {miss.image for miss in aside.settle_all()}
    assert rest == waiting
