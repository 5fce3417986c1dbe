"""What scripts send that is no JSON of ours, and numbers and words that no row can have."""

from http import HTTPStatus

import pytest
from flask.testing import FlaskClient

from fapproc.archive import Archive
from fapproc.jobs import tagging
from tests.webviewer.shelf import Shelf, digest
from tests.webviewer.test_tag_pages import images

HALF = "\ud800"
HUGE = 2**70
ROW = f"data/group/{digest(1)}/"


def test_what_no_script_of_ours_sends_is_refused_and_changes_nothing(
    client: FlaskClient, archive: Archive, shelf: Shelf
) -> None:
    shelf.group(1, 2)
    tagging.create(archive, "Land")
    version = client.get(f"/viewer/{ROW}").get_json()["version"]
    every: list[tuple[str, str, object]] = [
        ("POST", "data/tag/1/images/", {"view": f"all?q={HALF}", "except": [], "count": 5}),
        ("POST", "data/tag/1/images/", {"view": "all", "except": [HALF], "count": 5}),
        ("POST", "data/tag/1/images/", {"view": "all", "except": {}, "count": 5}),
        ("POST", "data/tags/", {"path": HALF}),
        ("PUT", "data/position/", {"digest": HALF}),
        ("PUT", "data/position/", {"digest": digest(1), "kind": [1]}),
        ("PUT", ROW, {"verdicts": []}),
        ("PUT", ROW, {"verdicts": {digest(1): "keep"}, "places": 5}),
        ("PUT", ROW, {"verdicts": {digest(1): "keep"}, "merge_tags": 1}),
        ("POST", "data/batch/", {"rule": []}),
        ("POST", "data/batch/", {"rule": {}}),
        ("POST", "data/jobs/", []),
        ("POST", "data/jobs/", {"what": []}),
        ("POST", "data/undo/", {"decision": True}),
        ("POST", "data/unlock/", {"password": HALF}),
    ]
    for method, path, sent in every:
        headers = {"If-Match": f'"{version}"'}
        told = client.open(f"/viewer/{path}", method=method, json=sent, headers=headers)
        assert (told.status_code, path, sent) == (HTTPStatus.BAD_REQUEST, path, sent)
        assert told.get_json()["error"]
    assert set(images(archive).values()) == {0}
    assert client.get(f"/viewer/{ROW}").get_json()["version"] == version


@pytest.mark.parametrize("text", ["[" * 100_000, '{"path": ', "\xff", '{"path": 1e999}'])
def test_what_is_no_json_or_too_deep_is_refused(client: FlaskClient, text: str) -> None:
    told = client.post(
        "/viewer/data/tags/", data=text.encode("latin-1"), content_type="application/json"
    )
    assert told.status_code == HTTPStatus.BAD_REQUEST and told.get_json()["error"]


@pytest.mark.parametrize("number", [HUGE, -HUGE])
def test_numbers_that_no_row_has_are_numbers_like_others(
    client: FlaskClient, shelf: Shelf, number: int
) -> None:
    assert client.get(f"/viewer/decisions/?before={number}").status_code == HTTPStatus.OK
    told = client.post("/viewer/data/undo/", json={"decision": number})
    assert told.status_code == HTTPStatus.NOT_FOUND
    assert client.post("/viewer/undo/", data={"decision": number}).status_code == 404
