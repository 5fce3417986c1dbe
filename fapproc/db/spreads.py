"""How much the sizes of images vary, by user or album: counted from the rows of images."""

from sqlalchemy import ColumnElement, Connection, Float, cast, func, select

from fapproc.db.dialect import total
from fapproc.db.figures import Spread
from fapproc.db.owners import OWNER, owner, row_of
from fapproc.db.schema import image, listing, user
from fapproc.model import UserId


def of_users(connection: Connection) -> dict[UserId, Spread]:
    """The bytes of each user's images, one that is listed twice counted once."""
    found = _spreads(connection, listing.c.user_id, None)
    users = connection.execute(select(user.c.id, *OWNER))
    return {owner(row): found[row.id] for row in users if row.id in found}


def of_albums(connection: Connection, user_id: UserId) -> dict[int, Spread]:
    """The bytes of the images of each album of a user."""
    return _spreads(connection, listing.c.album_id, listing.c.user_id == row_of(user_id))


def _spreads(
    connection: Connection, holder: ColumnElement[int], where: ColumnElement[bool] | None
) -> dict[int, Spread]:
    listed = select(holder.label("holder"), listing.c.image_id).where(
        listing.c.image_id.is_not(None)
    )
    if where is not None:
        listed = listed.where(where)
    each = listed.distinct().subquery()
    whole = cast(image.c.bytes, Float)  # squares of whole numbers leave 63 bits
    query = (
        select(
            each.c.holder,
            func.count(),
            total(image.c.bytes),
            func.min(image.c.bytes),
            func.max(image.c.bytes),
            func.sum(whole * whole),
        )
        .join(image, image.c.id == each.c.image_id)
        .group_by(each.c.holder)
    )
    return {number: _spread(*figures) for number, *figures in connection.execute(query)}


def _spread(count: int, whole: int, least: int, most: int, squares: float) -> Spread:
    spare = squares - whole * whole / count
    variance = max(spare, 0.0) / (count - 1) if count > 1 else 0.0
    return Spread(count, whole, least, most, whole / count, variance**0.5)
