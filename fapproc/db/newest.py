"""What came last of the pictures of each user, in one statement for all."""

from sqlalchemy import Connection, func, select

from fapproc.db.dialect import unindexed
from fapproc.db.owners import OWNER, owner
from fapproc.db.schema import image, listing, user
from fapproc.db.selected import Chosen, image_conditions
from fapproc.model import UserId, Verdict
from fapproc.selections.selection import Selection


def of_users(connection: Connection, *, most: int) -> dict[UserId, list[int]]:
    """Row numbers of images by user, the newest first, so many of each at most.

    Goes through all places, and leaves out what was judged `skip` there or in its group.
    """
    had = (
        select(listing.c.user_id, image.c.id, image.c.fetched_at)
        .join(image, image.c.id == listing.c.image_id)
        .where(
            listing.c.verdict != Verdict.SKIP,
            *image_conditions(Chosen(Selection(dup=False)), many=True),
        )
        .distinct()
        .subquery()
    )
    order = (had.c.fetched_at.desc(), had.c.id.desc())
    place = func.row_number().over(partition_by=had.c.user_id, order_by=order)
    placed = select(had.c.user_id, had.c.id, place.label("place")).subquery()
    query = (
        select(*OWNER, placed.c.id)
        .join(user, user.c.id == placed.c.user_id)
        .where(unindexed(placed.c.place) <= most)
        .order_by(placed.c.user_id, placed.c.place)
    )
    found: dict[UserId, list[int]] = {}
    for row in connection.execute(query):
        found.setdefault(owner(row), []).append(row.id)
    return found
