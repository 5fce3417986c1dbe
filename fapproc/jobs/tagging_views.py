"""Give a tag to all images of a view, with exceptions, or remove it: without a list of them.

Each is a decision in the log, as with tags that are given by a selection.
"""

from collections.abc import Sequence

from fapproc.archive import Archive
from fapproc.db import grids, images, selected
from fapproc.errors import UsageProblem
from fapproc.jobs import selection as selections
from fapproc.jobs import tagging
from fapproc.jobs.pages.grids import Scope, grid_of
from fapproc.jobs.tagging import Tagging
from fapproc.selections.view import View


class Recounted(UsageProblem):
    """The view has another number of pictures than the person was shown; nothing was changed."""

    def __init__(self, count: int) -> None:
        super().__init__(f"There are {count:,} pictures now. Nothing was changed: do it again.")
        self.count = count


def apply(
    archive: Archive,
    tag: str | int,
    scope: Scope,
    view: View,
    *,
    without: Sequence[str] = (),
    count: int,
    away: bool = False,
) -> Tagging:
    """Give a tag to the images of a view, or take it and all under it from them.

    Args:
        archive: where they are.
        tag: its path or its number.
        scope: whose pictures the view shows.
        view: which of them.
        without: digests of those that are left out.
        count: how many there are without these, as the person was told.
        away: take it away.

    Raises:
        Recounted: there are more or fewer.
        FapError: no such tag, or the view names what isn't there.
    """
    with archive.writing() as connection:
        found = selections.tag(connection, tag)
        left_out = list(images.numbers_of(connection, list(without)).values())
        meant = grids.images_of(grid_of(connection, scope, view), left_out)
        now = selected.count_rows(connection, meant)
        if now != count:
            raise Recounted(now)
        change = tagging.take if away else tagging.give
        return change(connection, found, meant, now)
