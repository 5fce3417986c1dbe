"""The overview of an archive, and all users whose favorites are kept."""

from collections.abc import Sequence
from dataclasses import dataclass

from fapproc.archive import Archive
from fapproc.db import catalogue, kept_figures, sameness
from fapproc.db.dialect.engines import TooLong, driver_of
from fapproc.db.figures import Figures
from fapproc.jobs.statistics import Statistics, statistics
from fapproc.model import User


@dataclass(frozen=True, slots=True)
class Overview:
    """What the archive holds, and the ways in: some users, and what is to be judged."""

    figures: Statistics
    users: Sequence[User]
    exact: int
    """Images listed at more than one place."""
    waiting: int
    """Groups, and images listed at more than one place, that wait for a verdict."""


@dataclass(frozen=True, slots=True)
class UserEntry:
    """A user in the list of all, with what is held of theirs."""

    user: User
    held: Figures


def overview(archive: Archive, *, most_users: int) -> Overview:
    """The whole archive in figures, and so many users at most."""
    counted = statistics(archive)
    with archive.reading() as connection:
        held = kept_figures.totals(kept_figures.values(connection))
        return Overview(
            figures=counted,
            users=catalogue.users(connection, limit=most_users),
            exact=held.exact,
            waiting=_waiting(held),
        )


def same(archive: Archive, *, seconds: float) -> int | None:
    """How many groups that wait differ only in size and quality; None where that takes too long."""
    with archive.reading() as connection:
        try:
            with driver_of(connection).within(connection, seconds):
                return sameness.count_same(connection)
        except TooLong:
            return None


def waiting(archive: Archive) -> int:
    """How many groups, and images listed more than once, wait for a verdict."""
    with archive.reading() as connection:
        return _waiting(kept_figures.totals(kept_figures.values(connection)))


def _waiting(held: kept_figures.Totals) -> int:
    return held.groups_waiting + held.exact_waiting


def users(archive: Archive) -> list[UserEntry]:
    """Everybody whose favorites are kept, by number."""
    with archive.reading() as connection:
        held = kept_figures.of_users(connection)
        return [UserEntry(user, held[user.id]) for user in catalogue.users(connection)]
