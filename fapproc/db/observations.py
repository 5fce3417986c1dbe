"""What audits found out about the site's images: which are still to be checked, which are gone.

An image of a source is known by its id, in whatever albums it is listed; a row names a place only
so that it is deleted with the album. The disk is a source that can't be audited.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    case,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    update,
)

from fapproc.db import counting
from fapproc.db.best_places import noted
from fapproc.db.dialect import Name, given_numbers, insert, unindexed
from fapproc.db.figures import is_gone, is_noted
from fapproc.db.images import stored
from fapproc.db.ordered import beyond
from fapproc.db.owners import is_of, row_of
from fapproc.db.schema import gone, image, listing, observation, user
from fapproc.model import AUDIT_REST_SECONDS, Gone, Image, Level, Observation, Place, UserId
from fapproc.sources import Source

_BATCH = 500  # a statement takes 32,766 variables
_HAD = listing.c.image_id.is_not(None)
_PLACE = (listing.c.site_id, listing.c.user_id, listing.c.album_id)


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen last of an image of the site: at a level, since when; and what is on record."""

    observed: Observation
    since: int
    known: Gone | None


def under_way(connection: Connection, user_id: UserId) -> int | None:
    """Since when observations count for the audit of a user that was begun; None: none was."""
    query = select(user.c.audit_since).where(user.c.id == row_of(user_id))
    since: int | None = connection.execute(query).scalar()
    return since


def begin(connection: Connection, user_id: UserId, since: int) -> None:
    """An audit of a user begins; what was seen since this time counts for it."""
    connection.execute(update(user).where(user.c.id == row_of(user_id)).values(audit_since=since))


def finish(connection: Connection, user_id: UserId, at: int) -> None:
    """An audit of a user has looked at everything."""
    done = {"audit_since": None, "audited_at": at}
    connection.execute(update(user).where(user.c.id == row_of(user_id)).values(**done))


def newest(connection: Connection, user_id: UserId, until: int) -> int:
    """When an image of a user was last looked at, before a time; 0 = never."""
    mine = and_(observation.c.user_id == row_of(user_id), observation.c.at < until)
    return connection.execute(select(func.max(observation.c.at)).where(mine)).scalar() or 0


def due(
    connection: Connection,
    user_id: UserId,
    since: int,
    until: int,
    *,
    after: tuple[int, int] = (0, 0),
    limit: int = _BATCH,
) -> dict[Place, Image]:
    """A batch of places that were not looked at in a time, and the image that is kept of each.

    By album and id of the site. An id that several albums list comes with the first of them alone.

    Args:
        connection: where from.
        user_id: whose.
        since: Unix seconds.
        until: the same; what was looked at later was so by a clock that was wrong.
        after: album and id of the last sighting of the batch before.
        limit: how many at most.
    """
    place = (listing.c.album_id, listing.c.site_id)
    earlier = listing.alias()
    # Else each of 200,000 sightings has its user's places read: minutes, not 0.1 s.
    listed_before = exists().where(
        earlier.c.site_id == listing.c.site_id,
        unindexed(earlier.c.user_id) == row_of(user_id),
        earlier.c.album_id < listing.c.album_id,
        earlier.c.image_id.is_not(None),
    )
    query = (
        select(*place, image)
        .join(image, image.c.id == listing.c.image_id)
        .where(_is_due(user_id, since, until), *beyond(place, after, larger=True))
        .where(~listed_before)
        .order_by(*place)
        .limit(limit)
    )
    return {
        Place(user_id, row.album_id, row.site_id): stored(row).image
        for row in connection.execute(query)
    }


def count_due(connection: Connection, user_id: UserId, since: int, until: int) -> int:
    """How many images of the site `due` brings in all, each once."""
    query = select(func.count(listing.c.site_id.distinct())).where(_is_due(user_id, since, until))
    return int(connection.execute(query).scalar_one())


def count_seen(connection: Connection, user_id: UserId, since: int, until: int) -> int:
    """How many images of a user were looked at in a time, each once."""
    looked_at = _looked_at(user_id.source, since, until)
    here = and_(_HAD, listing.c.user_id == row_of(user_id), looked_at)
    query = select(func.count(listing.c.site_id.distinct())).where(here)
    return int(connection.execute(query).scalar_one())


def record(
    connection: Connection,
    seen: Iterable[Observation],
    at: int,
    *,
    source: Source,
) -> None:
    """Note what was seen of images of a source now, at every place of it that shows them.

    What was noted later than now stays, unless it is so late that a clock was wrong.
    """
    wrong = at + AUDIT_REST_SECONDS
    for entry in seen:
        first = None if entry.level is None else at
        url = literal(entry.url, Name)
        rows = select(*_PLACE, literal(at), literal(entry.level), url, literal(first)).where(
            _shows(entry.image, source)
        )
        names = ["site_id", "user_id", "album_id", "at", "level", "url", "since"]
        statement = insert(observation).from_select(names, rows)
        new = statement.excluded
        still = and_(new.level.is_not(None), observation.c.since < wrong)
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=names[:3],
                set_={
                    "at": new.at,
                    "level": new.level,
                    "url": new.url,
                    "since": case((still, observation.c.since), else_=new.since),
                },
                where=or_(new.at >= observation.c.at, observation.c.at >= wrong),
            )
        )


def unlike(connection: Connection, user_id: UserId) -> Iterator[Seen]:
    """Images of a user of which an audit last saw something else than what is on record, by id.

    An image that no audit has looked at is not among them: nothing is known of it.
    """
    mine = select(listing.c.site_id).where(listing.c.user_id == row_of(user_id), _HAD)
    known = and_(*(gone.c[key.name] == observation.c[key.name] for key in _PLACE))
    columns = (gone.c.level.label("old"), gone.c.url.label("old_url"), gone.c.at.label("old_at"))
    query = (
        select(observation, *columns)
        .outerjoin(gone, known)
        .where(
            observation.c.site_id.in_(mine),
            is_of(observation.c.user_id, user_id.source),
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


def set_gone(connection: Connection, entries: Sequence[Gone], *, source: Source) -> None:
    """Put on record that images of a source are gone, at every place of it that shows them."""
    counting.touch(connection, sites=[entry.image for entry in entries])
    for entry in entries:
        forget_gone(connection, [entry.image], source=source)
        url = literal(entry.url, Name)
        rows = select(*_PLACE, literal(entry.level), url, literal(entry.at)).where(
            _shows(entry.image, source)
        )
        names = ["site_id", "user_id", "album_id", "level", "url", "at"]
        connection.execute(insert(gone).from_select(names, rows))


def forget_gone(connection: Connection, site_ids: Sequence[int], *, source: Source) -> None:
    """Take that off record: the images are there again."""
    counting.touch(connection, sites=site_ids)
    for number in site_ids:
        this = and_(gone.c.site_id == number, is_of(gone.c.user_id, source))
        connection.execute(delete(gone).where(this))


def never_seen(connection: Connection, site_ids: Iterable[int], source: Source) -> set[int]:
    """Those of these ids of which no audit of ours has said anything."""
    ids = set(site_ids)
    for table in (observation, gone):
        here = and_(table.c.site_id.in_(list(ids)), is_of(table.c.user_id, source))
        ids -= set(connection.scalars(select(table.c.site_id).where(here)))
    return ids


def listed_as_gone() -> Select[tuple[int]]:
    """Images that are gone at one place at least."""
    return noted(image.c.gone)


def gone_of(connection: Connection, image_ids: Collection[int]) -> dict[int, list[Gone]]:
    """What is gone of each of these images (our ids), by id of its source; others are not there."""
    if not image_ids:
        return {}
    found: dict[int, dict[int, Gone]] = {}
    for row in connection.execute(_GONE_OF, {"images": image_ids}):
        entry = Gone(row.site_id, Level(row.level), row.url, row.at)
        found.setdefault(row.image_id, {})[row.site_id] = entry
    return {image_id: list(entries.values()) for image_id, entries in found.items()}


_GONE_OF = (  # asked for each thousand images of a list; building it costs more than running it
    select(listing.c.image_id, gone.c.site_id, gone.c.level, gone.c.url, gone.c.at)
    .join_from(listing, gone, is_noted(gone.c.site_id, gone.c.user_id))
    .where(listing.c.image_id.in_(given_numbers("images")))
    .distinct()
    .order_by(gone.c.site_id)
)


def count_gone(connection: Connection) -> int:
    """How many images of the archive are gone at one place of the site at least."""
    query = select(func.count(listing.c.image_id.distinct())).where(_is_gone())
    return int(connection.execute(query).scalar_one())


def count_gone_in_albums(connection: Connection, user_id: UserId) -> dict[int, int]:
    """How many places of each album of a user show what is gone; an album without is not there."""
    query = (
        select(listing.c.album_id, func.count())
        .where(_of(user_id), _is_gone())
        .group_by(listing.c.album_id)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def count_gone_of_user(connection: Connection, user_id: UserId) -> int:
    """How many images of the site that a user lists are gone, each once."""
    here = and_(_of(user_id), _is_gone())
    query = select(func.count(listing.c.site_id.distinct())).where(here)
    return int(connection.execute(query).scalar_one())


def _of(user_id: UserId) -> ColumnElement[bool]:
    """Whether a place is a user's, where few places are left by what else is asked for."""
    return unindexed(listing.c.user_id) == row_of(user_id)


def _is_due(user_id: UserId, since: int, until: int) -> ColumnElement[bool]:
    looked_at = _looked_at(user_id.source, since, until)
    return and_(_HAD, listing.c.user_id == row_of(user_id), ~looked_at)


def _looked_at(source: Source, since: int, until: int) -> ColumnElement[bool]:
    return exists().where(
        observation.c.site_id == listing.c.site_id,
        observation.c.at >= since,
        observation.c.at < until,
        is_of(observation.c.user_id, source),
    )


def _shows(site_id: int, source: Source) -> ColumnElement[bool]:
    """Whether a place shows this image of a source."""
    return and_(_HAD, listing.c.site_id == site_id, is_of(listing.c.user_id, source))


def _is_gone() -> ColumnElement[bool]:
    return and_(listing.c.site_id.in_(select(gone.c.site_id)), is_gone())  # it begins with few
