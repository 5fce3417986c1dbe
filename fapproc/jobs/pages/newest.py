"""The newest pictures of users."""

from fapproc.archive import Archive
from fapproc.db import grids, images
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
                grid = grids.of(connection, Chosen(Selection(), users=[user]), Order.DATE)
                keys = grids.keys_from(connection, grid, limit=most)
                there = images.by_ids(connection, keys)
                return cells_of(connection, [there[key] for key in keys if key in there])
        except TooLong:
            return None
