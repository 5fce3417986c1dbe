"""What the pages show, and what they say when there is nothing to show."""

import html
import re
from pathlib import Path
from statistics import mean, stdev

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, event

from fapproc.archive import Archive
from fapproc.db import observations, recounting, tags
from fapproc.db.dialect import numbers
from fapproc.errors import ArchiveHeld
from fapproc.jobs import judging
from fapproc.jobs.ingest import Miss
from fapproc.jobs.pages import SECTION
from fapproc.model import Detail, Gone, Level, Reason, Verdict
from fapproc.sources import Source
from fapproc.wording import size
from tests.shelves import fill, picture, small, unsound
from tests.webviewer.shelf import ANNA, MEADOW, Shelf, digest, drawn
from webviewer import browse
from webviewer.browse import FAILURES

ALBUM = f"/viewer/favorite/{ANNA}/{MEADOW}/"


def body(client: FlaskClient, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, answer.text
    return answer.text


def thumbs(page: str) -> list[str]:
    return re.findall(r'src="/viewer/thumb/([0-9a-f]{64})/"', page)


def test_the_root_leads_to_the_viewer(client: FlaskClient) -> None:
    answer = client.get("/")
    assert (answer.status_code, answer.location) == (302, "/viewer/")


def test_an_unsound_picture_is_marked_with_a_sign_and_words(
    client: FlaskClient, archive: Archive
) -> None:
    data = picture(1, small(7)).data
    fill(archive, {"odd": [picture(1, data)]}, user=5, name="Odd", first_album=9)
    unsound(archive, data)
    page = body(client, "/viewer/favorite/5/9/")
    assert re.search(r'icons.svg#alert"></use></svg><span class="word">unsound</span>', page)
    assert "it can&#39;t be decoded to its end" in page
    assert "truncated (kept as it is)" in page
    assert "Run <code>fapproc process</code>" not in page


def test_every_page_of_an_empty_archive_says_that_it_is_empty(client: FlaskClient) -> None:
    assert "No users in the archive yet" in body(client, "/viewer/")
    assert "No users in the archive yet" in body(client, "/viewer/users/")
    assert "No tags in the archive yet" in body(client, "/viewer/tag/0/")
    duplicates = body(client, "/viewer/duplicates/")
    assert "No groups in the archive" in duplicates
    assert "No image is listed at more than one place" in duplicates


def test_home_leads_to_users_tags_and_duplicates(client: FlaskClient, shelf: Shelf) -> None:
    page = body(client, "/viewer/")
    assert "of 1 user in 1 album." in page
    for address in ("/viewer/users/", "/viewer/tag/0/", "/viewer/duplicates/"):
        assert f'href="{address}"' in page
    assert f'href="/viewer/favorites/{ANNA}/"' in page


def test_home_shows_the_newest_pictures_and_charts_whose_figures_stand_in_tables(
    client: FlaskClient, shelf: Shelf
) -> None:
    page = body(client, "/viewer/")
    assert thumbs(page) == [digest(number) for number in (5, 4, 3, 2, 1)]
    assert 'href="/viewer/all/?mark=untagged"' in page
    charts = body(client, "/viewer/data/charts/")
    assert charts.count("<svg") == charts.count("<table>") == 4
    assert re.search(r'<th scope="row"><bdi>2026-09</bdi></th><td>5</td>', charts)
    assert re.search(r"<bdi>PNG</bdi></th><td>5</td>", charts)
    assert re.search(r"<bdi>Anna</bdi></th><td>", charts)


def test_users_and_albums_are_tables_with_figures(client: FlaskClient, shelf: Shelf) -> None:
    shelf.user(ANNA, "Anna", {MEADOW: "Meadow 10", 112: "empty", 113: "meadow 9"})
    users = body(client, "/viewer/users/")
    assert re.search(r"Anna.*?<td>3</td>\s*<td>5</td>\s*<td>0</td>", users, re.DOTALL)
    assert "https://www.imagefap.com/profile/Anna" in users
    albums = body(client, f"/viewer/favorites/{ANNA}/")
    assert albums.index("empty") < albums.index("meadow 9") < albums.index("Meadow 10")
    assert f'href="{ALBUM}"' in albums


def test_the_newest_pictures_of_each_user_lead_to_all_of_that_user(
    client: FlaskClient, archive: Archive, shelf: Shelf
) -> None:
    shelf.user(7701, "Anna", {211: "other"})  # called as another one
    shelf.user(7702, "#7700", {311: "odd"})
    shelf.fill(7701, 211, [6, 7])
    shelf.fill(7702, 311, [1, 8])
    shelf.derive()
    shelf.group(3, 4)
    judging.set_verdicts(archive, digest(3), {digest(3): Verdict.SKIP, digest(4): Verdict.KEEP})
    page = body(client, "/viewer/users/")
    sections = re.findall(
        r'<section aria-labelledby="newest-(\d+)">(.*?)</section>', page, re.DOTALL
    )
    shown = {int(user): thumbs(section) for user, section in sections}
    wanted = {7700: (5, 4, 2, 1), 7701: (7, 6), 7702: (8, 1)}
    assert shown == {user: [digest(each) for each in them] for user, them in wanted.items()}
    for user, section in sections:
        [link] = re.findall(r'class="quiet" href="([^"]+)"', section)
        grid = body(client, html.unescape(link))
        assert thumbs(grid) == shown[int(user)]
        one = body(client, f"/viewer/data/newest/{user}/")
        assert thumbs(one) == shown[int(user)]
    assert "user: Anna" in grid or "user: #7700" in grid


def test_tables_of_users_and_albums_end_with_totals_and_tell_how_sizes_spread(
    client: FlaskClient, shelf: Shelf
) -> None:
    shelf.user(ANNA, "Anna", {MEADOW: "Meadow", 112: "pair"})
    shelf.fill(ANNA, 112, [1, 2])
    shelf.user(7701, "Bob", {211: "none"})
    bytes_ = [len(drawn(number)) for number in range(1, 6)]
    told = [sum(bytes_), min(bytes_), max(bytes_), mean(bytes_), stdev(bytes_)]
    spread = r"\s*".join(f"<td>{size(each)}</td>" for each in told)
    users = body(client, "/viewer/users/")
    assert re.search(rf"Anna.*?{spread}", users, re.DOTALL)
    assert re.search(r"Bob.*?<td>-</td>\s*<td>-</td>\s*<td>-</td>\s*<td>-</td>", users, re.DOTALL)
    assert re.search(r"Total</th>\s*<td>3</td><td>5</td><td>0</td>", users)
    albums = body(client, f"/viewer/favorites/{ANNA}/")
    assert re.search(rf"Meadow.*?{spread}", albums, re.DOTALL)
    of_two = rf"<td>{size(mean(bytes_[:2]))}</td>\s*<td>-</td>"  # which are too few to spread
    assert re.search(rf"pair.*?{of_two}", albums, re.DOTALL)
    both = sum(bytes_) + sum(bytes_[:2])
    assert re.search(rf"Total</th>\s*<td>7</td>.*<td>{size(both)}</td>", albums, re.DOTALL)
    thumbs_of = [shelf.stored(number).image.thumb_bytes or 0 for number in (1, 2, 3, 4, 5, 1, 2)]
    assert f"<td>{size(both + sum(thumbs_of))}</td>" in albums.partition("Total storage")[2]
    for address in ("/viewer/users/", f"/viewer/favorites/{ANNA}/"):
        page = body(client, f"{address}?sizes=0")  # as where there are many
        assert size(stdev(bytes_)) not in page
        assert f'href="{address}?sizes=1"' in page
        assert size(stdev(bytes_)) in body(client, f"{address}?sizes=1")


def test_what_is_gone_from_the_site_is_counted_with_its_album(
    client: FlaskClient, archive: Archive, shelf: Shelf
) -> None:
    assert "<td>-</td>" in body(client, f"/viewer/favorites/{ANNA}/")
    with archive.writing() as connection:
        observations.set_gone(connection, [Gone(2, Level.PAGE, None, 5)], source=Source.SITE)
    albums = body(client, f"/viewer/favorites/{ANNA}/")
    assert "<td>1 (20.0%)</td>" in albums
    assert "an audit no longer finds these images on the site" in albums
    page = body(client, ALBUM)
    assert '<a href="#gone">1 image gone from the site</a>.' in page
    assert thumbs(page) == [digest(number) for number in (1, 2, 3, 4, 5, 2)]  # and by themselves
    assert "2: page gone since" in page
    assert "Gone from the site</dt><dd>1</dd>" in body(client, "/viewer/")


def test_an_album_shows_the_first_that_are_gone_and_leads_to_all_of_them(
    client: FlaskClient, archive: Archive, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    with archive.writing() as connection:
        lost = [Gone(number, Level.PAGE, None, 5) for number in (1, 2, 4)]
        observations.set_gone(connection, lost, source=Source.SITE)

    def section(address: str) -> str:
        _, _, found = body(client, address).partition('class="gone-ones"')
        return found.split("</details>")[0]

    assert thumbs(section(ALBUM)) == [digest(number) for number in (1, 2, 4)]
    assert "show all" not in section(ALBUM)
    monkeypatch.setattr(browse, "GONE_OF_ALBUM", 2)
    assert thumbs(section(ALBUM)) == [digest(number) for number in (1, 2)]
    assert "(3 images)" in section(ALBUM)
    assert "These are the first 2:" in section(ALBUM)
    [every] = re.findall(r'href="([^"]+)">show all', section(ALBUM))
    page = body(client, html.unescape(every))
    assert thumbs(page) == [digest(number) for number in (1, 2, 4)]  # and not once more below
    assert 'href="#gone"' not in page


def test_an_album_shows_its_images_in_the_sites_order(client: FlaskClient, shelf: Shelf) -> None:
    page = body(client, ALBUM)
    assert thumbs(page) == [digest(number) for number in range(1, 6)]
    assert "picture 3.png" in page
    assert 'id="3"' in page
    assert page.count('loading="lazy"') == page.count("<img ") - 1  # all but the mark in the bar
    assert 'href="https://www.imagefap.com/photo/3/"' in page


def test_an_album_is_shown_a_page_at_a_time(client: FlaskClient, shelf: Shelf) -> None:
    shelf.fill(ANNA, MEADOW, range(1, 2 * SECTION + 2))
    shelf.derive()
    second = body(client, f"{ALBUM}?page=2")
    assert thumbs(second) == [digest(number) for number in range(SECTION + 1, 2 * SECTION + 1)]
    assert f'rel="prev" href="{ALBUM}?page=1"' in second
    assert f'rel="next" href="{ALBUM}?page=3"' in second
    assert thumbs(body(client, f"{ALBUM}?page=3")) == [digest(2 * SECTION + 1)]


@pytest.mark.parametrize(
    ("asked", "shown"),
    [("0", 1), ("-5", 1), ("x", 1), ("", 1), ("2", 2), ("3", 2), ("9" * 30, 2), ("9" * 5000, 1)],
)
def test_a_page_that_is_none_becomes_the_nearest(
    client: FlaskClient, shelf: Shelf, asked: str, shown: int
) -> None:
    shelf.fill(ANNA, MEADOW, range(1, SECTION + 2))
    page = body(client, f"{ALBUM}?page={asked}")
    assert f'<span aria-current="page">Page {shown} of 2</span>' in page


def test_links_carry_nothing_of_the_address_but_what_pages_know(
    client: FlaskClient, shelf: Shelf
) -> None:
    shelf.fill(ANNA, MEADOW, range(1, SECTION + 2))
    page = body(client, f"{ALBUM}?page=1&_scheme=javascript&_external=1&_anchor=x&user_id=5")
    assert f'href="{ALBUM}?page=2"' in page
    assert "javascript" not in page


def test_a_link_to_an_image_finds_its_page(client: FlaskClient, shelf: Shelf) -> None:
    shelf.fill(ANNA, MEADOW, range(1, SECTION + 2))
    assert f'id="{SECTION + 1}"' in body(client, f"{ALBUM}?image={SECTION + 1}")
    assert 'id="1"' in body(client, f"{ALBUM}?image=999999")
    assert 'id="1"' in body(client, f"{ALBUM}?image={'9' * 30}")


def test_failures_of_an_album_are_listed_below_its_images(
    client: FlaskClient, shelf: Shelf
) -> None:
    misses = [
        Miss(9001, Reason.FILE, Detail.MISSING, "lost.jpg", "https://x.imagefap.com/lost.jpg"),
        Miss(9002, Reason.LINK, Detail.NONE, None, "javascript:alert(1)"),
    ]
    shelf.fill(ANNA, MEADOW, [], misses=misses)
    page = body(client, ALBUM)
    assert "lost.jpg" in page
    assert "missing" in page
    assert 'href="https://x.imagefap.com/lost.jpg"' in page
    assert "javascript" not in page
    assert "2 images could not be fetched" in page


def test_failures_are_paged_too(client: FlaskClient, shelf: Shelf) -> None:
    lost = [Miss(9000 + n, Reason.PAGE, Detail.MISSING) for n in range(FAILURES + 1)]
    shelf.fill(ANNA, MEADOW, [], misses=lost)
    assert "photo/9000/" in body(client, ALBUM)
    assert f"photo/{9000 + FAILURES}/" not in body(client, ALBUM)
    assert f"photo/{9000 + FAILURES}/" in body(client, f"{ALBUM}?failed=2")


def test_an_image_that_was_not_processed_has_a_place_and_a_hint(
    client: FlaskClient, shelf: Shelf
) -> None:
    shelf.fill(ANNA, MEADOW, [6])
    page = body(client, ALBUM)
    assert "picture 6.png: no thumbnail yet" in page
    assert "fapproc process" in page
    assert digest(6) not in thumbs(page)
    assert client.get(f"/viewer/thumb/{digest(6)}/").status_code == 404


def test_an_album_of_ten_thousand_images_costs_what_a_small_one_does(
    client: FlaskClient, shelf: Shelf
) -> None:
    small = statements(client, ALBUM)
    fill_with_rows(shelf.archive, 10_000)
    page = body(client, f"{ALBUM}?page=80")
    assert "10,005 images" in page
    assert len(re.findall(r'<li id="', page)) == SECTION
    assert statements(client, f"{ALBUM}?page=80") <= small


def statements(client: FlaskClient, address: str) -> int:
    """How many SELECTs a page takes."""
    heard: list[str] = []

    def listen(*arguments: object) -> None:
        heard.append(str(arguments[2]))

    event.listen(Engine, "before_cursor_execute", listen)
    try:
        body(client, address)
    finally:
        event.remove(Engine, "before_cursor_execute", listen)
    return sum(sql.startswith("SELECT") for sql in heard)


def fill_with_rows(archive: Archive, count: int) -> None:
    """Add images that have rows but no files, and list them after those of the album."""
    numbers = f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})"
    with archive.writing() as connection:
        connection.exec_driver_sql(
            f"INSERT INTO image (id, digest, bytes, format, fetched_at) {numbers} SELECT 1000 + "
            "i, printf('%064x', i), 1, 'png', 1 FROM n"
        )
        connection.exec_driver_sql(
            "INSERT INTO listing (user_id, album_id, site_id, position, image_id, verdict) "
            f"{numbers} SELECT 1, {MEADOW}, 1000 + i, 10 + i, 1000 + i, 'new' FROM n"
        )
        recounting.recount(connection)


def test_a_tag_shows_its_images_and_those_of_the_tags_under_it(
    client: FlaskClient, shelf: Shelf
) -> None:
    with shelf.archive.writing() as connection:
        land = tags.create(connection, "Land", None)
        hills = tags.create(connection, "Hills", land)
        tags.apply(connection, land, numbers([shelf.stored(1).id]))
        tags.apply(connection, hills, numbers([shelf.stored(1).id, shelf.stored(2).id]))
    tree = body(client, "/viewer/tag/0/")
    rows = re.findall(
        r'data-depth="(\d)".*?<bdi>(\w+)</bdi> <span class="many">(\d)', tree, re.DOTALL
    )
    assert rows == [("0", "Land", "2"), ("1", "Hills", "2")]
    assert "2 pictures with one" in tree and ">3 without</a>" in tree
    page = body(client, f"/viewer/tag/{land}/")
    assert thumbs(page) == [digest(1), digest(2)]
    under = body(client, f"/viewer/tag/{hills}/")
    assert thumbs(under) == [digest(1), digest(2)]
    assert f'<a href="/viewer/tag/{land}/"><bdi>Land</bdi></a>' in under
    assert "Land/Hills" in body(client, ALBUM)


def test_the_local_disk_has_no_links_to_the_site(client: FlaskClient, shelf: Shelf) -> None:
    album = shelf.import_pictures("holiday", [70])
    for address in ("/viewer/favorites/disk/", f"/viewer/favorite/disk/{album}/"):
        page = body(client, address)
        assert "imagefap.com" not in page and "of the site" not in page


def test_the_local_disk_is_at_its_former_address_where_the_site_has_no_user_1(
    client: FlaskClient, shelf: Shelf
) -> None:
    album = shelf.import_pictures("holiday", [70])
    shelf.derive()
    assert "LOCAL DISK" in body(client, "/viewer/favorites/1/")
    assert thumbs(body(client, f"/viewer/favorite/1/{album}/")) == [digest(70)]
    shelf.user(1, "One", {5: "meadows"})
    shelf.fill(1, 5, [71])
    shelf.derive()
    assert thumbs(body(client, "/viewer/favorite/1/5/")) == [digest(71)]
    assert "LOCAL DISK" not in body(client, "/viewer/favorites/1/")
    assert client.get(f"/viewer/favorite/1/{album}/").status_code == 404
    assert thumbs(body(client, f"/viewer/favorite/disk/{album}/")) == [digest(70)]
    linked = set(re.findall(r'"(/viewer/favorites/[^/]+/)"', body(client, "/viewer/users/")))
    assert linked == {f"/viewer/favorites/{one}/" for one in ("disk", 1, ANNA)}


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("/viewer/favorites/9/", "Unknown user 9."),
        ("/viewer/favorite/9/1/", "Unknown user 9."),
        (f"/viewer/favorite/{ANNA}/9/", f"Unknown folder 9 (in known user {ANNA})."),
        ("/viewer/tag/9/", "Unknown tag 9."),
        (f"/viewer/blob/{'a' * 64}/", f"Unknown image {'a' * 64}"),
        (f"/viewer/thumb/{'a' * 64}/", f"Unknown thumb {'a' * 64}"),
        (f"/viewer/duplicate/{'a' * 64}/", f"Unknown image {'a' * 64}"),
        (f"/viewer/duplicate/{digest(1)}/", "does not correspond to a duplicate set"),
        (f"/viewer/blob/{'a' * 63}/", "There is no page at this address."),
        (f"/viewer/blob/{'g' * 64}/", "There is no page at this address."),
        ("/viewer/favorites/-1/", "There is no page at this address."),
        (f"/viewer/favorites/{2**63}/", "There is no page at this address."),
        ("/viewer/favorites/\u0661/", "There is no page at this address."),
        ("/viewer/static/../security.py", "There is no page at this address."),
        ("/nothing", "There is no page at this address."),
    ],
)
def test_what_is_unknown_is_said_in_a_sentence(
    client: FlaskClient, shelf: Shelf, address: str, sentence: str
) -> None:
    answer = client.get(address)
    assert answer.status_code == 404
    assert sentence in answer.text


def test_pages_take_no_orders(client: FlaskClient, shelf: Shelf) -> None:
    answer = client.post("/viewer/users/", data={"delete_input": ANNA})
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]
    assert "This page is read-only" in answer.text


def test_an_archive_that_is_held_is_no_fault_of_the_viewer(app: Flask) -> None:
    def held() -> str:
        raise ArchiveHeld("Another job holds it.")

    app.add_url_rule("/viewer/held/", view_func=held, methods=["GET", "POST"])
    answer = app.test_client().get("/viewer/held/")
    assert answer.status_code == 503
    assert "Another job holds it." in answer.text
    again = '<meta http-equiv="refresh" content="2">'  # the page comes back by itself
    assert again in answer.text and answer.headers["Retry-After"] == "2"
    sent = app.test_client().post("/viewer/held/")  # to send it twice is for the person
    assert sent.status_code == 503 and again not in sent.text


def test_a_disk_that_refuses_is_told_in_a_sentence(app: Flask, tmp_path: Path) -> None:
    app.add_url_rule("/viewer/refused/", view_func=(tmp_path / "nothing").read_text)
    answer = app.test_client().get("/viewer/refused/")
    assert answer.status_code == 500
    assert f"{tmp_path / 'nothing'}: No such file or directory. Make room," in answer.text
    assert "Traceback" not in answer.text
