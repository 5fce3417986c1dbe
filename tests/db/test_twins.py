"""Images that are listed more than once: in one album, or in several."""

from sqlalchemy import Connection

from fapproc.archive import Archive
from fapproc.db import selected
from fapproc.db.selected import Chosen
from fapproc.selections.selection import Selection, Twins
from fapproc.vault.store import digest_of
from tests.shelves import fill, numbered, small


def found(connection: Connection, which: Twins) -> set[str]:
    rows = selected.read(connection, Chosen(Selection(duplicates=(which,))))
    return {row[1] for some in rows for row in some}


def test_images_that_an_album_lists_twice_are_others_than_those_that_two_albums_list(
    archive: Archive,
) -> None:
    fill(archive, {"lakes": numbered(small(1), small(2)), "hills": numbered(small(2), first=1301)})
    with archive.reading() as connection:
        assert found(connection, Twins.HERE) == set()
        assert found(connection, Twins.ELSEWHERE) == {digest_of(small(2))}
    fill(archive, {"sky": numbered(small(3), small(2), small(3), first=1401)}, first_album=120)
    with archive.reading() as connection:
        assert found(connection, Twins.HERE) == {digest_of(small(3))}
        assert found(connection, Twins.ELSEWHERE) == {digest_of(small(2))}
        both = {digest_of(small(2)), digest_of(small(3))}
        assert found(connection, Twins.PLACES) == both
        assert found(connection, Twins.NO) == {digest_of(small(1))}
