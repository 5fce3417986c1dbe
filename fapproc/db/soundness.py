"""Whether the database is sound (pages, indexes, references, order), and how it is repaired.

Repairing keeps what a person judged: if a parent row is missing, one without a name is put in its
place. Only what can be derived again is removed.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, delete, func, or_, select, text
from sqlalchemy import update as change

from fapproc.db import counting
from fapproc.db.dialect import insert, unindexed
from fapproc.db.dialect.engines import driver_of
from fapproc.db.owners import BY_NUMBER, HASHED, OWNER, is_online, owner, row_of
from fapproc.db.schema import album, image, listing, pair, progress, suspect, user
from fapproc.model import LOCAL_DISK, LOCAL_DISK_NAME, Detail, Reason, UserId
from fapproc.sources import Source

_WITHOUT_LISTING = "SELECT 1 FROM album a WHERE a.user_id = l.user_id AND a.id = l.album_id"
_LISTED = (
    "SELECT 1 FROM listing p WHERE p.user_id = l.user_id AND p.album_id = l.album_id "
    "AND p.site_id = l.site_id"
)

_NOBODY = 2**62
"""A user whose row is gone, and with it the number, gets one that the site never gives."""

_UNNAMED = "'recovered ' || user_id"


def _owners(table: str, album_id: str) -> str:
    """SQL that gives those rows of a table a user that have none: the disk, or someone unnamed."""
    columns = "(source, number, name, name_key, id, albums_at, finished_at, audited_at)"
    disk = f"'{Source.DISK}', {LOCAL_DISK.number}, '{LOCAL_DISK_NAME}', '{LOCAL_DISK_NAME.lower()}'"
    nobody = f"'{Source.SITE}', user_id | {_NOBODY}, {', '.join(2 * [_UNNAMED])}"
    return f"""
        INSERT INTO "user" {columns} SELECT {disk}, user_id, 0, 0, 0 FROM {table}
        WHERE user_id NOT IN (SELECT id FROM "user")
        GROUP BY user_id HAVING min({album_id}) >= {HASHED} ON CONFLICT DO NOTHING;
        INSERT INTO "user" {columns} SELECT DISTINCT {nobody}, user_id, 0, 0, 0 FROM {table}
        WHERE user_id NOT IN (SELECT id FROM "user")"""  # noqa: S608 - text of our own


# By child and parent table. Parents come back before their children are looked at.
_MEND = {
    ("album", "user"): _owners("album", "id"),
    ("listing", "album"): f"""
        {_owners("listing", "album_id")};
        INSERT INTO album (user_id, id, name, kind, position, pages, listed_at, fetched_at)
        SELECT DISTINCT user_id, album_id, CAST(album_id AS TEXT), 'pictures', 0, 0, 0, 0
        FROM listing l WHERE NOT EXISTS ({_WITHOUT_LISTING})""",  # noqa: S608 - text of our own
    ("listing", "image"): f"""
        UPDATE listing SET image_id = NULL, reason = '{Reason.FILE}', detail = '{Detail.MISSING}'
        WHERE user_id IN (SELECT id FROM "user" WHERE source = '{Source.DISK}')
        AND image_id NOT IN (SELECT id FROM image);
        UPDATE listing SET image_id = NULL
        WHERE image_id NOT IN (SELECT id FROM image)""",  # noqa: S608 - text of our own
    ("observation", "listing"): f"""
        DELETE FROM observation AS l WHERE NOT EXISTS ({_LISTED})""",  # noqa: S608 - text of our own
    ("gone", "listing"): f"""
        DELETE FROM gone AS l WHERE NOT EXISTS ({_LISTED})""",  # noqa: S608 - text of our own
    ("tag", "tag"): """
        UPDATE tag SET parent_id = NULL WHERE parent_id NOT IN (SELECT id FROM tag)""",
    ("image_tag", "tag"): """
        INSERT INTO tag (id, parent_id, name, name_key)
        SELECT DISTINCT tag_id, NULL, 'recovered ' || tag_id, 'recovered ' || tag_id
        FROM image_tag WHERE tag_id NOT IN (SELECT id FROM tag)""",
    ("group_member", "duplicate_group"): """
        INSERT INTO duplicate_group (id) SELECT DISTINCT group_id FROM group_member
        WHERE group_id NOT IN (SELECT id FROM duplicate_group)""",
    ("encoding", "encoder"): """
        DELETE FROM encoding WHERE encoder_id NOT IN (SELECT id FROM encoder)""",
    ("image_tag", "image"): """
        DELETE FROM image_tag WHERE image_id NOT IN (SELECT id FROM image)""",
    ("group_member", "image"): """
        DELETE FROM group_member WHERE image_id NOT IN (SELECT id FROM image)""",
    ("vector", "encoder"): """
        DELETE FROM vector WHERE encoder_id NOT IN (SELECT id FROM encoder)""",
    ("vector", "image"): """
        DELETE FROM vector WHERE image_id NOT IN (SELECT id FROM image)""",
    ("encoding", "image"): """
        DELETE FROM encoding WHERE image_id NOT IN (SELECT id FROM image)""",
    ("suspect", "image"): """
        DELETE FROM suspect WHERE image_id NOT IN (SELECT id FROM image)""",
    ("former_verdict", "image"): """
        DELETE FROM former_verdict WHERE image_id NOT IN (SELECT id FROM image)""",
    ("compared", "image"): """
        DELETE FROM compared WHERE image_id NOT IN (SELECT id FROM image)""",
    ("different_pair", "image"): """
        DELETE FROM different_pair WHERE a_id NOT IN (SELECT id FROM image)
        OR b_id NOT IN (SELECT id FROM image)""",
    ("sameness", "image"): """
        DELETE FROM sameness WHERE best_id NOT IN (SELECT id FROM image)""",
    ("sameness", "duplicate_group"): """
        DELETE FROM sameness WHERE group_id NOT IN (SELECT id FROM duplicate_group)""",
    ("same_class", "sameness"): """
        DELETE FROM same_class WHERE group_id NOT IN (SELECT group_id FROM sameness)""",
    ("same_class", "image"): """
        DELETE FROM same_class WHERE image_id NOT IN (SELECT id FROM image)""",
    ("pair", "image"): """
        DELETE FROM pair WHERE a_id NOT IN (SELECT id FROM image)
        OR b_id NOT IN (SELECT id FROM image)""",
}


@dataclass(frozen=True, slots=True)
class Dangling:
    """Rows of one table that name a row which is not there."""

    table: str
    parent: str
    rows: int


def faults(connection: Connection) -> list[str]:
    """What the engine finds wrong with its pages and indexes; empty where all is well."""
    return driver_of(connection).page_faults(connection)


def seal_faults(connection: Connection) -> list[str]:
    """Pages of a sealed database that are not what was written."""
    return driver_of(connection).seal_faults(connection)


def rebuild_indexes(connection: Connection) -> None:
    """Make every index again from its table."""
    driver_of(connection).rebuild_indexes(connection)


def dangling(connection: Connection) -> list[Dangling]:
    """References to rows that are not there, by table and parent."""
    found = Counter(driver_of(connection).dangling(connection))
    return [Dangling(*names, rows) for names, rows in sorted(found.items())]


def mend(connection: Connection) -> None:
    """Make every reference lead somewhere again."""
    for statements in _MEND.values():
        for statement in statements.split(";"):
            connection.execute(text(statement))


def count_turned_pairs(connection: Connection) -> int:
    """How many pairs do not name the lower image first, as every reader expects."""
    query = select(func.count()).select_from(pair).where(pair.c.a_id >= pair.c.b_id)
    return int(connection.execute(query).scalar_one())


def drop_turned_pairs(connection: Connection) -> None:
    """Remove those; `dedup` finds them again."""
    connection.execute(delete(pair).where(pair.c.a_id >= pair.c.b_id))


def tangled_albums(connection: Connection) -> list[tuple[UserId, int]]:
    """Albums (user, album) in which two images stand at one position."""
    key = (listing.c.user_id, listing.c.album_id)
    twice = select(*key).group_by(*key, listing.c.position).having(func.count() > 1).subquery()
    query = select(*OWNER, twice.c.album_id).join(user, user.c.id == twice.c.user_id)
    return _albums(connection, query.distinct().order_by(*BY_NUMBER, twice.c.album_id))


def untangle(connection: Connection, user_id: UserId, album_id: int) -> None:
    """Give each image of an album a position of its own; the order that shows stays."""
    place = and_(listing.c.user_id == row_of(user_id), listing.c.album_id == album_id)
    query = select(listing.c.site_id).where(place)
    ids = connection.scalars(query.order_by(listing.c.position, listing.c.site_id)).all()
    counting.touch(connection, sites=ids)
    for position, number in enumerate(ids):
        at = and_(place, listing.c.site_id == number)
        connection.execute(change(listing).where(at).values(position=position))


def miscounted_albums(connection: Connection) -> list[tuple[UserId, int]]:
    """Albums whose figures can't be: with pages or a finish, though they were never read."""
    query = select(*OWNER, album.c.id.label("album_id")).join(user, user.c.id == album.c.user_id)
    return _albums(connection, query.where(_miscounted()).order_by(*BY_NUMBER, album.c.id))


def recount(connection: Connection, user_id: UserId, album_id: int) -> None:
    """Forget those figures, so that the next crawl reads the album's pages again."""
    this = and_(album.c.user_id == row_of(user_id), album.c.id == album_id, _miscounted())
    forgotten = {"pages": 0, "listed_at": 0, "fetched_at": 0}
    connection.execute(change(album).where(this).values(**forgotten))


def lost(connection: Connection) -> list[int]:
    """Images whose bytes are lost, by row number."""
    return list(connection.scalars(select(image.c.id).where(image.c.lost_at.is_not(None))))


def set_lost(connection: Connection, image_id: int, at: int | None) -> None:
    """Mark an image as lost, or as here again. Its tags, verdicts and places stay.

    Nobody can ask the disk again, so an image that is in no album of the site fails there.
    """
    counting.touch_places_of(connection, [image_id])
    connection.execute(change(image).where(image.c.id == image_id).values(lost_at=at))
    if at is None or on_site(connection, image_id):
        return
    values = {
        "image_id": None,
        "reason": Reason.FILE,
        "detail": Detail.MISSING,
        "failed_at": at,
    }
    connection.execute(change(listing).where(listing.c.image_id == image_id).values(**values))


def count_lost(connection: Connection, user_id: UserId) -> int:
    """How many images that a user lists have lost their bytes."""
    query = (
        select(func.count(image.c.id.distinct()))
        .join(listing, listing.c.image_id == image.c.id)
        .where(image.c.lost_at.is_not(None), unindexed(listing.c.user_id) == row_of(user_id))
    )
    return int(connection.execute(query).scalar_one())


def on_site(connection: Connection, image_id: int) -> list[UserId]:
    """The users in whose albums an image is listed, and whose source can be asked again."""
    place = and_(listing.c.image_id == image_id, is_online(listing.c.user_id))
    query = select(*OWNER).join(listing, listing.c.user_id == user.c.id).where(place).distinct()
    return [owner(row) for row in connection.execute(query.order_by(*BY_NUMBER))]


def set_size(connection: Connection, image_id: int, size: int, *, thumb: bool) -> None:
    """Note how many bytes an image has, or its thumbnail."""
    counting.touch_places_of(connection, [image_id])
    values = {"thumb_bytes" if thumb else "bytes": size}
    connection.execute(change(image).where(image.c.id == image_id).values(**values))


def forget_thumb(connection: Connection, image_id: int) -> None:
    """Forget an image's thumbnail, so that another is made."""
    counting.touch(connection, images=[image_id])
    nothing = {"thumb_bytes": None, "thumb_digest": None, "thumb_format": None}
    connection.execute(change(image).where(image.c.id == image_id).values(**nothing))


def position(connection: Connection, name: str) -> tuple[int, int]:
    """How far a job has come, and when that was noted; 0 where it is to begin anew."""
    row = connection.execute(select(progress).where(progress.c.name == name)).first()
    return (0, 0) if row is None else (row.position, row.at)


def set_position(connection: Connection, name: str, position: int, at: int) -> None:
    """Note how far a job has come."""
    values = {"position": position, "at": at}
    statement = insert(progress).values(name=name, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=values))


def finish(connection: Connection, name: str) -> None:
    """Forget how far a job had come, and what it suspected: it went through everything."""
    connection.execute(delete(progress).where(progress.c.name == name))
    connection.execute(delete(suspect))


def suspects(connection: Connection) -> list[int]:
    """Images of which a file was found damaged before the job was stopped."""
    return list(connection.scalars(select(suspect.c.image_id).order_by(suspect.c.image_id)))


def add_suspects(connection: Connection, image_ids: Iterable[int]) -> None:
    """Remember images of which a file was found damaged."""
    for number in sorted(set(image_ids)):
        row = select(image.c.id).where(image.c.id == number)
        connection.execute(insert(suspect).from_select(["image_id"], row).on_conflict_do_nothing())


def _albums(connection: Connection, query: Select[Any]) -> list[tuple[UserId, int]]:
    return [(owner(row), row.album_id) for row in connection.execute(query)]


def _miscounted() -> ColumnElement[bool]:
    return and_(album.c.listed_at == 0, or_(album.c.fetched_at > 0, album.c.pages > 0))
