"""What is said of several groups at once is one decision, and taking it back touches no other."""

import pytest

from fapproc.archive import Archive
from fapproc.db import pairs
from fapproc.jobs import inventory, judging, tagging
from fapproc.jobs.judging import Said
from fapproc.model import Place, UserId, Verdict
from fapproc.selections.selection import Selection
from tests.webviewer.shelf import ANNA, MEADOW, Shelf, digest

HILLS = 222
KEEP, NEW, SKIP = Verdict.KEEP, Verdict.NEW, Verdict.SKIP


@pytest.fixture
def shelf(archive: Archive) -> Shelf:
    """Two groups, whose images are listed twice each."""
    made = Shelf(archive)
    made.user(ANNA, "Anna", {MEADOW: "Meadow", HILLS: "Hills"})
    made.fill(ANNA, MEADOW, range(1, 5))
    made.fill(ANNA, HILLS, range(1, 5))
    made.group(1, 2)
    made.group(3, 4)
    return made


def said(number: int) -> Said:
    return Said(digest(number), {digest(number): KEEP, digest(number + 1): SKIP})


def states(archive: Archive) -> list[str]:
    found = [f"{group.verdicts}" for group in inventory.groups(archive)]
    return found + [f"{each.sightings}" for each in inventory.entries(archive)]


def test_taking_it_back_forgets_no_pair_that_was_called_different_before(shelf: Shelf) -> None:
    two = [(shelf.stored(1).id, shelf.stored(3).id)]  # of two groups, since it was said of one
    with shelf.archive.writing() as connection:
        pairs.change_different(connection, (), two, 1)
    before = states(shelf.archive)
    saved = judging.set_all(shelf.archive, [said(1), said(3)])
    assert (len(saved.decisions), saved.groups, saved.changed) == (1, 2, 4)
    assert states(shelf.archive) != before
    judging.undo(shelf.archive)
    assert states(shelf.archive) == before
    with shelf.archive.reading() as connection:
        assert pairs.different(connection) == set(two)


def test_several_words_of_one_group_are_taken_back_together(shelf: Shelf) -> None:
    before = states(shelf.archive)
    hills = {number: Place(UserId(ANNA), HILLS, number) for number in (1, 2)}
    words = [Said(digest(n), {}, {digest(n): {place: SKIP}}) for n, place in hills.items()]
    saved = judging.set_all(shelf.archive, words)
    assert (len(saved.decisions), saved.changed, saved.left_out) == (1, 2, ())
    judged = {
        each.place: each.verdict for e in inventory.entries(shelf.archive) for each in e.sightings
    }
    assert [judged[place] for place in hills.values()] == [SKIP, SKIP]
    judging.undo(shelf.archive)
    assert states(shelf.archive) == before


def test_a_group_that_has_changed_is_left_out_and_named(shelf: Shelf) -> None:
    seen = dict.fromkeys(map(digest, (1, 2)), NEW)
    judging.set_verdicts(shelf.archive, digest(1), {digest(1): KEEP, digest(2): KEEP})
    words = [Said(digest(1), said(1).verdicts, seen=seen), said(3)]
    saved = judging.set_all(shelf.archive, words)
    assert (saved.groups, saved.left_out) == (1, (digest(1),))
    assert "has changed meanwhile" in saved.refused[0]


def tagged(archive: Archive) -> dict[str, list[str]]:
    found = {entry.image.digest: sorted(entry.tags) for entry in inventory.entries(archive)}
    return {image: paths for image, paths in found.items() if paths}


def test_what_is_kept_gets_the_tags_of_what_is_skipped_in_the_same_decision(shelf: Shelf) -> None:
    for path, numbers in (("Both", (1, 2)), ("Other", (2,)), ("Third", (4,))):
        tagging.create(shelf.archive, path)
        chosen = Selection(digests=tuple(map(digest, numbers)))
        tagging.apply(shelf.archive, path, chosen)
    before = tagged(shelf.archive)
    judging.set_verdicts(shelf.archive, digest(1), said(1).verdicts)
    assert tagged(shelf.archive) == before
    judging.undo(shelf.archive)
    saved = judging.set_all(shelf.archive, [said(1), said(3)], merge_tags=True)
    assert tagged(shelf.archive) == before | {
        digest(1): ["Both", "Other"], digest(3): ["Third"]
    }  # fmt: skip
    assert len(saved.decisions) == 1
    judging.undo(shelf.archive)
    assert tagged(shelf.archive) == before
    again = judging.set_verdicts(shelf.archive, digest(1), said(1).verdicts, merge_tags=True)
    assert "1 tag given to what is kept" in judging.decisions(shelf.archive, limit=1)[0].what
    assert again.decision is not None
    same = judging.set_verdicts(shelf.archive, digest(1), said(1).verdicts, merge_tags=True)
    assert same.decision is None


def test_undo_takes_no_tag_that_took_the_number_of_the_one_given_with_verdicts(
    shelf: Shelf,
) -> None:
    tagging.create(shelf.archive, "Dull")
    tagging.apply(shelf.archive, "Dull", Selection(digests=(digest(2),)))
    saved = judging.set_verdicts(shelf.archive, digest(1), said(1).verdicts, merge_tags=True)
    tagging.delete(shelf.archive, "Dull")
    tagging.create(shelf.archive, "Bright")  # the lowest number that is free
    tagging.apply(shelf.archive, "Bright", Selection(digests=(digest(1),)))
    judging.undo(shelf.archive, saved.decision)
    assert tagged(shelf.archive) == {digest(1): ["Bright"]}
