"""Grids: filters, marks, orders and search in the address; sections, counts and parts for scripts.

One archive for all: pictures 1 to 9, of which 1 to 7 are in Meadow, 8 stands twice in Forest and
once in Meadow, 9 in Forest.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient

from fapproc.archive import Archive
from fapproc.db import counting, images, observations, tags
from fapproc.db.dialect import numbers
from fapproc.db.dialect.engines import TooLong, driver_of
from fapproc.jobs.pages import grids as grid_pages
from fapproc.model import Facts, Gone, Level, UserId
from fapproc.selections.view import View
from fapproc.sources import Source
from fapproc.wording import moment
from tests.holdings import given
from tests.webviewer.shelf import ANNA, MEADOW, Shelf, digest
from tests.webviewer.test_pages import body, thumbs
from tests.webviewer.visitors import browser, form_token, viewer_for

FOREST = 112
ALBUM = f"/viewer/favorite/{ANNA}/{MEADOW}/"
PASSWORD = "correct-horse"


def furnish(archive: Archive) -> None:
    shelf = Shelf(archive)
    shelf.user(ANNA, "Anna", {MEADOW: "Meadow", FOREST: "Forest"})
    shelf.fill(ANNA, MEADOW, range(1, 9), names={2: "The Old Mill", 3: None})
    shelf.fill(ANNA, FOREST, [8, 9])
    shelf.derive()
    shelf.group(4, 5)
    with archive.writing() as connection:
        # Drawn anew at another id: the same bytes twice in one album.
        counting.touch(connection, images=[shelf.stored(8).id])
        connection.exec_driver_sql(
            "INSERT INTO listing (user_id, album_id, site_id, position, name, image_id, verdict) "
            f"SELECT user_id, album_id, 108, 9, 'again.png', image_id, 'new' FROM listing "
            f"WHERE album_id = {FOREST} AND site_id = 8"
        )
        observations.set_gone(connection, [Gone(6, Level.PAGE, None, 5)], source=Source.SITE)
        land = tags.create(connection, "Land", None)
        hills = tags.create(connection, "Hills", land)
        tags.apply(connection, hills, numbers([shelf.stored(2).id]))
        tags.apply(connection, land, numbers([shelf.stored(3).id]))
        tall = Facts(40, 48, animated=False)
        turned = Facts(48, 40, animated=True, orientation=6)
        images.set_derived(connection, shelf.stored(1).id, tall, None)
        images.set_derived(connection, shelf.stored(7).id, turned, None)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    with Archive.open_or_create(tmp_path_factory.mktemp("grids")) as archive:
        furnish(archive)
        yield archive


@pytest.fixture
def client(filled: Archive) -> FlaskClient:
    return viewer_for(filled).test_client()


def shown(client: FlaskClient, address: str) -> str:
    """The numbers of the pictures in the grid of a page, in their order."""
    page = body(client, address).split('class="gone-ones"')[0]
    known = {digest(number): str(number) for number in range(1, 10)}
    return "".join(known[each] for each in re.findall(r'data-sha="(\w+)"', page))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", "12345678"),
        ("portrait=2", "17"),
        ("portrait=0", "234568"),
        ("landscape=2", "234568"),
        ("portrait=2&landscape=2", "234568"),
        ("tf1=2&tv1=1", "23"),
        ("tf1=0&tv1=1", "145678"),
        ("tf1=2&tv1=1&tf2=0&tv2=2", "3"),
        ("tf1=2&tv1=99", "12345678"),
        ("mark=alike", "45"),
        ("mark=elsewhere", "8"),
        ("mark=here", "8"),
        ("mark=gone", "6"),
        ("mark=moves", "7"),
        ("mark=untagged", "145678"),
        ("q=old mill", "2"),
        ("q=LAND", "23"),
        ("q=forest", "8"),
        ("q=meadow picture", "145678"),
        ("q=nothing", ""),
        ("name=mill", "2"),
        ("order=name&portrait=0", "345682"),
        ("order=date", "87654321"),
    ],
)
def test_an_album_shows_what_its_address_asks_for(
    client: FlaskClient, query: str, found: str
) -> None:
    assert shown(client, f"{ALBUM}?{query}") == found


def test_a_pointer_on_a_picture_tells_what_is_known_of_it(client: FlaskClient) -> None:
    titles = re.findall(r'class="picture" href="[^"]+" title="([^"]*)"', body(client, ALBUM))
    of = {number: lines.splitlines() for number, lines in enumerate(titles, 1)}
    name, facts, *more = of[2]
    assert name == "The Old Mill" and more == ["#Land/Hills"]
    assert re.fullmatch(
        "[0-9.]+ k?B, [0-9]+ \N{MULTIPLICATION SIGN} [0-9]+, [0-9]{4}-[0-9-]{5} [0-9:]{5}", facts
    )
    sides = ", 40 \N{MULTIPLICATION SIGN} 48, "
    assert sides in of[1][1] and sides in of[7][1]  # this one is turned
    assert of[3][0] == "Image without a name" and of[4][2:] == ["looks like another picture"]
    assert of[6][2:] == [f"6: page gone since {moment(5)}"]
    assert of[8][2:] == ["has an exact twin in another album"]
    forest = body(client, f"/viewer/favorite/{ANNA}/{FOREST}/")
    assert "\nhas an exact twin in this album\nhas an exact twin in another album" in forest


def test_a_digest_or_its_beginning_is_found(client: FlaskClient) -> None:
    assert shown(client, f"/viewer/all/?q={digest(5)[:9].upper()}") == "5"


def test_twins_of_an_album_are_shown_once_unless_asked_for_and_what_was_skipped_not(
    client: FlaskClient,
) -> None:
    forest = f"/viewer/favorite/{ANNA}/{FOREST}/"
    assert shown(client, forest) == "89"
    assert shown(client, f"{forest}?dup=1") == "898"


def test_all_pictures_and_those_of_a_tag_come_once_each(client: FlaskClient) -> None:
    assert shown(client, "/viewer/all/") == "987654321"
    assert shown(client, "/viewer/all/?order=album") == "123456789"
    assert shown(client, "/viewer/tag/1/") == "23"
    assert shown(client, "/viewer/all/?user=anna&album=forest") == "98"


def test_a_random_order_is_the_same_for_the_same_seed(client: FlaskClient) -> None:
    orders = {shown(client, f"/viewer/all/?order=random({seed})") for seed in (1, 1, 2, 3)}
    assert len(orders) == 3
    assert {"".join(sorted(each)) for each in orders} == {"123456789"}


def test_pictures_carry_their_marks_in_words_and_the_counts_lead_to_them(
    client: FlaskClient,
) -> None:
    page = body(client, ALBUM)
    words = re.findall(r'<span class="word">([^<]+)</span>', page.split('class="gone-ones"')[0])
    assert words == ["look-alike", "look-alike", "gone", "moves", "twin elsewhere"]
    assert re.search(r">8 pictures</strong>", page)
    chips = re.findall(r'data-mark="(\w+)" href="([^"]+)".*?class="many">(\d+)<', page)
    assert {mark: int(many) for mark, _, many in chips} == {
        "here": 1, "elsewhere": 1, "alike": 2, "gone": 1, "moves": 1, "untagged": 6,
    }  # fmt: skip
    assert shown(client, {mark: to for mark, to, _ in chips}["alike"]) == "45"
    marked = body(client, f"{ALBUM}?mark=alike")
    assert re.search(rf'data-mark="alike" href="{ALBUM}" aria-current', marked)


def test_what_the_address_alone_asks_for_is_told_with_a_link_to_be_without_it(
    client: FlaskClient,
) -> None:
    page = body(client, "/viewer/all/?format=png&mark=gone&portrait=2")
    assert re.findall(r'href="([^"]*)" aria-label="Without ([^"]*)"', page) == [
        ("/viewer/all/?portrait=2&amp;landscape=0&amp;gone=2", "format: png")
    ]


def test_a_form_keeps_what_it_has_no_field_for(client: FlaskClient) -> None:
    page = body(client, f"{ALBUM}?format=png&portrait=0&tf2=2&tv2=1")
    assert '<input type="hidden" name="format" value="png">' in page
    assert 'name="portrait" value="0" checked' in page
    assert re.search(r'<select id="tv1" name="tv1">.*?value="1" selected', page, re.DOTALL)
    assert not re.search(r'type="hidden" name="(portrait|tag)"', page)


@pytest.mark.parametrize(
    ("address", "status", "sentence"),
    [
        (f"{ALBUM}?order=odd", 400, "Write one of these"),
        (f"{ALBUM}?size=x", 400, "size is"),
        ("/viewer/all/?portrait=banana", 400, "Write one of these: no, any, only"),
        ("/viewer/duplicates/?state=banana", 400, "these: waiting, look, judged, all"),
        ("/viewer/duplicates/?order=banana", 400, "these: found, alike, saving, images"),
        ("/viewer/data/queue/?kind=banana", 400, "these: alike, places"),
        ("/viewer/all/?user=nobody", 404, "has no user"),
        ("/viewer/data/cells/?of=odd", 400, "no album"),
        ("/viewer/data/count/?of=tag/9", 404, "has no tag"),
    ],
)
def test_what_is_no_view_is_refused_in_a_sentence(
    client: FlaskClient, address: str, status: int, sentence: str
) -> None:
    told = client.get(address)
    assert told.status_code == status
    assert sentence in told.text


def test_a_script_gets_sections_and_counts(client: FlaskClient) -> None:
    of = f"of=favorite/{ANNA}/{MEADOW}"
    section = body(client, f"/viewer/data/cells/?{of}&mark=untagged&at=2")
    assert thumbs(section) == [digest(number) for number in (5, 6, 7, 8)]
    assert "<html" not in section
    assert thumbs(body(client, f"/viewer/data/cells/?{of}&at=120")) == []
    told = client.get(f"/viewer/data/count/?{of}&landscape=2").get_json()
    assert told["total"] == 6 and told["marks"]["alike"] == 2


def test_what_has_come_since_a_view_was_opened_is_counted(client: FlaskClient) -> None:
    page = body(client, f"{ALBUM}?portrait=2")
    newest = re.search(r'data-newest="([0-9]+)"', page)
    assert newest is not None

    def many(since: int, query: str = "") -> int:
        asked = f"/viewer/data/newer/?of=favorite/{ANNA}/{MEADOW}&since={since}{query}"
        answer = client.get(asked).json
        assert answer is not None
        return int(answer["many"])

    assert many(int(newest[1])) == 0
    assert many(7) == 1  # of 8 and 9, which stands in another album
    assert many(0, "&q=mill") == 1


def test_a_question_that_takes_too_long_is_given_up(filled: Archive) -> None:
    scope = grid_pages.Scope()
    assert grid_pages.count(filled, scope, View(), seconds=60) is not None
    slow = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    with filled.reading() as connection:
        driver = driver_of(connection)
        with pytest.raises(TooLong), driver.within(connection, 0.01):
            connection.exec_driver_sql(slow)
        assert connection.exec_driver_sql("SELECT 1").scalar() == 1  # it goes on


def test_a_part_stays_as_it_was_and_the_next_begins_with_its_key(
    filled: Archive,
) -> None:
    part = grid_pages.Part(grid_pages.Scope(album=(UserId(ANNA), MEADOW)), View())
    assert list(part.section(filled, 0, 3)) == [1, 2, 3]
    assert list(part.section(filled, 6, 3)) == [7, 8]
    assert part.total == 8
    later = grid_pages.Part(part.scope, part.view, 5)
    assert list(later.section(filled, 0, 3)) == [5, 6, 7]
    gone = grid_pages.Part(part.scope, part.view, 999)  # it was deleted: the first ones
    assert list(gone.section(filled, 0, 2)) == [1, 2]


def test_a_picture_has_neighbours_in_any_view(client: FlaskClient) -> None:
    page = body(client, f"{ALBUM}?mark=untagged")
    to = re.search(rf'href="(/viewer/image/{digest(4)}/[^"]+)"', page)
    assert to is not None
    page = body(client, to[1].replace("&amp;", "&"))
    assert "2 of 6" in page
    before, after = (
        re.search(rf'rel="{way}" href="/viewer/image/(\w+)/', page) for way in ("prev", "next")
    )
    assert before is not None and after is not None
    assert (before[1], after[1]) == (digest(1), digest(5))
    page = body(client, f"/viewer/image/{digest(3)}/?in=tag/1")
    assert f'rel="prev" href="/viewer/image/{digest(2)}/?in=tag/1"' in page


def test_words_of_a_sealed_archive_stand_encrypted_in_addresses(tmp_path: Path) -> None:
    with given(PASSWORD), Archive.open_or_create(tmp_path / "sealed") as archive:
        furnish(archive)
        client = browser(viewer_for(archive))
        page = client.get(ALBUM).text
        assert 'method="get"' not in page  # what is typed would stand in the address
        fields = {"csrf_token": form_token(client), "of": f"favorite/{ANNA}/{MEADOW}"}
        told = client.post("/viewer/search/", data=fields | {"q": "old mill", "portrait": "0"})
        assert told.status_code == 303
        said = parse_qs(urlsplit(told.location).query)
        assert said.keys() == {"q", "portrait"}
        assert "mill" not in told.location
        page = client.get(told.location).text
        assert re.findall(r'data-sha="(\w+)"', page)[0] == digest(2)
        addresses = re.findall(r'(?:href|data-\w+|src)="([^"]*)"', page)
        assert not [each for each in addresses if "mill" in each.lower()]
        assert 'value="old mill"' in page  # in its field one reads it
        other = client.post("/viewer/search/", data=fields | {"q": "old mill", "portrait": "0"})
        assert other.location != told.location  # nor does it show what is searched for twice
        assert client.get(f"{ALBUM}?q={'A' * 60}").status_code == 200  # not of our making
