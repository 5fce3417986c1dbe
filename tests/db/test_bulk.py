import pytest
from sqlalchemy import insert

from fapproc.archive import Archive
from fapproc.db.bulk import write_many
from fapproc.db.schema import setting


def test_parameters_in_another_order_are_refused(archive: Archive) -> None:
    with archive.writing() as connection:
        write_many(connection, insert(setting), ("name", "value"), [("a", "1"), ("b", "2")])
        with pytest.raises(ValueError, match=r"takes \['name', 'value'\]"):
            write_many(connection, insert(setting), ("value", "name"), [("1", "a")])
