"""What is asked for each batch, page or picture costs no more in an archive of ten times the size.

Counted in steps of SQLite's own machine, which are the same on every computer. A twentieth of the
images are lost and as many unsound, so what reads all of these is seen too.
"""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from sqlalchemy import Connection

from benchmarks import pages
from fapproc.archive import Archive
from fapproc.db import (
    catalogue,
    counting,
    derived,
    duplicates,
    grids,
    images,
    judgements,
    listings,
    pairs,
)
from fapproc.db.images import Content
from fapproc.db.selected import Chosen
from fapproc.jobs.derive_store import mark
from fapproc.jobs.legacy import groups
from fapproc.jobs.moving_rows import move_rows
from fapproc.legacy.records import OldGroup
from fapproc.model import Detail, Format, Listed, Reason, UserId, Verdict
from fapproc.selections.selection import Selection
from fapproc.selections.view import Order
from fapproc.sources import Source
from tests.database_server import served

FEW, MANY = 2_000, 20_000
HASHES, VECTORS = {"percept": 1, "diff": 2}, {"cnn": 3}
WANTED = derived.WantedParts(thumbs=True, hashes=HASHES, vectors=VECTORS, decoders="these")
USER = UserId(1)
_CODES = """
UPDATE image SET unsound = 'truncated', unsound_at = 1, unsound_by = 'these' WHERE id % 20 = 7;
UPDATE image SET lost_at = 1 WHERE id % 20 = 9;
UPDATE image SET sight = 0;
INSERT INTO encoder (id, method, version)
    VALUES (1, 'percept', '1'), (2, 'diff', '1'), (3, 'cnn', '1');
INSERT INTO encoding (encoder_id, image_id, code)
    SELECT encoder.id, image.id, x'0000000000000000' FROM image, encoder
    WHERE encoder.id < 3 AND image.id % 1000 < 999 AND image.id % 20 != 7;
INSERT INTO vector (encoder_id, image_id, code)
    SELECT 3, id, x'0102' FROM image WHERE id % 20 != 7;
INSERT INTO pair (method, a_id, b_id, score) SELECT 'percept', id, id + 1, 0 FROM image
    WHERE id % 20 = 0 AND id + 1 IN (SELECT id FROM image);
"""


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Archive, Archive]]:
    """An archive, and one of ten times as many images."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FAP_PASSWORD", "")
        made = []
        for count in (FEW, MANY):
            archive = Archive.open_or_create(tmp_path_factory.mktemp("rows") / "archive")
            pages.write(archive, count)
            with archive.writing() as connection:
                for statement in filter(str.strip, _CODES.split(";")):
                    connection.exec_driver_sql(statement)
            made.append(archive)
    yield made[0], made[1]
    for archive in made:
        archive.close()


@contextmanager
def counted(connection: Connection) -> Iterator[list[int]]:
    """How many hundreds of steps SQLite's machine takes."""
    driver = connection.connection.driver_connection
    assert driver is not None
    steps: list[int] = []
    driver.set_progress_handler(lambda: steps.append(1), 100)
    yield steps
    driver.set_progress_handler(None, 0)


def last(connection: Connection) -> int:
    return pairs.last_image(connection)


def old_groups(connection: Connection) -> list[OldGroup]:
    members = images.by_ids(connection, [40, 41, 60, 61]).values()
    one, two, three, four = (each.image.digest for each in members)
    said = {one: Verdict.KEEP, two: Verdict.SKIP}
    return [
        OldGroup(said, {("percept", one, two): 0.0}),
        OldGroup({three: Verdict.NEW, four: Verdict.NEW}, {}),
    ]


ASKED: dict[str, Callable[[Connection], object]] = {
    "lacking": lambda rows: derived.lacking(rows, WANTED, after=last(rows) - 1000, limit=1),
    "every": lambda rows: images.every(rows, after=last(rows) - 600, limit=500),
    "settled": lambda rows: listings.settled(rows, USER, 1, [*range(20)], failed=True),
    "page": lambda rows: listings.add_page(
        rows, USER, 1, [Listed(n, None) for n in range(10**8, 10**8 + 20)]
    ),
    "had": lambda rows: listings.record_images(
        rows, [(20, 20, None), (40, 40, None)], source=Source.SITE
    ),
    "new": lambda rows: images.add_all(rows, [Content("f" * 64, 1, Format.JPG)], 1),
    "failed": lambda rows: listings.record_failure(
        rows, 29, Reason.PAGE, Detail.MISSING, name=None, url=None, at=1, source=Source.SITE
    ),
    "odd": lambda rows: listings.note_odd(rows, 29, name=None, url=None, at=1, source=Source.SITE),
    "albums": lambda rows: catalogue.settle_albums(rows, 1),
    "digests": lambda rows: images.numbers_of(rows, [f"{n * 40503:064x}" for n in range(200)]),
    "codes": lambda rows: [*pairs.read_codes(rows, "vector", 3, [*range(100, 900, 3)])],
    "marked": lambda rows: mark(rows, {30: (Detail.TRUNCATED, False)}),
    "legacy groups": lambda rows: groups.store(rows, old_groups(rows)),
    "place": lambda rows: duplicates.place(rows, {31: 1, 32: 1}),
    "verdicts": lambda rows: judgements.set_verdicts(rows, {20: Verdict.KEEP}),
    "groups": lambda rows: duplicates.groups(rows, after=10, limit=20),
}


@pytest.mark.parametrize("what", ASKED)
def test_a_batch_of_an_archive_of_ten_times_as_many_images_takes_no_more_steps(
    what: str, both: tuple[Archive, Archive]
) -> None:
    taken = []
    for archive in both:
        with suppress(_Undone), archive.writing() as connection:
            with counted(connection) as steps:
                ASKED[what](connection)
                counting.settle(connection)
            taken.append(len(steps))
            raise _Undone
    assert taken[1] <= 2 * taken[0] + 10


@pytest.fixture(scope="module")
def on_server(
    both: tuple[Archive, Archive], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Archive]:
    """The larger one, its rows on a server."""
    folder = tmp_path_factory.mktemp("server") / "archive"
    shutil.copytree(both[1].folder, folder)
    (folder / "blobs" / "00").mkdir(parents=True, exist_ok=True)
    move_rows(folder, served().empty("batches"))
    with Archive.open(folder) as archive:
        yield archive


Plan = dict[str, Any]


@contextmanager
def planned(connection: Connection) -> Iterator[list[Plan]]:
    """The parts of the plans that a server carries out, those of cursors and of triggers too."""
    session: Any = connection.connection.driver_connection
    told: list[str] = []
    hear = lambda said: told.append(said.message_primary or "")  # noqa: E731 - it is taken off too
    parts: list[Plan] = []
    session.execute(_TELLING)
    session.add_notice_handler(hear)
    yield parts
    session.execute("SELECT 1")  # the last statement ends with the next one
    session.remove_notice_handler(hear)
    for said in told:
        duration, _, plan = said.partition("plan:\n")
        assert duration.startswith("duration: "), said
        parts += _parts(json.loads(plan)["Plan"])


_TELLING = """
LOAD 'auto_explain';
SET LOCAL auto_explain.log_min_duration = 0;
SET LOCAL auto_explain.log_analyze = on;
SET LOCAL auto_explain.log_timing = off;
SET LOCAL auto_explain.log_nested_statements = on;
SET LOCAL auto_explain.log_format = json;
SET LOCAL client_min_messages = log;
"""


def _parts(plan: Plan) -> Iterator[Plan]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from _parts(below)


def _is_scan(part: Plan) -> bool:
    return "Relation Name" in part and "Scan" in part["Node Type"]


def looked_at(part: Plan) -> int:
    """How many rows a scan has looked at, those that it passed over too.

    What a server expects says less: of a scan for the first few it expects the whole table.
    """
    passed_over = sum(part[key] for key in part if key.startswith("Rows Removed by"))
    return int(max(1, part["Actual Rows"] + passed_over) * part["Actual Loops"])


@pytest.mark.long
@pytest.mark.parametrize("what", ASKED)
def test_a_batch_scans_no_table_of_a_server(what: str, on_server: Archive) -> None:
    with on_server.writing(dry=True) as connection, planned(connection) as parts:
        # A server reads small tables as a whole though it could enter an index.
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        ASKED[what](connection)
        counting.settle(connection)
    scans = [part for part in parts if _is_scan(part)]
    assert scans
    assert not [part for part in scans if looked_at(part) > FEW]


@pytest.mark.long
@pytest.mark.parametrize("after", [None, ("picture 12345", 12345)])
def test_names_are_read_in_their_order_on_a_server_and_not_sorted(
    on_server: Archive, after: tuple[str, int] | None
) -> None:
    with on_server.reading() as connection:
        grid = grids.of(connection, Chosen(Selection(dup=False)), Order.NAME)
        with planned(connection) as parts:
            assert len(grids.keys_from(connection, grid, after=after, limit=121)) == 121
    assert "ix_listing_name" in {part.get("Index Name") for part in parts}
    assert not {"Sort", "Hash"} & {part["Node Type"] for part in parts}
    [limit] = [part for part in parts if part["Node Type"] == "Limit"]
    assert limit["Plan Rows"] == 121  # expecting one, it would sort a million


@pytest.mark.long
def test_a_server_expects_many_pictures_behind_one_of_the_same_size(on_server: Archive) -> None:
    with on_server.writing(dry=True) as connection:
        connection.exec_driver_sql("UPDATE image SET width = 800, height = 600")
        connection.exec_driver_sql("ANALYZE image")
        grid = grids.of(connection, Chosen(Selection(dup=False)), Order.PIXELS)
        with planned(connection) as parts:
            behind = grids.keys_from(connection, grid, after=(480_000, MANY), limit=121)
        assert behind == list(range(MANY - 1, MANY - 122, -1))
        [limit] = [part for part in parts if part["Node Type"] == "Limit"]
        assert limit["Plan Rows"] == 121  # expecting one, it would read all pairs of a million
        assert grids.count_before(connection, grid, (480_000, MANY - 121)) == 121


@pytest.mark.long
def test_who_reads_far_into_a_view_looks_up_no_picture_by_itself_on_a_server(
    on_server: Archive,
) -> None:
    with on_server.writing(dry=True) as connection:
        connection.exec_driver_sql("UPDATE group_member SET verdict = 'skip' WHERE image_id < 9000")
        connection.exec_driver_sql("ANALYZE group_member")
        # A million are joined so, as their order would be lost in a hash.
        connection.exec_driver_sql("SET LOCAL enable_hashjoin = off")
        connection.exec_driver_sql("SET LOCAL enable_mergejoin = off")
        grid = grids.of(connection, Chosen(Selection(dup=False)), Order.ALBUM)
        with planned(connection) as parts:
            assert len(grids.keys_from(connection, grid, limit=MANY // 2)) == MANY // 2
    read = {part["Relation Name"]: part["Actual Loops"] for part in parts if _is_scan(part)}
    assert read == {"image": 1, "group_member": 1}
    assert "Sort" not in {part["Node Type"] for part in parts}


class _Undone(Exception):
    """Ends a transaction of which nothing is to stay."""
