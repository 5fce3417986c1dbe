"""Where images are listed, for pages and jobs: sightings in the site's order, and failures.

The place of an unsound image is both: the image is kept there, and it is damaged.
"""

from array import array
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, select

from fapproc.db.bulk import STRETCH, read_many
from fapproc.db.dialect import given_numbers, unindexed
from fapproc.db.figures import failed_places, is_gone
from fapproc.db.images import Stored, by_ids
from fapproc.db.owners import BY_NUMBER, OWNER, is_of, owner, row_of
from fapproc.db.schema import image, listing, user
from fapproc.model import Detail, Failure, Place, Reason, Sighting, UserId, Verdict
from fapproc.sources import Source

_BATCH = 500  # a statement takes 32,766 variables
_LISTED = select(listing, *OWNER).join(user, user.c.id == listing.c.user_id)


def site_ids(connection: Connection, albums: Collection[tuple[UserId, int]]) -> Iterator[list[int]]:
    """The numbers of the images of each of these albums at their source, in its order.

    All places are gone through once, in the order of an index that has all of this: album by album,
    each row would be sought apart, and a million take four times as long.
    """
    users = {
        owner(row): row.id
        for row in connection.execute(select(user.c.id, user.c.source, user.c.number))
    }
    by_row = {(users[whose], album): array("q") for whose, album in albums}
    query = select(listing.c.user_id, listing.c.album_id, listing.c.position, listing.c.site_id)
    for rows in read_many(connection, query.where(listing.c.image_id.is_not(None))):
        for row in rows:
            if (places := by_row.get(row[:2])) is not None:
                places.extend(row[2:])
    for whose, album in albums:
        yield _in_order(by_row.pop((users[whose], album)))


def _in_order(places: "array[int]") -> list[int]:
    """The numbers of places, each behind its position."""
    return [number for _, number in sorted(zip(places[::2], places[1::2], strict=True))]


def sightings_at(
    connection: Connection, user_id: UserId, album_id: int, site_ids: Sequence[int]
) -> list[tuple[Sighting, Stored]]:
    """The images of an album at these places, in their order, each with its row."""
    query = _LISTED.where(
        _listing(user_id, album_id),
        listing.c.site_id.in_(site_ids),
        listing.c.image_id.is_not(None),
    )
    rows = {row.site_id: row for row in connection.execute(query)}
    found = by_ids(connection, [row.image_id for row in rows.values()])
    return [
        (_sighting(row, found[row.image_id].image.digest), found[row.image_id])
        for row in (rows[each] for each in site_ids if each in rows)
    ]


def sightings_of(connection: Connection, image_ids: Iterable[int]) -> dict[int, list[Sighting]]:
    """Where each of these images (our ids) was listed, by user, album and position."""
    found: dict[int, list[Sighting]] = {image_id: [] for image_id in image_ids}
    ids = list(found)
    for start in range(0, len(ids), _BATCH):
        query = (
            _LISTED.add_columns(image.c.digest)
            .join(image, image.c.id == listing.c.image_id)
            .where(listing.c.image_id.in_(ids[start : start + _BATCH]))
            .order_by(*BY_NUMBER, listing.c.album_id, listing.c.position)
        )
        for row in connection.execute(query):
            found[row.image_id].append(_sighting(row, row.digest))
    return found


def every_failure(connection: Connection) -> Iterator[Failure]:
    """What was not fetched whole, by user, album and position, as it is read."""
    read = connection.execute(_failures(None, None), execution_options={"yield_per": STRETCH})
    return map(_failure, read)


def failures(
    connection: Connection,
    user_id: UserId | None = None,
    album_id: int | None = None,
    *,
    offset: int = 0,
    limit: int | None = None,
) -> list[Failure]:
    """What was not fetched whole, or a stretch of it, by user, album and position."""
    stretch = _failures(user_id, album_id).offset(offset).limit(limit)
    return [_failure(row) for row in connection.execute(stretch)]


def _failures(user_id: UserId | None, album_id: int | None) -> Select[Any]:
    failed = failed_places(user_id, album_id)
    return (
        select(failed, image.c.unsound, image.c.unsound_at, *OWNER)
        .join(user, user.c.id == failed.c.user_id)
        .outerjoin(image, image.c.id == failed.c.image_id)
        .order_by(*BY_NUMBER, failed.c.album_id, unindexed(failed.c.position), failed.c.site_id)
    )


def listed(connection: Connection, site_ids: Collection[int], source: Source) -> set[int]:
    """Which of these ids of a source any album lists, whatever became of them."""
    return set(connection.scalars(_listed(source), {"sites": site_ids}))


@cache  # asked for each batch of a crawl, and building it costs more than running it
def _listed(source: Source) -> Select[tuple[int]]:
    here = (listing.c.site_id.in_(given_numbers("sites")), is_of(listing.c.user_id, source))
    return select(listing.c.site_id).where(*here)


def had_last(connection: Connection, source: Source, *, limit: int) -> list[int]:
    """The ids of a source of images fetched last, without those that are lost or gone."""
    return list(dict.fromkeys(connection.scalars(_had(source).limit(limit))))


def had_before(connection: Connection, source: Source, before: int, *, limit: int) -> list[int]:
    """The same of those fetched before a time (Unix seconds): from all along, newest first.

    They are not of one album, as the last ones may be.
    """
    newest = select(image.c.id).where(image.c.fetched_at < before).order_by(image.c.id.desc())
    last = connection.execute(newest.limit(1)).scalar() or 0
    found: list[int] = []
    for part in range(limit, 0, -1):
        up_to = _had(source).where(listing.c.image_id <= -(-last * part // limit))
        found += connection.scalars(up_to.where(image.c.fetched_at < before).limit(1))
    return list(dict.fromkeys(found))


def _had(source: Source) -> Select[tuple[int]]:
    return (
        select(listing.c.site_id)
        .join(image, image.c.id == listing.c.image_id)
        .where(is_of(listing.c.user_id, source), image.c.lost_at.is_(None), ~is_gone())
        .order_by(listing.c.image_id.desc())
    )


def _place(row: Row[tuple[object, ...]]) -> Place:
    return Place(owner(row), row.album_id, row.site_id)


def _sighting(row: Row[tuple[object, ...]], digest: str) -> Sighting:
    return Sighting(_place(row), row.position, row.name, digest, Verdict(row.verdict))


def _failure(row: Row[tuple[object, ...]]) -> Failure:
    place, kept = _place(row), row.unsound is not None
    if kept:
        reason, detail, at = Reason.DAMAGED, Detail(row.unsound), row.unsound_at
    else:
        reason, detail, at = Reason(row.reason), Detail(row.detail), row.failed_at
    return Failure(place, row.position, reason, detail, row.name, row.url, at, kept)


def _listing(user_id: UserId, album_id: int) -> ColumnElement[bool]:
    return and_(listing.c.user_id == row_of(user_id), listing.c.album_id == album_id)
