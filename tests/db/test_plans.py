"""What is asked for each batch or album doesn't read all of the archive, or of the album."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection, event

from fapproc.archive import Archive
from fapproc.db import derived, figures, listings, observations, places, soundness
from fapproc.model import UserId

USER = UserId(7700)
WANTED = derived.WantedParts(thumbs=True, hashes={"percept": 1, "diff": 2}, vectors={"cnn": 3})

NOT_HAD = "ix_listing_image_id (image_id=? AND user_id=? AND album_id=?"


def steps(connection: Connection, ask: Callable[[Connection], object]) -> str:
    """How SQLite answers what is asked, a step a line."""
    found: list[str] = []

    def explain(_: Connection, cursor: Any, asked: str, values: Any, *__: object) -> None:
        rows = cursor.connection.execute(f"EXPLAIN QUERY PLAN {asked}", values)
        found.extend(row[-1] for row in rows)

    event.listen(connection, "before_cursor_execute", explain)
    ask(connection)
    event.remove(connection, "before_cursor_execute", explain)
    return "\n".join(found)


@pytest.mark.parametrize(
    ("ask", "index"),
    [
        (lambda rows: listings.waiting(rows, USER, 111), NOT_HAD),
        (lambda rows: listings.waiting(rows, USER, 111), "ix_listing_image_id (image_id=?)"),
        (lambda rows: places.failures(rows, USER, 111), NOT_HAD),
        (lambda rows: places.failures(rows, USER, 111), "ix_listing_image_id (image_id=?"),
        (figures.count_failures, "ix_listing_image_id"),
        (lambda rows: soundness.count_lost(rows, USER), "ix_listing_image_id"),
        (lambda rows: observations.count_gone_of_user(rows, USER), "ix_listing_site_id"),
        (figures.count_kept_failures, "ix_image_unsound"),
        (lambda rows: derived.count_lacking(rows, WANTED), "COVERING INDEX ix_encoding_image_id"),
    ],
)
def test_few_rows_are_found_by_their_index_and_not_among_all(
    ask: Callable[[Connection], object], index: str, archive: Archive
) -> None:
    with archive.reading() as connection:
        told = steps(connection, ask)
    assert index in told
    assert "ix_listing_order" not in told
    assert "SCAN listing" not in told


def test_hashes_are_looked_for_once_an_image_however_many_methods_there_are(
    archive: Archive,
) -> None:
    with archive.reading() as connection:
        told = steps(connection, lambda rows: derived.count_lacking(rows, WANTED))
    assert told.count("SEARCH encoding") == 1
