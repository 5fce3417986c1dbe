"""What is asked for each batch, page or picture costs no more in an archive of ten times the size.

Counted in steps of SQLite's own machine, which are the same on every computer. A twentieth of the
images are lost and as many unsound, so what reads all of these is seen too.
"""

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event

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


_ENTERED = {"Index Cond", "Recheck Cond"}
"""What a plan says of a table whose index is entered at some value."""


@contextmanager
def scanned(connection: Connection) -> Iterator[set[str]]:
    """Which tables a server has to read as a whole, and expects many rows of.

    It would read small ones so though it could enter an index, so that is forbidden.
    """
    session: Any = connection.connection.driver_connection
    found: set[str] = set()

    def scans(node: dict[str, Any]) -> Iterator[str]:
        is_scan = "Scan" in node["Node Type"] and "Relation Name" in node
        if is_scan and node.keys().isdisjoint(_ENTERED) and node["Plan Rows"] > FEW / 2:
            yield node["Relation Name"]
        for each in node.get("Plans", ()):
            yield from scans(each)

    def explain(_: object, __: object, statement: str, values: Any, *___: object) -> None:
        if statement.startswith(("SELECT", "UPDATE", "DELETE")):
            one = values[0] if isinstance(values, list) else values
            [plan] = session.execute(f"EXPLAIN (FORMAT JSON) {statement}", one).fetchone()
            found.update(scans(plan[0]["Plan"]))

    session.execute("SET LOCAL enable_seqscan = off")
    event.listen(Engine, "before_cursor_execute", explain)
    yield found
    event.remove(Engine, "before_cursor_execute", explain)


@pytest.mark.long
@pytest.mark.parametrize("what", ASKED)
def test_a_batch_scans_no_table_of_a_server(what: str, on_server: Archive) -> None:
    with on_server.writing(dry=True) as connection, scanned(connection) as found:
        ASKED[what](connection)
        counting.settle(connection)
    assert found == set()


@pytest.mark.long
@pytest.mark.parametrize("after", [None, ("picture 12345", 12345)])
def test_names_are_read_in_their_order_on_a_server_and_not_sorted(
    on_server: Archive, after: tuple[str, int] | None
) -> None:
    plans: list[str] = []
    with on_server.reading() as connection:
        session: Any = connection.connection.driver_connection
        session.add_notice_handler(lambda told: plans.append(told.message_primary or ""))
        session.execute("LOAD 'auto_explain'; SET auto_explain.log_min_duration = 0")
        session.execute("SET client_min_messages = log")
        grid = grids.of(connection, Chosen(Selection(dup=False)), Order.NAME)
        plans.clear()
        assert len(grids.keys_from(connection, grid, after=after, limit=121)) == 121
    plan = "\n".join(plans)
    assert "Index Scan using ix_listing_name" in plan
    assert "Sort" not in plan and "Hash" not in plan
    assert re.search(r"Limit  \(cost=\S+ rows=121 ", plan)  # expecting one, it would sort a million


class _Undone(Exception):
    """Ends a transaction of which nothing is to stay."""
