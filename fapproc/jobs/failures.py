"""What could not be fetched: listed for a person, and selected for another try."""

from collections.abc import Sequence
from dataclasses import dataclass

from fapproc.archive import Archive
from fapproc.db import catalogue, places
from fapproc.jobs.selection import no_user
from fapproc.model import Failure
from fapproc.sources import Source


@dataclass(frozen=True, slots=True)
class Missing:
    """A failure, with what its user and its album are called."""

    failure: Failure
    user: str
    album: str


def listed(
    archive: Archive,
    source: Source,
    *,
    user: str | None = None,
    user_id: int | None = None,
    since: int = 0,
) -> list[Missing]:
    """What could not be fetched, by user, album and position.

    Args:
        archive: whose failures.
        source: whose numbers and names are meant first, where several sources have them.
        user: only of the user of this name, whatever its case.
        user_id: only of the user of this number.
        since: only what failed at this time or later.

    Raises:
        FapError: the archive knows no such user.
    """
    with archive.reading() as connection:
        found = catalogue.find_anyone(connection, user_id, user, source)
        if found is None and (user is not None or user_id is not None):
            raise no_user(connection, user or user_id or 0)
        failures = places.failures(connection, found.id if found else None)
        recent = [failure for failure in failures if failure.at >= since]
        keys = {(failure.place.user, failure.place.album) for failure in recent}
        names = catalogue.names_of(connection, keys)
    return [Missing(each, *names[each.place.user, each.place.album]) for each in recent]


def to_retry(missing: Sequence[Missing], source: Source) -> list[int]:
    """The ids to ask a site for, each once, in order; those of other sources are not its."""
    places = [each.failure.place for each in missing]
    return list(dict.fromkeys(place.image for place in places if place.user.source == source))
