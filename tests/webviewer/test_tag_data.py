"""Tags as scripts ask for them, and give them: to a list of pictures, or to all of a view."""

import pytest
from flask.testing import FlaskClient

from fapproc.archive import Archive
from fapproc.jobs import judging, tagging
from tests.webviewer.shelf import ANNA, MEADOW, Shelf, digest
from tests.webviewer.test_tag_pages import images, paths

VIEW = f"favorite/{ANNA}/{MEADOW}"


@pytest.fixture
def land(archive: Archive, shelf: Shelf) -> str:
    """The address of a tag's images; Hills stands under it."""
    tagging.create(archive, "Land/Hills")
    number = next(tag.id for tag in tagging.listed(archive) if tag.path == "Land")
    return f"/viewer/data/tag/{number}/images/"


def test_tags_are_found_by_words_of_their_paths_and_made(
    client: FlaskClient, archive: Archive, land: str
) -> None:
    def found(typed: str) -> list[str]:
        told = client.get("/viewer/data/tags/", query_string={"q": typed}).get_json()
        return [tag["path"] for tag in told["tags"]]

    assert found("") == ["Land", "Land/Hills"]
    assert found("LAND hi") == found("land/hi") == ["Land/Hills"]
    assert found("sea") == []
    told = client.post("/viewer/data/tags/", json={"path": "Sea"})
    assert told.status_code == 201 and told.get_json()["path"] == "Sea"
    assert client.post("/viewer/data/tags/", json={"path": "sea"}).status_code == 409
    assert client.post("/viewer/data/tags/", json={"path": " "}).status_code == 400
    assert paths(archive) == ["Land", "Land/Hills", "Sea"]


def test_a_list_of_pictures_gets_a_tag_and_loses_it(
    client: FlaskClient, archive: Archive, land: str
) -> None:
    some = {"images": [digest(1), digest(2)]}
    assert client.post(land, json=some).get_json()["changed"] == 2
    assert client.post(land, json={"images": [digest(1)]}).get_json()["changed"] == 0
    assert client.delete(land, json={"images": [digest(2), digest(3)]}).get_json()["changed"] == 1
    assert images(archive)["Land"] == 1


def test_all_of_a_view_but_some_get_a_tag_if_there_are_as_many_as_was_shown(
    client: FlaskClient, archive: Archive, land: str
) -> None:
    said = {"view": f"{VIEW}?landscape=2", "except": [digest(3)], "count": 5}
    told = client.post(land, json=said)
    assert told.status_code == 409 and told.get_json()["count"] == 4
    assert images(archive)["Land"] == 0
    assert client.post(land, json=said | {"count": 4}).get_json()["changed"] == 4
    all_tagged = {"view": "all?mark=untagged", "except": [], "count": 1}
    assert client.post(land, json=all_tagged).get_json()["changed"] == 1
    gone = {"view": VIEW, "except": [], "count": 5}
    assert client.delete(land, json=gone).get_json()["changed"] == 5
    assert images(archive)["Land"] == 0


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_a_tag_that_all_of_a_view_get_or_lose_is_a_decision_that_can_be_undone(
    client: FlaskClient, archive: Archive, land: str, method: str
) -> None:
    client.post(land, json={"images": [digest(1)]})
    before = images(archive)
    said = {"view": VIEW, "except": [], "count": 5}
    assert client.open(land, method=method, json=said).status_code == 200
    assert images(archive) != before
    judging.undo(archive)
    assert images(archive) == before


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({}, 400),
        ({"images": "x"}, 400),
        ({"images": []}, 400),
        ({"images": ["f" * 64]}, 404),
        ({"view": "odd", "except": [], "count": 1}, 400),
        ({"view": VIEW, "except": [], "count": True}, 400),
        ({"view": f"{VIEW}?order=odd", "except": [], "count": 5}, 400),
        ([], 400),
    ],
)
def test_what_names_no_pictures_changes_nothing(
    client: FlaskClient, archive: Archive, land: str, sent: object, status: int
) -> None:
    told = client.post(land, json=sent)
    assert told.status_code == status and told.get_json()["error"]
    assert set(images(archive).values()) == {0}
    assert (
        client.post("/viewer/data/tag/9/images/", json={"images": [digest(1)]}).status_code == 404
    )
