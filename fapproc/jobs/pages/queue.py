"""What waits to be judged: where a person stopped, and what comes next."""

from dataclasses import dataclass, replace

from sqlalchemy import Connection

from fapproc.archive import Archive
from fapproc.db import duplicates, images, queue
from fapproc.db.queue import Stretch
from fapproc.jobs import position
from fapproc.jobs.pages.ranks import Ranks
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


def where_one_was(
    archive: Archive, ranks: Ranks, through: Position | None = None
) -> Position | None:
    """What to go on with: what was judged last if it still waits, else what comes next.

    Args:
        archive: which.
        ranks: of its groups and images.
        through: what is to be gone through now; None: what was. In another order than before that
            begins with the first.

    Returns:
        None where no group waits, nor an image at several places.
    """
    with archive.reading() as connection:
        was = position.read(connection) or Position("")
        if through is not None:
            was = replace(through, digest=was.digest if was.order is through.order else "")
        here = replace(_place(connection, was), included=True)
        for place in (here, _START):
            for digest in _following(connection, ranks, was, place, 1):
                return replace(was, digest=digest)
        return None


def after(archive: Archive, ranks: Ranks, through: Position) -> str | None:
    """What comes after the group that an image is in, or after an image at several places.

    Returns:
        The digest of an image of it; after the last the first again; None where nothing comes, or
        nothing but what is asked about.
    """
    with archive.reading() as connection:
        at = _place(connection, through)
        for place in (at, _START):
            for found in _following(connection, ranks, through, place, 1):
                there = _place(connection, replace(through, digest=found))
                return found if there != at else None
        return None


def following(archive: Archive, ranks: Ranks, through: Position, *, limit: int) -> list[str]:
    """What comes after the group that an image is in, or after an image at several places.

    Args:
        archive: which.
        ranks: of its groups and images.
        through: what is gone through, and any image of what comes before; one that isn't there:
            from the first.
        limit: how many at most.

    Returns:
        The digest of an image of each; fewer than asked for only at the end.
    """
    with archive.reading() as connection:
        return _following(connection, ranks, through, _place(connection, through), limit)


def _place(connection: Connection, through: Position) -> _Place:
    """Where one is: an image that comes after all groups may be in one that is not gone through."""
    found = images.by_digest(connection, through.digest) if through.digest else None
    if found is None:
        return _START
    group = duplicates.group_numbers(connection, [found.id]).get(found.id)
    if group is None or through.kind is Kind.PLACES or _is_by_itself(connection, through, found.id):
        return _Place(image=found.id)
    return _Place(group)


def _is_by_itself(connection: Connection, through: Position, number: int) -> bool:
    """Whether an image comes after all groups, and not with its own."""
    if through.kind is not None:
        return False
    return bool(queue.images_among(connection, through.state, [number], but_of_groups=True))


def _following(
    connection: Connection, ranks: Ranks, through: Position, place: _Place, limit: int
) -> list[str]:
    kind, found = through.kind, list[str]()
    if kind is not Kind.PLACES and place.image is None:
        stretch = Stretch(limit, after=place.group, included=place.included)
        numbers = ranks.groups(connection, through.state, stretch, through.order)
        firsts = queue.first_of_groups(connection, numbers)
        found = [firsts[number] for number in numbers]
    if kind is not Kind.ALIKE and len(found) < limit:
        stretch = Stretch(limit - len(found), after=place.image, included=place.included)
        rows = ranks.images(
            connection, through.state, stretch, through.order, but_of_groups=kind is None
        )
        there = images.by_ids(connection, rows)
        found += [there[number].image.digest for number in rows]
    return found
