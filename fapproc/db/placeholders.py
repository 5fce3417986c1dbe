"""What the site shows instead of pictures that it doesn't give: recognised by repetition.

One small file that comes for many of the site's ids is not those pictures, but a notice that they
were removed, say. Its places then count as failures, and its bytes stay, without a place. A file
that a person has judged is a picture.
"""

from collections.abc import Collection

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select, update

from fapproc.db import counting
from fapproc.db.owners import is_of
from fapproc.db.schema import former_verdict, group_member, image, image_tag, listing
from fapproc.model import Detail, Reason, Verdict
from fapproc.sources import Source

PLACEHOLDER_BYTES, PLACEHOLDER_IDS = 65_536, 4
"""A file of so many bytes at most that comes for so many of the site's ids is not those pictures:
two or three are copies, and what a site shows in place of a picture is small."""


def learn(connection: Connection, image_ids: Collection[int], at: int, source: Source) -> int:
    """Look which of these images have come for too many ids; each of their places fails.

    Returns for how many ids of the site.
    """
    suspects = select(image.c.id).where(
        image.c.id.in_(image_ids),
        image.c.bytes <= PLACEHOLDER_BYTES,
        or_(
            image.c.placeholder.is_(True),
            and_(image.c.placeholder.is_(None), _ids_of(image.c.id, source) >= PLACEHOLDER_IDS),
        ),
    )
    found = [
        number for number in connection.scalars(suspects) if not _is_judged(connection, number)
    ]
    failed = 0
    for number in found:
        here = and_(listing.c.image_id == number, is_of(listing.c.user_id, source))
        ids = select(func.count(listing.c.site_id.distinct())).where(here)
        failed += connection.execute(ids).scalar_one()
        counting.touch_places_of(connection, [number])
        values = {
            "image_id": None,
            "reason": Reason.FILE,
            "detail": Detail.PLACEHOLDER,
            "failed_at": at,
        }
        connection.execute(update(listing).where(here).values(**values))
        connection.execute(update(image).where(image.c.id == number).values(placeholder=True))
    return failed


def accept(connection: Connection, image_ids: Collection[int]) -> None:
    """A person says of these that they are pictures: they are never taken for others again."""
    here = and_(image.c.id.in_(image_ids), image.c.placeholder.is_(True))
    connection.execute(update(image).where(here).values(placeholder=False))


def _ids_of(number: ColumnElement[int], source: Source) -> ColumnElement[int]:
    here = and_(listing.c.image_id == number, is_of(listing.c.user_id, source))
    return select(func.count(listing.c.site_id.distinct())).where(here).scalar_subquery()


def _is_judged(connection: Connection, number: int) -> bool:
    """Whether a person has tagged an image, or said something of it."""
    said = (
        select(image_tag.c.image_id).where(image_tag.c.image_id == number),
        select(former_verdict.c.image_id).where(former_verdict.c.image_id == number),
        *(
            select(table.c.image_id).where(
                table.c.image_id == number, table.c.verdict != Verdict.NEW
            )
            for table in (listing, group_member)
        ),
    )
    return any(connection.execute(each.limit(1)).first() is not None for each in said)
