"""The newest pictures of users."""

from collections.abc import Mapping, Sequence

from fapproc.archive import Archive
from fapproc.db import grids, images
from fapproc.db import newest as newest_rows
from fapproc.db.dialect.engines import TooLong, driver_of
from fapproc.db.selected import Chosen
from fapproc.jobs.pages.cells import Cell, cells_of
from fapproc.model import UserId
from fapproc.selections.selection import Selection
from fapproc.selections.view import Order


def of_user(archive: Archive, user: UserId, *, most: int, seconds: float) -> list[Cell] | None:
    """What came last of a user's pictures; None where that takes too long."""
    with archive.reading() as connection:
        try:
            with driver_of(connection).within(connection, seconds):
                grid = grids.of(connection, Chosen(Selection(dup=False), users=[user]), Order.DATE)
                keys = grids.keys_from(connection, grid, limit=most)
                there = images.by_ids(connection, keys)
                return cells_of(connection, [there[key] for key in keys if key in there])
        except TooLong:
            return None


def of_users(
    archive: Archive, *, most: int, seconds: float
) -> Mapping[UserId, Sequence[Cell]] | None:
    """The same of everybody who has pictures, asked for together: for a small archive."""
    with archive.reading() as connection:
        try:
            with driver_of(connection).within(connection, seconds):
                keys = newest_rows.of_users(connection, most=most)
                there = images.by_ids(connection, {key for some in keys.values() for key in some})
                cells = {
                    cell.image.digest: cell for cell in cells_of(connection, list(there.values()))
                }
        except TooLong:
            return None
    return {user: [cells[there[key].image.digest] for key in some] for user, some in keys.items()}
