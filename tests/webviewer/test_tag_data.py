"""Tags as scripts ask for them, and give them: to a list of pictures, or to all of a view."""

import re

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from fapproc.archive import Archive
from fapproc.jobs import judging, tagging
from fapproc.selections.selection import Selection
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


def test_the_tags_that_were_given_last_are_found_first(
    client: FlaskClient, archive: Archive, land: str
) -> None:
    tagging.create(archive, "Sea")

    def found() -> list[str]:
        return [tag["path"] for tag in client.get("/viewer/data/tags/").get_json()["tags"]]

    def give(path: str, number: int) -> None:
        tagging.apply(archive, path, Selection(digests=(digest(number),)))

    assert found() == ["Land", "Land/Hills", "Sea"]
    give("Sea", 1)
    give("Land/Hills", 1)
    assert found() == ["Land/Hills", "Sea", "Land"]
    judging.undo(archive)
    assert found() == ["Sea", "Land", "Land/Hills"]
    with archive.writing() as connection:  # what can't be read says nothing, and hides no tag
        connection.exec_driver_sql("UPDATE decision SET after = 'x'")
    assert found() == ["Land", "Land/Hills", "Sea"]


def test_tags_are_counted_with_those_under_them_and_a_selection_tells_what_it_shares(
    client: FlaskClient, archive: Archive, land: str
) -> None:
    tagging.create(archive, "Sea")
    for path, numbers in (("Land", (1,)), ("Land/Hills", (1, 2, 3))):
        tagging.apply(archive, path, Selection(digests=tuple(map(digest, numbers))))
    tree = client.get("/viewer/data/tags/tree/?counted=1").text
    many = re.findall(r'<bdi>(\w+)</bdi> <span class="many">(\d+)<', tree)
    assert many == [("Land", "3"), ("Hills", "3"), ("Sea", "0")]
    assert "3 tags, 3 pictures with one" in tree and ">2 without</a>" in tree

    def shared(**what: object) -> list[list[str]]:
        told = client.post("/viewer/data/tags/shared/", json=what).get_json()
        return [[tag["path"] for tag in told[each]] for each in ("all", "some")]

    assert shared(images=[digest(1), digest(2)]) == [["Land/Hills"], ["Land"]]
    assert shared(images=[digest(4)]) == [[], []]
    assert shared(view=VIEW) == [[], ["Land", "Land/Hills"]]
    assert shared(view=VIEW, **{"except": [digest(2), digest(3), digest(4), digest(5)]}) == [
        ["Land", "Land/Hills"],
        [],
    ]
    for said in ({}, {"view": 5}, {"view": "nothing"}, {"images": "x"}):
        assert client.post("/viewer/data/tags/shared/", json=said).status_code == 400


def test_a_script_renames_moves_and_deletes_the_version_of_a_tag_that_was_shown(
    client: FlaskClient, archive: Archive, land: str
) -> None:
    tagging.create(archive, "Sea")
    ids = {tag.path: tag.id for tag in tagging.listed(archive)}

    def send(path: str, version: str | None, method: str = "PATCH", **said: object) -> TestResponse:
        headers = {} if version is None else {"If-Match": version}
        address = f"/viewer/data/tag/{ids[path]}/"
        return client.open(address, method=method, json=said, headers=headers)

    def shown(path: str) -> str:
        told = client.get(f"/viewer/data/tag/{ids[path]}/")
        return told.headers["ETag"]

    told = client.get(f"/viewer/data/tag/{ids['Land']}/").get_json()
    under = [{"id": ids["Land/Hills"], "path": "Land/Hills"}]
    tree = client.get("/viewer/data/tags/tree/").text
    as_shown = dict(re.findall(r'data-tag="(\d+)" data-version="(\w+)"', tree))
    assert told == {
        "id": ids["Land"],
        "path": "Land",
        "name": "Land",
        "images": 0,
        "under": under,
        "version": shown("Land").strip('"'),
    }
    version = shown("Land/Hills")
    told = send("Land/Hills", version, name=" Heights ")
    assert (told.status_code, told.get_json()["path"]) == (200, "Land/Heights")
    stale = send("Land/Hills", version, name="Peaks")
    assert stale.status_code == 412 and stale.get_json()["tag"]["path"] == "Land/Heights"
    assert "has changed" in stale.get_json()["error"]
    assert send("Land/Hills", as_shown[str(ids["Land/Hills"])], name="Peaks").status_code == 412
    tagging.apply(archive, "Heights", Selection(digests=(digest(2),)))  # which moves no tag
    tagging.clear(archive, "Heights", Selection(digests=(digest(2),)))
    told = send("Land/Hills", told.headers["ETag"], under=ids["Sea"])
    assert told.get_json()["path"] == "Sea/Heights"
    told = send("Land/Hills", told.headers["ETag"], under=None)
    assert told.get_json()["path"] == "Heights"
    for method, path, said, status in (
        ("PATCH", "Land", {"name": "heights"}, 409),
        ("PATCH", "Land", {"name": ""}, 409),
        ("PATCH", "Land", {"under": ids["Land"]}, 409),
        ("PATCH", "Land", {"under": 10**30}, 404),
        ("PATCH", "Land", {"under": True}, 400),
        ("PATCH", "Land", {"name": "x", "under": None}, 400),
        ("PATCH", "Land", {}, 400),
    ):
        refused = send(path, shown(path), method, **said)
        assert (refused.status_code, said) == (status, said)
        assert refused.get_json()["error"]
    assert send("Land", None, name="x").status_code == 428
    assert send("Land", None, "DELETE").status_code == 428
    tagging.move(archive, "Heights", "Land")
    assert "has tags under it" in send("Land", shown("Land"), "DELETE").get_json()["error"]
    version = shown("Land/Hills")
    tagging.apply(archive, "Heights", Selection(digests=(digest(1),)))
    assert send("Land/Hills", version, "DELETE").status_code == 412  # more would go with it now
    told = send("Land/Hills", shown("Land/Hills"), "DELETE")
    assert told.get_json()["deleted"]["path"] == "Land/Heights"
    assert paths(archive) == ["Land", "Sea"]
    assert send("Land/Hills", version, "DELETE").status_code == 404


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
