"""The journal: what each job that changed something did, and when."""

from dataclasses import dataclass

from sqlalchemy import Connection, insert, select

from fapproc.db.schema import journal


@dataclass(frozen=True, slots=True)
class Note:
    """One run of a job: what it is called, when it began and ended, and what it said."""

    id: int
    name: str
    at: int
    ended_at: int
    said: str


def add(connection: Connection, name: str, at: int, ended_at: int, said: str) -> None:
    """Note what a job did."""
    values = {"name": name, "at": at, "ended_at": ended_at, "said": said}
    connection.execute(insert(journal).values(**values))


def read(connection: Connection, *, limit: int | None = None) -> list[Note]:
    """The journal, the newest first."""
    query = select(journal).order_by(journal.c.id.desc()).limit(limit)
    return [
        Note(row.id, row.name, row.at, row.ended_at, row.said) for row in connection.execute(query)
    ]
