"""What engines say differently stands in one room; the others write for SQLite and PostgreSQL."""

import ast
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Column, ColumnElement, Connection, String, Table, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from fapproc.archive import Archive
from fapproc.db import catalogue, images, listings, observations, places, tags
from fapproc.db.dialect import storable, total, unindexed
from fapproc.db.dialect.planning import Lookup, is_among, is_not_among
from fapproc.db.schema import group_member, image, image_tag, listing, metadata, observation
from fapproc.model import (
    Detail,
    Folder,
    Format,
    Gone,
    Level,
    Listed,
    Observation,
    Reason,
    UserId,
)
from fapproc.sources import Source
from tests.db.memory import rows_in_memory
from tests.shelves import sightings

ROOT = Path(__file__).parents[2]
PACKAGES = ("fapproc", "fapspider", "webviewer")
ROOM = ROOT / "fapproc" / "db" / "dialect"
HISTORY = ROOT / "fapproc" / "db" / "migrations" / "versions"
SOURCES = [
    file
    for package in PACKAGES
    for file in (ROOT / package).rglob("*.py")
    if ROOM not in file.parents and HISTORY not in file.parents
]
ROOMS = {"archive.py", "cli", "commandline", "db", "fapspider", "jobs", "webviewer"}
OURS = [file for file in SOURCES if ROOMS & set(file.relative_to(ROOT).parts)]
WORDS = re.compile(
    r"sqlite|sqlcipher|\bpragma\b|\browid\b|insert or |begin immediate|reindex|integrity_check"
    r"|foreign_key_check|\bvacuum\b|\battach\b|\bwal\b|-wal|-shm|busy_timeout|\+ 0\b"
    r"|connection\.cursor\(|= \?|postgres|psycopg",
    re.IGNORECASE,
)
POSTGRESQL, SQLITE = postgresql.dialect(), sqlite.dialect()  # type: ignore[no-untyped-call]
EACH_TABLE = pytest.mark.parametrize("table", metadata.sorted_tables, ids=lambda table: table.name)


def code(file: Path) -> str:
    """The text of a module without its docstrings and comments."""
    tree = ast.parse(file.read_text())
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [  # type: ignore[attr-defined]
                each
                for each in body
                if not (isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant))
            ] or [ast.Pass()]
    return ast.unparse(tree)


@pytest.mark.parametrize("file", OURS, ids=lambda file: str(file.relative_to(ROOT)))
def test_no_other_room_of_rows_jobs_or_programs_speaks_of_one_engine(file: Path) -> None:
    assert not WORDS.findall(code(file))


def test_a_dialect_that_no_archive_speaks_is_not_loaded() -> None:
    code = "import sys, fapproc.archive, fapproc.jobs.crawl; print(*sys.modules)"
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert "sqlalchemy.dialects.sqlite" in ran.stdout.split()
    assert not [name for name in ran.stdout.split() if name.startswith(str(postgresql.__name__))]


def test_no_other_module_imports_a_dialect() -> None:
    imports = re.compile(
        r"^\s*(from|import) (sqlalchemy\.dialects|sqlite3|sqlcipher3)", re.MULTILINE
    )
    assert not [str(file) for file in SOURCES if imports.search(file.read_text())]
    assert [file for file in ROOM.glob("*.py") if imports.search(file.read_text())]


@EACH_TABLE
def test_the_newest_tables_and_their_indexes_are_portable(table: Table) -> None:
    assert "CREATE TABLE" in str(CreateTable(table).compile(dialect=POSTGRESQL))
    for index in table.indexes:
        narrow = [
            " WHERE " in str(CreateIndex(index).compile(dialect=dialect))
            for dialect in (SQLITE, POSTGRESQL)
        ]
        assert narrow[0] == narrow[1], f"{index.name} is full in one of them"


@EACH_TABLE
def test_each_text_is_in_the_order_of_its_bytes_everywhere(table: Table) -> None:
    compiler: Any = POSTGRESQL.ddl_compiler(POSTGRESQL, CreateTable(table))
    texts: list[Column[str]] = [
        column for column in table.columns if isinstance(column.type.dialect_impl(SQLITE), String)
    ]
    for column in texts:
        assert 'COLLATE "C"' in compiler.get_column_specification(column), column


def test_the_planner_is_led_away_from_an_index_only_where_it_takes_the_wrong_one() -> None:
    query = select(listing.c.site_id).where(unindexed(listing.c.user_id) == 1)
    assert "+listing.user_id = ?" in str(query.compile(dialect=SQLITE))
    assert "WHERE listing.user_id = " in str(query.compile(dialect=POSTGRESQL))


@pytest.mark.parametrize(
    ("asked", "in_file", "on_server"),
    [
        (is_among, "(listing.image_id IN (SELECT", "(EXISTS (SELECT 1 FROM (SELECT"),
        (
            partial(is_not_among, lookup=Lookup.ANY),
            "listing.image_id NOT IN (SELECT",
            " NOT EXISTS (SELECT 1 FROM (SELECT",
        ),
        (
            partial(is_not_among, lookup=Lookup.TABLE),
            "listing.image_id NOT IN (SELECT",
            "(NOT EXISTS (SELECT 1 FROM (SELECT",
        ),
    ],
)
def test_a_server_is_asked_of_no_table_that_it_would_count_as_made_for_each_row(
    asked: Callable[..., ColumnElement[bool]], in_file: str, on_server: str
) -> None:
    """The table of the set is its own, though the statement reads it too."""
    marked = select(listing.c.image_id).where(listing.c.image_id == group_member.c.image_id)
    query = select(listing.c.site_id).where(asked(listing.c.image_id, marked))
    for dialect, words in ((SQLITE, in_file), (POSTGRESQL, on_server)):
        told = " ".join(str(query.compile(dialect=dialect)).split())
        assert words in told and "FROM listing, group_member WHERE" in told


@pytest.mark.parametrize(
    "asked", [partial(is_among, few=True), partial(is_not_among, lookup=Lookup.of(few=True))]
)
def test_one_of_few_rows_is_looked_up_among_many_by_every_engine(
    asked: Callable[..., ColumnElement[bool]],
) -> None:
    tagged = select(image_tag.c.image_id).where(image_tag.c.tag_id == 1)
    query = select(image.c.digest).where(asked(image.c.id, tagged))
    for dialect in (SQLITE, POSTGRESQL):
        told = " ".join(str(query.compile(dialect=dialect)).split())
        assert "EXISTS (SELECT image_tag.image_id FROM image_tag WHERE" in told
        assert "AND image_tag.image_id = image.id)" in told


def test_a_sum_is_a_whole_number_and_0_of_nothing() -> None:
    with rows_in_memory() as connection:
        query = select(total(image.c.bytes))
        assert connection.execute(query).scalar_one() == 0
        images.add(connection, "a" * 64, 2**40, Format.JPG, 1)
        assert connection.execute(query).scalar_one() == 2**40
    assert "CAST(coalesce(sum(image.bytes), " in str(query.compile(dialect=POSTGRESQL))


ODD = "half\ud800 and\0 none"
SAID = "half\ufffd and\ufffd none"


def test_names_lose_what_no_database_takes_on_their_way_in(archive: Archive) -> None:
    with archive.writing() as connection:
        user = UserId(7700)
        catalogue.save_user(connection, user, ODD)
        catalogue.save_folder(connection, user, Folder(111, ODD), 0)
        listings.add_page(connection, user, 111, [Listed(1, ODD)])
        number = images.add(connection, "a" * 64, 1, Format.JPG, 1)
        listings.record_images(connection, [(1, number, ODD)], source=Source.SITE)
        tags.create(connection, ODD, None)
        listings.add_page(connection, user, 111, [Listed(2, None)])
        listings.record_failure(
            connection, 2, Reason.FILE, Detail.MISSING, name=ODD, url=ODD, at=1, source=Source.SITE
        )
        observations.record(connection, [Observation(1, Level.FILE, ODD)], 1, source=Source.SITE)
        observations.set_gone(connection, [Gone(1, Level.FILE, ODD, 1)], source=Source.SITE)
    with archive.reading() as connection:
        assert list(names(connection, user)) == [SAID] * 8
        assert catalogue.user_by_name(connection, SAID, source=Source.SITE) is not None


def names(connection: Connection, user: UserId) -> Iterator[str | None]:
    """What a user, their only album, its image, its failure and the only tag are called."""
    [known] = catalogue.users(connection)
    [album] = catalogue.folders(connection, user)
    [sighting] = sightings(connection, user, album.id)
    [tag] = tags.tree(connection)
    [failure] = places.failures(connection)
    [seen] = observations.gone_of(connection, [1])[1]
    yield from (known.name, album.name, sighting.name, tag.name)
    yield from (failure.name, failure.url, seen.url)
    yield connection.scalar(select(observation.c.url))


@given(st.text())
def test_other_names_are_kept_as_they_are(name: str) -> None:
    if "\0" not in name:
        assert storable(name) == name


def test_two_halves_that_make_a_letter_are_one() -> None:
    assert storable("\ud83d\ude00 \ufeff") == "\U0001f600 \ufeff"
