"""The last copy of a picture is not hidden for one that has gone."""

from collections.abc import Mapping

import pytest
from sqlalchemy import select

from fapproc.archive import Archive
from fapproc.db import judgements, queue, recounting
from fapproc.db.queue import Stretch
from fapproc.db.schema import listing
from fapproc.jobs import deletion, derive_store, export, inventory, judging
from fapproc.jobs.duplicates import find_duplicates
from fapproc.model import Detail, Place, UserId, Verdict
from fapproc.queues import Queue
from fapproc.selections.selection import Selection
from tests.webviewer.shelf import ANNA, MEADOW, Shelf, digest

BOB, HILLS, LAKES = 8800, 222, 333
KEEP, NEW, SKIP = Verdict.KEEP, Verdict.NEW, Verdict.SKIP


@pytest.fixture
def shelf(archive: Archive) -> Shelf:
    """Three pictures of Anna's; the second is in both albums of Bob's, too."""
    shelf = Shelf(archive)
    shelf.user(ANNA, "Anna", {MEADOW: "Meadow"})
    shelf.user(BOB, "Bob", {HILLS: "Hills", LAKES: "Lakes"})
    shelf.fill(ANNA, MEADOW, range(1, 4))
    for album in (HILLS, LAKES):
        shelf.fill(BOB, album, [2])
    return shelf


def say(archive: Archive, verdicts: Mapping[int, Verdict]) -> None:
    judging.set_verdicts(
        archive, digest(min(verdicts)), {digest(number): said for number, said in verdicts.items()}
    )


def drop(archive: Archive, meant: deletion.Meant) -> None:
    deletion.delete(archive, meant, deletion.plan(archive, meant))


def verdicts_of(archive: Archive, number: int) -> set[str]:
    """What is said of the places of a picture; the kept figures are right, whatever it is."""
    with archive.reading() as connection:
        assert recounting.miscounted(connection) == []
        this = Shelf(archive).stored(number).id
        return set(connection.scalars(select(listing.c.verdict).where(listing.c.image_id == this)))


def exported(archive: Archive) -> int:
    return len(export.plan(archive, selection=Selection(users=(f"#{BOB}",))).copies)


def waiting(archive: Archive) -> list[list[str]]:
    found = inventory.groups(archive)
    with archive.reading() as connection:
        wait = queue.groups(connection, Queue.WAITING, Stretch(None))
    return [sorted(each.members) for each in found if each.id in wait]


def test_a_picture_whose_kept_place_goes_is_shown_at_the_others(shelf: Shelf) -> None:
    archive = shelf.archive
    places = {Place(UserId(BOB), album, 2): SKIP for album in (HILLS, LAKES)}
    kept = {Place(UserId(ANNA), MEADOW, 2): KEEP}
    judging.set_verdicts(archive, digest(2), {}, {digest(2): {**kept, **places}})
    assert exported(archive) == 0
    drop(archive, (UserId(ANNA), MEADOW))
    assert verdicts_of(archive, 2) == {NEW} and exported(archive) == 2


def test_a_picture_is_shown_when_the_one_that_it_was_skipped_for_goes(shelf: Shelf) -> None:
    shelf.group(1, 2)
    say(shelf.archive, {1: KEEP, 2: SKIP})
    assert verdicts_of(shelf.archive, 2) == {SKIP}
    drop(shelf.archive, Selection(digests=(digest(1),)))
    assert verdicts_of(shelf.archive, 2) == {NEW} and exported(shelf.archive) == 2


def test_a_group_of_which_all_that_are_left_are_skipped_waits(shelf: Shelf) -> None:
    shelf.group(1, 2, 3)
    say(shelf.archive, {1: KEEP, 2: SKIP, 3: SKIP})
    assert waiting(shelf.archive) == []
    drop(shelf.archive, Selection(digests=(digest(1),)))
    assert waiting(shelf.archive) == [sorted([digest(2), digest(3)])]
    assert verdicts_of(shelf.archive, 2) == {SKIP}


def test_a_picture_is_shown_when_the_kept_one_turns_out_to_be_unsound(shelf: Shelf) -> None:
    shelf.group(1, 2)
    say(shelf.archive, {1: KEEP, 2: SKIP})
    with shelf.archive.writing() as connection:
        derive_store.mark(connection, {shelf.stored(1).id: (Detail.TRUNCATED, True)})
    assert verdicts_of(shelf.archive, 2) == {NEW}


def test_an_undo_that_would_leave_nothing_to_see_of_a_group_lets_it_wait(shelf: Shelf) -> None:
    shelf.group(1, 2, 3)
    say(shelf.archive, {1: KEEP, 2: SKIP, 3: SKIP})
    say(shelf.archive, {1: SKIP, 2: KEEP, 3: SKIP})
    drop(shelf.archive, Selection(digests=(digest(1),)))
    assert waiting(shelf.archive) == []
    judging.undo(shelf.archive)
    assert waiting(shelf.archive) == [sorted([digest(2), digest(3)])]


def test_a_search_shows_what_an_older_program_left_hidden(shelf: Shelf) -> None:
    places = [(ANNA, MEADOW), (BOB, HILLS), (BOB, LAKES)]
    with shelf.archive.writing() as connection:
        said = {Place(UserId(user), album, 2): SKIP for user, album in places}
        judgements.set_places(connection, said)
    find_duplicates(shelf.archive)
    assert verdicts_of(shelf.archive, 2) == {NEW}
