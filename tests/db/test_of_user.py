"""The pictures of one user, some of them shared: the same however they are read."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import product
from random import Random

import pytest
from sqlalchemy import Connection, insert

from fapproc.archive import Archive
from fapproc.db import grids, recounting
from fapproc.db.schema import (
    album,
    duplicate_group,
    gone,
    group_member,
    guest,
    image,
    image_tag,
    listing,
    tag,
    user,
)
from fapproc.db.selected import Chosen
from fapproc.model import UserId, Verdict
from fapproc.selections.selection import Selection, Show, Twins
from fapproc.selections.view import Order
from tests.db.test_plans import steps

USERS, ALBUMS, IMAGES = (1, 2, 3, 4), (1, 2), 90
ORDERS = (Order.ALBUM, Order.DATE)
TAGGED = ((frozenset({1}), True),)
ASKED = (
    Chosen(Selection()),
    Chosen(Selection(dup=False)),
    Chosen(Selection(portrait=Show.ONLY)),
    Chosen(Selection(portrait=Show.HIDE, landscape=Show.HIDE)),
    Chosen(Selection(landscape=Show.HIDE, dup=False), tags=((frozenset({1}), False),)),
    Chosen(Selection(dup=False), tags=TAGGED),
    Chosen(Selection(animated=Show.ONLY, tagged=Show.HIDE)),
    Chosen(Selection(animated=Show.HIDE)),
    *(Chosen(Selection(gone=each)) for each in (Show.ONLY, Show.HIDE)),
    *(Chosen(Selection(duplicates=(each,), dup=False)) for each in Twins),
    Chosen(Selection(duplicates=(Twins.HERE, Twins.LOOKALIKE))),
    Chosen(Selection(verdicts=(Verdict.KEEP,))),
)


def fill(connection: Connection) -> None:
    """Users of whom the first has nothing of others, and the last nothing of its own."""
    draw = Random(7)
    people = [
        {"id": n, "source": "site", "number": n, "name": f"{n}", "name_key": f"{n}"} for n in USERS
    ]
    connection.execute(insert(user), people)
    albums = [
        {"user_id": n, "id": at, "name": "a", "kind": "pictures", "position": at}
        for n, at in product(USERS, ALBUMS)
    ]
    connection.execute(insert(album), albums)
    pictures = [
        {
            "id": n,
            "digest": f"{n:064x}",
            "bytes": n,
            "format": "jpg",
            "fetched_at": draw.randrange(20),
            "width": draw.choice((None, 10, 20)),
            "height": draw.choice((10, 20)),
            "orientation": draw.choice((None, 1, 6)),
            "animated": draw.random() < 0.3,
        }
        for n in range(1, IMAGES + 1)
    ]
    connection.execute(insert(image), pictures)
    words = list(Verdict)
    places = {}
    for n in range(1, IMAGES + 1):
        for _ in range(draw.choice((0, 1, 1, 2, 3, 4))):
            owner = 1 if n % 9 == 0 else draw.choice(USERS[1:])
            place = (owner, draw.choice(ALBUMS), 1_000 * draw.randrange(2) + n)
            places[place] = {"image_id": n, "verdict": draw.choice((Verdict.NEW, *words))}
    for place, row in list(places.items()):
        if place[0] == 4:  # and for an earlier one
            places[2, 1, 5_000 + place[2]] = row | {"verdict": Verdict.KEEP}
    rows = [
        {"user_id": whose, "album_id": at, "site_id": number, "position": number % 37, **row}
        for (whose, at, number), row in places.items()
    ]
    connection.execute(insert(listing), rows)
    some = [place for place in places if draw.random() < 0.2]
    keys = ("user_id", "album_id", "site_id")
    gone_ones = [{**dict(zip(keys, each, strict=True)), "level": "page", "at": 1} for each in some]
    connection.execute(insert(gone), gone_ones)
    connection.execute(insert(tag), [{"id": 1, "name": "one", "name_key": "one"}])
    tagged = [{"tag_id": 1, "image_id": n} for n in range(2, IMAGES, 3)]
    connection.execute(insert(image_tag), tagged)
    connection.execute(insert(duplicate_group), [{"id": n, "to_look": n % 2 == 0} for n in (1, 2)])
    members = [
        {"image_id": n, "group_id": 1 + n % 2, "verdict": draw.choice(words)}
        for n in range(5, IMAGES, 4)
    ]
    connection.execute(insert(group_member), members)
    recounting.recount(connection)


@pytest.mark.parametrize(
    "pairs",
    [
        pytest.param([(1, ASKED[0]), (3, ASKED[1]), (2, ASKED[5])], id="some"),
        pytest.param([*product(USERS, ASKED)], id="all", marks=pytest.mark.long),
    ],
)
def test_the_pictures_of_a_user_are_the_same_in_whichever_way_they_are_read(
    pairs: Sequence[tuple[int, Chosen]], archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    # So that nothing is a set, or a form, of few.
    for module in ("facts", "selected"):
        monkeypatch.setattr(f"fapproc.db.{module}.FEW", 0)
    with archive.writing() as connection:
        fill(connection)
    with archive.reading() as connection:
        for number, ((whose, what), order) in enumerate(product(pairs, ORDERS)):
            grid = grids.of(connection, replace(what, users=[UserId(whose)]), order)
            assert grid.owner is not None
            plain = replace(grid, owner=None)
            every = [key for some in grids.keys(connection, plain) for key in some]
            assert every or what not in ASKED[:2]
            monkeypatch.setattr(grids, "_NEAR", (1, 7, 1_000)[number % 3])
            assert grids.keys_from(connection, grid, limit=200 + 2_000 * (number % 2)) == every
            for at in {number % 5, len(every) // 2, len(every) - 2} & {*range(len(every))}:
                place = grids.place_of(connection, grid, every[at])
                on = grids.keys_from(connection, grid, after=place, limit=4)
                assert on == every[at + 1 : at + 5]
                back = grids.keys_from(connection, grid, after=place, backward=True, limit=200)
                assert back == every[:at][::-1]
        guests = connection.execute(guest.select()).all()
    assert {row.user_id for row in guests} == {2, 3, 4}, "and the first has none"


@pytest.mark.sqlite
@pytest.mark.parametrize(("order", "index"), [(Order.ALBUM, "place"), (Order.DATE, "came")])
def test_the_pictures_of_a_user_are_read_in_order_and_not_sorted(
    order: Order, index: str, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    with archive.writing() as connection:
        fill(connection)
    with archive.reading() as connection:
        for number, sorts in ((1, 0), (3, 1)):  # what is merged of two
            chosen = Chosen(Selection(portrait=Show.HIDE), users=[UserId(number)])
            monkeypatch.setattr("fapproc.db.facts.FEW", 0)
            grid = grids.of(connection, chosen, order)
            told = steps(connection, partial(grids.keys_from, grid=grid, limit=120))
            assert f"COVERING INDEX ix_image_{index}" in told
            assert told.count("ix_guest_") == 1 + sorts  # whether there are any, and then these
            assert f"ix_guest_{index}" in told or not sorts
            assert told.count("USE TEMP B-TREE FOR ORDER BY") == sorts


@pytest.mark.sqlite
def test_few_of_a_form_come_before_all_of_a_user(archive: Archive) -> None:
    with archive.writing() as connection:
        fill(connection)
    with archive.reading() as connection:
        few = Chosen(Selection(portrait=Show.ONLY), users=[UserId(3)])
        assert grids.of(connection, few, Order.DATE).owner is None
        for tags in ((), TAGGED):
            plain = Chosen(Selection(), users=[UserId(3)], tags=tags)
            assert (grids.of(connection, plain, Order.DATE).owner is None) == bool(tags)
