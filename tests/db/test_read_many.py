"""Rows in stretches, given up halfway."""

from collections.abc import Generator

from sqlalchemy import select

from fapproc.archive import Archive
from fapproc.db.bulk import read_many
from fapproc.db.schema import image
from tests.shelves import fill, numbered, small


def test_what_is_read_in_stretches_can_be_let_go_of_after_the_database_was_closed(
    archive: Archive,
) -> None:
    """Ctrl-C amid an export: the archive is closed before the generator is."""
    fill(archive, {"lakes": numbered(small(1), small(2))})
    context = archive.reading()
    connection = context.__enter__()
    reading = read_many(connection, select(image.c.id), first=1)
    assert list(next(reading)) == [(1,)]
    assert connection.connection.driver_connection is not None
    connection.connection.driver_connection.close()
    assert isinstance(reading, Generator)
    reading.close()
    connection.invalidate()
