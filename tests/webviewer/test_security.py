"""Who is answered, what every answer carries, and bytes that are never trusted."""

import itertools
import re
from collections import defaultdict
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from fapproc.archive import Archive
from fapproc.db import tags
from fapproc.model import LOCAL_DISK, UserId
from fapproc.ours import DATABASE
from fapproc.vault.store import Key, Kind
from tests.holdings import given
from tests.shelves import where
from tests.webviewer.shelf import ANNA, MEADOW, Shelf, digest
from tests.webviewer.test_pages import body
from tests.webviewer.visitors import browser, viewer_for
from webviewer.media import TYPES
from webviewer.security import MEDIA_POLICY, PAGE_POLICY, is_ours
from webviewer.text import plain

HOSTILE = (
    "<script>alert(1)</script>",
    "\"><img src=x onerror='alert(1)'>",
    "' onmouseover='alert(1)",
    "{{ 7 * 7 }}{% raw %}",
    "a\u202egnp.exe\u2066",
    "\u2069\u202ereversed",
    "line\nbreak\x00\x1b[31m",
)


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.0.0.1:8000", "localhost", "LOCALHOST:1", "[::1]:8000", "fap.localhost:80"],
)
def test_names_of_this_computer_are_answered(client: FlaskClient, host: str) -> None:
    assert client.get("/viewer/", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1.nip.io",
        "localhost.evil.example",
        "evillocalhost",
        "127.0.0.1@evil.example",
        "127.0.0.1:80:80",
        "127.0.0.1:",
        "0.0.0.0",
        "::1",
        "127.0.0.1\n",
        "",
    ],
)
def test_other_hosts_are_refused_before_anything_else(app: Flask, host: str) -> None:
    assert not is_ours(host)
    reached: list[str] = []
    app.before_request(lambda: reached.append("later"))
    client = app.test_client()
    for address in ("/", "/viewer/", "/nothing", "/viewer/static/viewer.css"):
        answer = client.get(address, environ_overrides={"HTTP_HOST": host})
        assert answer.status_code == 400
        assert "names of this computer" in answer.text
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert not reached


ELSEWHERE: list[dict[str, str]] = [
    {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"},
    {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"},
    {"Sec-Fetch-Site": "same-site"},  # another port of this computer
    {"Sec-Fetch-Site": ""},
    {"Sec-Fetch-Site": "same-origin, cross-site"},
    {"Origin": "http://localhost:8001"},
    {"Origin": "null"},
    {"User-Agent": "Mozilla/5.0 (of 2019, which marks nothing)"},
]


@pytest.mark.parametrize("marks", ELSEWHERE, ids=str)
def test_other_pages_are_answered_alike_before_anything_is_looked_up(
    app: Flask, archive: Archive, shelf: Shelf, marks: dict[str, str]
) -> None:
    asked = addresses(app)
    client = app.test_client()
    archive.close()  # whoever looks anything up now fails
    texts = defaultdict[str, set[str]](set)
    for address, method in itertools.product(asked, ("GET", "POST")):  # a form changes nothing
        told = client.open(address, method=method, headers=marks)
        assert told.status_code == 403, (method, address)
        assert told.headers["Cache-Control"] == "no-store"
        named = f'href="http://localhost{address}"'
        if told.mimetype == "text/html":
            assert (named in told.text) == ("Sec-Fetch-Site" in marks)
        texts[told.mimetype or ""].add(told.text.replace(named, ""))
    assert {kind: len(found) for kind, found in texts.items()} == {
        "text/html": 1,
        "application/json": 1,
    }


@pytest.mark.parametrize("site", ["same-origin", "none"])
def test_our_own_pages_and_what_a_person_types_are_answered(
    client: FlaskClient, shelf: Shelf, site: str
) -> None:
    for address in ("/viewer/", f"/viewer/thumb/{digest(1)}/", "/viewer/static/viewer.css"):
        with client.get(
            address, headers={"Sec-Fetch-Site": site, "User-Agent": "Mozilla/5.0"}
        ) as told:
            assert told.status_code == 200
    own = {"Origin": "http://localhost", "User-Agent": "Mozilla/5.0"}
    assert client.get("/viewer/", headers=own).status_code == 200


def test_a_link_from_elsewhere_leads_to_no_other_host(client: FlaskClient) -> None:
    marks = {"Sec-Fetch-Site": "cross-site"}
    told = client.get("///evil.example/?a=%22%3E%3Cb%3E", headers=marks)
    assert 'href="http://localhost/evil.example/?a=' in told.text
    assert "<b>" not in told.text


def test_what_is_opened_from_elsewhere_says_so_in_its_title(client: FlaskClient) -> None:
    told = client.get("/viewer/", headers={"Sec-Fetch-Site": "cross-site"})
    assert told.status_code == 403
    assert "<title>Opened from elsewhere · fapfavorites</title>" in told.text


def test_titles_of_a_sealed_archive_name_only_the_kind_of_page(tmp_path: Path) -> None:
    def titles(password: str | None) -> set[str]:
        with given(password), Archive.open_or_create(tmp_path / str(password)) as archive:
            made = Shelf(archive)
            made.user(ANNA, "Anna", {MEADOW: "Meadow"})
            made.fill(ANNA, MEADOW, [1, 2])
            made.derive()
            made.group(1, 2)
            with archive.writing() as connection:
                tags.create(connection, "Land", None)
            app = viewer_for(archive)
            client = app.test_client()
            found = set[str]()
            for address in [*addresses(app), "/viewer/tag/1/"]:
                with client.get(address) as answer:
                    if answer.mimetype == "text/html":
                        found |= {
                            *re.findall("<title>(.*?)</title>", answer.get_data(as_text=True))
                        }
        return found

    told = {title.removesuffix(" · fapfavorites") for title in titles("correct-horse")}
    assert told == {
        "Home", "Pictures", "Users", "User", "Album", "Tags", "Tag", "Duplicates",
        "Group of duplicates", "Not Found", "Redirecting...", "Method Not Allowed", "Image",
        "Delete", "Forget groups", "Jobs", "Decisions",
    }  # fmt: skip
    named = " ".join(titles(None))
    assert "Meadow of Anna" in named and "Land" in named and digest(1)[:16] in named


def addresses(app: Flask) -> list[str]:
    """Every rule of the application, filled in with what is there and with what is not."""
    values: dict[str, list[object]] = {
        "user_id": [UserId(ANNA), UserId(9), LOCAL_DISK],
        "album_id": [MEADOW, 9],
        "tag_id": [0, 9],
        "digest": [digest(1), "a" * 64],
        "filename": ["viewer.css", "none.css"],
        "which": ["all", "none"],
        "number": [1],
        "name": ["none"],
    }
    found = ["/nothing"]
    with app.test_request_context():
        for rule in app.url_map.iter_rules():
            names = sorted(rule.arguments)
            for chosen in itertools.product(*(values[name] for name in names)):
                built = rule.build(dict(zip(names, chosen, strict=True)))
                assert built is not None
                found.append(built[1])
    return found


def test_every_answer_carries_the_headers(app: Flask, shelf: Shelf) -> None:
    asked = addresses(app)
    client = browser(app)
    assert len(asked) > 15
    for address in asked:
        with client.get(address) as answer:
            headers = answer.headers
        assert headers["X-Content-Type-Options"] == "nosniff", address
        assert headers["Referrer-Policy"] == "no-referrer", address
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin", address
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin", address
        assert headers["X-Frame-Options"] == "DENY", address
        assert "Set-Cookie" not in headers, address
        if answer.mimetype == "text/html":
            assert headers["Content-Security-Policy"] == PAGE_POLICY, address
            assert headers["Cache-Control"] == "no-store", address


def test_pages_load_nothing_from_elsewhere_and_pictures_nothing_at_all() -> None:
    page = {part.partition(" ")[0]: part.partition(" ")[2] for part in PAGE_POLICY.split("; ")}
    assert page.pop("require-trusted-types-for") == "'script'"
    assert page.pop("trusted-types") == "viewer"
    assert set(page.values()) == {"'none'", "'self'"}
    for of_nobody in ("default-src", "base-uri", "frame-ancestors"):
        assert page[of_nobody] == "'none'"
    assert "form-action" in page  # which the default does not cover
    assert MEDIA_POLICY == "default-src 'none'; sandbox"


def test_pages_hold_no_style_and_no_script_of_their_own(
    app: Flask, client: FlaskClient, shelf: Shelf
) -> None:
    for address in addresses(app):
        with client.get(address) as answer:
            if answer.mimetype == "text/html":
                page = answer.get_data(as_text=True)
                assert not re.sub(r'<script type="module" src="[^"]*"></script>', "", page).count(
                    "<script"
                )
                assert "style=" not in page
                assert "<style" not in page


def test_a_link_to_the_site_tells_it_nothing(client: FlaskClient, shelf: Shelf) -> None:
    page = body(client, f"/viewer/favorite/{ANNA}/{MEADOW}/")
    outside = page.count('href="https://')
    assert outside > 5
    assert page.count('target="_blank" rel="noopener noreferrer"') == outside


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_stays_a_name(client: FlaskClient, shelf: Shelf, name: str) -> None:
    shelf.user(666, name, {6: name})
    shelf.fill(666, 6, [50, 51], names={50: name})
    shelf.derive()
    shelf.group(50, 51)
    for address in (
        "/viewer/",
        "/viewer/users/",
        "/viewer/favorites/666/",
        "/viewer/favorite/666/6/",
        f"/viewer/duplicate/{digest(50)}/",
    ):
        page = body(client, address)
        assert "<script>" not in page
        assert "<img src=x" not in page
        assert "' onmouseover='" not in page
        assert ">49<" not in page
        head, _, _ = page.partition("</head>")
        assert not set(head) & set("\u202e\u2066\u2069\x00\x1b")
        for value in page.split('alt="')[1:]:
            assert not set(value.partition('"')[0]) & set("\u202e\u2066\u2069\x00\x1b\n")


def test_a_plain_name_keeps_letters_of_every_script() -> None:
    assert plain("שלום \u202eמ 写真 é") == "שלום  מ 写真 é"


def test_a_picture_comes_whole_under_its_own_type(client: FlaskClient, shelf: Shelf) -> None:
    answer = client.get(f"/viewer/blob/{digest(1).upper()}/")
    key = Key(Kind.BLOB, digest(1), shelf.stored(1).image.format)
    assert answer.data == shelf.archive.vault.get(key)
    assert answer.content_type == "image/png"
    assert answer.headers["Content-Security-Policy"] == MEDIA_POLICY
    assert answer.headers["Cache-Control"] == "private, max-age=3600"
    small = client.get(f"/viewer/thumb/{digest(1)}/")
    assert small.content_type == "image/jpeg"
    assert small.headers["Content-Security-Policy"] == MEDIA_POLICY
    again = client.get(
        f"/viewer/thumb/{digest(1)}/", headers={"If-None-Match": small.headers["ETag"]}
    )
    assert (again.status_code, again.data) == (304, b"")


def test_every_format_has_a_type_of_a_picture() -> None:
    from fapproc.model import Format

    assert set(TYPES) == set(Format)
    assert all(kind.startswith("image/") and "svg" not in kind for kind in TYPES.values())


@pytest.mark.parametrize("kind", [Kind.BLOB, Kind.THUMB])
@pytest.mark.parametrize("damage", ["flipped", "cut", "removed", "swapped"])
def test_damaged_bytes_are_never_served(
    client: FlaskClient, shelf: Shelf, kind: Kind, damage: str
) -> None:
    path = stored_file(shelf, kind, 1)
    good = path.read_bytes()
    match damage:
        case "flipped":
            path.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
        case "cut":
            path.write_bytes(good[:10])
        case "swapped":
            path.write_bytes(stored_file(shelf, kind, 2).read_bytes())
        case "removed":
            path.unlink()
    name = "blob" if kind is Kind.BLOB else "thumb"
    answer = client.get(f"/viewer/{name}/{digest(1)}/")
    assert answer.status_code == 404
    assert answer.mimetype == "text/html"
    assert "Known image, but it can" in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert body(client, f"/viewer/favorite/{ANNA}/{MEADOW}/")  # the album is still shown


def stored_file(shelf: Shelf, kind: Kind, number: int) -> Path:
    image = shelf.stored(number).image
    form = image.format if kind is Kind.BLOB else image.thumb_format
    assert form is not None
    return where(shelf.archive, Key(kind, image.digest, form))


def test_a_damaged_database_is_a_sentence_and_not_a_traceback(
    app: Flask, client: FlaskClient, shelf: Shelf
) -> None:
    shelf.archive.close()
    path = shelf.archive.folder / DATABASE
    path.with_name(path.name + "-wal").unlink(missing_ok=True)
    path.write_bytes(b"not a database, for sure" * 400)
    answer = client.get("/viewer/users/")
    assert answer.status_code == 500
    assert "is damaged or not a database" in answer.text
