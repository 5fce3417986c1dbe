import numpy as np
import pytest

from fapproc.dedup.fusion import RULES, Accepted, Flags, Scores, decide
from fapproc.dedup.method import sensitivities
from fapproc.dedup.pairs import Pairs
from fapproc.errors import UsageProblem
from fapproc.model import Sensitivity

STILLS = np.zeros(6, dtype=bool)


def pairs(*rows: tuple[int, int, int]) -> Pairs:
    table = np.array(rows, dtype=np.int64).reshape(-1, 3)
    return Pairs(table[:, 0], table[:, 1], table[:, 2].astype(np.uint8))


def test_any_method_s_pair_is_accepted_with_every_method_that_finds_it() -> None:
    found = {"percept": pairs((0, 1, 4), (2, 3, 5)), "diff": pairs((0, 1, 0), (4, 5, 4))}
    assert decide(found, STILLS, sensitivities()) == [
        Accepted("percept", 0, 1, 4),
        Accepted("diff", 0, 1, 0),
        Accepted("diff", 4, 5, 4),
    ]


def test_only_a_pair_of_animations_is_held_to_the_animated_sensitivity() -> None:
    animated = np.array([True, True, False, False, False, False])
    found = {"percept": pairs((0, 1, 4), (0, 2, 4), (2, 3, 4)), "average": pairs((0, 1, 0))}
    decided = decide(found, animated, sensitivities())
    assert [(one.i, one.j) for one in decided] == [(0, 2), (2, 3)]
    found = {"percept": pairs((0, 1, 3))}
    assert decide(found, animated, sensitivities()) == [Accepted("percept", 0, 1, 3)]


@pytest.mark.parametrize("sensitivity", [Sensitivity({"percept": -1}), Sensitivity()])
def test_a_method_that_is_off_or_not_named_finds_nothing(sensitivity: Sensitivity) -> None:
    assert decide({"percept": pairs((0, 1, 0))}, STILLS, sensitivity) == []


def test_the_animated_set_may_be_the_wider_one() -> None:
    sensitivity = Sensitivity(regular={"diff": -1}, animated={"diff": 6})
    animated = np.array([True, True, False])
    found = {"diff": pairs((0, 1, 6), (0, 2, 0))}
    assert decide(found, animated, sensitivity) == [Accepted("diff", 0, 1, 6)]


def test_nothing_found_is_nothing_decided() -> None:
    assert decide({}, STILLS, sensitivities()) == []
    assert decide({"percept": pairs()}, STILLS, sensitivities()) == []
    assert decide({"percept": pairs()}, np.zeros(0, dtype=bool), sensitivities()) == []


def test_a_rule_of_one_line_decides_by_all_scores(monkeypatch: pytest.MonkeyPatch) -> None:
    def both(scores: Scores) -> Flags:
        return np.logical_not(np.isnan(scores).any(axis=1))

    monkeypatch.setitem(RULES, "intersection", both)
    found = {"percept": pairs((0, 1, 4), (2, 3, 1)), "diff": pairs((0, 1, 2))}
    decided = decide(found, STILLS, sensitivities(), rule="intersection")
    assert decided == [Accepted("percept", 0, 1, 4), Accepted("diff", 0, 1, 2)]


def test_unknown_rules_and_methods_are_refused_naming_the_known() -> None:
    with pytest.raises(UsageProblem, match="union"):
        decide({}, STILLS, sensitivities(), rule="hope")
    with pytest.raises(UsageProblem, match="percept"):
        decide({"pdq": pairs((0, 1, 0))}, STILLS, sensitivities())
