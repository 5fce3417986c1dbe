"""The albums of a user, and one album: its pictures and its failures."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from fapproc import names
from fapproc.archive import Archive
from fapproc.db import catalogue, kept_figures
from fapproc.db import places as place_rows
from fapproc.db.figures import Figures
from fapproc.model import Album, Failure, FolderKind, User, UserId
from fapproc.sources import Source


@dataclass(frozen=True, slots=True)
class AlbumEntry:
    """An album with what is held of it."""

    album: Album
    held: Figures


@dataclass(frozen=True, slots=True)
class UserAlbums:
    """A user with all that is held of theirs, and the albums by name."""

    user: User
    held: Figures
    albums: Sequence[AlbumEntry]


@dataclass(frozen=True, slots=True)
class AlbumHead:
    """An album, whose it is, and what is held of it."""

    user: User
    album: Album
    held: Figures


def find_user(archive: Archive, user_id: UserId) -> User | None:
    """The user at an address; the disk's former number is good while the site has no such user."""
    with archive.reading() as connection:
        return _user(connection, user_id)


def albums(archive: Archive, user_id: UserId) -> UserAlbums | None:
    """A user's albums; None where nobody has this id."""
    with archive.reading() as connection:
        user = _user(connection, user_id)
        if user is None:
            return None
        held = kept_figures.of_albums(connection, user.id)
        found = catalogue.albums(connection, user.id)
        by_name = sorted(found, key=lambda each: (names.in_order(each.name), each.id))
        return UserAlbums(
            user,
            kept_figures.of_users(connection, user.id)[user.id],
            [AlbumEntry(album, held.get(album.id, Figures())) for album in by_name],
        )


def album(archive: Archive, user: User, album_id: int) -> AlbumHead | None:
    """One album of pictures; None where the user has no such one."""
    with archive.reading() as connection:
        found = catalogue.album_by_id(connection, user.id, album_id)
        if found is None or found.kind is not FolderKind.PICTURES:
            return None
        held = kept_figures.of_albums(connection, user.id, album_id)
        return AlbumHead(user, found, held.get(album_id, Figures()))


def failures(
    archive: Archive, user_id: UserId, album_id: int, *, start: int, size: int
) -> list[Failure]:
    """A stretch of what could not be fetched of an album, or not whole, in the site's order."""
    with archive.reading() as connection:
        return place_rows.failures(connection, user_id, album_id, offset=start, limit=size)


def _user(connection: Connection, user_id: UserId) -> User | None:
    if user_id.source == Source.SITE:  # a number alone
        return catalogue.find_anyone(connection, user_id.number, None, Source.SITE)
    return catalogue.user_by_id(connection, user_id)
