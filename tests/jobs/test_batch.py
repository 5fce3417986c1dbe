from collections.abc import Mapping
from pathlib import Path

import pytest

from fapproc.archive import Archive
from fapproc.db import duplicates, images, judgements, sameness
from fapproc.db.sameness import Told
from fapproc.jobs import batch
from fapproc.jobs.batch import Rule, Stays, decided, proposed
from fapproc.model import Format, Group, Verdict
from fapproc.sameness import Sameness, Untold
from fapproc.selections.selection import Selection

A, B, C = ("a" * 64, "b" * 64, "c" * 64)
ALL_NEW = dict.fromkeys((A, B), Verdict.NEW)
SAME = Sameness(((A, B),), best=B)
JUDGED = {A: Verdict.SKIP, B: Verdict.KEEP}


def test_the_best_is_kept_and_what_is_the_same_skipped() -> None:
    for rule in Rule:
        assert proposed(Group(1, ALL_NEW, sameness=SAME), rule) == JUDGED


def test_groups_that_differ_only_in_size_are_counted_as_the_rule_finds_them(
    tmp_path: Path,
) -> None:
    """What each has of: members, classes, the best, verdicts, and whether it wants a look."""
    new, keep, skip, false = Verdict.NEW, Verdict.KEEP, Verdict.SKIP, Verdict.FALSE
    groups: list[tuple[tuple[tuple[int, ...], ...], int | None, tuple[Verdict, ...], bool]] = [
        (((0, 1),), 1, (new, new), False),
        (((0, 1),), 1, (skip, new), False),
        (((0, 1),), 1, (skip, keep), False),
        (((0, 1),), 1, (keep, new), False),
        (((0, 1),), 1, (false, new), False),
        (((0, 1),), None, (new, new), False),
        (((0, 1),), 1, (new, new), True),
        (((0, 1),), 1, (new, new, new), False),
        (((0, 1), (2, 3)), 1, (new, new, new, new), False),
        (((2, 3), (0, 1)), 1, (new, new, new, new), False),
        ((), None, (new, new), False),
        (((0, 1, 2),), 2, (new, new, new), False),
    ]
    with Archive.open_or_create(tmp_path) as archive:
        with archive.writing() as connection:
            for at, (classes, best, verdicts, to_look) in enumerate(groups):
                digests = [f"{at:032x}{each:032x}" for each in range(len(verdicts))]
                rows = [images.add(connection, one, 1, Format.PNG, 1) for one in digests]
                [number] = duplicates.new_groups(connection, 1)
                duplicates.place(connection, dict.fromkeys(rows, number))
                judgements.set_verdicts(connection, dict(zip(rows, verdicts, strict=True)))
                duplicates.want_look(connection, number, wanted=to_look)
                told = tuple(tuple(rows[each] for each in some) for some in classes)
                sameness.save(
                    connection, {number: Told("", told, None if best is None else rows[best])}
                )
        planned = batch.plan(archive, Rule.SAME, Selection())
        with archive.reading() as connection:
            assert sameness.count_same(connection) == len(planned.proposals) == 3


def test_a_group_with_others_is_decided_by_the_rule_of_the_best_alone() -> None:
    group = Group(1, {**ALL_NEW, C: Verdict.NEW}, sameness=SAME)
    assert decided(group, Rule.SAME) is Stays.UNEQUAL
    assert proposed(group, Rule.BEST) == JUDGED


@pytest.mark.parametrize(
    ("verdicts", "to_look", "told", "why"),
    [
        (ALL_NEW, True, SAME, Stays.LOOK),
        (JUDGED, True, SAME, Stays.LOOK),
        (ALL_NEW, False, None, Stays.UNEXAMINED),
        (ALL_NEW, False, Sameness(untold=Untold.UNEQUAL), Stays.UNEQUAL),
        (ALL_NEW, False, Sameness(((A, B),), untold=Untold.ENLARGED), Stays.ENLARGED),
        (ALL_NEW, False, Sameness(untold=Untold.UNSEEN), Stays.UNSEEN),
        ({A: Verdict.KEEP, B: Verdict.NEW}, False, SAME, Stays.JUDGED),
        ({A: Verdict.NEW, B: Verdict.FALSE}, False, SAME, Stays.JUDGED),
        (JUDGED, False, SAME, Stays.JUDGED),
        ({A: Verdict.KEEP, B: Verdict.KEEP}, False, None, Stays.JUDGED),
    ],
)
def test_what_was_judged_wants_a_look_or_can_t_be_told_is_left_to_the_person(
    verdicts: Mapping[str, Verdict], to_look: bool, told: Sameness | None, why: Stays
) -> None:
    group = Group(1, verdicts, to_look=to_look, sameness=told)
    assert [decided(group, rule) for rule in Rule] == [why, why]
    assert all(proposed(group, rule) == {} for rule in Rule)
