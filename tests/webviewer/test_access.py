"""Who comes in: by the token of the shell, then by a cookie; and whose forms change anything."""

import re
import stat
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from fapproc import config
from fapproc.archive import Archive
from tests.webviewer.shelf import ANNA, MEADOW, Shelf
from tests.webviewer.test_security import addresses
from tests.webviewer.visitors import TOKEN, browser, form_token
from webviewer.access import Access, access, with_token, without_token
from webviewer.security import is_of_this_computer

ALBUM = f"/viewer/favorite/{ANNA}/{MEADOW}/"


@pytest.fixture
def stranger(app: Flask) -> FlaskClient:
    """Somebody on this computer who was not let in."""
    return FlaskClient(app, app.response_class, use_cookies=True)


def test_without_the_token_every_address_is_refused_alike_before_anything_is_looked_up(
    app: Flask, archive: Archive, shelf: Shelf, stranger: FlaskClient
) -> None:
    asked = addresses(app)
    archive.close()  # whoever looks anything up now fails
    pages, data = set[str](), set[str]()
    for address in asked:
        if "/static/" in address:
            continue
        told = stranger.get(address)
        assert told.status_code == 403, address
        assert "Set-Cookie" not in told.headers
        into = pages if told.mimetype == "text/html" else data
        into.add(told.text.replace(f'href="http://localhost{address}"', ""))
    assert len(pages) == len(data) == 1
    assert "Open the address with a token that was printed" in pages.pop()


@pytest.mark.parametrize("token", ["", "x", TOKEN[:-1], f"{TOKEN} ", "é"])
def test_another_token_is_none(stranger: FlaskClient, shelf: Shelf, token: str) -> None:
    told = stranger.get("/viewer/", query_string={"token": token})
    assert told.status_code == 403
    assert 'href="http://localhost/viewer/"' in told.text
    if token == token.strip():  # what stands around a header's value is none of it
        bearer = {"Authorization": f"Bearer {token}".encode().decode("latin-1")}
        assert stranger.get("/viewer/", headers=bearer).status_code == 403


@pytest.mark.parametrize("site", ["none", "cross-site", "same-origin"])
def test_the_token_is_taken_off_the_address_by_a_page_of_ours(
    stranger: FlaskClient, shelf: Shelf, site: str
) -> None:
    marks = {"Sec-Fetch-Site": site}
    asked = {"token": TOKEN, "page": "2", "q": 'a"b&c'}
    told = stranger.get(ALBUM, query_string=asked, headers=marks)
    assert told.status_code == 200  # a redirect would lose a strict cookie
    assert TOKEN not in told.text
    to = f"http://localhost{ALBUM}?page=2&amp;q=a%22b%26c"
    assert f'<meta http-equiv="refresh" content="0; url={to}">' in told.text
    assert f'href="{to}"' in told.text
    assert told.headers["Referrer-Policy"] == "no-referrer"
    assert stranger.get(ALBUM, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 200


def test_a_token_of_a_former_start_is_taken_off_where_the_cookie_is_good(
    app: Flask, shelf: Shelf
) -> None:
    told = browser(app).get("/viewer/?token=former")
    assert told.status_code == 200
    assert "url=http://localhost/viewer/" in told.text


def test_the_cookie_is_of_this_port_strict_and_hidden_from_scripts(stranger: FlaskClient) -> None:
    told = stranger.get("/viewer/", query_string={"token": TOKEN})
    cookie = told.headers["Set-Cookie"]
    assert cookie.startswith("fapviewer-80=")
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(cookie.split("; "))
    again = stranger.get("/viewer/", environ_overrides={"SERVER_PORT": "8001"})
    assert again.status_code == 403  # of another port it says nothing


def test_what_holds_nothing_of_the_archive_is_there_for_the_page_that_refuses(
    stranger: FlaskClient,
) -> None:
    with stranger.get("/viewer/static/viewer.css") as told:
        assert told.status_code == 200
    with stranger.get("/viewer/static/viewer.css", headers={"Sec-Fetch-Site": "same-site"}) as told:
        assert told.status_code == 403


@pytest.mark.parametrize("peer", ["192.168.1.7", "::ffff:192.168.1.7", "", "nonsense"])
def test_who_is_not_on_this_computer_is_refused_with_the_token_too(
    client: FlaskClient, peer: str
) -> None:
    told = client.get("/viewer/", environ_overrides={"REMOTE_ADDR": peer})
    assert (told.status_code, told.mimetype) == (403, "text/plain")
    assert "only to this computer" in told.text


def test_every_loopback_address_is_this_computer() -> None:
    assert all(map(is_of_this_computer, ("127.0.0.1", "127.8.8.8", "::1")))


@pytest.mark.parametrize("how", ["missing", "of another browser", "cut", "in the address"])
def test_a_form_that_is_not_ours_changes_nothing(app: Flask, shelf: Shelf, how: str) -> None:
    mine, other = browser(app), browser(app)
    address = "/viewer/unlock/"
    sent = {
        "missing": {},
        "of another browser": {"csrf_token": form_token(other)},
        "cut": {"csrf_token": form_token(mine)[:-1]},
        "in the address": {},
    }[how]
    if how == "in the address":
        address += f"?csrf_token={form_token(mine)}"
    told = mine.post(address, data=sent, headers={"Sec-Fetch-Site": "same-origin"})
    assert told.status_code == 403
    assert "so nothing was changed" in told.text
    told = mine.post("/viewer/data/unlock/", json={"password": "x"})
    assert (told.status_code, list(told.get_json())) == (403, ["error"])


def test_tokens_of_a_form_and_cookies_outlive_a_restart(
    app: Flask, archive: Archive, shelf: Shelf
) -> None:
    from tests.webviewer.visitors import viewer_for

    before = browser(app)
    token = form_token(before)
    after = FlaskClient(viewer_for(archive), app.response_class, use_cookies=True)
    cookie = before.get_cookie("fapviewer-80")
    assert cookie is not None
    after.set_cookie(cookie.key, cookie.value)
    told = after.post("/viewer/unlock/", data={"csrf_token": token})
    assert told.status_code == 303  # an open archive needs no password


def test_the_secret_is_kept_for_this_user_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FAP_VIEWER_TOKEN", raising=False)
    first, second = access(), access()
    file = config.state_folder() / "viewer" / "secret"
    assert first.secret == second.secret == file.read_bytes()
    assert first.token != second.token
    assert len(first.secret) == 32 and len(first.token or "") > 30
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert first.secret.hex() not in repr(first) and str(first.token) not in repr(first)


@pytest.mark.parametrize("harm", ["cut", "longer", "open to others"])
def test_a_secret_that_is_none_any_more_is_made_anew(harm: str) -> None:
    former = access().secret
    file = config.state_folder() / "viewer" / "secret"
    match harm:
        case "cut":
            file.write_bytes(former[:-1])
        case "longer":
            file.write_bytes(former + b"x")
        case _:
            file.chmod(0o644)
    found = access().secret
    assert found != former and len(found) == 32
    assert file.read_bytes() == found
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_link_in_place_of_the_secret_is_not_followed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = access().secret
    file = config.state_folder() / "viewer" / "secret"
    elsewhere = tmp_path / "elsewhere"
    file.rename(elsewhere)
    file.symlink_to(elsewhere)
    assert access().secret != secret
    assert elsewhere.read_bytes() == secret
    assert "After a restart of the viewer all tabs must be opened again" in capsys.readouterr().err


def test_an_empty_token_lets_in_whoever_asks_and_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FAP_VIEWER_TOKEN", "")
    assert access().token is None
    assert re.search("Warning: .* every program and user", capsys.readouterr().err)
    assert with_token("http://127.0.0.1/viewer/", None) == "http://127.0.0.1/viewer/"
    monkeypatch.setenv("FAP_VIEWER_TOKEN", "a&b")
    assert access().token == "a&b"
    address = with_token("http://127.0.0.1/viewer/", "a&b")
    assert address == "http://127.0.0.1/viewer/?token=a%26b"
    assert without_token(address) == "http://127.0.0.1/viewer/"


def test_where_no_token_lets_in_an_empty_one_is_none_either() -> None:
    assert not Access(None, b"").knows("")
    assert not Access("", b"").knows("")
