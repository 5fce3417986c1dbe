"""What waits to be judged: where a person stopped, and what comes next."""

from dataclasses import dataclass, replace

from sqlalchemy import Connection

from fapproc.archive import Archive
from fapproc.db import duplicates, images, queue
from fapproc.jobs import position
from fapproc.queues import Kind, Position, Queue


@dataclass(frozen=True, slots=True)
class _Place:
    """A place in the order of groups, after which come images at several places: their numbers."""

    group: int | None
    """None: after all groups."""
    image: int = 0


_START = _Place(0)


def where_one_was(archive: Archive) -> Position | None:
    """What to go on with: what was judged last if it still waits, else what comes next.

    Returns:
        None where no group waits, nor an image at several places.
    """
    with archive.reading() as connection:
        was = position.read(connection) or Position("")
        at = _place(connection, was.digest)
        here = replace(at, image=at.image - 1) if at.group is None else _Place(at.group - 1)
        for place in (here, _START):
            for digest in _following(connection, was.kind, was.state, place, 1):
                return replace(was, digest=digest)
        return None


def after(archive: Archive, digest: str) -> str | None:
    """What waits after the group that an image is in, or after an image at several places.

    Returns:
        The digest of an image of it; after the last the first again; None where nothing waits, or
        nothing but what is asked about.
    """
    with archive.reading() as connection:
        at = _place(connection, digest)
        for place in (at, _START):
            for found in _following(connection, None, Queue.WAITING, place, 1):
                return found if _place(connection, found) != at else None
        return None


def following(
    archive: Archive, kind: Kind | None, state: Queue, digest: str | None, *, limit: int
) -> list[str]:
    """What comes after the group that an image is in, or after an image at several places.

    Args:
        archive: which.
        kind: groups or images at several places; None: groups, and after these the others.
        state: which of these.
        digest: of any image of what comes before; None, or of none that is there: from the first.
        limit: how many at most.

    Returns:
        The digest of an image of each; fewer than asked for only at the end.
    """
    with archive.reading() as connection:
        return _following(connection, kind, state, _place(connection, digest), limit)


def _place(connection: Connection, digest: str | None) -> _Place:
    found = images.by_digest(connection, digest) if digest else None
    if found is None:
        return _START
    group = duplicates.group_numbers(connection, [found.id]).get(found.id)
    return _Place(None, found.id) if group is None else _Place(group)


def _following(
    connection: Connection, kind: Kind | None, state: Queue, place: _Place, limit: int
) -> list[str]:
    found: list[str] = []
    if kind is not Kind.PLACES and place.group is not None:
        numbers = queue.groups(connection, state, after=place.group, limit=limit)
        firsts = queue.first_of_groups(connection, numbers)
        found = [firsts[number] for number in numbers]
    if kind is not Kind.ALIKE and len(found) < limit:
        rows = queue.images(connection, state, after=place.image, limit=limit - len(found))
        there = images.by_ids(connection, rows)
        found += [there[number].image.digest for number in rows]
    return found
