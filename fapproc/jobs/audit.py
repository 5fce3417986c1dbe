"""Audits: which images are still on the site. Observations are noted first, and evaluated later.

This module doesn't know the site: `fapspider` looks, and brings what it saw. Only what was seen
counts; an image that an audit did not reach, or could not check, stays as it is on record.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fapproc.archive import Archive
from fapproc.db import catalogue, images, observations, soundness
from fapproc.db.observations import Seen
from fapproc.errors import FapError
from fapproc.jobs.selection import no_user
from fapproc.model import AUDIT_REST_SECONDS, Gone, Observation, User
from fapproc.sources import Source
from fapproc.vault.store import Key, Kind, digest_of


@dataclass(frozen=True, slots=True)
class Round:
    """One audit of a user: what was seen from `since` on counts for it, `left` images were not.

    From `until` on nothing counts: a time so far in the future is of a clock that was wrong.
    """

    user: User
    since: int
    until: int
    left: int
    rests: bool = False
    """The last audit looked at everything less than ten days ago: nothing is asked for."""


@dataclass(frozen=True, slots=True)
class Sought:
    """A sighting that is to be looked at, and the image that is kept of it."""

    album: int
    image: int
    digest: str
    bytes: int
    lost: bool


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """What the record of gone images is to learn from what was seen."""

    noticed: tuple[Gone, ...] = ()
    """Gone, and not on record."""
    changed: tuple[Gone, ...] = ()
    """On record otherwise: gone at another level by now, or again after it was back."""
    back: tuple[Gone, ...] = ()
    """On record, and seen again."""


@dataclass(frozen=True, slots=True)
class AuditReport:
    """Where the audit of a user stands; images of the site, each once."""

    checked: int
    left: int
    """Not looked at yet, or not fetched when asked for; 0 where the audit is finished."""
    gone: int
    lost: int
    """Images of the archive whose bytes are lost, which the site could not bring again so far."""


def find_user(archive: Archive, *, user_id: int | None, name: str | None, source: Source) -> User:
    """A site's user of this number, or of this name in any case, ready to be audited.

    Raises:
        FapError: nobody, or somebody whose favorites were not all fetched.
    """
    with archive.reading() as connection:
        user = catalogue.find_user(connection, user_id, name, source)
        of_the_disk = catalogue.find_user(connection, None, name, Source.DISK)
        if user is None and of_the_disk is not None:
            raise FapError(
                f"The pictures of {of_the_disk.name} were imported, not fetched, so there is no "
                "site to ask. 'fapproc check' checks the files that you have."
            )
        if user is None:
            raise no_user(connection, user_id or name or "")
    if not user.finished_at:
        raise FapError(
            f"The favorites of {user.name} have not all been fetched yet, and an audit needs that. "
            f"Run 'fapproc read -i {user.id}' to its end first."
        )
    return user


def look_up(archive: Archive, user: User, *, force: bool, at: int) -> Round:
    """The audit that is under way, to go on with, or the one that is to begin; nothing is written.

    One that nobody went on with for ten days is not under way any more. A new one leaves out what
    was looked at in the last ten days, for another user say; a forced one looks at everything.
    """
    rested, until = at - AUDIT_REST_SECONDS, at + AUDIT_REST_SECONDS
    with archive.reading() as connection:
        since = observations.under_way(connection, user.id)
        if since is not None:
            latest = max(since, observations.newest(connection, user.id, until))
            since = since if rested <= latest < until else None
        if force or since is None:
            if not force and rested < user.audited_at < until:
                return Round(user, rested, until, 0, rests=True)
            since = at if force else rested
        left = observations.count_due(connection, user.id, since, until)
        return Round(user, since, until, left)


def begin(archive: Archive, user: User, *, force: bool, at: int) -> Round:
    """Begin an audit of a user, or go on with the one that is under way."""
    found = look_up(archive, user, force=force, at=at)
    if not found.rests:
        with archive.writing() as connection:
            observations.begin(connection, user.id, found.since)
    return found


def due(archive: Archive, audit: Round, *, after: tuple[int, int]) -> list[Sought]:
    """The next batch to be looked at, by album and id of the site."""
    with archive.reading() as connection:
        user, since, until = audit.user.id, audit.since, audit.until
        found = observations.due(connection, user, since, until, after=after)
    return [
        Sought(place.album, place.image, image.digest, image.bytes, image.lost_at is not None)
        for place, image in found.items()
    ]


def record(archive: Archive, seen: Sequence[Observation], *, at: int, source: Source) -> None:
    """Note what was seen at the site; when this returns, it survives a power cut."""
    with archive.writing() as connection:
        observations.record(connection, seen, at, source=source)


def put_back(archive: Archive, digest: str, data: bytes) -> bool:
    """Give a lost image its bytes again, if these are they; else nothing is changed."""
    if digest_of(data) != digest:
        return False
    with archive.reading() as connection:
        stored = images.by_digest(connection, digest)
    if stored is None:
        return False
    if archive.vault.put([(Key(Kind.BLOB, digest, stored.image.format), data)]):
        return False  # something that is no file lies in its place
    with archive.writing() as connection:
        soundness.set_lost(connection, stored.id, None)
    return True


def decide(seen: Iterable[Seen]) -> Reconciliation:
    """What is to be put on record: gone since it was first seen so, if it has been ever since."""
    noticed: list[Gone] = []
    changed: list[Gone] = []
    back: list[Gone] = []
    for entry in seen:
        now, known = entry.observed, entry.known
        if now.level is None:
            back += [known] if known is not None else []
        elif known is None:
            noticed.append(Gone(now.image, now.level, now.url, entry.since))
        elif (known.level, known.at) != (now.level, entry.since):
            changed.append(Gone(now.image, now.level, now.url, entry.since))
    return Reconciliation(tuple(noticed), tuple(changed), tuple(back))


def plan(archive: Archive, user: User) -> Reconciliation:
    """Compare what was seen of a user's images with what is on record; nothing is changed."""
    with archive.reading() as connection:
        return decide(observations.unlike(connection, user.id))


def reconcile(archive: Archive, user: User, planned: Reconciliation, *, at: int) -> AuditReport:
    """Put on record what was planned; where nothing is left to look at, the audit is finished."""
    with archive.writing() as connection:
        source = user.id.source
        observations.set_gone(connection, [*planned.noticed, *planned.changed], source=source)
        back = [entry.image for entry in planned.back]
        observations.forget_gone(connection, back, source=source)
        since, until = observations.under_way(connection, user.id), at + AUDIT_REST_SECONDS
        left = 0 if since is None else observations.count_due(connection, user.id, since, until)
        if since is not None and not left:
            finished = observations.newest(connection, user.id, until) or at
            observations.finish(connection, user.id, finished)
        counted_from = since if since is not None else user.audited_at - AUDIT_REST_SECONDS
        return AuditReport(
            checked=observations.count_seen(connection, user.id, counted_from, until),
            left=left,
            gone=observations.count_gone_of_user(connection, user.id),
            lost=soundness.count_lost(connection, user.id),
        )
