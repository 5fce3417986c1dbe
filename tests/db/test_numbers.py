"""Numbers of rows are made by the database: no two writers get one, and none is given again."""

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import Connection, Table, delete, func, insert, select

from fapproc.archive import Archive
from fapproc.db import duplicates, images, tags
from fapproc.db.engine import Database
from fapproc.db.schema import decision, duplicate_group, encoder, former_verdict, image, tag, user
from fapproc.jobs import tagging
from fapproc.ours import DATABASE
from tests.archives.make import unpack
from tests.jobs.ward import Ward

ROOT = Path(__file__).parents[2]
ROWS: dict[Table, dict[str, object]] = {
    user: {"source": "site", "number": 1, "name": "a", "name_key": "a"},
    image: {"digest": "a" * 64, "bytes": 1, "format": "jpg", "fetched_at": 1},
    duplicate_group: {"to_look": False},
    decision: {"at": 1, "what": "a", "before": "{}", "after": "{}"},
}
EACH = pytest.mark.parametrize("table", ROWS, ids=lambda table: table.name)


def add(connection: Connection, table: Table) -> int:
    """A row more; its number."""
    row = insert(table).values(ROWS[table]).returning(table.c.id)
    return int(connection.execute(row).scalar_one())


@EACH
def test_the_number_of_the_last_row_is_not_given_again_when_it_has_gone(
    table: Table, archive: Archive
) -> None:
    with archive.writing() as connection:
        gone = add(connection, table)
        connection.execute(delete(table))
    with Archive.open(archive.folder) as again, again.writing() as connection:
        assert add(connection, table) > gone


@pytest.mark.sqlite
@EACH
def test_nor_in_a_copy_under_another_key(table: Table, archive: Archive, tmp_path: Path) -> None:
    with archive.writing() as connection:
        gone = add(connection, table)
        connection.execute(delete(table))
    Database(archive.folder / DATABASE).convert_to(tmp_path / "copy", b"k" * 32)
    copy = Database(tmp_path / "copy", b"k" * 32)
    with copy.writing() as connection:
        assert add(connection, table) > gone
    copy.close()


def test_many_groups_are_made_at_once(archive: Archive) -> None:
    with archive.writing() as connection:
        assert duplicates.new_groups(connection, 0) == []
        assert duplicates.new_groups(connection, 2500) == [*range(1, 2501)]


@pytest.mark.parametrize(("group", "next_one"), [(40, 41), (1, 2)])
def test_a_group_that_went_before_an_upgrade_keeps_its_number(
    group: int, next_one: int, tmp_path: Path
) -> None:
    unpack("open", tmp_path / "archive", "0008")
    old = Database(tmp_path / "archive" / "imagefap.database")
    with old.writing() as connection:
        connection.execute(
            insert(former_verdict).values(image_id=3, group_id=group, verdict="keep")
        )
    old.close()
    with Ward(tmp_path / "archive", "").opened() as archive, archive.writing() as connection:
        assert duplicates.new_groups(connection, 1) == [next_one]
        numbers = connection.scalars(select(duplicate_group.c.id).order_by(duplicate_group.c.id))
        assert [*numbers] == [1, next_one]


def test_narrow_indexes_stay_narrow_through_an_upgrade(tmp_path: Path) -> None:
    unpack("open", tmp_path / "archive", "0008")
    asked = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql LIKE '%WHERE%'"
    with Archive.open_or_create(tmp_path / "new") as new, new.reading() as connection:
        made = connection.exec_driver_sql(asked).all()
    upgraded = Ward(tmp_path / "archive", "").ask(asked)
    assert sorted(upgraded) == sorted(tuple(row) for row in made)
    assert {row[0] for row in upgraded} > {"ix_image_underived", "ix_image_lost"}


WRITER = """
import sys
from pathlib import Path
from fapproc.archive import Archive
from fapproc.db import duplicates, images
from fapproc.jobs import tagging
from fapproc.model import Format
name = sys.argv[2]
with Archive.open(Path(sys.argv[1])) as archive:
    print("ready", flush=True)
    sys.stdin.readline()
    for number in range(40):
        tagging.create(archive, f"{name}/{name} {number}")
        with archive.writing() as connection:
            duplicates.new_groups(connection, 2)
            images.add_encoder(connection, "percept", f"v{number}")
            images.add(connection, f"{number:064x}", 1, Format.JPG, 1)
"""


def test_two_writers_at_once_get_numbers_of_their_own(archive: Archive) -> None:
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(archive.folder), name],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for name in ("one", "two")
    ]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
    said = [writer.communicate("go\n", timeout=120)[1] for writer in writers]
    assert said == ["", ""]
    counts = {duplicate_group: 160, encoder: 40, image: 40, tag: 82}
    with archive.reading() as connection:
        for table, count in counts.items():
            numbers = connection.scalars(select(table.c.id)).all()
            assert len(numbers) == len(set(numbers)) == count, table
        assert connection.scalar(select(func.max(tag.c.id))) == 82
        assert len(tags.tree(connection)) == len(tagging.listed(archive))
        assert len(images.digests(connection)) == 40
