"""What is known of pairs before a second look, held against sets of all pairs."""

import random
import tracemalloc
from itertools import combinations

import numpy as np
import pytest
from sqlalchemy import Connection

from fapproc.archive import Archive
from fapproc.db import duplicates, images, looks, pairs, schema
from fapproc.dedup.motion import FRAME
from fapproc.dedup.second_look import LOOKER
from fapproc.jobs.comparing import Found, Weighed
from fapproc.jobs.explain import explain
from fapproc.jobs.looked import State
from fapproc.jobs.standing import Rows, standing
from fapproc.looks import Look
from fapproc.model import Format, Verdict

Couple = tuple[int, int]
IMAGES = 24


def weighed(couples: list[Couple]) -> Weighed:
    a, b = np.array(couples, np.int64).reshape(-1, 2).T
    count = len(couples)
    no = np.zeros((count, 1), np.bool_)
    return Weighed(("cnn",), a, b, np.zeros(count), no.astype(float), no, no[:, 0])


def shelve(connection: Connection, count: int) -> None:
    for number in range(count):
        images.add(connection, f"{number:064x}", 1, Format.JPG, 1)


@pytest.mark.parametrize("seed", range(4))
def test_states_and_who_stands_together_are_as_of_sets_of_all_pairs(
    archive: Archive, seed: int
) -> None:
    chance = random.Random(seed)
    every = list(combinations(range(1, IMAGES + 1), 2))

    def drawn(count: int) -> list[Couple]:
        return sorted(chance.sample(every, count))

    asked, stored, stands, different = drawn(60), drawn(9), drawn(5), drawn(12)
    frames, called = drawn(4), {couple: chance.random() < 0.3 for couple in drawn(60)}
    group = {image: image % 3 for image in range(1, IMAGES + 1) if chance.random() < 0.7}
    new = set(chance.sample(sorted(group), 3))
    with archive.writing() as connection:
        shelve(connection, IMAGES)
        ours = {("percept", *couple): 1.0 for couple in stored}
        pairs.save_pairs(connection, ours | {(FRAME, *couple): 1.0 for couple in frames})
        pairs.change_different(connection, [], different, 1)
        looks.save(connection, LOOKER, {c: Look(0.5, same) for c, same in called.items()})
        looks.save(
            connection, LOOKER - 1, {c: Look(0.5, same=True) for c in asked[:4] if c not in called}
        )
        numbers = duplicates.new_groups(connection, 3)
        duplicates.place(connection, {image: numbers[n] for image, n in group.items()})
        member = schema.group_member
        connection.execute(
            member.update().where(member.c.image_id.not_in(new)).values(verdict=Verdict.KEEP)
        )
    found = Found({("percept", *couple): 1.0 for couple in stands}, weighed(asked))
    with archive.reading() as connection:
        states, joined = standing(connection, found)
    expected, edges = by_sets(asked, stored, stands, different, called, group, new)
    assert [State(state) for state in states.tolist()] == expected
    assert set(expected) == set(State) - {State.UNSEEN}  # which is known after a try only
    for a, b in every:
        assert joined.are_joined(a, b) == are_connected(edges, a, b)


def by_sets(
    asked: list[Couple],
    stored: list[Couple],
    stands: list[Couple],
    different: list[Couple],
    called: dict[Couple, bool],
    group: dict[int, int],
    new: set[int],
) -> tuple[list[State], set[Couple]]:
    together = {image: number for image, number in group.items() if image not in new}
    edges, states = {*stored, *stands}, []
    for couple in asked:
        one, other = (together.get(end) for end in couple)
        is_judged = couple in stored and one is not None and one == other
        if couple in different or is_judged:
            states.append(State.LEFT)
        elif couple in called:
            states.append(State.SAME if called[couple] else State.OTHER)
        else:
            states.append(State.OPEN)
        if states[-1] is State.SAME:
            edges.add(couple)
        elif not is_judged:
            edges.discard(couple)
    return states, edges - {*different}


def are_connected(edges: set[Couple], start: int, end: int) -> bool:
    reached, waiting = {start}, [start]
    while waiting:
        image = waiting.pop()
        beside = {b for a, b in edges if a == image} | {a for a, b in edges if b == image}
        waiting += beside - reached
        reached |= beside
    return end in reached


def test_the_row_of_a_pair_is_found_among_any_and_of_none_there_is_none() -> None:
    nothing = np.zeros(0, np.int64)
    assert Rows(nothing, nothing).of([1], [2]).tolist() == [-1]
    rows = Rows(np.array([9, 2, 2]), np.array([10, 9, 7]))
    assert rows.of([2, 9, 2, 7, 0, 99], [7, 10, 9, 2, 0, 99]).tolist() == [2, 0, 1, -1, -1, -1]
    assert rows.of([], []).tolist() == []


@pytest.mark.sqlite
def test_of_stored_pairs_only_a_stretch_is_held_at_a_time(archive: Archive) -> None:
    count = 200
    couples = list(combinations(range(1, count + 1), 2))
    with archive.writing() as connection:
        shelve(connection, count)
        pairs.save_pairs(connection, {("percept", *couple): 1.0 for couple in couples})
    found = Found({}, weighed(couples[:1]))
    with archive.reading() as connection:
        standing(connection, found)  # what is compiled once is compiled
        tracemalloc.start()
        standing(connection, found)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 300_000 < 60 * len(couples)


@pytest.mark.sqlite
def test_the_way_from_one_image_to_another_reads_pairs_of_these_alone(archive: Archive) -> None:
    count = 200
    others = {("percept", *couple): 1.0 for couple in combinations(range(5, count + 1), 2)}
    way = {("percept", 1, 2): 1.0, ("diff", 2, 3): 1.0, (FRAME, 1, 3): 1.0}
    with archive.writing() as connection:
        shelve(connection, count)
        pairs.save_pairs(connection, others | way)
    one, two, three, apart = (f"{number:064x}" for number in (0, 1, 2, 3))
    assert explain(archive, three, one).chain == (one, two, three)
    assert explain(archive, one, apart).chain == ()
    tracemalloc.start()
    explain(archive, one, three)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 300_000 < 60 * len(others)
