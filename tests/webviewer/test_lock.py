"""A sealed archive is locked by its button or by nobody's using it, and opened by its password."""

import shutil
import threading
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from fapproc.archive import Archive
from fapproc.errors import ArchiveHeld
from fapproc.lock import Lock
from fapproc.looking import open_to_read
from tests.holdings import fill, given
from tests.webviewer.shelf import digest, drawn
from tests.webviewer.test_security import addresses
from tests.webviewer.visitors import browser, form_token, viewer_held
from webviewer.held import Held, Locked

PASSWORD = "correct-horse"
IDLE = 900


class Clock:
    """Seconds that pass when they are told to."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("archives") / "sealed"
    fill(folder, PASSWORD)
    return folder


@pytest.fixture
def held(sealed: Path, tmp_path: Path, clock: Clock) -> Iterator[Held]:
    shutil.copytree(sealed, tmp_path / "sealed")
    with given(PASSWORD):
        made = Held(Archive.open(tmp_path / "sealed"), idle=IDLE, clock=clock)
    yield made
    made.close()


@pytest.fixture
def app(held: Held) -> Flask:
    return viewer_held(held)


@pytest.fixture
def mine(app: Flask) -> FlaskClient:
    """A browser that has a page open."""
    return browser(app)


def post(client: FlaskClient, address: str, **fields: str) -> int:
    return client.post(address, data={"csrf_token": form_token(client), **fields}).status_code


def test_a_locked_archive_shows_the_form_for_its_password_in_place_of_any_page(
    app: Flask, mine: FlaskClient, held: Held
) -> None:
    asked = [address for address in addresses(app) if "/static/" not in address]
    assert post(mine, "/viewer/lock/") == 303
    assert held.locked
    for address in asked:
        told = mine.get(address)
        assert told.status_code == 423, address
        if told.mimetype == "text/html":
            assert "<title>Locked · fapfavorites</title>" in told.text
            assert 'translate="no"' in told.text
            assert 'type="password"' in told.text
        else:
            assert told.get_json() == {"error": "The archive is locked: its password is needed."}


def test_the_password_opens_it_and_leads_on_to_the_page_that_was_asked_for(
    mine: FlaskClient, held: Held
) -> None:
    token = form_token(mine)
    held.lock()
    page = mine.get("/viewer/users/?page=2&token=former").text
    assert 'name="to" value="/viewer/users/?page=2"' not in page  # the token is taken off first
    page = mine.get("/viewer/users/?page=2").text
    assert 'name="to" value="/viewer/users/?page=2"' in page
    fields = {"csrf_token": token, "to": "/viewer/users/?page=2"}
    wrong = mine.post("/viewer/unlock/", data=fields | {"password": "wrong"})
    assert wrong.status_code == 403
    assert "That is not the password." in wrong.text
    assert 'value="/viewer/users/?page=2"' in wrong.text
    assert held.locked
    right = mine.post("/viewer/unlock/", data=fields | {"password": PASSWORD})
    assert (right.status_code, right.location) == (303, "/viewer/users/?page=2")
    assert mine.get(f"/viewer/blob/{digest(1)}/").data == drawn(1)


@pytest.mark.parametrize("to", ["//evil.example/", "https://evil.example/", "/viewer/\nX: y", ""])
def test_unlocking_leads_to_a_page_of_ours_alone(mine: FlaskClient, to: str) -> None:
    fields = {"csrf_token": form_token(mine), "to": to}
    assert mine.post("/viewer/unlock/", data=fields).location == "/viewer/"


def test_it_locks_itself_when_nobody_has_used_it_for_long(
    mine: FlaskClient, held: Held, clock: Clock
) -> None:
    clock.now = IDLE - 1
    assert mine.get("/viewer/users/").status_code == 200
    clock.now += IDLE - 1
    told = mine.get("/viewer/data/session/").get_json()
    assert (told["sealed"], told["locks_in"]) == (True, 1)
    assert mine.get("/viewer/data/jobs/").status_code == 200
    clock.now += 1  # asking that was no use
    held.lock_if_idle()
    assert held.locked
    assert mine.get("/viewer/users/").status_code == 423
    with pytest.raises(Locked):
        held.borrow()


def test_a_request_after_the_time_meets_the_lock_though_nothing_looked_meanwhile(
    mine: FlaskClient, held: Held, clock: Clock
) -> None:
    clock.now = IDLE
    assert mine.get("/viewer/users/").status_code == 423
    assert held.locked


def test_who_has_borrowed_it_goes_on_to_the_end(held: Held) -> None:
    one, other = held.borrow(), held.borrow()
    held.lock()
    with one.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM image").scalar_one() == 6
    held.give_back(other)
    with pytest.raises(Locked):
        held.borrow()
    held.unlock(PASSWORD)
    again = held.borrow()
    assert again is not one
    held.give_back(one)
    with again.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM image").scalar_one() == 6
    held.give_back(again)


def test_what_was_shown_is_forgotten_with_the_keys(held: Held, mine: FlaskClient) -> None:
    word = held.remembered.told.leave(["Deleted user Anna."])
    preview = mine.get("/viewer/duplicates/batch/?rule=same").headers["Location"]
    assert mine.get(preview).status_code == HTTPStatus.OK
    held.lock()
    held.unlock(PASSWORD)
    assert held.remembered.told.of(word) == ()
    assert mine.get(preview).status_code == HTTPStatus.SEE_OTHER  # it is looked for anew


def test_one_attempt_to_unlock_is_made_at_a_time(
    held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    held.lock()
    begun, others_tried = threading.Event(), threading.Event()

    def opened(*arguments: Any, **named: Any) -> Archive:
        begun.set()
        assert others_tried.wait(60)
        return open_to_read(*arguments, **named)

    monkeypatch.setattr("webviewer.held.open_to_read", opened)
    first = threading.Thread(target=held.unlock, args=(PASSWORD,))
    first.start()
    assert begun.wait(60)
    with pytest.raises(ArchiveHeld, match="Another attempt to unlock is under way"):
        held.unlock(PASSWORD)
    others_tried.set()
    first.join(60)
    assert not held.locked


def test_scripts_lock_and_unlock_by_json(mine: FlaskClient, held: Held) -> None:
    sent = {"X-CSRFToken": form_token(mine)}
    assert mine.post("/viewer/data/lock/", headers=sent).status_code == 204
    assert held.locked
    wrong = mine.post("/viewer/data/unlock/", headers=sent, json={"password": "wrong"})
    assert (wrong.status_code, wrong.get_json()) == (403, {"error": "That is not the password."})
    nonsense: tuple[object, ...] = ({}, [], {"password": 5})
    for each in nonsense:
        told = mine.post("/viewer/data/unlock/", headers=sent, json=each)
        assert told.status_code == 400
    assert mine.post("/viewer/data/unlock/", headers=sent, data="x").status_code == 415
    right = mine.post("/viewer/data/unlock/", headers=sent, json={"password": PASSWORD})
    assert right.status_code == 204
    assert not held.locked


def test_a_page_of_a_sealed_archive_has_a_button_that_locks_and_says_when_it_is_locked(
    mine: FlaskClient,
) -> None:
    page = mine.get("/viewer/users/").text
    assert 'action="/viewer/lock/"' in page
    assert f'data-locks-in="{IDLE}"' in page


def test_who_has_borrowed_the_archive_is_left_it_until_it_is_given_back(held: Held) -> None:
    archive, alone = held.borrow(), Lock(held.folder)
    held.lock()
    with pytest.raises(ArchiveHeld):
        alone.alone()
    held.give_back(archive)
    alone.alone()
    alone.release()


def test_an_open_archive_is_not_locked(archive: Archive) -> None:
    held = Held(archive, idle=IDLE)
    client = browser(viewer_held(held))
    assert held.locks_in() is None
    assert "/viewer/lock/" not in client.get("/viewer/users/").text
    told = client.post("/viewer/lock/", data={"csrf_token": form_token(client)})
    assert told.status_code == 400
    assert "This archive is open" in told.text
    assert not held.locked
