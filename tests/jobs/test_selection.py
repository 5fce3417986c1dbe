"""Images by what a person types of their digests: the same of each command."""

import pytest
from sqlalchemy import select

from fapproc.archive import Archive
from fapproc.db import facts, selected
from fapproc.db.schema import image
from fapproc.errors import FapError, UsageProblem
from fapproc.jobs import explain, selection, tagging
from fapproc.selections.grammar import from_address, of_digests
from fapproc.vault.store import digest_of
from tests.shelves import fill, numbered, small

ONE, TWO = digest_of(small(1)), digest_of(small(2))


@pytest.fixture
def two(archive: Archive) -> Archive:
    fill(archive, {"lakes": numbered(small(1), small(2))})
    tagging.create(archive, "Lakes")
    return archive


def found(archive: Archive, typed: str) -> str:
    with archive.reading() as connection:
        return selection.image(connection, typed).image.digest


@pytest.mark.parametrize("typed", [ONE, ONE[:4], ONE[:4].upper(), f" {ONE[:40]}\n"])
def test_an_image_is_found_by_four_digits_and_more_in_any_case(two: Archive, typed: str) -> None:
    assert found(two, typed) == ONE


@pytest.mark.parametrize("typed", ["", ONE[:3], "lake.jpg", ONE[:10] + "%", "_" * 10, ONE + "0"])
def test_what_is_no_digest_is_refused_with_what_to_type(two: Archive, typed: str) -> None:
    with pytest.raises(
        UsageProblem, match="is not a digest: type at least 4 of its 64 hexadecimal"
    ):
        found(two, typed)


def test_a_digest_of_no_image_is_told_with_what_lists_them(two: Archive) -> None:
    with pytest.raises(FapError, match=r"begins with 0000\. 'fapproc list' shows all") as told:
        found(two, "0000")
    assert told.value.exit_code == 1


def test_of_digits_that_begin_several_digests_two_are_shown(two: Archive) -> None:
    with two.writing() as connection:
        connection.exec_driver_sql("UPDATE image SET digest = 'abcdef' || substr(digest, 7)")
    with pytest.raises(FapError, match="Several images begin with abcd") as told:
        found(two, "abcd")
    assert told.value.exit_code == 1
    for digest in (ONE, TWO):
        assert f"abcdef{digest[6:16]}" in str(told.value)
    assert found(two, f"abcdef{ONE[6:16]}") == f"abcdef{ONE[6:]}"


@pytest.mark.parametrize("typed", ["abc", "0000", "lake.jpg"])
def test_every_command_says_the_same_of_what_is_no_image(two: Archive, typed: str) -> None:
    said = []
    for command in (
        lambda: tagging.apply(two, "Lakes", of_digests([typed])),
        lambda: explain.explain(two, ONE, typed),
        lambda: explain.explain(two, typed, ONE),
    ):
        with pytest.raises(FapError) as told:
            command()
        said.append((told.value.exit_code, str(told.value)))
    assert len(set(said)) == 1


@pytest.mark.parametrize(
    ("query", "meant"),
    [
        ("user=An", "'Ann'"),
        ("album=lake", "'lakes'"),
        ("album=laeks&user=Ann", "'lakes'"),
        ("tag=Laks", "'Lakes'"),
        ("not-tag=Laks", "'Lakes'"),
        ("user=Bernhard", None),
        ("album=9999", None),
        ("tag=Mountains", None),
    ],
)
def test_of_a_mistyped_user_album_or_tag_the_nearest_is_suggested(
    two: Archive, query: str, meant: str | None
) -> None:
    with two.reading() as connection, pytest.raises(FapError) as told:
        selection.resolve(connection, from_address(query))
    said = str(told.value)
    assert f"Did you mean {meant}?" in said if meant else "Did you mean" not in said


@pytest.mark.parametrize("limit", [None, 1, 2])
@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("portrait=only", [4]),
        ("portrait=no", [1, 2, 3, 5]),
        ("landscape=only", [1, 2, 5]),
        ("landscape=no", [3, 4]),
        ("animated=no", [1, 2, 3, 4, 5]),
        ("animated=only", []),
        ("size=..9MB", [1, 2, 3, 4, 5]),
        ("tagged=only", []),
        ("duplicates=places", [2, 5]),
        ("duplicates=no", [1, 3, 4]),
    ],
)
def test_images_come_by_row_number_however_many_are_gone_through_at_first(
    archive: Archive,
    monkeypatch: pytest.MonkeyPatch,
    query: str,
    numbers: list[int],
    limit: int | None,
) -> None:
    twice = numbered(small(2), small(5), first=1301)
    fill(archive, {"lakes": numbered(*map(small, range(1, 6))), "ponds": twice})
    with archive.writing() as connection:
        connection.exec_driver_sql("UPDATE image SET width = 24, height = 18 WHERE id != 3")
        connection.exec_driver_sql("UPDATE image SET orientation = 6 WHERE id = 4")
    with archive.reading() as connection:
        chosen = selection.resolve(connection, from_address(query))
        for at_once in (0, 1, 2, 3, 100):
            monkeypatch.setattr(selected, "_AT_ONCE", at_once)
            rows = [r for some in selected.read(connection, chosen, limit=limit) for r in some]
            assert [row[0] for row in rows] == numbers[:limit]


@pytest.mark.sqlite
@pytest.mark.parametrize(
    "query",
    [
        *(f"{key}=only" for key in ("portrait", "landscape", "animated", "tagged", "gone")),
        *("unsound=only", "format=jpg", "size=1kB..", "pixels=..9MP", "date=1970", "date=2026"),
        *("name=1", "q=1", "q=abcd", "tag=Lakes", "not-tag=Lakes", "verdict=new", "dup=0"),
        *(f"duplicates={each}" for each in ("alike", "places", "here", "elsewhere", "no", "look")),
        *("place-verdict=new", "user=Ann", "album=lakes"),
    ],
)
def test_the_first_image_of_any_filter_waits_for_no_sorting(two: Archive, query: str) -> None:
    """By days a million were sorted first: half a second of a processor (2026-11-29)."""
    with two.reading() as connection:
        chosen = selection.resolve(connection, from_address(query))
        sought = facts.in_rows(chosen.selection)
        rows = select(image.c.id).where(*selected.conditions(chosen, sought=sought))
        text = rows.order_by(image.c.id).compile(
            dialect=connection.dialect, compile_kwargs={"literal_binds": True}
        )
        plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}")]
    assert plan and "USE TEMP B-TREE FOR ORDER BY" not in plan
