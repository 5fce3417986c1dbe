"""What users, albums and the whole archive hold, as figures; no image row is returned.

An unsound image counts among the images, as it is kept, and among the failures, as it is damaged.
"""

from dataclasses import dataclass, replace

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Subquery,
    and_,
    case,
    exists,
    func,
    or_,
    select,
    union_all,
)

from fapproc.db.dialect import total, unindexed
from fapproc.db.owners import OWNER, owner, row_of, same_source
from fapproc.db.schema import album, gone, image, listing, user
from fapproc.model import FolderKind, UserId


@dataclass(frozen=True, slots=True)
class Figures:
    """What a user or an album holds; an image listed twice in it counts once, its places twice."""

    albums: int = 0
    images: int = 0
    places: int = 0
    animated: int = 0
    failures: int = 0
    bytes: int = 0
    thumb_bytes: int = 0
    gone: int = 0
    """Places of an album that an audit no longer finds."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Total and spread of one figure over all images; all 0 where there are none."""

    count: int
    total: int
    min: int
    max: int
    mean: float
    stdev: float


def of_users(connection: Connection, user_id: UserId | None = None) -> dict[UserId, Figures]:
    """What each user holds, or this one alone; a user without albums is not among them."""
    query = select(album.c.user_id, func.count()).where(album.c.kind == FolderKind.PICTURES)
    where = None
    if user_id is not None:
        query = query.where(album.c.user_id == row_of(user_id))
        where = listing.c.user_id == row_of(user_id)
    found = _figures(connection, listing.c.user_id, where)
    for number, albums in connection.execute(query.group_by(album.c.user_id)):
        found[number] = replace(found.get(number, Figures()), albums=albums)
    users = connection.execute(select(user.c.id, *OWNER)).all()
    return {owner(row): found[row.id] for row in users if row.id in found}


def of_albums(connection: Connection, user_id: UserId) -> dict[int, Figures]:
    """What each album of a user holds; an album without images is not among them."""
    return _figures(connection, listing.c.album_id, listing.c.user_id == row_of(user_id))


def _figures(
    connection: Connection, holder: ColumnElement[int], where: ColumnElement[bool] | None
) -> dict[int, Figures]:
    listed = select(holder.label("holder"), listing.c.image_id, func.count().label("places"))
    failed = select(holder, func.count(listing.c.site_id.distinct())).where(has_failed())
    if where is not None:
        listed, failed = listed.where(where), failed.where(where)
    had = listed.where(listing.c.image_id.is_not(None)).group_by(holder, listing.c.image_id)
    each = had.subquery()
    query = (
        select(
            each.c.holder,
            func.count().label("images"),
            total(each.c.places).label("places"),
            func.count(case((image.c.animated, 1))).label("animated"),
            total(image.c.bytes).label("bytes"),
            total(image.c.thumb_bytes).label("thumb_bytes"),
        )
        .join(image, image.c.id == each.c.image_id)
        .group_by(each.c.holder)
    )
    found = {
        row.holder: Figures(
            images=row.images,
            places=row.places,
            animated=row.animated,
            bytes=row.bytes,
            thumb_bytes=row.thumb_bytes,
        )
        for row in connection.execute(query)
    }
    for number, failures in connection.execute(failed.group_by(holder)):
        found[number] = replace(found.get(number, Figures()), failures=failures)
    return found


def count_sightings(connection: Connection) -> int:
    """How many places show an image that is there."""
    return _count(connection, select(func.count(listing.c.image_id)))


def count_seen_images(connection: Connection) -> int:
    """How many images are shown at any place."""
    return _count(connection, select(func.count(listing.c.image_id.distinct())))


def count_failures(connection: Connection) -> int:
    """How many ids could not be fetched, or unsound, each once a source."""
    failed = failed_places()
    ids = select(user.c.source, failed.c.site_id).join(user, user.c.id == failed.c.user_id)
    return _count(connection, select(func.count()).select_from(ids.distinct().subquery()))


def count_kept_failures(connection: Connection) -> int:
    """How many of these ids have an image, though one that is unsound."""
    ids = select(user.c.source, listing.c.site_id).join(user, user.c.id == listing.c.user_id)
    # From the few unsound ones on: joined, the image of each place was looked at (a million: 6 s).
    ids = ids.where(listing.c.image_id.in_(_unsound()))
    return _count(connection, select(func.count()).select_from(ids.distinct().subquery()))


def has_failed() -> ColumnElement[bool]:
    """Whether a place has no image for a reason, or one that is unsound: for a few places."""
    unsound = exists().where(image.c.id == listing.c.image_id, image.c.unsound.is_not(None))
    return or_(_not_had(), unsound)


def failed_places(user_id: UserId | None = None, album_id: int | None = None) -> Subquery:
    """The places of which `has_failed` holds: all, or those of a user, or of an album."""
    # Each part has an index of few rows; asked for as one or the other, every place is read.
    not_had, unsound = select(listing).where(_not_had()), select(listing)
    unsound = unsound.where(listing.c.image_id.in_(_unsound()))
    if user_id is not None:
        not_had = not_had.where(listing.c.user_id == row_of(user_id))
        unsound = unsound.where(unindexed(listing.c.user_id) == row_of(user_id))
    if album_id is not None:
        not_had = not_had.where(listing.c.album_id == album_id)
        unsound = unsound.where(listing.c.album_id == album_id)
    return union_all(not_had, unsound).subquery()


def is_gone() -> ColumnElement[bool]:
    """Whether a place shows an image that is gone from its source by what is on record."""
    noted = exists().where(is_noted(gone.c.site_id, gone.c.user_id))
    return and_(listing.c.image_id.is_not(None), noted)


def is_noted(site_id: ColumnElement[int], user_id: ColumnElement[int]) -> ColumnElement[bool]:
    """Whether a row about an id is about that of a listing: ids mean something in a source only."""
    return and_(site_id == listing.c.site_id, same_source(user_id, listing.c.user_id))


def _not_had() -> ColumnElement[bool]:
    return and_(listing.c.image_id.is_(None), listing.c.reason.is_not(None))


def _unsound() -> Select[tuple[int]]:
    return select(image.c.id).where(image.c.unsound.is_not(None))


def _count(connection: Connection, query: Select[int]) -> int:
    return connection.execute(query).scalar_one()
