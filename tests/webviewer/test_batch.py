"""Many groups at once: a preview, what is taken out of it, one decision; the log of decisions."""

import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from fapproc.archive import Archive
from fapproc.jobs import judging
from fapproc.jobs.batch import Batch, Proposal, Rule
from fapproc.model import Verdict
from tests.webviewer.shelf import ANNA, MEADOW, Shelf, digest
from tests.webviewer.test_judging import say, tell_best, verdicts
from tests.webviewer.test_pages import body
from webviewer.previews import Previews

BATCH = "/viewer/duplicates/batch/"


@pytest.fixture
def three(shelf: Shelf) -> Shelf:
    """Three groups of two, of each of which the first is the best, and one that has a third."""
    shelf.fill(ANNA, MEADOW, range(1, 10))
    shelf.derive()
    for group, numbers in enumerate(((1, 2), (3, 4), (5, 6), (7, 8, 9)), 1):
        shelf.group(*numbers)
        tell_best(shelf, group, *numbers[:2])
    return shelf


def firsts(*groups: tuple[int, int]) -> list[str]:
    return [min(map(digest, group)) for group in groups]


def preview(client: FlaskClient, query: str = "") -> tuple[str, str]:
    """Where a preview is, and its page."""
    told = client.get(BATCH + query)
    assert told.status_code == 303
    return told.location, body(client, told.location)


def asked(client: FlaskClient, rule: str = "same") -> dict[str, Any]:
    told: dict[str, Any] = client.post("/viewer/data/batch/", json={"rule": rule}).get_json()
    return told


def test_what_is_ticked_is_accepted_as_one_decision_and_taken_back_as_one(
    client: FlaskClient, archive: Archive, three: Shelf
) -> None:
    address, page = preview(client)
    assert "3 groups differ only in size or quality" in page
    shown = re.findall(r'name="shown" value="(\w+)"', page)
    assert sorted(shown) == sorted(firsts((1, 2), (3, 4), (5, 6)))
    assert len(re.findall(r'name="take"[^>]* checked>', page)) == 3
    taken = firsts((1, 2), (5, 6))
    told = client.post(address, data={"shown": shown, "take": taken})
    assert told.location == "/viewer/duplicates/?saved=1"
    said = verdicts(archive)
    assert (said[digest(1)], said[digest(2)], said[digest(3)]) == ("keep", "skip", "new")
    assert len(judging.decisions(archive)) == 1
    told = client.post("/viewer/undo/", data={"decision": "1", "back": "/viewer/decisions/"})
    assert told.location == "/viewer/decisions/"
    assert set(verdicts(archive).values()) == {"new"}
    assert client.post(address, data={"shown": shown, "take": taken}).status_code == 400


def test_what_was_taken_out_on_one_page_stays_out_on_the_next(
    client: FlaskClient, archive: Archive, three: Shelf
) -> None:
    address, page = preview(client, "?order=found")
    [first, *others] = re.findall(r'name="shown" value="(\w+)"', page)
    told = client.post(address, data={"shown": [first, *others], "take": others, "to": "2"})
    assert "page=2" in (told.location or "")
    again = body(client, told.location)
    assert len(re.findall(r'name="take"[^>]* checked>', again)) == 2
    assert "2 of 3 groups" in again
    client.post(address, data={"shown": others, "take": others})
    assert verdicts(archive)[first] == "new"
    assert verdicts(archive)[others[0]] != "new"


def test_a_group_that_has_changed_since_it_was_shown_is_left_out_and_named(
    client: FlaskClient, archive: Archive, three: Shelf
) -> None:
    address, _ = preview(client)
    judging.set_verdicts(archive, digest(1), {digest(1): Verdict.KEEP, digest(2): Verdict.KEEP})
    told = client.post(address, data={})
    page = body(client, told.location)
    assert "1 group had changed meanwhile and were not judged" in page
    assert firsts((1, 2))[0][:16] in page
    assert verdicts(archive)[digest(2)] == "keep"
    assert verdicts(archive)[digest(4)] == "skip"


def test_nothing_is_saved_where_nothing_is_ticked(client: FlaskClient, three: Shelf) -> None:
    address, page = preview(client)
    shown = re.findall(r'name="shown" value="(\w+)"', page)
    told = client.post(address, data={"shown": shown})
    assert told.status_code == 422
    assert "Nothing is ticked" in told.text
    assert judging.decisions(three.archive) == []


def test_the_other_rule_leaves_images_that_differ_otherwise_to_the_person(
    client: FlaskClient, archive: Archive, three: Shelf
) -> None:
    address, page = preview(client, "?rule=best")
    assert "4 groups with a best" in page and "1 image left to you" in page
    client.post(address, data={})
    assert [verdicts(archive)[digest(number)] for number in (7, 8, 9)] == ["keep", "skip", "new"]
    assert "No group fits this rule" in preview(client)[1]


def test_a_script_asks_for_a_batch_and_accepts_it(
    client: FlaskClient, archive: Archive, three: Shelf
) -> None:
    told = asked(client)
    assert (told["groups"], told["images"]) == (3, 3)
    there = f"/viewer/data/batch/{told['batch']}/"
    rows = client.get(there).get_json()["rows"]
    assert sorted(row["digest"] for row in rows) == sorted(firsts((1, 2), (3, 4), (5, 6)))
    assert sum(row["bytes"] for row in rows) == told["bytes"] > 0
    assert client.get(f"{there}?at=3").get_json()["rows"] == []
    judging.set_verdicts(archive, digest(1), {digest(1): Verdict.KEEP, digest(2): Verdict.KEEP})
    out = firsts((3, 4))
    done = client.post(there, json={"except": out}).get_json()
    assert (done["decision"], done["groups"], done["left"]) == (2, 1, 2)
    assert done["changed"] == firsts((1, 2))
    assert verdicts(archive)[out[0]] == "new"
    assert client.post(there, json={}).status_code == 404
    for sent in ({}, {"rule": "x"}, {"rule": 1}):
        assert client.post("/viewer/data/batch/", json=sent).status_code == 400
    again = f"/viewer/data/batch/{asked(client)['batch']}/"
    assert client.post(again, json={"except": 1}).status_code == 400


def test_decisions_are_listed_with_what_takes_them_back(
    client: FlaskClient, archive: Archive, three: Shelf
) -> None:
    assert "Nothing has been decided yet" in body(client, "/viewer/decisions/")
    for number in (1, 3, 5):
        say(client, number, **{digest(number): "keep", digest(number + 1): "skip"})
    client.post("/viewer/undo/", data={"decision": "2"})
    page = body(client, "/viewer/decisions/")
    assert re.findall(r'name="decision" value="(\d)"', page) == ["3", "1"]
    assert page.count("1 keep, 1 skip</td>") == 3
    assert "undone" in page
    page = body(client, "/viewer/decisions/?before=3")
    assert re.findall(r'name="decision" value="(\d)"', page) == ["1"]
    with archive.writing() as connection:
        connection.exec_driver_sql("UPDATE decision SET before = '{}'")
    assert "can't be read" in body(client, "/viewer/decisions/").replace("&#39;", "'")


def test_of_previews_that_are_large_together_the_older_are_forgotten() -> None:
    large = Batch((Proposal({}, {}),) * 100_000, 0, 0)
    previews = Previews()
    first, second = (previews.keep(Rule.SAME, large) for _ in range(2))
    assert previews.of(first.id) is None
    assert previews.of(second.id) is second
