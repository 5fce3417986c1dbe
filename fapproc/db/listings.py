"""Each listed image of an album, in the site's order: seen, failed, pruned, or still waiting.

A row is a place; it waits until an image settles it (a sighting), a reason (a failure), or who
pruned what it showed. One whose image is lost waits again, and keeps image and verdict meanwhile.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Row,
    Select,
    Update,
    and_,
    bindparam,
    case,
    exists,
    func,
    literal,
    not_,
    or_,
    select,
    union_all,
    update,
)

from fapproc.db import counting
from fapproc.db.bulk import write
from fapproc.db.dialect import Insert, Name, given_numbers, insert, numbers, unindexed
from fapproc.db.owners import given, given_row, is_of
from fapproc.db.schema import image, image_tag, listing
from fapproc.model import Detail, Listed, Reason, UserId, Verdict
from fapproc.sources import Source

ODD_CRAWLS = 3
"""So many crawls that end well with an odd page in them, and the page is a failure."""
_FATE = ("image_id", "reason", "detail", "url", "failed_at", "pruned_id")  # what became of a place

# Built once: to build a statement takes longer than to run it.
_MINE = and_(listing.c.user_id == given_row(), listing.c.album_id == bindparam("of_album"))
_THESE = listing.c.site_id.in_(given_numbers("sites"))
_ROWS = select(listing).where(_MINE, _THESE)
_END = select(given_row(), func.coalesce(func.max(listing.c.position), -1)).where(_MINE)
_ADD = insert(listing).on_conflict_do_nothing()
_SITE = listing.c.site_id == bindparam("of_site_id")
_MOVE = update(listing).where(_MINE, _SITE).values(position=bindparam("at"))


def add_page(
    connection: Connection, user_id: UserId, album_id: int, page: Sequence[Listed]
) -> None:
    """Record a page's entries after those known; what is known of an id elsewhere comes along.

    The site's id of an image means the same picture in every album of the site, so an image seen
    or failed in another one needs no request here. Ids of the disk say nothing of another album.
    """
    mine = _mine(user_id, album_id)
    known = {row.site_id for row in _rows(connection, mine, [entry.image for entry in page])}
    fresh = [entry for entry in page if entry.image not in known]
    owner, last = connection.execute(_END, mine).one()
    elsewhere: dict[int, dict[str, object]] = {}
    if user_id.source.is_online:
        elsewhere = _elsewhere(connection, user_id.source, [entry.image for entry in fresh])
    rows = [
        {
            "user_id": owner,
            "album_id": album_id,
            "site_id": entry.image,
            "position": position,
            "verdict": Verdict.NEW,
            "name": entry.name,
            "odd": 0,
            **dict.fromkeys(_FATE),
            **elsewhere.get(entry.image, {}),
        }
        for position, entry in enumerate(fresh, start=last + 1)
    ]
    if rows:
        counting.touch(connection, sites=elsewhere.keys())
        connection.execute(_ADD, rows)


def ids_in_order(connection: Connection, user_id: UserId, album_id: int) -> list[int]:
    """Every listed id of an album, in its order, whatever became of it."""
    query = select(listing.c.site_id).where(_MINE).order_by(listing.c.position, listing.c.site_id)
    return list(connection.scalars(query, _mine(user_id, album_id)))


def set_order(
    connection: Connection, user_id: UserId, album_id: int, site_ids: Sequence[int]
) -> None:
    """Put an album's images into this order; only positions that differ are written."""
    mine, query = _mine(user_id, album_id), select(listing).where(_MINE)
    stood = {row.site_id: row.position for row in connection.execute(query, mine)}
    moved = {number: at for at, number in enumerate(site_ids) if stood.get(number) != at}
    counting.touch(connection, sites=moved)
    write(connection, _MOVE, [{**mine, "of_site_id": n, "at": at} for n, at in moved.items()])


def is_listed(connection: Connection, user_id: UserId, album_id: int, site_id: int) -> bool:
    """Whether an album lists an image, whatever became of it."""
    return bool(_rows(connection, _mine(user_id, album_id), [site_id]))


def waiting(connection: Connection, user_id: UserId, album_id: int) -> list[Listed]:
    """What of an album was neither had nor failed, or whose image is lost, in order."""
    # Each has an index of few rows; asked for as one or the other, all of the album is read.
    never = select(listing).where(_MINE, never_had())
    mine = and_(unindexed(listing.c.user_id) == given_row(), listing.c.album_id == album_id)
    is_lost = listing.c.image_id.in_(select(image.c.id).where(image.c.lost_at.is_not(None)))
    lost = select(listing).where(is_lost, mine)
    either = union_all(never, lost).subquery()
    query = select(either.c.site_id, either.c.name).order_by(either.c.position, either.c.site_id)
    rows = connection.execute(query, _mine(user_id, album_id))
    return [Listed(row.site_id, row.name) for row in rows]


def settled(
    connection: Connection, user_id: UserId, album_id: int, site_ids: Sequence[int], *, failed: bool
) -> set[int]:
    """Which of these ids need no request: had, pruned, failed; with `failed`, only had whole."""
    wanting = [image.c.lost_at.is_not(None), *[image.c.unsound.is_not(None)] * failed]
    rows = _rows(connection, _mine(user_id, album_id), site_ids)
    shown = [row.image_id for row in rows if row.image_id is not None]
    query = select(image.c.id).where(image.c.id.in_(numbers(shown)), or_(*wanting))
    unsettled = set(connection.scalars(query)) if shown else set()
    return {
        row.site_id
        for row in rows
        if (row.image_id is not None and row.image_id not in unsettled)
        or (row.reason is not None and not failed)
        or row.pruned_id is not None
    }


def record_images(
    connection: Connection,
    had: Sequence[tuple[int, int, str | None]],
    *,
    source: Source,
) -> int:
    """Settle, for images that were fetched, every place of their source that waits for them.

    What was said of a lost image is not said of other bytes. An unsound image gives way to them,
    and its tags are theirs too: they are the picture that was meant.

    Args:
        connection: in a writing transaction.
        had: for each its id at the source, the number of its image, and its name there.
        source: whose the ids are.

    Returns:
        How many places.
    """
    sites, images, names = zip(*had, strict=True) if had else ((), (), ())
    counting.touch(connection, images=images, sites=sites)
    pairs = zip(sites, images, strict=True)
    tagged = [{"of_site_id": site, "of_image_id": number} for site, number in pairs]
    write(connection, _tag(source), tagged)
    named = [{**one, "of_name": name} for one, name in zip(tagged, names, strict=True)]
    return write(connection, _see(source), named)


def record_failure(
    connection: Connection,
    site_id: int,
    reason: Reason,
    detail: Detail,
    *,
    name: str | None,
    url: str | None,
    at: int,
    source: Source,
) -> int:
    """An image could not be fetched: say so at every place that waits for it. Returns how many.

    A place whose image is lost lets go of it, and keeps its verdict for when the bytes come back.
    """
    values = {
        "image_id": None,
        "name": func.coalesce(literal(name, Name), listing.c.name),
        "reason": reason,
        "detail": detail,
        "url": url,
        "failed_at": at,
    }
    counting.touch(connection, sites=[site_id])
    statement = update(listing).where(open_places(source)).values(**values)
    return write(connection, statement, {"of_site_id": site_id})


def odd(connection: Connection, source: Source) -> list[int]:
    """The ids of a site that wait, and whose pages were odd in earlier crawls."""
    query = (
        select(listing.c.site_id)
        .where(never_had(), listing.c.odd > 0, is_of(listing.c.user_id, source))
        .distinct()
    )
    return list(connection.scalars(query.order_by(listing.c.site_id)))


def note_odd(
    connection: Connection,
    site_id: int,
    *,
    name: str | None,
    url: str | None,
    at: int,
    source: Source,
) -> bool:
    """An image's page was odd, while others were not: after three crawls that is a failure.

    Returns whether it is one now. A place that has failed already fails again.
    """
    here = and_(open_places(source), listing.c.reason.is_(None))
    values = {"of_site_id": site_id}
    connection.execute(update(listing).where(here).values(odd=listing.c.odd + 1), values)
    fewer = select(listing.c.odd).where(here, listing.c.odd < ODD_CRAWLS).limit(1)
    if connection.execute(fewer, values).first() is not None:
        return False
    why = (Reason.PAGE, Detail.ODD)
    record_failure(connection, site_id, *why, name=name, url=url, at=at, source=source)
    return True


def _rows(connection: Connection, mine: Mapping[str, object], ids: Sequence[int]) -> list[Row[Any]]:
    return list(connection.execute(_ROWS, {**mine, "sites": ids}))


def _mine(user_id: UserId, album_id: int) -> dict[str, object]:
    return {**given(user_id), "of_album": album_id}


def never_had() -> ColumnElement[bool]:
    """Whether nothing has become of a place yet."""
    return and_(*(listing.c[name].is_(None) for name in ("image_id", "reason", "pruned_id")))


def open_places(source: Source) -> ColumnElement[bool]:
    """Places of an id that have no image, or a lost one; each source has ids of its own."""
    not_had = and_(listing.c.image_id.is_(None), listing.c.pruned_id.is_(None))
    return and_(_places(source), or_(not_had, _shows(image.c.lost_at.is_not(None))))


def _places(source: Source) -> ColumnElement[bool]:
    return and_(_SITE, is_of(listing.c.user_id, source))


def _shows(an_image: ColumnElement[bool]) -> ColumnElement[bool]:
    """Places that show such an image, of few: each asks for its own, whatever the archive holds."""
    return exists().where(image.c.id == listing.c.image_id, an_image)


def _elsewhere(
    connection: Connection, source: Source, site_ids: Sequence[int]
) -> dict[int, dict[str, object]]:
    """Name and fate of these ids at other places of the source; seen wins over failed."""
    rows = connection.execute(_fates(source), {"sites": site_ids})
    return {row.site_id: dict(row._mapping) for row in rows}


@cache
def _fates(source: Source) -> Select[Any]:
    return (
        select(listing.c.site_id, listing.c.name, *(listing.c[column] for column in _FATE))
        .where(_THESE, is_of(listing.c.user_id, source), not_(never_had()))
        .order_by(listing.c.image_id.is_not(None), listing.c.pruned_id.is_not(None))
    )


@cache  # it runs for every picture, and building it costs more than running it
def _see(source: Source) -> Update:
    image_id: ColumnElement[int] = bindparam("of_image_id", type_=Integer)
    same = or_(listing.c.image_id.is_(None), listing.c.image_id == image_id)
    values: dict[str, object] = {
        "image_id": image_id,
        "verdict": case((same, listing.c.verdict), else_=Verdict.NEW),
        "name": func.coalesce(bindparam("of_name", type_=Name), listing.c.name),
        "odd": 0,
        **dict.fromkeys(("reason", "detail", "url", "failed_at")),
    }
    takes = or_(open_places(source), and_(_places(source), _shows(image.c.unsound.is_not(None))))
    return update(listing).where(takes).values(**values)


@cache
def _tag(source: Source) -> Insert:
    """The tags of unsound images at these places, for the image that takes their place."""
    image_id: ColumnElement[int] = bindparam("of_image_id", type_=Integer)
    tagged = (
        select(image_tag.c.tag_id, image_id)
        .join(listing, listing.c.image_id == image_tag.c.image_id)
        .where(_places(source), _shows(image.c.unsound.is_not(None)))
        .distinct()
    )
    return insert(image_tag).from_select(["tag_id", "image_id"], tagged).on_conflict_do_nothing()
