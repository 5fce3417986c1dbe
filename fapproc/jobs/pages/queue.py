"""What waits to be judged: where a person stopped, and what comes next."""

from dataclasses import dataclass, replace

from sqlalchemy import Connection

from fapproc.archive import Archive
from fapproc.db import duplicates, images, queue
from fapproc.db.queue import Stretch
from fapproc.jobs import position
from fapproc.queues import Kind, Position


@dataclass(frozen=True, slots=True)
class _Place:
    """A place among groups, after which come images at several places: their numbers."""

    group: int | None = None
    image: int | None = None
    """Where this is given, the place is after all groups."""
    included: bool = False
    """Whether what stands at the place is meant too, and not only what comes after it."""


_START = _Place()


def where_one_was(archive: Archive, through: Position | None = None) -> Position | None:
    """What to go on with: what was judged last if it still waits, else what comes next.

    Args:
        archive: which.
        through: what is to be gone through now; None: what was. In another order than before that
            begins with the first.

    Returns:
        None where no group waits, nor an image at several places.
    """
    with archive.reading() as connection:
        was = position.read(connection) or Position("")
        if through is not None:
            was = replace(through, digest=was.digest if was.order is through.order else "")
        here = replace(_place(connection, was.digest), included=True)
        for place in (here, _START):
            for digest in _following(connection, was, place, 1):
                return replace(was, digest=digest)
        return None


def after(archive: Archive, through: Position) -> str | None:
    """What comes after the group that an image is in, or after an image at several places.

    Returns:
        The digest of an image of it; after the last the first again; None where nothing comes, or
        nothing but what is asked about.
    """
    with archive.reading() as connection:
        at = _place(connection, through.digest)
        for place in (at, _START):
            for found in _following(connection, through, place, 1):
                return found if _place(connection, found) != at else None
        return None


def following(archive: Archive, through: Position, *, limit: int) -> list[str]:
    """What comes after the group that an image is in, or after an image at several places.

    Args:
        archive: which.
        through: what is gone through, and any image of what comes before; one that isn't there:
            from the first.
        limit: how many at most.

    Returns:
        The digest of an image of each; fewer than asked for only at the end.
    """
    with archive.reading() as connection:
        return _following(connection, through, _place(connection, through.digest), limit)


def _place(connection: Connection, digest: str) -> _Place:
    found = images.by_digest(connection, digest) if digest else None
    if found is None:
        return _START
    group = duplicates.group_numbers(connection, [found.id]).get(found.id)
    return _Place(image=found.id) if group is None else _Place(group)


def _following(connection: Connection, through: Position, place: _Place, limit: int) -> list[str]:
    kind, found = through.kind, list[str]()
    if kind is not Kind.PLACES and place.image is None:
        stretch = Stretch(limit, after=place.group, included=place.included)
        numbers = queue.groups(connection, through.state, stretch, through.order)
        firsts = queue.first_of_groups(connection, numbers)
        found = [firsts[number] for number in numbers]
    if kind is not Kind.ALIKE and len(found) < limit:
        stretch = Stretch(limit - len(found), after=place.image, included=place.included)
        rows = queue.images(connection, through.state, stretch, through.order)
        there = images.by_ids(connection, rows)
        found += [there[number].image.digest for number in rows]
    return found
