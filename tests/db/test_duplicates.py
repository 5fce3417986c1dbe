from collections.abc import Iterator

import pytest
from sqlalchemy import Connection

from fapproc.archive import Archive
from fapproc.db import catalogue, duplicates, images, judgements, listings, pairs, schema
from fapproc.model import Folder, Format, Group, Listed, Membership, Pair, UserId, Verdict
from fapproc.sources import Source

A, B, C, D = (letter * 64 for letter in "abcd")


@pytest.fixture
def connection(archive: Archive) -> Iterator[Connection]:
    """Four images, 1 to 4; the rows of the first has the last digest."""
    with archive.writing() as open_connection:
        for digest in (D, C, B, A):
            images.add(open_connection, digest, 1, Format.JPG, 1)
        yield open_connection


def group(connection: Connection, *members: int) -> int:
    [number] = duplicates.new_groups(connection, 1)
    duplicates.place(connection, dict.fromkeys(members, number))
    return number


def judge(connection: Connection, image: int, verdict: Verdict) -> None:
    table = schema.group_member
    connection.execute(table.update().where(table.c.image_id == image).values(verdict=verdict))


def stored(connection: Connection) -> dict[tuple[str, int, int], float]:
    return {(method, a, b): score for method, a, b, score in pairs.every(connection)}


def test_pairs_are_kept_by_method_with_their_present_score(connection: Connection) -> None:
    pairs.save_pairs(connection, {("percept", 1, 2): 4, ("diff", 1, 2): 1})
    pairs.save_pairs(connection, {("percept", 1, 2): 3})
    assert stored(connection) == {("percept", 1, 2): 3, ("diff", 1, 2): 1}
    pairs.withdraw_pairs(connection, [("diff", 1, 2), ("diff", 3, 4)])
    assert stored(connection) == {("percept", 1, 2): 3}


def test_an_image_that_moves_to_another_group_takes_its_verdict_along(
    connection: Connection,
) -> None:
    one, other = group(connection, 1, 2), group(connection, 3, 4)
    judge(connection, 2, Verdict.SKIP)
    duplicates.place(connection, {2: other})
    assert judgements.memberships(connection)[2] == Membership(other, Verdict.SKIP)
    assert judgements.memberships(connection)[1] == Membership(one, Verdict.NEW)


def test_a_group_of_one_is_none(connection: Connection) -> None:
    group(connection, 1)
    two = group(connection, 2, 3)
    group(connection)
    duplicates.drop_small_groups(connection)
    assert [found.id for found in duplicates.groups(connection)] == [two]
    assert set(judgements.memberships(connection)) == {2, 3}


def test_an_image_without_a_group_keeps_its_verdict_until_it_comes_back(
    connection: Connection,
) -> None:
    one = group(connection, 1, 2)
    judge(connection, 1, Verdict.SKIP)
    duplicates.release(connection, [1, 2])
    duplicates.drop_small_groups(connection)
    assert judgements.memberships(connection) == {1: Membership(one, Verdict.SKIP, present=False)}
    other = group(connection, 1, 2)
    assert other > one, "a number that was given once may be in a link"
    assert judgements.memberships(connection) == {
        1: Membership(other, Verdict.SKIP),
        2: Membership(other, Verdict.NEW),
    }


def test_a_judged_group_that_wants_a_look_waits_too(connection: Connection) -> None:
    one = group(connection, 1, 2)
    judge(connection, 1, Verdict.KEEP)
    judge(connection, 2, Verdict.SKIP)
    duplicates.want_look(connection, one, wanted=True)
    assert duplicates.count_groups(connection) == (2, 1, 1)
    assert [found.waits for found in duplicates.groups(connection)] == [True]
    duplicates.want_look(connection, one, wanted=False)
    assert duplicates.count_groups(connection) == (2, 1, 0)


def test_a_pair_of_two_groups_is_shown_in_neither(connection: Connection) -> None:
    group(connection, 1, 2)
    group(connection, 3, 4)
    pairs.save_pairs(connection, {("percept", 2, 3): 2, ("percept", 1, 2): 2})
    assert [len(found.pairs) for found in duplicates.groups(connection)] == [1, 0]


def test_what_was_judged_different_is_kept_by_pairs(connection: Connection) -> None:
    pairs.change_different(connection, (), {(1, 2), (1, 3)}, 1)
    pairs.change_different(connection, (), {(3, 4), (1, 2)}, 2)
    assert pairs.different(connection) == {(1, 2), (1, 3), (3, 4)}
    pairs.change_different(connection, {(1, 2), (2, 4)}, (), 3)
    assert pairs.different(connection) == {(1, 3), (3, 4)}
    assert pairs.different_among(connection, [1, 2, 4]) == set()


def test_groups_are_counted_with_those_that_wait_for_a_verdict(connection: Connection) -> None:
    assert duplicates.count_groups(connection) == (0, 0, 0)
    group(connection, 1, 2)
    group(connection, 3, 4)
    judge(connection, 1, Verdict.KEEP)
    judge(connection, 2, Verdict.SKIP)
    assert duplicates.count_groups(connection) == (4, 2, 1)


def test_a_group_leaves_with_members_verdicts_and_the_pairs_among_them(
    connection: Connection,
) -> None:
    first, second = group(connection, 1, 2), group(connection, 3, 4)
    judge(connection, 2, Verdict.KEEP)
    pairs.save_pairs(connection, {("percept", 1, 2): 2, ("average", 1, 2): 0, ("percept", 3, 4): 1})
    found = Group(
        first,
        {D: Verdict.NEW, C: Verdict.KEEP},
        (Pair("average", C, D, 0), Pair("percept", C, D, 2)),
    )
    assert duplicates.groups(connection) == [found, duplicates.group_of(connection, A)]
    assert found.members == (C, D)
    assert duplicates.groups(connection, limit=1) == [found]
    assert [g.id for g in duplicates.groups(connection, after=first)] == [second]
    assert duplicates.group_of(connection, D) == found
    assert duplicates.group_of(connection, "e" * 64) is None


def test_a_dropped_image_leaves_its_group_and_its_pairs(connection: Connection) -> None:
    group(connection, 1, 2, 3)
    pairs.save_pairs(connection, {("percept", 1, 2): 2, ("percept", 2, 3): 2})
    connection.execute(schema.image.delete().where(schema.image.c.id == 1))
    assert stored(connection) == {("percept", 2, 3): 2}
    assert set(judgements.memberships(connection)) == {2, 3}


def test_exact_duplicates_are_images_at_more_than_one_place(connection: Connection) -> None:
    ann = UserId(5)
    catalogue.save_user(connection, ann, "Ann")
    catalogue.save_folder(connection, ann, Folder(1, "lakes"), 0)
    listings.add_page(connection, ann, 1, [Listed(number, None) for number in (10, 11, 12, 13, 14)])
    for site_id, image in [(10, 1), (11, 1), (12, 2), (13, 3), (14, 3)]:
        listings.record_images(connection, [(site_id, image, None)], source=Source.SITE)
    assert duplicates.exact(connection) == [B, D]
    assert duplicates.exact(connection, limit=1) == [B]
    assert duplicates.exact(connection, after=B) == [D]
