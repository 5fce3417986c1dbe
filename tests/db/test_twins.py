"""Images that an album lists more than once: looked up in its rows, or found among all."""

import pytest
from sqlalchemy import Connection

from fapproc.archive import Archive
from fapproc.db import selected, twins
from fapproc.db.selected import Chosen
from fapproc.selections.selection import Selection, Twins
from fapproc.vault.store import digest_of
from tests.shelves import fill, numbered, small

HERE = Chosen(Selection(duplicates=(Twins.HERE,)))


def found(connection: Connection) -> list[str]:
    rows = selected.read(connection, HERE)
    return [row[1] for some in rows for row in some]


@pytest.mark.parametrize("few", [twins._FEW, 0])
def test_images_that_an_album_lists_twice_are_found_in_few_albums_and_in_many(
    archive: Archive, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(twins, "_FEW", few)
    fill(archive, {"lakes": numbered(small(1), small(2)), "hills": numbered(small(2), first=1301)})
    with archive.reading() as connection:
        assert found(connection) == [], "to be in two albums is another matter"
    fill(archive, {"sky": numbered(small(3), small(2), small(3), first=1401)}, first_album=120)
    with archive.reading() as connection:
        assert found(connection) == [digest_of(small(3))]
