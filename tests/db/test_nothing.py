"""Views of which it is known without a look at any image that they are empty."""

from functools import partial

import pytest

from fapproc.archive import Archive
from fapproc.db import grids, images, tags
from fapproc.db.dialect import numbers
from fapproc.jobs import selection, tagging
from fapproc.selections.grammar import from_address
from fapproc.selections.view import Order
from tests.db.test_plans import steps
from tests.shelves import fill, numbered, small


@pytest.fixture
def tagged(archive: Archive) -> Archive:
    """Of three images the first has `Land`, the second a tag under it."""
    fill(archive, {"lakes": numbered(small(1), small(2), small(3))})
    tagging.create(archive, "Land/Hills")
    with archive.writing() as connection:
        rows = sorted(images.digests(connection))
        by_name = {tag.name: tag.id for tag in tags.tree(connection)}
        tags.apply(connection, by_name["Land"], numbers(rows[:1]))
        tags.apply(connection, by_name["Hills"], numbers(rows[1:2]))
    return archive


@pytest.mark.sqlite
@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("tag=Land&tagged=no", 0),
        ("tag=Land&not-tag=Land", 0),
        ("tag=Land/Hills&not-tag=Land", 0),
        ("gone=only", 0),
        ("gone=only&duplicates=no", 0),
        ("duplicates=here", 0),
        ("duplicates=here&duplicates=elsewhere", 0),
        ("tag=Land&not-tag=Land/Hills", 1),
        ("tag=Land&tagged=only", 2),
        ("not-tag=Land&tagged=no", 1),
        ("duplicates=no", 3),
        ("duplicates=here&duplicates=no", 3),
    ],
)
def test_a_view_that_can_have_nothing_is_empty_without_a_look_at_any_picture(
    tagged: Archive, query: str, count: int
) -> None:
    with tagged.reading() as connection:
        grid = grids.of(connection, selection.resolve(connection, from_address(query)), Order.DATE)
        every = [key for some in grids.keys(connection, grid) for key in some]
        assert len(every) == count, "as the rows have it, whatever is known before"
        assert grids.keys_from(connection, grid, limit=2_000) == every
        assert grids.count(connection, grid) == count
        for ask in (partial(grids.keys_from, grid=grid, limit=9), partial(grids.count, grid=grid)):
            told = [line for line in steps(connection, ask).splitlines() if "noted" not in line]
            assert bool(told) == bool(count)
