"""How many pictures of a view carry each mark: counted at once in a small album, else apart."""

import pytest

from fapproc.archive import Archive
from fapproc.jobs.pages import grids
from fapproc.model import UserId
from fapproc.selections import grammar
from fapproc.selections.view import View
from tests.webviewer.shelf import ANNA, MEADOW
from tests.webviewer.test_grids import FOREST, furnish

VIEWS = (
    "",
    "portrait=only",
    "tag=Land",
    "not-tag=Land",
    "q=mill",
    "tagged=no",
    "gone=only",
    "gone=no",
    "animated=no",
    "duplicates=lookalike",
    "duplicates=here&tagged=only",
    "dup=1",
    "tag=Land&not-tag=Land",
)


@pytest.fixture
def filled(archive: Archive) -> Archive:
    furnish(archive)
    return archive


@pytest.mark.parametrize("most", [8, 10_000])
def test_each_mark_has_as_many_pictures_as_are_shown_with_it(
    filled: Archive, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr("fapproc.db.in_album._SMALL", most)
    for album in (MEADOW, FOREST):
        scope = grids.Scope(album=(UserId(ANNA), album))
        for query in VIEWS:
            view = View(grammar.from_address(query))
            counted = grids.count(filled, scope, view, seconds=60)
            assert counted is not None
            assert counted.total == how_many(filled, scope, view), query
            for mark in grammar.MARKS:
                shown = how_many(filled, scope, grids.marked(view, mark))
                assert counted.marks[mark] == shown, (query, mark)


def how_many(archive: Archive, scope: grids.Scope, view: View) -> int:
    return len(grids.Part(scope, view).section(archive, 0))
