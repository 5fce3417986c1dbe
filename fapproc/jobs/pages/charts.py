"""Charts of the overview, as values: when images came, and what takes how much space."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from fapproc.archive import Archive
from fapproc.db import catalogue, charts, kept_figures
from fapproc.db.dialect.engines import TooLong, driver_of

MONTHS = 24
USERS = 8


@dataclass(frozen=True, slots=True)
class Charts:
    """Each with its names and figures, in the order in which they are drawn; sizes in bytes."""

    months: Sequence[tuple[date, int]]
    """How many images came in each of the last months."""
    users: Sequence[tuple[str, int]]
    """What the images of the users take that take most."""
    formats: Sequence[tuple[str, int, int]]
    """Of each how many images, and what they take."""
    saved: Sequence[tuple[str, int]]
    """What would be kept album by album, what is, and what is but for the skipped ones."""


def drawn(archive: Archive, *, seconds: float) -> Charts | None:
    """The charts of an archive; None where it is empty, or that takes too long."""
    with archive.reading() as connection:
        try:
            with driver_of(connection).within(connection, seconds):
                found = kept_figures.values(connection)
                if not (newest := found.get("fetched_most", 0)):
                    return None
                starts = _months(datetime.fromtimestamp(newest).astimezone().date())
                ends = [
                    int(datetime(each.year, each.month, 1).astimezone().timestamp())
                    for each in starts
                ]
                held = kept_figures.of_users(connection)
                users = [(each.name, held[each.id].bytes) for each in catalogue.users(connection)]
                bytes_ = kept_figures.spread(found, "bytes").total
                return Charts(
                    months=list(
                        zip(starts[:-1], charts.fetched_between(connection, ends), strict=True)
                    ),
                    users=sorted(users, key=lambda each: -each[1])[:USERS],
                    formats=[
                        (form.upper(), *both) for form, both in charts.by_format(connection).items()
                    ],
                    saved=(
                        ("Listed", charts.listed_bytes(connection)),
                        ("Stored", bytes_),
                        ("Without skipped", bytes_ - charts.skipped_bytes(connection)),
                    ),
                )
        except TooLong:
            return None


def _months(last: date) -> list[date]:
    """The first days of the last months up to this one, and of the one behind it."""
    count = last.year * 12 + last.month  # of the month behind the last
    return [_first(number) for number in range(count - MONTHS, count + 1)]


def _first(number: int) -> date:
    return date(number // 12, number % 12 + 1, 1)
