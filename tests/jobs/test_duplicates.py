from collections.abc import Mapping
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fapproc.archive import Archive
from fapproc.db import duplicates as pair_rows
from fapproc.db.duplicates import Member, PairKey
from fapproc.errors import UsageProblem
from fapproc.jobs import duplicates, inventory
from fapproc.jobs.duplicates import Report, components, regroup
from fapproc.model import Verdict
from fapproc.vault.store import digest_of
from tests.shelves import fill, judge, numbered, photo, picture, process

LAKE, LAKE_AGAIN, LAKE_SMALL = photo(1), photo(1, quality=60), photo(1, size=(256, 192))
HILL, HILL_AGAIN = photo(2), photo(2, quality=60)
SKY = photo(3)


def names(*pictures: bytes) -> frozenset[str]:
    return frozenset(digest_of(data) for data in pictures)


def grouped(archive: Archive) -> set[frozenset[str]]:
    return {frozenset(group.members) for group in inventory.groups(archive)}


def verdicts(archive: Archive) -> dict[str, Verdict]:
    return {d: v for group in inventory.groups(archive) for d, v in group.verdicts.items()}


@pytest.fixture
def searched(archive: Archive) -> Archive:
    fill(archive, {"lakes": numbered(LAKE, HILL, SKY, LAKE_AGAIN, HILL_AGAIN)})
    process(archive)
    duplicates.find_duplicates(archive)
    return archive


def test_near_copies_are_found_and_strangers_are_not(archive: Archive) -> None:
    fill(
        archive, {"lakes": numbered(LAKE, HILL, SKY, LAKE_AGAIN), "hills": [picture(1, HILL_AGAIN)]}
    )
    process(archive)
    report = duplicates.find_duplicates(archive)
    assert grouped(archive) == {names(LAKE, LAKE_AGAIN), names(HILL, HILL_AGAIN)}
    assert (report.images, report.groups, report.need_action, report.new_images) == (4, 2, 2, 4)
    assert set(verdicts(archive).values()) == {Verdict.NEW}
    for group in inventory.groups(archive):
        assert group.pairs
        assert all({pair.a, pair.b} == set(group.members) for pair in group.pairs)


def test_in_an_archive_without_images_nothing_is_found(archive: Archive) -> None:
    assert duplicates.find_duplicates(archive) == Report(0, 0, 0, 0, 0, 0)


def test_an_image_that_was_not_processed_is_not_compared(archive: Archive) -> None:
    fill(archive, {"lakes": numbered(LAKE, LAKE_AGAIN)})
    assert duplicates.find_duplicates(archive) == Report(0, 0, 0, 0, 0, 0)


def test_an_unknown_rule_is_refused_and_changes_nothing(searched: Archive) -> None:
    before = inventory.groups(searched)
    with pytest.raises(UsageProblem, match="the rules are union"):
        duplicates.find_duplicates(searched, rule="none")
    assert inventory.groups(searched) == before


def test_what_was_judged_stays_when_it_is_run_again(searched: Archive) -> None:
    judge(searched, LAKE, Verdict.KEEP)
    judge(searched, LAKE_AGAIN, Verdict.SKIP)
    before = inventory.groups(searched)
    report = duplicates.find_duplicates(searched)
    assert inventory.groups(searched) == before
    assert report == Report(
        images=4, groups=2, need_action=1, new_pairs=0, withdrawn_pairs=0, new_images=0
    )


def test_a_new_image_joins_the_group_as_new_and_what_was_judged_stays(searched: Archive) -> None:
    judge(searched, LAKE, Verdict.KEEP)
    judge(searched, LAKE_AGAIN, Verdict.SKIP)
    numbers = {group.id for group in inventory.groups(searched)}
    fill(searched, {"more": [picture(50, LAKE_SMALL)]}, first_album=200)
    process(searched)
    report = duplicates.find_duplicates(searched)
    assert (report.images, report.need_action, report.new_images) == (5, 2, 1)
    found = verdicts(searched)
    assert found[digest_of(LAKE)] is Verdict.KEEP
    assert found[digest_of(LAKE_AGAIN)] is Verdict.SKIP
    assert found[digest_of(LAKE_SMALL)] is Verdict.NEW
    assert {group.id for group in inventory.groups(searched)} == numbers


def test_a_pair_that_holds_no_longer_is_withdrawn_and_its_group_with_it(
    searched: Archive,
) -> None:
    with searched.writing() as connection:
        connection.exec_driver_sql(
            "UPDATE encoding SET code = x'00ff00ff00ff00ff' WHERE image_id = 1"
        )
    report = duplicates.find_duplicates(searched)
    assert report.withdrawn_pairs > 0
    assert grouped(searched) == {names(HILL, HILL_AGAIN)}


def test_an_update_of_a_library_loses_no_verdict_before_images_are_processed_again(
    searched: Archive,
) -> None:
    judge(searched, LAKE, Verdict.KEEP)
    before = inventory.groups(searched)
    with searched.writing() as connection:
        connection.exec_driver_sql("UPDATE encoder SET version = 'of a former year'")
    report = duplicates.find_duplicates(searched)
    assert inventory.groups(searched) == before
    assert report.withdrawn_pairs == 0
    process(searched)
    duplicates.find_duplicates(searched)
    assert inventory.groups(searched) == before


def test_an_image_that_is_dropped_while_the_search_runs_is_in_no_pair(searched: Archive) -> None:
    with searched.reading() as connection:
        pairs = pair_rows.pairs(connection)
    gone = {("percept", 1, 999): 0.0}
    duplicates.record(searched, pairs | gone, frozenset({1, 2, 3, 4, 5, 999}))
    assert grouped(searched) == {names(LAKE, LAKE_AGAIN), names(HILL, HILL_AGAIN)}


PAIRS = st.sets(st.tuples(st.integers(1, 12), st.integers(1, 12)).filter(lambda p: p[0] < p[1]))
KNOWN = st.dictionaries(st.integers(1, 12), st.integers(1, 4)).map(
    lambda groups: {image: Member(image, group, Verdict.NEW) for image, group in groups.items()}
)


def keyed(pairs: set[tuple[int, int]]) -> list[PairKey]:
    return [("percept", a, b) for a, b in sorted(pairs)]


@given(PAIRS, st.randoms(use_true_random=False))
def test_components_do_not_depend_on_the_order_of_the_pairs(
    pairs: set[tuple[int, int]], random: Random
) -> None:
    shuffled = keyed(pairs)
    random.shuffle(shuffled)
    assert components(shuffled) == components(keyed(pairs))


@given(PAIRS)
def test_components_hold_each_paired_image_once_and_both_of_a_pair_together(
    pairs: set[tuple[int, int]],
) -> None:
    found = components(keyed(pairs))
    flat = [image for part in found for image in part]
    assert sorted(flat) == sorted({image for pair in pairs for image in pair})
    assert all(any({a, b} <= set(part) for part in found) for a, b in pairs)


@given(PAIRS, KNOWN)
def test_each_image_goes_to_one_group_or_leaves(
    pairs: set[tuple[int, int]], known: Mapping[int, Member]
) -> None:
    parts = components(keyed(pairs))
    plan = regroup(parts, known)
    placed = [image for part in [*plan.into.values(), *plan.fresh] for image in part]
    assert sorted(placed) == sorted(image for part in parts for image in part)
    assert plan.leave == known.keys() - set(placed)
    assert set(plan.into) <= {member.group_id for member in known.values()}
    for number, part in plan.into.items():
        assert any(known[image].group_id == number for image in part if image in known)


@given(PAIRS, KNOWN)
def test_regrouping_twice_changes_nothing_more(
    pairs: set[tuple[int, int]], known: Mapping[int, Member]
) -> None:
    parts = components(keyed(pairs))
    plan = regroup(parts, known)
    numbered_parts = [*plan.into.items(), *enumerate(plan.fresh, start=100)]
    after = {
        image: Member(image, number, Verdict.NEW)
        for number, part in numbered_parts
        for image in part
    }
    again = regroup(parts, after)
    assert again.into == dict(numbered_parts)
    assert again.fresh == () and again.leave == frozenset()
