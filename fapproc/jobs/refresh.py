"""Which known users are read again; one program at a time reads a user."""

import hashlib
import hmac
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass

from sqlalchemy import Connection

from fapproc.archive import Archive
from fapproc.db import catalogue, listings
from fapproc.jobs.crawl import rests
from fapproc.model import Album, FolderKind, User, UserId
from fapproc.sources import Source
from fapproc.vault.keys import Purpose


@dataclass(frozen=True, slots=True)
class Due:
    """A user who is to be read again; of one who was never read whole, one album."""

    user: User
    album: Album | None = None


@dataclass(frozen=True, slots=True)
class Refresh:
    """What is to be read again, and who is known."""

    due: tuple[Due, ...]
    users: tuple[User, ...]
    """All that are known at this site."""

    @property
    def in_part(self) -> tuple[User, ...]:
        """Those who were never read whole: of them only what was read before is read again."""
        return tuple(user for user in self.users if not user.finished_at)


def plan(archive: Archive, source: Source, *, at: int, force: bool) -> Refresh:
    """What of a site no longer rests, or waits; by force, all that is known of it."""
    with archive.reading() as connection:
        users = [user for user in catalogue.users(connection) if user.id.source == source]
        due = [each for user in users for each in _due(connection, user, at, force=force)]
    return Refresh(tuple(due), tuple(users))


def _due(connection: Connection, user: User, at: int, *, force: bool) -> Iterator[Due]:
    def is_due(album: Album) -> bool:
        is_read = rests(album.listed_at, at) and not force
        return not (is_read and not listings.waiting(connection, user.id, album.id))

    folders = catalogue.folders(connection, user.id)
    if not user.finished_at:
        begun = [album for album in folders if album.kind is FolderKind.PICTURES]
        yield from (Due(user, album) for album in begun if is_due(album))
        return
    pictures = [album for album in folders if album.kind is not FolderKind.GALLERIES]
    if force or not rests(user.albums_at, at) or any(map(is_due, pictures)):
        yield Due(user)


def reading_alone(archive: Archive, user: UserId, name: str) -> AbstractContextManager[None]:
    """Be the only one that reads this user: two fetched most of the pictures twice.

    Raises:
        ArchiveHeld: another program does it now.
    """
    whose = f"{user.source} {user.number}".encode()
    if (keys := archive.unlocked.keys) is not None:  # a lock's name is on disk unencrypted
        whose = hmac.digest(keys.subkey(Purpose.LOCK), whose, "sha256")
    job = f"read-{hashlib.sha256(whose).hexdigest()[:16]}"
    return archive.job(job, said=f"{name} is being read already by")
