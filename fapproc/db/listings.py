"""Each listed image of an album, in the site's order: seen, failed, or still waiting.

A row is a place; it waits until an image settles it (a sighting) or a reason does (a failure).
"""

from collections.abc import Iterable, Iterator, Sequence

from sqlalchemy import ColumnElement, Connection, Row, and_, func, or_, select, update
from sqlalchemy.dialects.sqlite import insert

from fapproc.db.images import Stored, by_ids
from fapproc.db.schema import image, listing
from fapproc.model import (
    LOCAL_DISK_USER,
    Detail,
    Failure,
    Listed,
    Place,
    Reason,
    Sighting,
    Verdict,
)

_BATCH = 500  # a statement takes 32,766 variables; ids come in pages of far fewer


def add_page(connection: Connection, user_id: int, album_id: int, page: Sequence[Listed]) -> None:
    """Record a page's entries after those known; what is known of an id elsewhere comes along.

    The site's id of an image means the same picture in every album, so an image seen or failed
    in another album needs no request here. Ids of the local disk are ours and mean nothing here.
    """
    known = set(ids_in_order(connection, user_id, album_id))
    fresh = [entry for entry in page if entry.image not in known]
    local = user_id == LOCAL_DISK_USER
    elsewhere = {} if local else _elsewhere(connection, [entry.image for entry in fresh])
    for position, entry in enumerate(fresh, start=len(known)):
        found = elsewhere.get(entry.image)
        values: dict[str, object] = {"name": entry.name}
        if found is not None:
            values = {
                "name": found.name,
                "image_id": found.image_id,
                "reason": found.reason,
                "detail": found.detail,
                "url": found.url,
                "failed_at": found.failed_at,
            }
        connection.execute(
            insert(listing)
            .values(
                user_id=user_id,
                album_id=album_id,
                site_id=entry.image,
                position=position,
                verdict=Verdict.NEW,
                **values,
            )
            .on_conflict_do_nothing()
        )


def ids_in_order(connection: Connection, user_id: int, album_id: int) -> list[int]:
    """Every listed id of an album, in its order, whatever became of it."""
    query = select(listing.c.site_id).where(_listing(user_id, album_id))
    return list(connection.scalars(query.order_by(listing.c.position, listing.c.site_id)))


def set_order(
    connection: Connection, user_id: int, album_id: int, before: Sequence[int], after: Sequence[int]
) -> None:
    """Write the positions that differ between two orders of the same album."""
    stood = {image_id: position for position, image_id in enumerate(before)}
    for position, image_id in enumerate(after):
        if stood.get(image_id) != position:
            place = and_(_listing(user_id, album_id), listing.c.site_id == image_id)
            connection.execute(update(listing).where(place).values(position=position))


def waiting(connection: Connection, user_id: int, album_id: int, *, failed: bool) -> list[int]:
    """Ids of an album that are still to be had, in order; with `failed`, those that failed too."""
    query = select(listing.c.site_id).where(
        _listing(user_id, album_id), listing.c.image_id.is_(None)
    )
    if not failed:
        query = query.where(listing.c.reason.is_(None))
    return list(connection.scalars(query.order_by(listing.c.position, listing.c.site_id)))


def see(
    connection: Connection, site_id: int, image_id: int, name: str | None, *, local: bool = False
) -> int:
    """An image was had: settle every place that waits for it, on the site or on the local disk.

    Returns how many places.
    """
    values = {
        "image_id": image_id,
        "name": func.coalesce(name, listing.c.name),
        "reason": None,
        "detail": None,
        "url": None,
        "failed_at": None,
    }
    place = _open_places(site_id, local=local)
    return connection.execute(update(listing).where(place).values(**values)).rowcount


def fail(
    connection: Connection,
    site_id: int,
    reason: Reason,
    detail: Detail,
    *,
    name: str | None,
    url: str | None,
    at: int,
    local: bool = False,
) -> int:
    """An image could not be had: say so at every place that waits for it. Returns how many."""
    values = {
        "name": func.coalesce(name, listing.c.name),
        "reason": reason,
        "detail": detail,
        "url": url,
        "failed_at": at,
    }
    place = _open_places(site_id, local=local)
    return connection.execute(update(listing).where(place).values(**values)).rowcount


def fail_image(connection: Connection, image_id: int, detail: Detail, at: int) -> int:
    """Stored bytes turned out to be no sound picture: every sighting becomes a failure."""
    values = {
        "image_id": None,
        "verdict": Verdict.NEW,
        "reason": Reason.DAMAGED,
        "detail": detail,
        "failed_at": at,
    }
    place = listing.c.image_id == image_id
    return connection.execute(update(listing).where(place).values(**values)).rowcount


def sightings(connection: Connection, user_id: int, album_id: int) -> Iterator[Sighting]:
    """The images of an album in site order."""
    query = (
        select(listing, image.c.digest)
        .join(image, image.c.id == listing.c.image_id)
        .where(_listing(user_id, album_id))
        .order_by(listing.c.position, listing.c.site_id)
    )
    for row in connection.execute(query):
        yield _sighting(row, row.digest)


def count_sightings(connection: Connection, user_id: int, album_id: int) -> int:
    """How many images of an album are in the archive."""
    query = select(func.count(listing.c.image_id)).where(_listing(user_id, album_id))
    return int(connection.execute(query).scalar_one())


def sightings_page(
    connection: Connection, user_id: int, album_id: int, *, offset: int, limit: int
) -> list[tuple[Sighting, Stored]]:
    """A stretch of an album's images in site order, each with its row."""
    query = (
        select(listing)
        .where(_listing(user_id, album_id), listing.c.image_id.is_not(None))
        .order_by(listing.c.position, listing.c.site_id)
        .offset(offset)
        .limit(limit)
    )
    rows = connection.execute(query).all()
    found = by_ids(connection, [row.image_id for row in rows])
    return [(_sighting(row, found[row.image_id].image.digest), found[row.image_id]) for row in rows]


def sightings_before(connection: Connection, place: Place) -> int | None:
    """How many images of an album stand before this one; None where it is not there."""
    query = select(listing.c.position).where(
        _listing(place.user, place.album),
        listing.c.site_id == place.image,
        listing.c.image_id.is_not(None),
    )
    position = connection.execute(query).scalar()
    if position is None:
        return None
    earlier = or_(
        listing.c.position < position,
        and_(listing.c.position == position, listing.c.site_id < place.image),
    )
    before = select(func.count(listing.c.image_id)).where(
        _listing(place.user, place.album), earlier
    )
    return int(connection.execute(before).scalar_one())


def count_places(connection: Connection, image_ids: Iterable[int]) -> dict[int, int]:
    """At how many places each of these images (our ids) is listed."""
    query = (
        select(listing.c.image_id, func.count())
        .where(listing.c.image_id.in_(list(image_ids)))
        .group_by(listing.c.image_id)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def sightings_of(connection: Connection, image_ids: Iterable[int]) -> dict[int, list[Sighting]]:
    """Where each of these images (our ids) was listed, by user, album and position."""
    found: dict[int, list[Sighting]] = {image_id: [] for image_id in image_ids}
    ids = list(found)
    for start in range(0, len(ids), _BATCH):
        query = (
            select(listing, image.c.digest)
            .join(image, image.c.id == listing.c.image_id)
            .where(listing.c.image_id.in_(ids[start : start + _BATCH]))
            .order_by(listing.c.user_id, listing.c.album_id, listing.c.position)
        )
        for row in connection.execute(query):
            found[row.image_id].append(_sighting(row, row.digest))
    return found


def failures(
    connection: Connection,
    user_id: int | None = None,
    album_id: int | None = None,
    *,
    offset: int = 0,
    limit: int | None = None,
) -> list[Failure]:
    """What could not be had, or a stretch of it, by user, album and position."""
    query = select(listing).where(listing.c.reason.is_not(None), listing.c.image_id.is_(None))
    if user_id is not None:
        query = query.where(listing.c.user_id == user_id)
    if album_id is not None:
        query = query.where(listing.c.album_id == album_id)
    query = query.order_by(
        listing.c.user_id, listing.c.album_id, listing.c.position, listing.c.site_id
    )
    stretch = query.offset(offset).limit(limit)
    return [_failure(row) for row in connection.execute(stretch)]


def count_failures(connection: Connection, user_id: int, album_id: int) -> int:
    """How many images of an album could not be had."""
    place = and_(_listing(user_id, album_id), listing.c.image_id.is_(None))
    return int(connection.execute(select(func.count(listing.c.reason)).where(place)).scalar_one())


def _place(row: Row[tuple[object, ...]]) -> Place:
    return Place(row.user_id, row.album_id, row.site_id)


def _sighting(row: Row[tuple[object, ...]], digest: str) -> Sighting:
    return Sighting(_place(row), row.position, row.name, digest, Verdict(row.verdict))


def _failure(row: Row[tuple[object, ...]]) -> Failure:
    reason, detail = Reason(row.reason), Detail(row.detail)
    return Failure(_place(row), row.position, reason, detail, row.name, row.url, row.failed_at)


def _listing(user_id: int, album_id: int) -> ColumnElement[bool]:
    return and_(listing.c.user_id == user_id, listing.c.album_id == album_id)


def _open_places(site_id: int, *, local: bool) -> ColumnElement[bool]:
    """Places of this id that have no image yet. Local ids and the site's never mean the same."""
    whose = listing.c.user_id == LOCAL_DISK_USER
    return and_(
        listing.c.site_id == site_id, listing.c.image_id.is_(None), whose if local else ~whose
    )


def _elsewhere(
    connection: Connection, site_ids: Sequence[int]
) -> dict[int, Row[tuple[object, ...]]]:
    """What other places on the site know of these ids; seen wins over failed."""
    found: dict[int, Row[tuple[object, ...]]] = {}
    for start in range(0, len(site_ids), _BATCH):
        query = (
            select(listing)
            .where(
                listing.c.site_id.in_(site_ids[start : start + _BATCH]),
                listing.c.user_id != LOCAL_DISK_USER,
                or_(listing.c.image_id.is_not(None), listing.c.reason.is_not(None)),
            )
            .order_by(listing.c.image_id.is_not(None))
        )
        found |= {row.site_id: row for row in connection.execute(query)}
    return found
