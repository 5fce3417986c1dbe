"""What is asked for each batch or album doesn't read all of the archive, or of the album."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection

from benchmarks import pages
from fapproc.archive import Archive
from fapproc.db import (
    decisions,
    derived,
    duplicates,
    facts,
    figures,
    grids,
    in_album,
    judgements,
    listings,
    observations,
    places,
    queue,
    selected,
    soundness,
    twins,
)
from fapproc.db.queue import Stretch
from fapproc.db.schema.kept import NOTED
from fapproc.db.searched import Word
from fapproc.db.selected import Chosen
from fapproc.model import Format, UserId, Verdict
from fapproc.queues import Queue
from fapproc.selections.selection import Selection, Show, Twins
from fapproc.selections.view import Order
from tests.db.test_batches import counted

pytestmark = pytest.mark.sqlite

USER = UserId(7700)
WANTED = derived.WantedParts(thumbs=True, hashes={"percept": 1, "diff": 2}, vectors={"cnn": 3})

NOT_HAD = "ix_listing_image_id (image_id=? AND user_id=? AND album_id=?"


def steps(connection: Connection, ask: Callable[[Connection], object]) -> str:
    """How SQLite answers what is asked, a step a line."""
    asked: list[str] = []
    session: Any = connection.connection.driver_connection  # some questions go straight to it
    session.set_trace_callback(asked.append)
    ask(connection)
    session.set_trace_callback(None)
    found: list[str] = []
    for each in asked:
        rows = session.execute(f"EXPLAIN QUERY PLAN {each}", [None] * each.count("?"))
        found.extend(row[-1] for row in rows)
    return "\n".join(found)


@pytest.mark.parametrize(
    ("ask", "index"),
    [
        (lambda rows: listings.waiting(rows, USER, 111), NOT_HAD),
        (lambda rows: listings.waiting(rows, USER, 111), "ix_listing_image_id (image_id=?)"),
        (lambda rows: places.failures(rows, USER, 111), NOT_HAD),
        (lambda rows: places.failures(rows, USER, 111), "ix_listing_image_id (image_id=?"),
        (figures.count_failures, "ix_listing_image_id"),
        (lambda rows: soundness.count_lost(rows, USER), "ix_listing_image_id"),
        (lambda rows: observations.count_gone_of_user(rows, USER), "ix_listing_site_id"),
        (figures.count_kept_failures, "ix_image_unsound"),
        (decisions.last_to_undo, "ix_pruned_state (state=? AND decision_id=?)"),
        (lambda rows: derived.count_lacking(rows, WANTED), "COVERING INDEX ix_encoding_image_id"),
    ],
)
def test_few_rows_are_found_by_their_index_and_not_among_all(
    ask: Callable[[Connection], object], index: str, archive: Archive
) -> None:
    with archive.reading() as connection:
        told = steps(connection, ask)
    assert index in told
    assert "ix_listing_order" not in told
    assert "SCAN listing" not in told


@pytest.mark.parametrize(
    "ask",
    [
        lambda rows: queue.groups(rows, Queue.WAITING, Stretch(10, after=5)),
        lambda rows: queue.groups(rows, Queue.LOOK, Stretch(10)),
        lambda rows: queue.groups_among(rows, Queue.WAITING, [1, 2]),
        lambda rows: queue.images_among(rows, Queue.WAITING, [1, 2], but_of_groups=True),
        duplicates.to_look,
        judgements.count_verdicts,
    ],
)
def test_what_waits_is_found_by_indexes_and_no_table_of_groups_is_gone_through(
    ask: Callable[[Connection], object], archive: Archive
) -> None:
    with archive.reading() as connection:
        told = steps(connection, ask).splitlines()
    assert told
    assert not [
        each
        for each in told
        if each.startswith("SCAN") and "INDEX" not in each and "json" not in each
    ]
    assert not [each for each in told if "TEMP B-TREE" in each]


@pytest.mark.parametrize(
    ("said", "index"),
    [
        (Selection(portrait=Show.ONLY), "ix_image_shape (<expr>=?"),
        (Selection(landscape=Show.ONLY), "ix_image_shape (<expr>=?"),
        (Selection(animated=Show.ONLY), "ix_image_animated"),
        (Selection(formats=(Format.WEBP,)), "ix_image_format (format=?"),
    ],
)
def test_the_first_of_what_no_image_may_be_is_sought_by_an_index(
    said: Selection, index: str, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    with archive.reading() as connection:
        told = steps(connection, lambda rows: list(selected.read(rows, Chosen(said))))
        assert index in told.splitlines()[1]  # behind the first rows, among all
        grid = grids.of(connection, Chosen(said), Order.DATE)
        told = steps(connection, lambda rows: grids.keys_from(rows, grid, limit=2_000))
        assert index in told and "ix_image_fetched_at" not in told
        # Where many are like that, they are met in the order of the view.
        monkeypatch.setattr(facts, "FEW", 0)
        grid = grids.of(connection, Chosen(said), Order.DATE)
        told = steps(connection, lambda rows: grids.keys_from(rows, grid, limit=120))
        assert index not in told
    assert "SCAN image USING" in told and "ix_image_fetched_at" in told and "B-TREE" not in told


@pytest.mark.parametrize("which", twins.NOTED)
def test_images_at_several_places_are_found_by_what_is_noted_of_them(
    which: Twins, archive: Archive
) -> None:
    said = Selection(duplicates=(which,))
    with archive.reading() as connection:
        told = steps(connection, lambda rows: list(selected.read(rows, Chosen(said))))
    assert f"SCAN noted USING COVERING INDEX ix_image_{twins.NOTED[which].name}" in told
    assert told.count("LIST SUBQUERY") == 1 and "listing" not in told


def test_images_that_are_no_twins_are_found_but_once_and_the_first_of_all_are_looked_up(
    archive: Archive,
) -> None:
    said = Selection(duplicates=(Twins.NO,))
    with archive.reading() as connection:
        told = steps(connection, lambda rows: list(selected.read(rows, Chosen(said))))
    first, rest = told.split("SEARCH image ")[1:]
    assert "LIST SUBQUERY" not in first and rest.count("LIST SUBQUERY") == 1


def note_one(archive: Archive) -> None:
    """Note of an image all that may be noted: where nothing is, none is looked for."""
    notes = ", ".join(NOTED)
    with archive.writing() as connection:
        connection.exec_driver_sql(
            f"INSERT INTO image (id, digest, bytes, format, fetched_at, {notes})"
            " VALUES (9999999, '', 1, 'jpg', 1, true, true, true, true)"
        )


SETS = [
    Chosen(Selection(dup=False), tags=((frozenset({1, 2}), True), (frozenset({3}), False))),
    Chosen(Selection(dup=False, portrait=Show.HIDE), users=[UserId(7), UserId(8)]),
    Chosen(Selection(gone=Show.ONLY)),
    *(Chosen(Selection(duplicates=(each,))) for each in (Twins.PLACES, Twins.LOOKALIKE)),
]
"""What is asked for in sets that may be large."""


@pytest.mark.parametrize("chosen", SETS)
@pytest.mark.parametrize("order", [Order.ALBUM, Order.DATE])
def test_few_pictures_that_are_in_large_sets_are_sought_among_the_nearest_before_in_all(
    chosen: Chosen, order: Order, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = {Order.ALBUM: "ix_image_place", Order.DATE: "ix_image_fetched_at"}[order]
    monkeypatch.setattr(facts, "FEW", 0)  # as of a million: many are of each shape
    note_one(archive)
    with archive.reading() as connection:
        grid = replace(grids.of(connection, chosen, order), wide=True)
        many = steps(connection, lambda rows: grids.keys_from(rows, grid, limit=60_000))
    assert "LIST SUBQUERY" in many
    pages.write(archive, 1_000)
    with archive.writing() as connection:
        connection.exec_driver_sql("INSERT INTO tag VALUES (1, NULL, 'one', 'one')")
        connection.exec_driver_sql("INSERT INTO image_tag SELECT 1, id FROM image WHERE id % 7 = 0")
    with archive.reading() as connection:
        every = [key for some in grids.keys(connection, grid) for key in some]
        told = steps(connection, lambda rows: grids.keys_from(rows, grid, limit=9))
        if chosen.users is None or order is Order.DATE:  # in the order of albums they are far away
            assert told.count(index) == 2 and "LIST SUBQUERY" not in told
        else:
            assert told.count(index) == 1 and "LIST SUBQUERY" in told
        place = grids.place_of(connection, grid, every[9])
        for near in (1, 9, 300, 5_000):
            monkeypatch.setattr(grids, "_NEAR", near)
            assert grids.keys_from(connection, grid, limit=20) == every[:20]
            assert grids.keys_from(connection, grid, after=place, limit=8) == every[10:18]
            back = grids.keys_from(connection, grid, after=place, backward=True, limit=50)
            assert back == every[8::-1]


def test_of_two_tags_the_one_that_few_images_have_is_looked_for_first(archive: Archive) -> None:
    pages.write(archive, 2_000)
    with archive.writing() as connection:
        for number, each in ((1, 1), (2, 100)):
            tagged = f"INSERT INTO image_tag SELECT {number}, id FROM image WHERE id % {each} = 0"
            connection.exec_driver_sql(f"INSERT INTO tag VALUES ({number}, NULL, {each}, {each})")
            connection.exec_driver_sql(tagged)
    often, rarely = ((frozenset({1}), True), (frozenset({2}), True))
    with archive.reading() as connection:
        chosen = Chosen(Selection(), tags=(often, rarely))
        grid = grids.of(connection, chosen, Order.DATE)
        assert list(grid.chosen.tags) == [rarely, often]
        with counted(connection) as taken:
            assert grids.keys_from(connection, grid, limit=9)[:2] == [2_000, 1_900]
        with counted(connection) as other:
            grids.keys_from(connection, replace(grid, chosen=chosen), limit=9)
    assert 2 * len(taken) < len(other)


@pytest.mark.parametrize(
    "asked",
    [
        Chosen(Selection(), tags=((frozenset({1, 2}), True),)),
        Chosen(Selection(), tags=((frozenset({1}), True), (frozenset({2}), False))),
        Chosen(Selection(verdicts=(Verdict.KEEP,))),
        *(Chosen(Selection(duplicates=(each,))) for each in Twins),
        *(Chosen(Selection(gone=each)) for each in (Show.ONLY, Show.HIDE)),
    ],
)
def test_each_picture_of_an_album_is_looked_up_in_a_set_that_may_be_large(
    asked: Chosen, archive: Archive
) -> None:
    note_one(archive)
    with archive.reading() as connection:
        grid = grids.of(connection, asked, Order.ALBUM, album=(USER, 111))
        told = [
            steps(connection, lambda rows: grids.keys_from(rows, grid, limit=120)),
            steps(connection, lambda rows: grids.count(rows, grid)),
            steps(connection, lambda rows: grids.place_of(rows, replace(grid, wide=False), 1)),
        ]
    # What waits, or a person has marked; what is noted of any.
    small = ("ix_duplicate_group", "ix_group_member_verdict", "SCAN noted USING COVERING INDEX")
    for each in told:
        sought = [line for line in each.splitlines() if not any(name in line for name in small)]
        assert sought and not [line for line in sought if line.startswith("SCAN")]


def test_no_row_of_an_image_is_looked_at_where_an_album_asks_for_its_tags_alone(
    archive: Archive,
) -> None:
    said = Selection(dup=False, tagged=Show.ONLY, place_verdicts=(Verdict.NEW,))
    chosen = Chosen(said, tags=((frozenset({1}), True), (frozenset({2}), False)))

    def told(chosen: Chosen) -> str:
        grid = grids.of(connection, chosen, Order.ALBUM, album=(USER, 111))
        read = steps(connection, lambda rows: grids.keys_from(rows, grid, limit=9))
        return read + steps(connection, lambda rows: grids.count(rows, grid))

    with archive.reading() as connection:
        for each in (Chosen(Selection(dup=False)), chosen):
            assert "SEARCH listing" in told(each) and " image " not in told(each)
        assert " image " in told(replace(chosen, selection=replace(said, portrait=Show.ONLY)))


def test_the_pictures_of_a_large_album_are_sought_from_a_set_that_is_small(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = Chosen(Selection(), tags=((frozenset({1, 2}), True),))
    monkeypatch.setattr(in_album, "_SMALL", 0)
    with archive.reading() as connection:
        grid = grids.of(connection, chosen, Order.ALBUM, album=(USER, 111))
        told = steps(connection, lambda rows: grids.keys_from(rows, grid, limit=120))
    assert "SEARCH image USING INTEGER PRIMARY KEY (rowid=?)\nLIST SUBQUERY" in told


def test_hashes_are_looked_for_once_an_image_however_many_methods_there_are(
    archive: Archive,
) -> None:
    with archive.reading() as connection:
        told = steps(connection, lambda rows: derived.count_lacking(rows, WANTED))
    assert told.count("SEARCH encoding") == 1


@pytest.mark.parametrize(
    ("order", "index"),
    [
        (Order.ALBUM, "COVERING INDEX ix_image_place"),
        (Order.DATE, "COVERING INDEX ix_image_fetched_at"),
        (Order.NAME, "INDEX ix_listing_name"),
        (Order.SIZE, "COVERING INDEX ix_image_bytes"),
        (Order.PIXELS, "COVERING INDEX ix_image_pixels"),
    ],
)
def test_pictures_are_read_in_their_order_and_not_sorted(
    order: Order, index: str, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(facts, "FEW", 0)  # as of a million: many are of each shape
    chosen = Chosen(Selection(dup=False, portrait=Show.ONLY), tags=((frozenset({1}), False),))
    with archive.reading() as connection:
        grid = grids.of(connection, chosen, order)
        told = steps(connection, lambda rows: grids.keys_from(rows, grid, limit=120))
        place = ("a",) * 5 if order is Order.ALBUM else ("a", 1)
        later = steps(connection, lambda rows: grids.keys_from(rows, grid, after=place, limit=120))
    assert index in told
    assert "TEMP B-TREE" not in told
    assert "SEARCH" in later.partition(index)[0].rpartition("\n")[2]  # it is entered where one is


def test_pictures_of_a_format_are_sorted_and_not_looked_up_one_by_one(archive: Archive) -> None:
    chosen = Chosen(Selection(formats=(Format.PNG,)))
    with archive.reading() as connection:
        grid = grids.of(connection, chosen, Order.SIZE)
        told = steps(connection, lambda rows: grids.keys_from(rows, grid, limit=120))
    assert "ix_image_bytes" not in told


def test_a_word_that_many_images_have_is_asked_of_each(archive: Archive) -> None:
    chosen = Chosen(Selection(), words=(Word("picture", ()), Word("777", ())))
    pages.write(archive, 1_000)  # called after their numbers
    with archive.reading() as connection:
        grid = grids.of(connection, chosen, Order.DATE)
        told = steps(connection, lambda rows: grids.keys_from(rows, grid, limit=120))
        found = grids.keys_from(connection, grid, limit=120)
    *_, listed = told.rpartition("ix_image_fetched_at")
    assert "SEARCH listing USING INDEX ix_listing_image_id" in listed
    assert told.count("ix_listing_name") == 1  # the rare one is looked for among the names
    assert found == [777]


def test_a_word_is_looked_for_in_the_index_of_names(archive: Archive) -> None:
    chosen = Chosen(Selection(), words=(Word("meadow", ()),))
    with archive.reading() as connection:
        told = steps(connection, lambda rows: selected.count(rows, chosen))
    assert "COVERING INDEX ix_listing_name" in told


def test_a_part_of_a_name_is_looked_for_in_the_index_of_names(archive: Archive) -> None:
    chosen = Chosen(Selection(names=("meadow",)))
    with archive.reading() as connection:
        told = steps(connection, lambda rows: list(selected.read(rows, chosen)))
    assert "COVERING INDEX ix_listing_name" in told


def test_a_view_begins_with_a_set_that_is_small_and_goes_through_all_for_a_large_one(
    archive: Archive,
) -> None:
    chosen = Chosen(Selection(dup=False), tags=((frozenset({1}), True),))
    with archive.reading() as connection:
        narrow = grids.of(connection, chosen, Order.DATE)
        small = steps(connection, lambda rows: grids.keys_from(rows, narrow, limit=120))
        large = steps(
            connection, lambda rows: grids.keys_from(rows, replace(narrow, wide=True), limit=120)
        )
    assert not narrow.wide
    assert "SEARCH image USING INTEGER PRIMARY KEY" in small
    assert "SCAN image USING COVERING INDEX ix_image_fetched_at" in large
