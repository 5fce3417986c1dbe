"""Whose failure it is: when a lane is doubted, when it is out, and what proves a picture's own."""

from hypothesis import given
from hypothesis import strategies as st

from fapspider.politeness.health import IN_A_ROW, Health, Sign

FILES, OTHER = "cdn.test", "cdnh.test"


def failing(health: Health, many: int, sign: Sign = Sign.BUSY, lane: str = FILES) -> None:
    for number in range(many):
        health.sent()
        health.bad(lane, sign, f"{sign}-{number}", "it answers 503")


def test_three_that_fail_in_one_way_put_a_lane_in_doubt_and_no_other() -> None:
    health = Health()
    failing(health, IN_A_ROW - 1)
    failing(health, IN_A_ROW - 1, Sign.SLOW)
    assert not health.is_doubtful(FILES)
    health.bad(FILES, Sign.SLOW, "one more", "it is slow")
    doubtful: str | None = health.doubtful
    assert doubtful == FILES and health.sign(FILES) is Sign.SLOW
    assert not health.is_doubtful(OTHER) and not health.is_out(FILES)


def test_one_picture_that_fails_often_is_no_doubt() -> None:
    health = Health()
    for _ in range(10):
        health.bad(FILES, Sign.BUSY, "same", "it answers 503")
    assert health.doubtful is None


def test_a_good_answer_tells_only_of_what_failed_before_it_was_asked_for() -> None:
    health = Health()
    asked_early = health.sent()
    failing(health, IN_A_ROW)
    health.good(FILES, asked_early)
    assert health.is_doubtful(FILES) and not health.is_proven(FILES, "busy")
    health.good(FILES, health.sent())
    assert not health.is_doubtful(FILES)
    assert health.is_proven(FILES, f"{Sign.BUSY}-0")


def test_what_fails_again_after_a_good_answer_has_failed_by_itself() -> None:
    health = Health()
    failing(health, 1)
    health.good(FILES, health.sent())
    failing(health, 1)
    assert health.is_proven(FILES, f"{Sign.BUSY}-0")


def test_what_is_set_aside_is_judged_anew() -> None:
    health = Health()
    failing(health, 1)
    health.good(FILES, health.sent())
    key = f"{Sign.BUSY}-0"
    assert health.has_failed(FILES, key)
    health.forget(FILES, key)
    assert not health.has_failed(FILES, key)
    health.bad(FILES, Sign.BUSY, key, "again")
    assert not health.is_proven(FILES, key)


def test_a_lane_is_out_when_three_elsewhere_fail_as_well_and_well_by_one_good_answer() -> None:
    health = Health()
    failing(health, IN_A_ROW)
    for _ in range(3):  # with two, an album of many odd pictures put a sound host to rest
        assert not health.is_out(FILES)
        health.probed_in_vain(FILES)
    assert health.is_out(FILES)
    health.good(FILES, health.sent())
    assert not health.is_out(FILES) and health.doubtful is None
    assert health.has_worked(FILES) and health.unexplained_since(FILES) is None


def test_a_lane_is_not_out_while_one_that_was_had_before_is_to_have_the_last_word() -> None:
    health = Health()
    failing(health, IN_A_ROW)
    for _ in range(3):
        assert not health.is_at_last(FILES)
        health.probed_in_vain(FILES, has_witness=True)
    assert health.is_at_last(FILES) and not health.is_out(FILES)
    health.probed_in_vain(FILES)
    assert health.is_out(FILES)


def test_a_host_that_is_set_apart_holds_up_nothing_until_it_gets_another_chance() -> None:
    health = Health()
    failing(health, IN_A_ROW)
    health.set_apart(FILES)
    assert health.is_apart(FILES) and health.doubtful is None
    health.rejoin(FILES)
    assert not health.is_apart(FILES) and health.doubtful is None
    failing(health, IN_A_ROW)
    assert health.doubtful == FILES


def test_a_lane_that_no_picture_tells_of_is_never_probed() -> None:
    health = Health(unprobed={"lists"})
    failing(health, IN_A_ROW, lane="lists")
    assert health.doubtful is None


events = st.lists(
    st.tuples(st.sampled_from(["send", "good", "bad"]), st.integers(0, 5), st.sampled_from(Sign))
)


@given(events)
def test_a_lane_is_in_doubt_exactly_if_three_failed_so_since_the_last_good_answer(
    happened: list[tuple[str, int, Sign]],
) -> None:
    health = Health()
    failed: dict[Sign, set[str]] = {}
    for what, number, sign in happened:
        if what == "good":
            health.good(FILES, health.sent())
            failed = {}
        elif what == "bad":
            health.bad(FILES, sign, f"{number}", "it fails")
            failed.setdefault(sign, set()).add(f"{number}")
        else:
            health.sent()
        assert health.is_doubtful(FILES) == any(len(keys) >= IN_A_ROW for keys in failed.values())
