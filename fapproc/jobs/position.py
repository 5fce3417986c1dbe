"""How far a person has come in judging: kept in the archive, so that any browser goes on there."""

from dataclasses import asdict, replace

from sqlalchemy import Connection

from fapproc.archive import Archive
from fapproc.db import settings
from fapproc.queues import Kind, Order, Position, Queue

WHERE = "judging"
"""Of the archive's settings."""


def read(connection: Connection) -> Position | None:
    """Where a person was; None where nothing was judged yet, or what is kept says no place."""
    kept = settings.read(connection, WHERE)
    if isinstance(kept, str):  # as the first releases wrote it
        return Position(kept)
    try:
        kind = Kind(kept["kind"]) if kept["kind"] else None
        order = Order(kept.get("order", Order.FOUND))  # earlier ones wrote none
        return Position(str(kept["digest"]), kind, Queue(kept["state"]), order)
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def write(connection: Connection, position: Position) -> None:
    """Keep where a person is."""
    settings.write(connection, WHERE, asdict(position))


def move(connection: Connection, digest: str | None, through: Position | None = None) -> None:
    """Keep that a person is at an image now, in what they go through, or went through before."""
    if digest is not None:
        was = through or read(connection) or Position(digest)
        write(connection, replace(was, digest=digest))


def put(archive: Archive, position: Position) -> None:
    """Keep where a person leaves."""
    with archive.writing() as connection:
        write(connection, position)
