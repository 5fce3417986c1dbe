"""The journal of an archive: what each job did and when, beside the decisions of a person."""

import time
from collections.abc import Iterator

from fapproc.archive import Archive
from fapproc.db import decisions, journal
from fapproc.db.decisions import Decision
from fapproc.db.journal import Note


def note(archive: Archive, name: str, at: int, said: str) -> None:
    """Write down what a job did that began at this time, in the words in which it was told."""
    with archive.writing() as connection:
        journal.add(connection, name, at, int(time.time()), said)


def notes(archive: Archive, *, limit: int) -> list[Note]:
    """What jobs did, the newest first."""
    with archive.reading() as connection:
        return journal.read(connection, limit=limit)


def read(archive: Archive, *, limit: int | None = None) -> Iterator[Note | Decision]:
    """What was done and decided, the newest first.

    Raises:
        Damaged: a decision can't be read.
    """
    with archive.reading() as connection:
        done = journal.read(connection, limit=limit)
        made = decisions.every(connection, limit=limit)
    both: list[Note | Decision] = [*done, *made]
    yield from sorted(both, key=lambda each: each.at, reverse=True)[:limit]
