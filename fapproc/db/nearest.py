"""Of which images the nearest were looked at twice, and which wait for that."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, Connection, and_, bindparam, exists, false, select, true

from fapproc.db.bulk import read_many, write_many
from fapproc.db.schema import compared, image, vector


def waiting(connection: Connection) -> list[int]:
    """Images that were compared, and whose nearest nobody looked at yet; the newest first.

    Stills that have a thumbnail to be looked at, and a vector that says which are nearest.
    """
    query = select(compared.c.image_id).where(_waits()).order_by(compared.c.image_id.desc())
    return [row[0] for rows in read_many(connection, query) for row in rows]


def want(connection: Connection, image_ids: Collection[int]) -> None:
    """Note that the nearest of images are to be looked at, as they have new codes."""
    _note(connection, image_ids, is_done=False)


def settle(connection: Connection, image_ids: Collection[int]) -> None:
    """Note that the nearest of images were looked at."""
    _note(connection, image_ids, is_done=True)


def _note(connection: Connection, image_ids: Collection[int], *, is_done: bool) -> None:
    statement = compared.update().where(compared.c.image_id == bindparam("image"))
    of = statement.values(nearest=true() if is_done else false())
    write_many(connection, of, ("image",), [(number,) for number in image_ids])


def _waits() -> ColumnElement[bool]:
    can_be_seen = exists().where(
        image.c.id == compared.c.image_id,
        image.c.thumb_digest.is_not(None),
        image.c.animated.is_(False),
        image.c.unsound.is_(None),
    )
    has_vector = exists().where(vector.c.image_id == compared.c.image_id)
    return and_(compared.c.nearest.is_(False), can_be_seen, has_vector)
