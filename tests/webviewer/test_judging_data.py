"""Judging without loading a page: JSON, versions, and what is answered where something is amiss."""

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from fapproc.archive import Archive
from fapproc.jobs import judging, tagging
from fapproc.model import Verdict
from fapproc.selections.selection import Selection
from tests.webviewer.shelf import ANNA, MEADOW, Shelf, digest
from tests.webviewer.test_judging import BOB, HILLS, tell_best, verdicts
from tests.webviewer.test_server import served
from tests.webviewer.visitors import TOKEN, browser, form_token, viewer_for
from webviewer.serving import Limits


def group(client: FlaskClient, number: int) -> dict[str, Any]:
    told = client.get(f"/viewer/data/group/{digest(number)}/")
    assert told.status_code == 200
    found: dict[str, Any] = told.get_json()
    assert told.headers["ETag"] == f'"{found["version"]}"'
    return found


def put(
    client: FlaskClient, number: int, said: dict[str, Any], version: str | None
) -> TestResponse:
    headers = {} if version is None else {"If-Match": f'"{version}"'}
    return client.put(f"/viewer/data/group/{digest(number)}/", json=said, headers=headers)


def words(**said: str) -> dict[str, Any]:
    return {"verdicts": {digest(int(name[1:])): verdict for name, verdict in said.items()}}


def test_a_group_is_told_with_its_version(client: FlaskClient, shelf: Shelf) -> None:
    shelf.group(1, 2, 3)
    tell_best(shelf, 1, 2, 1)
    told = group(client, 1)
    assert told["kind"] == "alike"
    assert told["best"] == digest(2)
    by_digest = {each["digest"]: each for each in told["members"]}
    assert by_digest[digest(1)]["proposed"] == "skip"
    assert by_digest[digest(3)]["proposed"] is None
    assert by_digest[digest(2)]["places"][0]["album"] == "Meadow"
    assert {pair["method"] for pair in told["pairs"]} == {"percept"}
    [way] = told["ways"]
    assert {way["a"], way["b"]} == {digest(1), digest(2)}
    same = client.get(
        f"/viewer/data/group/{digest(3)}/", headers={"If-None-Match": f'"{told["version"]}"'}
    )
    assert same.status_code == 304


def test_verdicts_are_saved_once_by_the_version_that_was_looked_at(
    client: FlaskClient, archive: Archive, shelf: Shelf
) -> None:
    shelf.group(1, 2)
    shelf.group(3, 4)
    before = group(client, 1)["version"]
    said = words(_1="keep", _2="skip")
    assert put(client, 1, said, None).status_code == 428
    saved = put(client, 1, said, before)
    assert saved.status_code == 200
    told = saved.get_json()
    assert (told["decision"], told["left"], told["all"]) == (1, 1, 2)
    assert told["group"]["version"] == group(client, 1)["version"] != before
    lost = put(client, 1, said, before)  # as after an answer that was lost
    assert (lost.status_code, lost.get_json()["stands"]) == (412, True)
    other = put(client, 1, words(_1="skip", _2="keep"), before)
    assert (other.status_code, other.get_json()["stands"]) == (412, False)
    assert other.get_json()["group"] == group(client, 1)
    assert len(judging.decisions(archive)) == 1
    assert verdicts(archive)[digest(1)] == "keep"


def test_what_stands_already_is_told_with_the_decision_that_said_it_of_this_group_alone(
    client: FlaskClient, archive: Archive, shelf: Shelf
) -> None:
    shelf.group(1, 2)
    shelf.group(3, 4)
    first, second = group(client, 1)["version"], group(client, 3)["version"]

    def told(said: dict[str, Any]) -> tuple[bool, int | None]:
        """Whether that stands of the first group, as after an answer that was lost, and by what."""
        answer = put(client, 1, said, first)
        assert answer.status_code == 412
        return answer.get_json()["stands"], answer.get_json()["decision"]

    skip, keep = words(_1="keep", _2="skip"), words(_1="keep", _2="keep")
    number = put(client, 1, skip, first).get_json()["decision"]
    later = put(client, 3, words(_3="keep", _4="keep"), second).get_json()
    assert later["group"]["decision"]["id"] == later["decision"] != number
    tagging.create(archive, "Lakes")
    assert told(skip) == (True, number)
    assert told(keep) == (False, None)
    again = put(client, 1, keep, group(client, 1)["version"]).get_json()["decision"]
    assert told(keep) == (True, again)
    judging.undo(archive, again)
    assert told(skip) == (True, number)
    with archive.writing() as connection:
        connection.exec_driver_sql("UPDATE decision SET after = '{}' WHERE id = ?", (number,))
    assert told(skip) == (True, None)  # it can't be read
    with archive.writing() as connection:
        connection.exec_driver_sql("DELETE FROM decision")
    assert told(skip) == (True, None)
    both = [dict.fromkeys(map(digest, pair), Verdict.FALSE) for pair in ((1, 2), (3, 4))]
    of_both = [judging.Said(next(iter(each)), each) for each in both]
    assert len(judging.set_all(archive, of_both).decisions) == 1
    assert told(words(_1="false", _2="false")) == (True, None)  # it says more than that


def test_what_does_not_fit_is_refused_with_a_sentence_and_changes_nothing(
    client: FlaskClient, archive: Archive, shelf: Shelf
) -> None:
    shelf.group(1, 2)
    version = group(client, 1)["version"]
    for said in (
        words(_1="skip", _2="skip"),
        words(_1="perhaps"),
        words(_5="keep"),
        {"places": {"1_2_3": "skip"}},
    ):
        told = put(client, 1, said, version)
        assert told.status_code == 422, said
        assert set(told.get_json()) == {"error"}
    for sent in ({"verdicts": 3}, [1], {"places": {"a": 1}}):
        told = client.put(
            f"/viewer/data/group/{digest(1)}/", json=sent, headers={"If-Match": f'"{version}"'}
        )
        assert told.status_code == 400, sent
        assert "error" in told.get_json()
    there = f"/viewer/data/group/{digest(1)}/"
    assert client.put(there, data="{", content_type="application/json").status_code == 400
    assert client.put(there, data="x=1").status_code == 415
    assert client.put(f"/viewer/data/group/{'a' * 64}/", json={}).status_code == 404
    assert client.get(f"/viewer/data/group/{digest(5)}/").status_code == 404
    assert judging.decisions(archive) == []


def test_tags_of_what_is_skipped_go_to_what_is_kept_where_that_is_asked_for(
    client: FlaskClient, archive: Archive, shelf: Shelf
) -> None:
    shelf.group(1, 2)
    tagging.create(archive, "Lakes")
    tagging.apply(archive, "Lakes", Selection(digests=(digest(2),)))
    version = group(client, 1)["version"]
    said = words(_1="keep", _2="skip")
    assert put(client, 1, said | {"merge_tags": "yes"}, version).status_code == 400
    told = put(client, 1, said | {"merge_tags": True}, version).get_json()
    tags = {each["digest"]: each["tags"] for each in told["group"]["members"]}
    assert tags == {digest(1): ["Lakes"], digest(2): ["Lakes"]}
    told = client.post("/viewer/data/undo/", json={"decision": told["decision"]}).get_json()
    [there] = told["groups"]
    assert there["version"] == version
    assert {each["digest"]: each["tags"] for each in there["members"]} == {
        digest(1): [], digest(2): ["Lakes"]
    }  # fmt: skip


def test_places_are_judged_by_their_fields(client: FlaskClient, shelf: Shelf) -> None:
    shelf.user(BOB, "Bob", {HILLS: "Hills"})
    shelf.fill(BOB, HILLS, [5])
    told = group(client, 5)
    assert told["kind"] == "places"
    said = {"places": {f"{ANNA}_{MEADOW}_5": "keep", f"{BOB}_{HILLS}_5": "skip"}}
    saved = put(client, 5, said, told["version"])
    assert saved.status_code == 200
    [member] = saved.get_json()["group"]["members"]
    assert {each["field"]: each["verdict"] for each in member["places"]} == said["places"]
    assert put(client, 5, said, told["version"]).get_json()["stands"]


def test_the_queue_goes_on_after_a_group_and_says_what_is_left(
    client: FlaskClient, archive: Archive, shelf: Shelf
) -> None:
    shelf.fill(ANNA, MEADOW, range(1, 9))
    shelf.user(BOB, "Bob", {HILLS: "Hills"})
    shelf.fill(BOB, HILLS, [8])
    for pair in ((1, 2), (3, 4), (5, 6)):
        shelf.group(*pair)
    firsts = [min(map(digest, pair)) for pair in ((1, 2), (3, 4), (5, 6))] + [digest(8)]

    def asked(query: str) -> list[str]:
        told = client.get(f"/viewer/data/queue/?{query}").get_json()
        return [each["digest"] for each in told["groups"]]

    assert asked("") == firsts
    assert asked(f"after={digest(2)}&n=2") == firsts[1:3]
    assert asked(f"after={digest(8)}") == []
    assert asked("kind=places") == firsts[3:]
    assert asked(f"kind=alike&after={digest(5)}") == []
    assert asked("state=judged") == []
    judging.set_verdicts(archive, digest(3), dict.fromkeys(map(digest, (3, 4)), Verdict.KEEP))
    assert asked("state=judged") == firsts[1:2]
    told = client.get("/viewer/data/queue/?n=1").get_json()
    assert (told["left"], told["all"], len(told["groups"])) == (3, 4, 1)


def test_the_queue_goes_on_behind_images_of_one_group_that_it_tells_once(
    client: FlaskClient, shelf: Shelf
) -> None:
    shelf.fill(ANNA, MEADOW, range(1, 9))
    shelf.user(BOB, "Bob", {HILLS: "Hills"})
    shelf.fill(BOB, HILLS, range(2, 9))
    shelf.group(1, 6, 7)  # the first is listed once, and before the others
    assert digest(1) < min(digest(6), digest(7))

    def asked(many: int, after: str = "") -> dict[str, Any]:
        address = f"/viewer/data/queue/?kind=places&n={many}&after={after}"
        told: dict[str, Any] = client.get(address).get_json()
        return told | {"groups": [each["digest"] for each in told["groups"]]}

    told = asked(7)
    assert told["groups"] == [*map(digest, (2, 3, 4, 5, 1, 8))]
    assert (told["last"], told["end"]) == (digest(8), False)
    told = asked(7, digest(8))
    assert (told["groups"], told["last"], told["end"]) == ([], None, True)
    told, found = asked(1), list[str]()
    while not told["end"] and len(found) < 10:
        found += told["groups"]
        told = asked(1, told["last"])
    assert found == [*map(digest, (2, 3, 4, 5, 1, 1, 8))]


def test_a_decision_is_taken_back_unless_a_later_one_stands(
    client: FlaskClient, archive: Archive, shelf: Shelf
) -> None:
    shelf.group(1, 2)
    first = put(client, 1, words(_1="keep", _2="skip"), group(client, 1)["version"]).get_json()
    then = put(client, 1, words(_1="skip", _2="keep"), first["group"]["version"]).get_json()
    refused = client.post("/viewer/data/undo/", json={"decision": first["decision"]})
    assert refused.status_code == 409
    assert "is later and about the same images" in refused.get_json()["error"]
    told = client.post("/viewer/data/undo/", json={"decision": then["decision"]})
    assert told.status_code == 200
    [there] = told.get_json()["groups"]
    assert there["version"] == first["group"]["version"]
    assert verdicts(archive)[digest(1)] == "keep"
    again = client.post("/viewer/data/undo/", json={"decision": then["decision"]})
    assert again.status_code == 409
    for sent in ({}, {"decision": "1"}, {"decision": True}):
        assert client.post("/viewer/data/undo/", json=sent).status_code == 400


def test_where_a_person_left_is_kept_in_the_archive(client: FlaskClient, shelf: Shelf) -> None:
    shelf.user(BOB, "Bob", {HILLS: "Hills"})
    shelf.fill(BOB, HILLS, [5])
    shelf.group(1, 2)
    shelf.group(3, 4)

    def left(**told: str) -> int:
        return client.put("/viewer/data/position/", json=told).status_code

    assert left(digest=digest(4)) == 204
    first = min(map(digest, (3, 4)))
    following = "/viewer/duplicates/next/"
    assert client.get(following).location == f"/viewer/duplicate/{first}/"
    assert left(digest=digest(5), kind="places") == 204
    assert client.get(following).location == f"/viewer/duplicate/{digest(5)}/?kind=places"
    assert left(digest="a" * 64) == 404
    for sent in ({}, {"digest": digest(1), "kind": "x"}, {"digest": digest(1), "state": "x"}):
        assert left(**sent) == 400


def test_a_place_that_an_earlier_version_kept_is_still_understood(
    client: FlaskClient, archive: Archive, shelf: Shelf
) -> None:
    shelf.group(1, 2)
    shelf.group(3, 4)
    for kept in (f'"{digest(3)}"', '{"digest": "x", "kind": "no", "state": 1}', "[1]"):
        with archive.writing() as connection:
            connection.exec_driver_sql("DELETE FROM setting WHERE name = 'judging'")
            insert = "INSERT INTO setting (name, value) VALUES ('judging', ?)"
            connection.exec_driver_sql(insert, (kept,))
        number = 3 if kept.startswith('"') else 1
        wanted = f"/viewer/duplicate/{min(digest(number), digest(number + 1))}/"
        assert client.get("/viewer/duplicates/next/").location == wanted


@pytest.mark.parametrize(
    ("method", "path"),
    [("PUT", f"group/{digest(1)}/"), ("POST", "undo/"), ("PUT", "position/")],
)
def test_who_shows_no_token_of_our_forms_changes_nothing(
    app: Flask, archive: Archive, shelf: Shelf, method: str, path: str
) -> None:
    shelf.group(1, 2)
    client = browser(app)
    sent = {"verdicts": {digest(1): "keep"}, "decision": 1, "digest": digest(1)}
    told = client.open(f"/viewer/data/{path}", method=method, json=sent)
    assert told.status_code == 403
    assert set(told.get_json()) == {"error"}
    headers = {"X-CSRFToken": form_token(client), "If-Match": '"x"'}
    told = client.open(f"/viewer/data/{path}", method=method, json=sent, headers=headers)
    assert told.status_code != 403
    assert judging.decisions(archive) == []


def test_of_words_said_of_one_version_at_once_one_is_saved(
    app: Flask, archive: Archive, shelf: Shelf
) -> None:
    shelf.group(1, 2)
    version = group(app.test_client(), 1)["version"]
    said = [words(_1=one, _2=other) for one, other in (("keep", "skip"), ("skip", "keep"))] * 4

    def say(what: dict[str, Any]) -> int:
        return put(app.test_client(), 1, what, version).status_code

    with ThreadPoolExecutor(len(said)) as threads:
        told = list(threads.map(say, said))
    assert sorted(told) == [200, *[412] * 7]
    assert len(judging.decisions(archive)) == 1
    assert sorted(verdicts(archive).values()) == ["keep", "skip"]


def test_the_last_decision_is_named_without_reading_what_it_says_which_may_be_long(
    archive: Archive, shelf: Shelf
) -> None:
    shelf.group(1, 2)
    said = dict.fromkeys(map(digest, (1, 2)), Verdict.KEEP)
    saved = judging.set_verdicts(archive, digest(1), said)
    with archive.writing() as connection:
        connection.exec_driver_sql("UPDATE decision SET before = 'x', after = 'x'")
    with served(viewer_for(archive), Limits()) as server:

        def ask(method: str, path: str, **sent: object) -> tuple[int, Any]:
            with closing(HTTPConnection("127.0.0.1", server.effective_port)) as asked:
                marks = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
                asked.request(method, f"/viewer/data/{path}", json.dumps(sent), marks)
                told = asked.getresponse()
                return told.status, json.loads(told.read())

        last = {"id": saved.decision, "what": saved.what}
        assert ask("GET", f"group/{digest(1)}/")[1]["decision"] == last
        assert ask("GET", "queue/?state=all")[1]["groups"][0]["decision"] == last
        status, told = ask("POST", "undo/", decision=saved.decision)
        assert status == 409 and "Decision 1 of the log can't be read" in told["error"]
