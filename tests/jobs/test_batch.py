from collections.abc import Mapping

import pytest

from fapproc.jobs.batch import Rule, proposed
from fapproc.model import Group, Verdict
from fapproc.sameness import Sameness, Untold

A, B, C = ("a" * 64, "b" * 64, "c" * 64)
ALL_NEW = dict.fromkeys((A, B), Verdict.NEW)
SAME = Sameness(((A, B),), best=B)
JUDGED = {A: Verdict.SKIP, B: Verdict.KEEP}


def test_the_best_is_kept_and_what_is_the_same_skipped() -> None:
    for rule in Rule:
        assert proposed(Group(1, ALL_NEW, sameness=SAME), rule) == JUDGED


def test_a_group_with_others_is_decided_by_the_rule_of_the_best_alone() -> None:
    group = Group(1, {**ALL_NEW, C: Verdict.NEW}, sameness=SAME)
    assert proposed(group, Rule.SAME) == {}
    assert proposed(group, Rule.BEST) == JUDGED


@pytest.mark.parametrize(
    ("verdicts", "to_look", "told"),
    [
        (ALL_NEW, True, SAME),
        (ALL_NEW, False, None),
        (ALL_NEW, False, Sameness(untold=Untold.UNEQUAL)),
        (ALL_NEW, False, Sameness(((A, B),), untold=Untold.ENLARGED)),
        ({A: Verdict.KEEP, B: Verdict.NEW}, False, SAME),
        ({A: Verdict.NEW, B: Verdict.FALSE}, False, SAME),
        (JUDGED, False, SAME),
    ],
)
def test_what_was_judged_wants_a_look_or_can_t_be_told_is_left_to_the_person(
    verdicts: Mapping[str, Verdict], to_look: bool, told: Sameness | None
) -> None:
    group = Group(1, verdicts, to_look=to_look, sameness=told)
    assert all(proposed(group, rule) == {} for rule in Rule)
