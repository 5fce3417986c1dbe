"""Each condition of a selection, as a statement, against the rows of one small archive."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection, insert, select
from sqlalchemy.dialects import postgresql

from fapproc.db import counting, deleting, dialect, images, schema, selected, tags
from fapproc.db.selected import Chosen
from fapproc.jobs import selection as selections
from fapproc.model import Format, UserId
from fapproc.selections import grammar
from fapproc.selections.selection import Selection
from tests.db.memory import rows_in_memory

NOON = int(datetime(2026, 11, 5, 12, tzinfo=UTC).timestamp())
SIZES = {1: (100, 200), 2: (200, 100), 3: (100, 105), 4: (100, 200), 5: (400, 300)}
"""Width and height by image; the fourth is turned when it is shown, the sixth is unprocessed."""


@pytest.fixture
def rows() -> Iterator[Connection]:
    with rows_in_memory() as connection:
        _fill(connection)
        yield connection


def _fill(connection: Connection) -> None:
    for number, name in ((1, "Ann"), (2, "Zoë")):
        values = {"source": "site", "number": 7700 + number, "name": name, "name_key": name.lower()}
        connection.execute(insert(schema.user).values(id=number, **values))
        for album, title in ((111, "Lakes"), (112 + number, f"Only {name}")):
            values = {"user_id": number, "name": title, "kind": "pictures", "position": album}
            connection.execute(insert(schema.album).values(id=album, **values))
    for number in range(1, 7):
        form = Format.GIF if number == 5 else Format.JPG
        images.add(connection, f"{number:x}" * 64, number * 1000, form, NOON + number * 86_400)
        wide, high = SIZES.get(number, (None, None))
        turned = 6 if number == 4 else 1
        facts = {"width": wide, "height": high, "animated": number == 5, "orientation": turned}
        unsound = "truncated" if number == 6 else None
        this = schema.image.update().where(schema.image.c.id == number)
        connection.execute(this.values(**(facts if wide else {}), unsound=unsound))
    places: list[tuple[int, int, int, str | None]] = [
        (1, 111, 1, "Été %1_.jpg"),
        (1, 111, 2, "two.jpg"),
        (2, 111, 2, "two again.jpg"),
    ]
    places += [(2, 114, 3, "E\u0301TE\u0301.jpg"), (1, 113, 4, None), (2, 114, 5, "five.gif")]
    for position, (user, album, image, called) in enumerate(places):
        values = {"user_id": user, "album_id": album, "site_id": image, "position": position}
        verdict = "skip" if (user, image) == (1, 2) else "new"
        row = insert(schema.listing).values(name=called, image_id=image, verdict=verdict, **values)
        connection.execute(row)
    connection.execute(
        insert(schema.gone).values(site_id=3, user_id=2, album_id=114, level="page", at=1)
    )
    for group, members in {1: {1: "keep", 3: "skip"}, 2: {4: "new", 5: "false"}}.items():
        connection.execute(insert(schema.duplicate_group).values(id=group, to_look=group == 1))
        for image, verdict in members.items():
            values = {"image_id": image, "group_id": group, "verdict": verdict}
            connection.execute(insert(schema.group_member).values(**values))
    top = tags.create(connection, "Places", None)
    below = tags.create(connection, "Hills", top)
    tags.apply(connection, top, dialect.numbers([1]))
    tags.apply(connection, below, dialect.numbers([2, 3]))
    counting.settle(connection)


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("", "123456"),
        ("digest=1111&digest=3333", "13"),
        ("digest=1111&format=gif", ""),
        ("user=ann", "124"),
        ("user=7702", "235"),
        ("user=ann&user=zoë", "12345"),
        ("album=LAKES", "12"),
        ("album=lakes&user=zoë", "2"),
        ("album=114", "35"),
        ("album=only ann&album=only zoë", "345"),
        ("album=lakes&dup=0", "12"),
        ("album=lakes&user=ann&dup=0", "1"),
        ("dup=0", "12456"),
        ("tag=places", "123"),
        ("tag-only=places", "1"),
        ("tag=places&tag=hills", "23"),
        ("tag=%232", "23"),
        ("not-tag=hills", "1456"),
        ("tag=places&not-tag-only=places", "23"),
        ("tagged=only", "123"),
        ("tagged=no", "456"),
        ("portrait=only", "1"),
        ("portrait=no", "23456"),
        ("landscape=only", "245"),
        ("landscape=no", "136"),
        ("portrait=no&landscape=no", "36"),
        ("animated=only", "5"),
        ("animated=no", "12346"),
        ("format=gif", "5"),
        ("format=gif&format=jpg", "123456"),
        ("size=2000..3kB", "23"),
        ("size=..1000", "1"),
        ("pixels=20000", "124"),
        ("pixels=..10500", "3"),
        ("date=2026-11-08..2026-11-09", "34"),
        ("date=2026-11-10..", "56"),
        ("date=..1969", ""),
        ("name=TWO", "2"),
        ("name=two&name=again", "2"),
        ("name=two&album=only zoë", ""),
        ("name=ÉTÉ", "13"),
        ("name=e\u0301te\u0301", "13"),
        ("name=%251_", "1"),
        ("q=.gif", "5"),
        ("gone=only", "3"),
        ("gone=no", "12456"),
        ("unsound=only", "6"),
        ("unsound=no", "12345"),
        ("verdict=keep", "1"),
        ("verdict=skip&verdict=false", "35"),
        ("place-verdict=skip", "2"),
        ("place-verdict=skip&user=zoë", ""),
        ("duplicates=alike", "1345"),
        ("duplicates=places", "2"),
        ("duplicates=no", "6"),
        ("duplicates=waiting", "1345"),
        ("duplicates=look", "13"),
        ("duplicates=judged", ""),
        ("duplicates=places&duplicates=look", "123"),
    ],
)
def test_a_selection_means_those_images_for_which_all_of_it_holds(
    rows: Connection, address: str, found: str
) -> None:
    chosen = selections.resolve(rows, grammar.from_address(address))
    numbers = rows.scalars(selected.images_of(chosen))
    assert "".join(map(str, sorted(numbers))) == found
    assert selected.count(rows, chosen) == len(found)
    other = postgresql.dialect()  # type: ignore[no-untyped-call]
    selected.images_of(chosen).compile(dialect=other)


def test_numbers_by_the_hundred_thousand_are_one_parameter(rows: Connection) -> None:
    many = dialect.numbers([*range(200_000), 6])
    found = rows.scalars(select(schema.image.c.id).where(schema.image.c.id.in_(many)))
    assert sorted(found) == [1, 2, 3, 4, 5, 6]


def test_albums_of_one_name_are_meant_however_many_users_have_one(rows: Connection) -> None:
    albums = [(UserId(7701), 111), *((UserId(number), 1) for number in range(1, 1500))]
    chosen = Chosen(Selection(), albums=albums)
    assert selected.count(rows, chosen) == 2
    assert selected.places_chosen(rows, chosen, [1, 2, 3]).keys() == {1, 2}
    for doomed in (deleting.of_albums(rows, albums), deleting.of_images(rows, chosen)):
        assert 1 in doomed.touched
        deleting.delete_rows(rows, doomed)
