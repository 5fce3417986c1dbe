"""Users, albums and tags of fapfavorites 2.0; the archive's own data stays."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy import Connection

from fapproc import names
from fapproc.db import catalogue, listings
from fapproc.db import tags as tag_rows
from fapproc.jobs import crawl
from fapproc.legacy import records
from fapproc.legacy.records import OldAlbum, OldDatabase, OldFailure, OldPlace, OldTag
from fapproc.model import (
    LOCAL_DISK,
    LOCAL_DISK_NAME,
    Detail,
    Folder,
    FolderKind,
    Listed,
    Reason,
    UserId,
)
from fapproc.wording import counted

_Places = Mapping[int, OldPlace]
"""Of one album, by id of the image."""


def user_of(number: int) -> UserId:
    """Who a user of the predecessor's is."""
    return LOCAL_DISK if number == records.DISK else UserId(number)


def tags(
    connection: Connection, old: Sequence[OldTag], *, make: bool
) -> tuple[dict[int, int], list[str]]:
    """The tags of ours that theirs are, by number, and what became of those that had to change.

    Names are one in the whole tree, so a tag that stands elsewhere is the same one.
    """
    paths = {tag.id: tag.path for tag in tag_rows.lines(connection)}
    known = {names.key(path.rpartition("/")[2]): number for number, path in paths.items()}
    found: dict[int, int] = {}
    told: list[str] = []
    for tag in old:
        name = _tag_name(tag)
        number = known.get(names.key(name))
        if number is None and make:
            parent = None if tag.parent is None else found.get(tag.parent)
            number = known[names.key(name)] = tag_rows.create(connection, name, parent)
            if name != tag.name:
                told.append(
                    f"Tag {names.quoted(tag.name)} is now called {names.quoted(name)}: the old "
                    "name is not allowed."
                )
        elif number in found.values() or (number in paths and paths[number] != _path(old, tag)):
            told.append(
                f"Tag {names.quoted(_path(old, tag))} is now the tag "
                f"{names.quoted(paths.get(number or 0, name))}."
            )
        if number is not None:
            found[tag.number] = number
    return found, told


def shelve(connection: Connection, database: OldDatabase) -> list[str]:
    """Write users and albums, and what each lists; returns what could not be."""
    for user in database.users:
        who = user_of(user.number)
        if catalogue.user_by_id(connection, who) is None:
            name = LOCAL_DISK_NAME if who == LOCAL_DISK else user.name
            catalogue.save_user(connection, who, name)
    placed: defaultdict[tuple[int, int], dict[int, OldPlace]] = defaultdict(dict)
    for image in database.images:
        for place in image.places:
            placed[place.user, place.album][place.image] = place
    known = {user.number for user in database.users}
    told: list[str] = []
    for album in database.albums:
        places = placed.pop((album.user, album.id), {})
        if album.user in known:
            told += _album(connection, album, places)
        else:
            told.append(f"Album {album.user}/{album.id}: its user is missing.")
    if lone := sum(map(len, placed.values())):
        told.append(f"{counted(lone, 'place')} of images: the albums are missing.")
    return told


def finish(connection: Connection, database: OldDatabase) -> list[str]:
    """Record when albums and users were read, where nothing of them waits; what still does."""
    for album in database.albums:
        who = user_of(album.user)
        known = catalogue.album_by_id(connection, who, album.id)
        if known is not None and known.listed_at < album.read_at:
            pages = max(album.pages, known.pages)
            catalogue.finish_listing(connection, who, album.id, pages=pages, at=album.read_at)
    catalogue.settle_albums(connection, 0)
    told: list[str] = []
    for user in database.users:
        who = user_of(user.number)
        here = catalogue.user_by_id(connection, who)
        times = {"albums_at": user.albums_at, "audited_at": user.audited_at}
        catalogue.raise_times(connection, who, **times)
        if here is None or user.finished_at <= here.finished_at:
            continue
        if not catalogue.finish_user(connection, who, user.finished_at):
            told.append(
                f"User {user.name} was read in full, but something is missing now. 'fapproc read' "
                "fetches it."
            )
    return told


def _album(connection: Connection, album: OldAlbum, places: _Places) -> Iterator[str]:
    """An album and its places in order; those that failed stand at the end of a new one."""
    who = user_of(album.user)
    if catalogue.album_by_id(connection, who, album.id) is None:
        position = len(catalogue.folders(connection, who))
        catalogue.save_folder(connection, who, Folder(album.id, album.name), position)
        catalogue.set_kind(connection, who, album.id, FolderKind.PICTURES)
    before = listings.ids_in_order(connection, who, album.id)
    failed = {each.image: each for each in album.failures if each.image not in places}
    without = [n for n in album.images if n not in places and n not in failed]
    wanted = [n for n in album.images if who.source.is_online or n not in without]
    ids = list(dict.fromkeys([*wanted, *places, *failed]))
    page = [Listed(n, places[n].name if n in places else None) for n in ids]
    listings.add_page(connection, who, album.id, page)
    if before:
        merged = crawl.merge_order(ids, before)
        listings.set_order(connection, who, album.id, merged)
    for number in failed.keys() - set(before):
        _fail(connection, who, failed[number])
    if without:
        said = f"Album {who}/{album.id}: {counted(len(without), 'image')} listed but not stored"
        yield (
            f"{said}; 'fapproc read' fetches those still on the site."
            if who.source.is_online
            else f"{said}."
        )


def _fail(connection: Connection, who: UserId, failure: OldFailure) -> None:
    detail = Detail.NONE if failure.reason is Reason.LINK else Detail.UNREACHABLE
    listings.record_failure(
        connection,
        failure.image,
        failure.reason,
        detail,
        name=failure.name,
        url=failure.url,
        at=failure.at,
        source=who.source,
    )


def _tag_name(tag: OldTag) -> str:
    """A tag's name, or the nearest one that can be."""
    name = "".join("_" if c in "/\\" or not c.isprintable() else c for c in tag.name).strip()
    return name if name not in {"", ".", ".."} else f"tag {tag.number}"


def _path(old: Sequence[OldTag], tag: OldTag) -> str:
    by_number = {each.number: each for each in old}
    line = [tag.name]
    parent = tag.parent
    while parent is not None and parent in by_number and len(line) <= len(old):
        line.append(by_number[parent].name)
        parent = by_number[parent].parent
    return "/".join(reversed(line))
