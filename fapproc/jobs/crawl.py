"""What a crawl asks the archive and tells it: what needs no visit, what is listed, what is left.

This module doesn't know the site: `fapspider` brings lists and pages, and asks what to do next. A
user is given by the site's number.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from fapproc import firsts, names
from fapproc.archive import Archive
from fapproc.db import catalogue, listings, places
from fapproc.errors import Changed, NotOnSite
from fapproc.model import REST_SECONDS, Album, Folder, FolderKind, Listed, User, UserId
from fapproc.sources import Source

WITNESSES = 6  # some of them may have gone since
OLD_WITNESSES = 100  # each counts once: a cache may hold it then
LONG_BEFORE = 86_400
"""Seconds; caches before a site keep pages for minutes or hours, if nobody else asks for them."""
_ID = re.compile(r"[0-9]{1,19}")


@dataclass(frozen=True, slots=True)
class Memory:
    """What the archive knows of a user before the crawl: nothing, or the user and the folders."""

    user: User | None
    folders: tuple[Album, ...] = ()
    left: tuple[Album, ...] = ()
    """Picture folders that the site lists no more; what was read of them is all there will be."""

    def as_known(self, user: UserId, listed: Iterable[Folder]) -> list[Album]:
        """Folders of the site's list, each of the kind that it is known to be."""
        kinds = {album.id: album.kind for album in self.folders}
        kind = FolderKind.UNKNOWN
        return [Album(user, each.id, each.name, kinds.get(each.id, kind)) for each in listed]

    def is_fresh(self, now: int) -> bool:
        """Whether the list of folders was read less than 72 hours ago."""
        return self.user is not None and rests(self.user.albums_at, now)

    def will_do(self, wanted: "FolderChoice", now: int) -> bool:
        """Whether the list as it is remembered will do; an unknown folder may be a new one."""
        if not self.is_fresh(now):
            return False
        try:
            choose(self.folders, wanted, str(self.user))
        except NotOnSite:
            return False
        return True


@dataclass(frozen=True, slots=True)
class FolderChoice:
    """Which folder a crawl is for: all of them, or one by name or number.

    `either` is what the person typed where both would do: a name wins over a number.
    """

    either: str | None = None
    id: int | None = None
    name: str | None = None

    @property
    def all(self) -> bool:
        """Whether every folder is wanted."""
        return self.either is None and self.id is None and self.name is None

    def __str__(self) -> str:
        return str(self.either or self.name or self.id)


def rests(at: int, now: int) -> bool:
    """Whether what was read at this time is left alone now.

    So it is by a clock that went ahead a little. What was read further in the future, by a clock
    that was wrong, is read again: it would rest until then.
    """
    return at > 0 and abs(now - at) < REST_SECONDS


def recall(archive: Archive, *, user_id: int | None, name: str | None, source: Source) -> Memory:
    """What is known of a site's user of this number, or of this name in any case."""
    with archive.reading() as connection:
        user = catalogue.find_user(connection, user_id, name, source)
        if user is None:
            return Memory(None)
        return Memory(user, tuple(catalogue.folders(connection, user.id)))


def witnesses(archive: Archive, source: Source) -> list[int]:
    """Ids of a site that were fetched last: they show whether the site works at all."""
    with archive.reading() as connection:
        return places.had_last(connection, source, limit=WITNESSES)


def old_witnesses(archive: Archive, source: Source, *, at: int) -> list[int]:
    """Ids of a site that were fetched long ago: no cache has them, so an answer is the site's."""
    with archive.reading() as connection:
        return places.had_before(connection, source, at - LONG_BEFORE, limit=OLD_WITNESSES)


def odd_before(archive: Archive, source: Source) -> list[int]:
    """Ids of a site that wait, and whose pages were odd in earlier crawls."""
    with archive.reading() as connection:
        return listings.odd(connection, source)


def choose(folders: Sequence[Album], wanted: FolderChoice, user: str) -> list[Album]:
    """The folders that a crawl is for, in the site's order.

    Raises:
        NotOnSite: the one that was asked for is not among them, or its name is ambiguous.
    """
    if wanted.all:
        return list(folders)
    name = wanted.name or wanted.either
    found = [album for album in folders if name and names.same(album.name, name)]
    if not found:
        number = wanted.id
        if number is None and _ID.fullmatch(either := (wanted.either or "").strip()):
            number = int(either)
        found = [album for album in folders if album.id == number]
    exact = [album for album in found if album.name == name]
    if len(exact) == 1:
        return exact
    if len(found) > 1:
        numbers = firsts.listed(str(album.id) for album in found)
        raise NotOnSite(
            f"{user} has several folders named {names.quoted(name)}: give one of the ids {numbers}."
        )
    if not found:
        own = [album.name for album in folders if album.kind is not FolderKind.GALLERIES]
        meant = names.meant(str(wanted), own)
        listed = firsts.listed(map(names.quoted, own)) or "none"
        raise NotOnSite(
            f"{user} has no folder {names.quoted(str(wanted))}.{meant} The folders are: {listed}."
        )
    return found


def record_folders(
    archive: Archive,
    user_id: int,
    name: str,
    folders: Sequence[Folder],
    *,
    at: int,
    source: Source,
) -> Memory:
    """Record the whole list of a user's folders, and return what is known of each now."""
    with archive.writing() as connection:
        owner = UserId(user_id, source)
        catalogue.save_user(connection, owner, name)
        catalogue.save_folders(connection, owner, folders, at)
        listed = {folder.id for folder in folders}
        catalogue.forget_missing_folders(connection, owner, listed)
        catalogue.end_missing_folders(connection, owner, listed, at)
        catalogue.settle_albums(connection, at)
        user = catalogue.user_by_id(connection, owner)
        known = catalogue.folders(connection, owner)
        return Memory(
            user,
            tuple(album for album in known if album.id in listed),
            tuple(album for album in known if album.id not in listed),
        )


def record_kind(archive: Archive, album: Album, kind: FolderKind) -> None:
    """Remember what a folder holds, so that a galleries folder costs one request, once."""
    with archive.writing() as connection:
        catalogue.set_kind(connection, album.user, album.id, kind)


def record_page(
    archive: Archive, album: Album, page: Sequence[Listed], *, failed: bool
) -> list[int]:
    """Record a page's entries; return those of its ids that are to be fetched, in order.

    Args:
        archive: where to.
        album: the album that the page belongs to.
        page: its entries, in the site's order.
        failed: bring ids that failed before as well.

    Raises:
        Changed: the album was deleted meanwhile.
    """
    with archive.writing() as connection:
        _refuse_deleted(connection, album)
        if album.kind is not FolderKind.PICTURES:
            catalogue.set_kind(connection, album.user, album.id, FolderKind.PICTURES)
        listings.add_page(connection, album.user, album.id, page)
        ids = [entry.image for entry in page]
        settled = listings.settled(connection, album.user, album.id, ids, failed=failed)
        return [image for image in ids if image not in settled]


def still_waiting(archive: Archive, album: Album) -> list[Listed]:
    """What an album lists and has neither had nor given up, in order, by the names of the list."""
    with archive.reading() as connection:
        return listings.waiting(connection, album.user, album.id)


def is_listed(archive: Archive, album: Album, image: int) -> bool:
    """Whether an album is known to list an image, whatever became of it."""
    with archive.reading() as connection:
        return listings.is_listed(connection, album.user, album.id, image)


def finish_album(
    archive: Archive,
    album: Album,
    listed: Sequence[int],
    *,
    pages: int,
    at: int,
    is_whole: bool = True,
) -> None:
    """Record that an album was read to its end, and put its images into the site's order.

    Args:
        archive: where to.
        album: which.
        listed: the ids that were read, in the site's order; their pages are recorded already.
        pages: the last page that had images, counted from 1.
        at: the time, Unix seconds.
        is_whole: whether the pages before these were read as well.

    Raises:
        Changed: the album was deleted meanwhile.
    """
    with archive.writing() as connection:
        _refuse_deleted(connection, album)
        before = listings.ids_in_order(connection, album.user, album.id)
        after = merge_order(before, listed) if is_whole else merge_end(before, listed)
        listings.set_order(connection, album.user, album.id, after)
        catalogue.finish_listing(connection, album.user, album.id, pages=pages, at=at)
        catalogue.settle_albums(connection, at)


def _refuse_deleted(connection: Connection, album: Album) -> None:
    if catalogue.album_by_id(connection, album.user, album.id) is None:
        raise Changed("it was deleted while it was read")


def finish_user(archive: Archive, user_id: int, *, at: int, source: Source) -> bool:
    """Mark a user whose albums are all fetched; False where one is not."""
    with archive.writing() as connection:
        return catalogue.finish_user(connection, UserId(user_id, source), at)


def merge_end(known: Sequence[int], end: Sequence[int]) -> list[int]:
    """The order where only the end of an album was read again: what lies before it stays.

    Args:
        known: the order so far, without repeats.
        end: the site's order from an image on that was known; an image that came from before it
            is where the site has it now.
    """
    present = set(end)
    start = known.index(end[0]) if end else len(known)
    before = [image for image in known[:start] if image not in present]
    return before + merge_order(known[start:], end)


def merge_order(known: Sequence[int], listed: Sequence[int]) -> list[int]:
    """The site's order, with ids that left the site kept right after the one they followed.

    Args:
        known: the order so far, without repeats.
        listed: the site's order now; a repeated id counts where it came first.
    """
    present = dict.fromkeys(listed)
    followers: dict[int | None, list[int]] = {None: []}
    anchor: int | None = None
    for image in known:
        if image in present:
            anchor = image
        else:
            followers.setdefault(anchor, []).append(image)
    merged = list(followers[None])
    for image in present:
        merged.append(image)
        merged.extend(followers.get(image, ()))
    return merged
