"""Undo of what was done to tags: one decision each, taken back whole or not at all."""

from collections.abc import Callable

import pytest

from fapproc.archive import Archive
from fapproc.db import counting
from fapproc.db.dialect.engines import driver_of
from fapproc.db.logged import TagState
from fapproc.errors import FapError, UsageProblem
from fapproc.jobs import inventory, judging, tagging
from fapproc.selections.grammar import from_address, of_digests
from fapproc.selections.selection import Selection
from fapproc.vault.store import digest_of
from tests.shelves import fill, numbered, remove, small

ONE, TWO = digest_of(small(1)), digest_of(small(2))
State = tuple[list[tuple[int, str]], dict[str, list[str]]]


@pytest.fixture
def tagged(archive: Archive) -> Archive:
    """Two images, of which the first is tagged as Lakes, the second as Hills."""
    fill(archive, {"lakes": numbered(small(1), small(2))})
    tagging.create(archive, "Places/Lakes")
    tagging.create(archive, "Places/Hills")
    tagging.create(archive, "Water")
    tagging.apply(archive, "Lakes", of_digests([ONE]))
    tagging.apply(archive, "Hills", of_digests([TWO]))
    return archive


def state(archive: Archive) -> State:
    """Tags by number, and what each image carries."""
    carried = {entry.image.digest: list(entry.tags) for entry in inventory.entries(archive)}
    return [(tag.id, tag.path) for tag in tagging.listed(archive)], carried


CHANGES: dict[str, Callable[[Archive], object]] = {
    "create": lambda archive: tagging.create(archive, "Seasons/Autumn/Late"),
    "rename": lambda archive: tagging.rename(archive, "Lakes", "Ponds"),
    "move": lambda archive: tagging.move(archive, "Lakes", "Water"),
    "to the top": lambda archive: tagging.move(archive, "Lakes", "/"),
    "delete": lambda archive: tagging.delete(archive, "Lakes"),
    "apply": lambda archive: tagging.apply(archive, "Lakes", of_digests([ONE, TWO])),
    "clear": lambda archive: tagging.clear(archive, "Places", of_digests([ONE, TWO])),
}


@pytest.mark.parametrize("change", CHANGES)
def test_each_change_of_tags_is_taken_back_whole(tagged: Archive, change: str) -> None:
    before = state(tagged)
    CHANGES[change](tagged)
    assert state(tagged) != before
    count = len(judging.decisions(tagged))
    judging.undo(tagged)
    assert state(tagged) == before
    assert len(judging.decisions(tagged)) == count  # undone is a mark, and no further line


def test_all_decisions_are_taken_back_one_by_one_in_their_order(tagged: Archive) -> None:
    for change in ("apply", "rename"):
        CHANGES[change](tagged)
    for _ in judging.decisions(tagged):
        judging.undo(tagged)
    assert state(tagged) == ([], {ONE: [], TWO: []})
    with pytest.raises(FapError, match="No decision to undo"):
        judging.undo(tagged)


def test_a_later_decision_about_the_same_tag_goes_first(tagged: Archive) -> None:
    tagging.rename(tagged, "Lakes", "Ponds")
    first = judging.decisions(tagged, limit=1)[0].id
    tagging.delete(tagged, "Ponds")
    with pytest.raises(UsageProblem, match="later and about the same tags"):
        judging.undo(tagged, first)


def test_a_decision_about_other_tags_is_no_hindrance(tagged: Archive) -> None:
    tagging.rename(tagged, "Lakes", "Ponds")
    first = judging.decisions(tagged, limit=1)[0].id
    tagging.rename(tagged, "Water", "Seas")
    judging.undo(tagged, first)
    assert [path for _, path in state(tagged)[0]] == [
        "Places",
        "Places/Hills",
        "Places/Lakes",
        "Seas",
    ]


def test_a_tag_under_which_others_were_made_is_not_unmade(tagged: Archive) -> None:
    tagging.create(tagged, "Water/Sea")
    water = judging.decisions(tagged)[3].id
    before = state(tagged)
    with pytest.raises(UsageProblem, match="Water has tags under it"):
        judging.undo(tagged, water)
    assert state(tagged) == before


def test_a_name_that_another_tag_has_taken_is_not_given_back(tagged: Archive) -> None:
    tagging.delete(tagged, "Water")
    deleted = judging.decisions(tagged, limit=1)[0].id
    tagging.rename(tagged, "Lakes", "water")
    before = state(tagged)
    with pytest.raises(UsageProblem, match=r"There is a tag 'Places/water' already"):
        judging.undo(tagged, deleted)
    assert state(tagged) == before


def test_a_tag_does_not_come_to_stand_under_itself(tagged: Archive) -> None:
    tagging.move(tagged, "Lakes", "Water")
    moved = judging.decisions(tagged, limit=1)[0].id
    tagging.move(tagged, "Places", "Lakes")
    with pytest.raises(UsageProblem, match="is under it now"):
        judging.undo(tagged, moved)


def test_an_image_that_has_gone_meanwhile_is_passed_over(tagged: Archive) -> None:
    tagging.clear(tagged, "Places", of_digests([ONE, TWO]))
    remove(tagged, small(1))
    judging.undo(tagged)
    assert state(tagged)[1] == {TWO: ["Places/Hills"]}


def test_who_lists_what_was_judged_is_told_no_verdicts_of_tags(tagged: Archive) -> None:
    for made in judging.decisions(tagged):
        assert not made.before.digests and not made.after.digests


def test_a_tag_that_is_given_to_very_many_is_a_short_line_of_the_log_and_taken_back_exactly(
    archive: Archive,
) -> None:
    """As a list of numbers those of a million images were 8 MB (2026-11-29)."""
    fill(archive, {"lakes": numbered(small(1))})
    with archive.writing() as connection:
        names = ("id", "digest", "bytes", "format", "fetched_at")
        rows = [(number, f"{number:064x}", 1, "jpg", 1) for number in range(100, 20_101)]
        driver_of(connection).load(connection, "image", names, rows)
        counting.add_images(connection, range(100, 20_101))
    tagging.create(archive, "Odd")
    tagging.create(archive, "Seen")
    odd = [f"{number:064x}" for number in range(101, 20_101, 2)]
    tagging.apply(archive, "Odd", of_digests(odd))
    before = carriers(archive)
    tagging.apply(archive, "Seen", Selection(everything=True))
    tagging.clear(archive, "Odd", from_address("tag=Odd"))
    with archive.reading() as connection:
        sizes = connection.exec_driver_sql("SELECT length(before) + length(after) FROM decision")
        assert max(row[0] for row in sizes) < 2000
    judging.undo(archive)
    judging.undo(archive)
    assert carriers(archive) == before


def carriers(archive: Archive) -> list[tuple[int, int]]:
    with archive.reading() as connection:
        rows = connection.exec_driver_sql("SELECT tag_id, image_id FROM image_tag ORDER BY 1, 2")
        return [(row[0], row[1]) for row in rows]


def test_a_list_of_numbers_as_the_first_release_wrote_it_is_read() -> None:
    text = f'{{"tags": {{}}, "images": {{"5": {list(range(300))}}}}}'
    assert TagState.from_json(text).images == {5: list(range(300))}


@pytest.mark.parametrize("found", ['"abc"', '"eJw="', "[[]]", "7"])
def test_numbers_that_can_not_be_read_are_named_as_such(found: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        TagState.from_json(f'{{"tags": {{}}, "images": {{"5": {found}}}}}')
