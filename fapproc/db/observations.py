"""What audits saw of the site's images, which are still to be looked at, and which are gone.

An image of the site is known by its id, in whatever albums it is listed; a row stands for a place
only so that it goes with the album. Ids of the local disk are ours and never asked for.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    case,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.sqlite import insert as upsert

from fapproc.db.schema import gone, image, listing, observation, user
from fapproc.model import LOCAL_DISK_USER, Gone, Level, Observation

_BATCH = 500  # a statement takes 32,766 variables
_ON_SITE = and_(listing.c.user_id != LOCAL_DISK_USER, listing.c.image_id.is_not(None))
_PLACE = (listing.c.site_id, listing.c.user_id, listing.c.album_id)


@dataclass(frozen=True, slots=True)
class Sought:
    """A sighting that is to be looked at, and the image that is kept of it."""

    album: int
    image: int
    digest: str
    bytes: int
    lost: bool


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen last of an image of the site: at a level, since when; and what is on record."""

    observed: Observation
    since: int
    known: Gone | None


def under_way(connection: Connection, user_id: int) -> int | None:
    """Since when observations count for the audit of a user that was begun; None: none was."""
    query = select(user.c.audit_since).where(user.c.id == user_id)
    since: int | None = connection.execute(query).scalar()
    return since


def begin(connection: Connection, user_id: int, since: int) -> None:
    """An audit of a user begins; what was seen since this time counts for it."""
    connection.execute(update(user).where(user.c.id == user_id).values(audit_since=since))


def finish(connection: Connection, user_id: int, at: int) -> None:
    """An audit of a user has looked at everything."""
    done = {"audit_since": None, "audited_at": at}
    connection.execute(update(user).where(user.c.id == user_id).values(**done))


def newest(connection: Connection, user_id: int) -> int:
    """When an image of a user was last looked at; 0 = never."""
    query = select(func.max(observation.c.at)).where(observation.c.user_id == user_id)
    return connection.execute(query).scalar() or 0


def due(
    connection: Connection,
    user_id: int,
    since: int,
    *,
    after: tuple[int, int] = (0, 0),
    limit: int = _BATCH,
) -> list[Sought]:
    """A batch of sightings that were not looked at since then, by album and id of the site.

    An id that several albums list comes with the first of them alone.

    Args:
        connection: where from.
        user_id: whose.
        since: Unix seconds.
        after: album and id of the last sighting of the batch before.
        limit: how many at most.
    """
    place = (listing.c.album_id, listing.c.site_id)
    earlier = listing.alias()
    # As in `_of`; else each of 200,000 sightings has its user's places read: minutes, not 0.1 s.
    listed_before = exists().where(
        earlier.c.site_id == listing.c.site_id,
        earlier.c.user_id + 0 == user_id,
        earlier.c.album_id < listing.c.album_id,
        earlier.c.image_id.is_not(None),
    )
    query = (
        select(*place, image.c.digest, image.c.bytes, image.c.lost_at)
        .join(image, image.c.id == listing.c.image_id)
        .where(_is_due(user_id, since), tuple_(*place) > tuple_(*map(literal, after)))
        .where(~listed_before)
        .order_by(*place)
        .limit(limit)
    )
    return [
        Sought(row.album_id, row.site_id, row.digest, row.bytes, row.lost_at is not None)
        for row in connection.execute(query)
    ]


def count_due(connection: Connection, user_id: int, since: int) -> int:
    """How many images of the site `due` brings in all, each once."""
    query = select(func.count(listing.c.site_id.distinct())).where(_is_due(user_id, since))
    return int(connection.execute(query).scalar_one())


def count_seen(connection: Connection, user_id: int, since: int) -> int:
    """How many images of a user were looked at since then, each once."""
    here = and_(listing.c.user_id == user_id, _ON_SITE, _looked_at(since))
    query = select(func.count(listing.c.site_id.distinct())).where(here)
    return int(connection.execute(query).scalar_one())


def record(connection: Connection, seen: Iterable[Observation], at: int) -> None:
    """Note what was seen of images now, at every place of the site that shows them."""
    for entry in seen:
        first = None if entry.level is None else at
        values = [literal(value) for value in (at, entry.level, entry.url, first)]
        columns = [*_PLACE, *values]
        rows = select(*columns).where(listing.c.site_id == entry.image, _ON_SITE)
        names = ["site_id", "user_id", "album_id", "at", "level", "url", "since"]
        statement = upsert(observation).from_select(names, rows)
        new = statement.excluded
        still = and_(observation.c.level.is_not(None), new.level.is_not(None))
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=names[:3],
                set_={
                    "at": new.at,
                    "level": new.level,
                    "url": new.url,
                    "since": case((still, observation.c.since), else_=new.since),
                },
                where=new.at >= observation.c.at,
            )
        )


def unlike(connection: Connection, user_id: int) -> Iterator[Seen]:
    """Images of a user of which an audit last saw something else than what is on record, by id.

    An image that no audit has looked at is not among them: nothing is known of it.
    """
    mine = select(listing.c.site_id).where(listing.c.user_id == user_id, _ON_SITE)
    known = and_(
        gone.c.site_id == observation.c.site_id,
        gone.c.user_id == observation.c.user_id,
        gone.c.album_id == observation.c.album_id,
    )
    columns = (gone.c.level.label("old"), gone.c.url.label("old_url"), gone.c.at.label("old_at"))
    query = (
        select(observation, *columns)
        .outerjoin(gone, known)
        .where(
            observation.c.site_id.in_(mine),
            or_(observation.c.level.is_not(None), gone.c.level.is_not(None)),
        )
        .order_by(observation.c.site_id, observation.c.at)
    )
    last: dict[int, Seen] = {}
    for row in connection.execute(query):
        level = None if row.level is None else Level(row.level)
        on_record = (
            None if row.old is None else Gone(row.site_id, Level(row.old), row.old_url, row.old_at)
        )
        seen = Observation(row.site_id, level, row.url)
        last[row.site_id] = Seen(seen, row.since or 0, on_record)
    yield from last.values()


def set_gone(connection: Connection, entries: Sequence[Gone]) -> None:
    """Put on record that images are gone, at every place of the site that shows them."""
    for entry in entries:
        forget_gone(connection, [entry.image])
        values = [literal(value) for value in (entry.level, entry.url, entry.at)]
        rows = select(*_PLACE, *values).where(listing.c.site_id == entry.image, _ON_SITE)
        names = ["site_id", "user_id", "album_id", "level", "url", "at"]
        connection.execute(insert(gone).from_select(names, rows))


def forget_gone(connection: Connection, site_ids: Sequence[int]) -> None:
    """Take that off record: the images are on the site again."""
    for number in site_ids:
        connection.execute(delete(gone).where(gone.c.site_id == number))


def gone_of(connection: Connection, image_ids: Iterable[int]) -> dict[int, list[Gone]]:
    """What is gone of each of these images (our ids), by id of the site; others are not there."""
    query = (
        select(listing.c.image_id, gone.c.site_id, gone.c.level, gone.c.url, gone.c.at)
        .join(gone, gone.c.site_id == listing.c.site_id)
        .where(listing.c.image_id.in_(list(image_ids)), listing.c.user_id != LOCAL_DISK_USER)
        .distinct()
        .order_by(gone.c.site_id)
    )
    found: dict[int, dict[int, Gone]] = {}
    for row in connection.execute(query):
        entry = Gone(row.site_id, Level(row.level), row.url, row.at)
        found.setdefault(row.image_id, {})[row.site_id] = entry
    return {image_id: list(entries.values()) for image_id, entries in found.items()}


def count_gone(connection: Connection) -> int:
    """How many images of the archive are gone at one place of the site at least."""
    query = select(func.count(listing.c.image_id.distinct())).where(_is_gone())
    return int(connection.execute(query).scalar_one())


def count_gone_in_albums(connection: Connection, user_id: int) -> dict[int, int]:
    """How many places of each album of a user show what is gone; an album without is not there."""
    query = (
        select(listing.c.album_id, func.count())
        .where(_of(user_id), _is_gone())
        .group_by(listing.c.album_id)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def count_gone_of_user(connection: Connection, user_id: int) -> int:
    """How many images of the site that a user lists are gone, each once."""
    here = and_(_of(user_id), _is_gone())
    query = select(func.count(listing.c.site_id.distinct())).where(here)
    return int(connection.execute(query).scalar_one())


def count_lost(connection: Connection, user_id: int) -> int:
    """How many images that a user lists have lost their bytes."""
    query = (
        select(func.count(image.c.id.distinct()))
        .join(listing, listing.c.image_id == image.c.id)
        .where(image.c.lost_at.is_not(None), _of(user_id))
    )
    return int(connection.execute(query).scalar_one())


def _of(user_id: int) -> ColumnElement[bool]:
    """Whether a place is a user's, where few places are left by what else is asked for.

    The sum keeps SQLite from beginning with all of the user's places: 3 s for 200,000, not 0.01.
    """
    return listing.c.user_id + 0 == user_id


def _is_due(user_id: int, since: int) -> ColumnElement[bool]:
    return and_(listing.c.user_id == user_id, _ON_SITE, ~_looked_at(since))


def _looked_at(since: int) -> ColumnElement[bool]:
    return exists().where(observation.c.site_id == listing.c.site_id, observation.c.at >= since)


def _is_gone() -> ColumnElement[bool]:
    return and_(_ON_SITE, listing.c.site_id.in_(select(gone.c.site_id)))
