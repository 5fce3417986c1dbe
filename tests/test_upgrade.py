"""Archives of every revision open, and are brought up to date without losing anything."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Column, Connection, String, text

from fapproc import description
from fapproc.archive import Archive
from fapproc.db import best_places, migrations
from fapproc.db.engine import Database
from fapproc.db.schema import REVISION, metadata
from fapproc.errors import ArchiveHeld, Damaged, StorageError
from fapproc.jobs import derive, duplicates
from fapproc.lock import Lock
from fapproc.vault.keys import Keys, Purpose
from tests.archives.make import HERE, PASSWORD, unpack
from tests.holdings import sample
from tests.jobs.ward import Ward
from tests.programs import Home

KEPT = sorted(
    name
    for path in HERE.glob("*.tar.xz")
    if (name := path.name.removesuffix(".tar.xz")).split("-")[0] < REVISION
)
"""Archives of earlier revisions; those of this one are written before the next changes a table."""
TURNS = sorted([*KEPT[::4], *KEPT[3::4]])
"""One of each revision, open and sealed by turns: what they hold is the same."""
SOME = [*TURNS[:-1:3], TURNS[-1]]
"""Each third of these and the last: what a kill meets are the same steps, with fewer migrations."""
ENDS = [*KEPT[:2], *KEPT[-2:]]
"""The oldest and the newest: what an upgrade does besides its migrations is the same for each."""
COPY = f"imagefap.database.before-{REVISION}"
JUDGED = (
    ("SELECT count(*) FROM image", [(3,)]),
    ("SELECT name FROM user", [("Ännchen",)]),
    ("SELECT name, pages FROM album", [("Lakes", 1)]),
    ("SELECT site_id, position, verdict FROM listing ORDER BY position", None),
    ("SELECT name, parent_id FROM tag ORDER BY id", [("Places", None), ("Lakes", 1)]),
    ("SELECT image_id FROM image_tag ORDER BY image_id", [(1,), (2,)]),
    ("SELECT image_id, verdict FROM group_member ORDER BY image_id", [(1, "keep"), (2, "keep")]),
    ("SELECT method, a_id, b_id, score FROM pair", [("percept", 1, 2, 2.0)]),
    ("SELECT count(*) FROM encoding", [(12,)]),
)
_LISTED = "INSERT INTO listing (user_id, album_id, site_id, position, image_id, verdict) VALUES"
NOTED_OF = (  # 1 twice in its album, 2 in another one too, where it is gone, 3 with another user
    "INSERT INTO album SELECT user_id, 112, 'Hills', kind, 1, 1, 1, 1 FROM album",
    "INSERT INTO user SELECT 99, source, 7701, 'b', 'b', 1, 1, 1, NULL FROM user",
    "INSERT INTO album SELECT 99, 112, name, kind, 1, 1, 1, 1 FROM album WHERE id = 112",
    f"{_LISTED} (1, 111, 50, 9, 1, 'skip'), (1, 112, 51, 1, 2, 'new'), (99, 112, 3, 1, 3, 'new')",
    "INSERT INTO gone (site_id, user_id, album_id, level, at) VALUES (51, 1, 112, 'page', 1)",
    "UPDATE image SET shared = true",
)
PLACES = [(1, 0, "skip"), (2, 1, "new"), (3, 2, "new"), (9, 3, "new")]


@pytest.fixture(params=KEPT)
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Ward:
    """A copy of a kept archive, as an earlier program left it."""
    revision, form = request.param.split("-")
    unpack(form, tmp_path / "archive", revision)
    return Ward(tmp_path / "archive", PASSWORD if form == "sealed" else "")


def revision(ward: Ward, name: str) -> str | None:
    """The revision of a database of the archive, read past all locks and upgrades."""
    key = None
    if ward.password:
        described = description.read(ward.folder)
        assert described is not None
        keys, _ = Keys.unlock(described.id, list(described.slots), PASSWORD)
        key = keys.subkey(Purpose.DATABASE)
    opened = Database(ward.folder / name, key)
    found = opened.revision()
    opened.close()
    return found


def test_every_revision_but_this_is_kept_open_and_sealed() -> None:
    numbers = {int(name.split("-")[0]) for name in KEPT}
    assert numbers >= set(range(1, int(REVISION)))
    assert {name.split("-")[1] for name in KEPT} == {"open", "sealed"}
    assert {int(name.split("-")[0]) for name in TURNS} == numbers


# An index over what is computed: of it `tests/db/test_migrations.py` compares the words.
@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index")
@pytest.mark.filterwarnings("ignore:autogenerate skipping metadata-specified expression")
def test_the_tables_are_those_of_the_newest_migration(tmp_path: Path) -> None:
    assert migrations.head() == REVISION
    with Archive.open_or_create(tmp_path / "new") as archive, archive.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


@pytest.mark.parametrize("old", TURNS, indirect=True)
def test_an_archive_of_an_earlier_revision_opens_with_all_that_it_had(old: Ward) -> None:
    for query, expected in JUDGED:
        assert old.ask(query) == (PLACES if expected is None else expected)
    assert old.is_clean()
    assert old.ask("SELECT version_num FROM alembic_version") == [(REVISION,)]


@pytest.mark.parametrize("old", ["0023-open"], indirect=True)
def test_what_is_noted_of_all_places_of_an_image_is_found_in_an_older_archive(old: Ward) -> None:
    database = Database(old.folder / "imagefap.database")
    with database.writing() as connection:
        for statement in NOTED_OF:
            connection.exec_driver_sql(statement)
    database.close()
    assert old.ask("SELECT id, shared, here, elsewhere, gone FROM image ORDER BY id") == [
        (1, 1, 1, 0, 0),
        (2, 1, 0, 1, 1),
        (3, 1, 0, 1, 0),
    ]
    with old.opened() as archive, archive.reading() as connection:
        assert list(best_places.all_astray(connection)) == []


@pytest.mark.parametrize("old", TURNS, indirect=True)
def test_what_was_judged_stays_when_an_old_archive_is_processed_and_searched(old: Ward) -> None:
    with old.opened() as archive:
        assert derive.derive(archive).failed == 0
        assert derive.missing(archive) == 0
        first = duplicates.find_duplicates(archive)
        again = duplicates.find_duplicates(archive)
    said = "SELECT image_id, verdict FROM {} UNION SELECT image_id, verdict FROM {} ORDER BY 1"
    verdicts = old.ask(said.format("group_member", "former_verdict"))
    assert [each for each in verdicts if each[0] in {1, 2}] == [(1, "keep"), (2, "keep")]
    assert (again.groups, again.new_pairs, again.withdrawn_pairs) == (first.groups, 0, 0)


@pytest.mark.parametrize("old", ENDS, indirect=True)
def test_a_copy_of_the_database_is_made_first_and_is_sealed_as_it_was(old: Ward) -> None:
    was = revision(old, "imagefap.database")
    assert was != REVISION
    with old.opened():
        pass
    assert revision(old, COPY) == was
    clear = (old.folder / COPY).read_bytes().startswith(b"SQLite format 3")
    assert clear == (not old.password)
    assert not [*old.folder.glob("*.part")]


@pytest.mark.parametrize("old", ENDS, indirect=True)
def test_an_upgrade_needs_the_archive_alone_and_changes_nothing_until_then(old: Ward) -> None:
    was = revision(old, "imagefap.database")
    other = Lock(old.folder)
    other.share()
    with pytest.raises(ArchiveHeld), old.opened():
        pass
    assert revision(old, "imagefap.database") == was
    other.release()
    with old.opened():
        pass


@pytest.mark.parametrize("old", ENDS, indirect=True)
def test_others_may_share_the_archive_again_after_an_upgrade(old: Ward) -> None:
    with old.opened(), old.opened():
        pass


@pytest.mark.parametrize("old", ENDS, indirect=True)
def test_an_upgrade_without_room_for_the_copy_changes_nothing(old: Ward) -> None:
    was = revision(old, "imagefap.database")
    (old.folder / f"{COPY}.part").mkdir()
    with pytest.raises(StorageError), old.opened():
        pass
    assert revision(old, "imagefap.database") == was


def _kill_upgrades(names: list[str], place: Path, most: int, seed: int) -> None:
    """Kill the first command on a kept archive before some of its steps; the next one finishes."""
    for name in names:
        revision, form = name.split("-")
        home = Home(place / name)
        home.password(PASSWORD if form == "sealed" else None)
        unpack(form, home.archive, revision)
        for step in sample(home.steps("stats"), most, seed):
            shutil.rmtree(home.archive)
            unpack(form, home.archive, revision)
            assert home.killed(step, "stats").returncode == -signal.SIGKILL
            ward = Ward(home.archive, PASSWORD if form == "sealed" else "")
            for query, expected in JUDGED:
                assert ward.ask(query) == (PLACES if expected is None else expected), (name, step)
            assert ward.is_clean(), (name, step)


def test_an_upgrade_survives_a_kill_before_any_step(tmp_path: Path) -> None:
    _kill_upgrades(SOME, tmp_path, 1, seed=0)


@pytest.mark.long
def test_an_upgrade_survives_a_kill_before_each_step(tmp_path: Path) -> None:
    _kill_upgrades(KEPT, tmp_path, 10_000, seed=0)


@pytest.mark.parametrize("old", [KEPT[0], KEPT[-1]], indirect=True)
def test_two_programs_that_find_an_old_archive_at_once_leave_one_that_is_up_to_date(
    old: Ward,
) -> None:
    script = "import sys; from fapproc.cli import main; main(sys.argv[1:])"
    command = [sys.executable, "-c", script, "stats", "-d", str(old.folder)]
    environment = os.environ | {"FAP_PASSWORD": old.password}
    both = [
        subprocess.Popen(
            command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    codes = []
    for process in both:
        _, err = process.communicate(timeout=120)
        codes.append(process.returncode)
        assert "Traceback" not in err
    assert set(codes) <= {0, 11}
    assert 0 in codes
    assert old.is_clean()


def test_a_parent_table_that_is_rebuilt_keeps_its_children(tmp_path: Path) -> None:
    unpack("open", tmp_path)
    rows = Database(tmp_path / "imagefap.database")

    def rebuild(connection: Connection) -> None:
        operations = Operations(MigrationContext.configure(connection))
        with operations.batch_alter_table("album", recreate="always") as album:
            album.add_column(Column("note", String))

    rows.rework(rebuild)
    with rows.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*), count(note) FROM album").one() == (1, 0)
        assert connection.exec_driver_sql("SELECT count(*) FROM listing").scalar() == 4
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    rows.close()


def test_a_migration_that_would_break_a_reference_changes_nothing(tmp_path: Path) -> None:
    unpack("open", tmp_path)
    rows = Database(tmp_path / "imagefap.database")

    def spoil(connection: Connection) -> None:
        connection.execute(text("DELETE FROM image"))

    with pytest.raises(Damaged, match="references would break"):
        rows.rework(spoil)
    with rows.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM image").scalar() == 3
    rows.close()
