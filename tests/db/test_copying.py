"""Rows go from one engine to another and back, whole."""

from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection, delete, insert, text

from fapproc.archive import Archive
from fapproc.db import copying, founding, schema
from fapproc.db.engine import Database
from fapproc.errors import Damaged
from fapproc.jobs import moving_rows
from fapproc.ours import DATABASE
from tests.database_server import served
from tests.holdings import content_of, fill


def add_user(connection: Connection, number: int) -> int:
    """A user more; the number of the row."""
    row = {"source": "site", "number": number, "name": "Ann", "name_key": "ann"}
    made = insert(schema.user).values(row).returning(schema.user.c.id)
    return int(connection.execute(made).scalar_one())


def test_every_row_comes_along_and_no_number_is_given_again(tmp_path: Path) -> None:
    folder, url = tmp_path / "archive", served().empty("copied")
    fill(folder)
    with Archive.open(folder) as archive, archive.writing() as connection:
        last = add_user(connection, 1)
        connection.execute(delete(schema.user).where(schema.user.c.id == last))
    before = content_of(folder, None)
    for place in (url, DATABASE):
        moving_rows.move_rows(folder, place)
        rows, files = content_of(folder, None)
        rows["journal"] = before[0]["journal"]  # the moves themselves
        assert (rows, files) == before
        with Archive.open(folder) as archive, archive.writing(dry=True) as connection:
            assert add_user(connection, 1) > last
        # PostgreSQL's numbers are used up by what is undone, too.
        last += place == url


def test_a_copy_that_is_not_what_was_read_is_damage_and_nothing_of_it_stays(
    tmp_path: Path,
) -> None:
    fill(tmp_path / "archive")
    url = served().empty("spoiled")
    spoil = """
        CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN NEW.name := 'other'; RETURN NEW; END $$
    """
    with (
        closing(Database(tmp_path / "archive" / DATABASE)) as source,
        closing(Database(url)) as target,
    ):
        founding.found(target, "0" * 32)
        with target.writing() as connection:
            connection.execute(text(spoil))
            before = 'BEFORE INSERT ON "user" FOR EACH ROW EXECUTE FUNCTION spoil()'
            connection.execute(text(f"CREATE TRIGGER spoil {before}"))
        damaged = pytest.raises(Damaged, match="table user holds other rows")
        with damaged, source.reading() as one, target.writing() as other:
            copying.copy_rows(one, other)
        with target.reading() as connection:
            assert connection.execute(schema.user.select()).all() == []
