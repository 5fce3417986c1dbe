"""Users of a source and their folders, and which of these were read in full."""

from collections.abc import Collection, Sequence
from functools import cache

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Row,
    Update,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    or_,
    select,
    update,
)

from fapproc import names
from fapproc.db import settings
from fapproc.db.bulk import write
from fapproc.db.dialect import given_numbers, insert
from fapproc.db.listings import never_had
from fapproc.db.owners import BY_NUMBER, OWNER, given, given_row, owner, row_of
from fapproc.db.schema import album, image, listing, user
from fapproc.model import Album, Folder, FolderKind, User, UserId
from fapproc.sources import Source

FORMER_NAMES = "former_names"
_ALBUMS = select(album, *OWNER).join(user, user.c.id == album.c.user_id)
# Built once: they run for each page of a crawl, and building them costs more than running them.
_KEY = and_(album.c.user_id == given_row(), album.c.id == bindparam("of_album"))
_ONE_ALBUM = _ALBUMS.where(_KEY)
_NAMES = (  # of some users and albums of these numbers; not each of these has each of those
    select(*OWNER, album.c.id, album.c.name, user.c.name.label("whose"))
    .join(user, user.c.id == album.c.user_id)
    .where(user.c.number.in_(given_numbers("of_users")))
    .where(album.c.id.in_(given_numbers("of_albums")))
)
_SET_KIND = update(album).where(_KEY).values(kind=bindparam("of_kind"))


def users(connection: Connection, *, limit: int | None = None) -> list[User]:
    """Every user, or so many at most, by number."""
    query = select(user).order_by(*BY_NUMBER).limit(limit)
    return [_user(row) for row in connection.execute(query)]


def count_users(connection: Connection) -> int:
    """How many users there are, the local disk included."""
    return int(connection.execute(select(func.count()).select_from(user)).scalar_one())


def user_by_id(connection: Connection, user_id: UserId) -> User | None:
    """The user of this id."""
    row = connection.execute(select(user).where(user.c.id == row_of(user_id))).first()
    return None if row is None else _user(row)


def user_by_name(connection: Connection, name: str, source: Source) -> User | None:
    """The user of this name at a source, or else who had it before, however it is written."""
    here = select(user).where(user.c.source == source).order_by(user.c.number)
    rows = list(connection.execute(here))
    key = names.key(name)
    exact = (row for row in rows if row.name == name)
    found = next(exact, None) or next((row for row in rows if names.key(row.name) == key), None)
    if found is None:
        former = {names.key(was): of for was, of in _former_names(connection).items()}.get(key)
        found = next((row for row in rows if row.id == former), None)
    return None if found is None else _user(found)


def find_user(
    connection: Connection, number: int | None, name: str | None, source: Source
) -> User | None:
    """The user of this number at a source, else the one of this name in any case."""
    if number is not None:
        return user_by_id(connection, UserId(number, source))
    return None if name is None else user_by_name(connection, name, source)


def find_anyone(
    connection: Connection, number: int | None, name: str | None, first: Source
) -> User | None:
    """The user of this number, or else of this name: the first source's, another's, or the disk's.

    For what asks the archive alone; before a source had users of its own, the disk was number 1.
    """
    sources = map(Source, connection.scalars(select(user.c.source).distinct().order_by("source")))
    ranked = sorted(sources, key=lambda each: (each != first, each == Source.DISK))
    found = (find_user(connection, number, name, source) for source in ranked)
    return next((each for each in found if each is not None), None)


def save_user(connection: Connection, user_id: UserId, name: str) -> None:
    """Add the user, or take over the present name; a former one goes on naming the user."""
    known = connection.execute(select(user).where(user.c.id == row_of(user_id))).first()
    if known is not None and known.name_key != name.casefold():
        former = _former_names(connection) | {known.name_key: known.id}
        settings.write(connection, FORMER_NAMES, former)
    key = {"source": user_id.source, "number": user_id.number}
    values = {"name": name, "name_key": name.casefold()}
    statement = insert(user).values(**key, albums_at=0, finished_at=0, audited_at=0, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=[*key], set_=values))


def forget_user(connection: Connection, user_id: UserId) -> None:
    """Delete a user, with folders and all that is listed there, and the names the user had."""
    number = connection.scalar(select(user.c.id).where(user.c.id == row_of(user_id)))
    former = {name: of for name, of in _former_names(connection).items() if of != number}
    settings.write(connection, FORMER_NAMES, former or None)
    connection.execute(delete(user).where(user.c.id == row_of(user_id)))


def save_folders(
    connection: Connection, user_id: UserId, folders: Sequence[Folder], at: int
) -> None:
    """Record the whole list of a user's folders, in the site's order; vanished ones stay."""
    for position, folder in enumerate(folders):
        save_folder(connection, user_id, folder, position)
    connection.execute(update(user).where(user.c.id == row_of(user_id)).values(albums_at=at))


def save_folder(connection: Connection, user_id: UserId, folder: Folder, position: int) -> None:
    """Add one folder, or take over its present name and place."""
    values = {"name": folder.name, "position": position}
    statement = insert(album).values(
        user_id=row_of(user_id), id=folder.id, kind=FolderKind.UNKNOWN, pages=0, **values
    )
    key = ["user_id", "id"]
    connection.execute(statement.on_conflict_do_update(index_elements=key, set_=values))


def set_kind(connection: Connection, user_id: UserId, album_id: int, kind: FolderKind) -> None:
    """Remember what a folder holds."""
    connection.execute(_SET_KIND, {**_key(user_id, album_id), "of_kind": kind})


def folders(connection: Connection, user_id: UserId) -> list[Album]:
    """All folders of a user in the site's order, whatever they hold."""
    query = _ALBUMS.where(album.c.user_id == row_of(user_id))
    ordered = query.order_by(album.c.position, album.c.id)
    return [_to_album(row) for row in connection.execute(ordered)]


def albums(connection: Connection, user_id: UserId | None = None) -> list[Album]:
    """Folders known to hold pictures, by user and in the site's order."""
    query = _ALBUMS.where(album.c.kind == FolderKind.PICTURES)
    if user_id is not None:
        query = query.where(album.c.user_id == row_of(user_id))
    query = query.order_by(*BY_NUMBER, album.c.position, album.c.id)
    return [_to_album(row) for row in connection.execute(query)]


def album_times(connection: Connection) -> tuple[int, int, int, int]:
    """How many albums there are, how many were never fetched whole; the oldest and newest fetch."""
    at = func.nullif(album.c.fetched_at, 0)
    query = select(func.count(), func.count(at), func.min(at), func.max(at))
    row = connection.execute(query.where(album.c.kind == FolderKind.PICTURES)).one()
    return row[0], row[0] - row[1], row[2] or 0, row[3] or 0


def album_by_id(connection: Connection, user_id: UserId, album_id: int) -> Album | None:
    """One folder."""
    row = connection.execute(_ONE_ALBUM, _key(user_id, album_id)).first()
    return None if row is None else _to_album(row)


def names_of(
    connection: Connection, keys: Collection[tuple[UserId, int]]
) -> dict[tuple[UserId, int], tuple[str, str]]:
    """What user and album are called, by the ids of both."""
    given = {"of_users": {of.number for of, _ in keys}, "of_albums": {number for _, number in keys}}
    rows = connection.execute(_NAMES, given) if keys else ()
    found = {(owner(row), row.id): (row.whose, row.name) for row in rows}
    return {key: found[key] for key in keys if key in found}


def finish_listing(
    connection: Connection, user_id: UserId, album_id: int, *, pages: int, at: int
) -> None:
    """Record that all pages of an album were read."""
    values = {"pages": pages, "listed_at": at, "kind": FolderKind.PICTURES}
    connection.execute(update(album).where(_album(user_id, album_id)).values(**values))


def settle_albums(connection: Connection, at: int) -> None:
    """Mark albums whose pages were all read and whose images were all had or failed."""
    connection.execute(_settle_albums(), {"of_at": at})


@cache  # it runs for each batch of a crawl, and building it costs more than running it
def _settle_albums() -> Update:
    settled = and_(album.c.listed_at > 0, album.c.fetched_at < album.c.listed_at)
    at = bindparam("of_at", type_=Integer)
    return (
        update(album)
        .where(settled, ~_waits(album.c.user_id, album.c.id))
        .values(fetched_at=case((album.c.listed_at > at, album.c.listed_at), else_=at))
    )


def finish_user(connection: Connection, user_id: UserId, at: int) -> bool:
    """Mark a user whose albums are all fetched; False where one is not."""
    unread = exists().where(
        album.c.user_id == row_of(user_id),
        or_(
            album.c.kind == FolderKind.UNKNOWN,
            and_(album.c.kind == FolderKind.PICTURES, album.c.fetched_at == 0),
            and_(album.c.kind == FolderKind.PICTURES, _waits(album.c.user_id, album.c.id)),
        ),
    )
    done = update(user).where(user.c.id == row_of(user_id), ~unread).values(finished_at=at)
    return write(connection, done) > 0


def raise_times(
    connection: Connection, user_id: UserId, *, albums_at: int = 0, audited_at: int = 0
) -> None:
    """Record when another program did these for a user, where that was later than ours."""
    for column, at in ((user.c.albums_at, albums_at), (user.c.audited_at, audited_at)):
        earlier = (user.c.id == row_of(user_id), column < at)
        connection.execute(update(user).where(*earlier).values({column.name: at}))


def forget_missing_folders(
    connection: Connection, user_id: UserId, listed: Collection[int]
) -> None:
    """Drop folders that left the site's list before anything of them was read."""
    never_read = and_(album.c.user_id == row_of(user_id), album.c.kind == FolderKind.UNKNOWN)
    connection.execute(delete(album).where(never_read, album.c.id.not_in(list(listed))))


def end_missing_folders(
    connection: Connection, user_id: UserId, listed: Collection[int], at: int
) -> None:
    """Folders that left the site's list while they were being read: there are no more pages."""
    half_read = and_(
        album.c.user_id == row_of(user_id),
        album.c.kind == FolderKind.PICTURES,
        album.c.listed_at == 0,
    )
    connection.execute(
        update(album).where(half_read, album.c.id.not_in(list(listed))).values(listed_at=at)
    )


def _former_names(connection: Connection) -> dict[str, int]:
    """Row numbers of users by the names that they had before."""
    return dict(settings.read(connection, FORMER_NAMES) or {})


def _user(row: Row[tuple[object, ...]]) -> User:
    return User(owner(row), row.name, row.albums_at, row.finished_at, row.audited_at)


def _to_album(row: Row[tuple[object, ...]]) -> Album:
    kind = FolderKind(row.kind)
    return Album(owner(row), row.id, row.name, kind, row.pages, row.listed_at, row.fetched_at)


def _album(user_id: UserId, album_id: int) -> ColumnElement[bool]:
    return and_(album.c.user_id == row_of(user_id), album.c.id == album_id)


def _key(user_id: UserId, album_id: int) -> dict[str, object]:
    return {**given(user_id), "of_album": album_id}


def _waits(user_id: ColumnElement[int], album_id: ColumnElement[int]) -> ColumnElement[bool]:
    """Whether an album has an image of which nothing has become yet, or that is lost."""
    here = and_(listing.c.user_id == user_id, listing.c.album_id == album_id)
    lost = select(image.c.id).where(image.c.lost_at.is_not(None))
    return or_(
        exists().where(here, never_had()),
        exists().where(here, listing.c.image_id.in_(lost)),
    )
