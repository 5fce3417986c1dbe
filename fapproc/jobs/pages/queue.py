"""What waits to be judged: where a person was, and what comes next."""

from sqlalchemy import Connection

from fapproc.archive import Archive
from fapproc.db import duplicates, images, queue, settings
from fapproc.jobs.judging import WHERE
from fapproc.queues import Queue


def where_one_was(archive: Archive) -> str | None:
    """The group to go on with: the one that was judged last if it still waits, else the next.

    Returns:
        The digest of an image of it; None where no group waits, nor an image at several places.
    """
    with archive.reading() as connection:
        last = settings.read(connection, WHERE)
        found = images.by_digest(connection, last) if isinstance(last, str) else None
        if found is None:
            return _next_group(connection, 0) or _next_image(connection, 0)
        group = duplicates.group_numbers(connection, [found.id]).get(found.id)
        if group is None:
            return _next_image(connection, found.id - 1) or _next_group(connection, 0)
        return _next_group(connection, group - 1) or _next_image(connection, 0)


def after(archive: Archive, digest: str) -> str | None:
    """What waits after the group that an image is in, or after an image at several places.

    Returns:
        The digest of an image of it; after the last the first again; None where nothing waits, or
        nothing but what is asked about.
    """
    with archive.reading() as connection:
        found = images.by_digest(connection, digest)
        if found is None:
            return _next_group(connection, 0) or _next_image(connection, 0)
        number = found.id
        group = duplicates.group_numbers(connection, [number]).get(number)
        if group is None:
            following = _next_image(connection, number)
            return following if following != digest else _next_group(connection, 0)
        following = _next_group(connection, group)
        members = duplicates.of_numbers(connection, [group])[0].verdicts
        return following if following not in {None, *members} else _next_image(connection, 0)


def _next_group(connection: Connection, number: int) -> str | None:
    """The first image of the next group that waits; after the last one that of the first."""
    for start in (number, 0):
        for found in queue.groups(connection, Queue.WAITING, after=start, limit=1):
            return queue.first_of_group(connection, found)
    return None


def _next_image(connection: Connection, number: int) -> str | None:
    for start in (number, 0):
        for found in queue.images(connection, Queue.WAITING, after=start, limit=1):
            return images.by_ids(connection, [found])[found].image.digest
    return None
