"""Tags by forms: made, renamed, moved, deleted; given to ticked pictures, and taken away."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from fapproc.archive import Archive
from fapproc.jobs import tagging
from fapproc.jobs.pages import SECTION
from tests.webviewer.shelf import ANNA, MEADOW, Shelf, digest
from tests.webviewer.test_pages import body, thumbs
from tests.webviewer.visitors import browser

ALBUM = f"/viewer/favorite/{ANNA}/{MEADOW}/"


def paths(archive: Archive) -> list[str]:
    return [tag.path for tag in tagging.listed(archive)]


def images(archive: Archive) -> dict[str, int]:
    return {tag.path: tag.images for tag in tagging.listed(archive)}


@pytest.fixture
def tree(archive: Archive) -> dict[str, int]:
    """Tags by name: Land, Hills under it, Sea."""
    for path in ("Land/Hills", "Sea"):
        tagging.create(archive, path)
    return {tag.name: tag.id for tag in tagging.listed(archive)}


def send(client: FlaskClient, address: str, **fields: str) -> TestResponse:
    return client.post(f"/viewer/tag/{address}/", data=fields)


def test_a_tag_is_made_at_the_top_or_under_another(client: FlaskClient, archive: Archive) -> None:
    told = send(client, "0/create", name="Land/Hills")
    assert told.status_code == 303
    assert "<h1><bdi>Hills" in body(client, told.location)
    land = tagging.listed(archive)[0].id
    send(client, f"{land}/create", name=" Lakes ")
    assert paths(archive) == ["Land", "Land/Hills", "Land/Lakes"]


def test_the_page_of_a_tag_has_the_tree_at_its_side(
    client: FlaskClient, tree: dict[str, int]
) -> None:
    [name, *_] = tree
    page = body(client, f"/viewer/tag/{tree[name]}/")
    side = page.partition('aria-label="Tree of tags"')[2].partition("</nav>")[0]
    assert re.findall(r'href="/viewer/tag/(\d+)/"', side) == ["0", *map(str, tree.values())]
    assert side.count('aria-current="page"') == 1
    alone = client.get("/viewer/data/tags/tree/").text
    assert re.findall(r'href="/viewer/tag/(\d+)/"', alone) == [*map(str, tree.values())]
    assert "aria-current" not in alone


def test_a_tag_is_renamed_moved_and_deleted(
    client: FlaskClient, archive: Archive, tree: dict[str, int]
) -> None:
    hills, sea, land = tree["Hills"], tree["Sea"], tree["Land"]
    assert send(client, f"{hills}/rename", name="Slopes").location == f"/viewer/tag/{hills}/"
    assert send(client, f"{hills}/move", under=f"#{sea}").status_code == 303
    assert paths(archive) == ["Land", "Sea", "Sea/Slopes"]
    assert send(client, f"{hills}/move", under="/").status_code == 303
    told = send(client, f"{land}/delete")
    assert (told.status_code, told.location) == (303, "/viewer/tag/0/")
    assert paths(archive) == ["Sea", "Slopes"]


def test_a_form_changes_the_tag_of_its_address_whatever_others_are_called(
    client: FlaskClient, archive: Archive, shelf: Shelf, tree: dict[str, int]
) -> None:
    hills, sea = tree["Hills"], tree["Sea"]
    give(client, hills, 1)
    tagging.rename(archive, sea, f"#{hills}")
    assert thumbs(body(client, f"/viewer/tag/{hills}/")) == [digest(1)]
    send(client, f"{sea}/create", name="Tide")
    assert paths(archive) == [f"#{hills}", f"#{hills}/Tide", "Land", "Land/Hills"]
    send(client, f"{sea}/move", under=f"#{hills}")
    assert paths(archive)[2:] == [f"Land/Hills/#{hills}", f"Land/Hills/#{hills}/Tide"]
    send(client, f"{sea}/move", under="/")
    send(client, f"{sea}/rename", name="Ocean")
    assert paths(archive) == ["Land", "Land/Hills", "Ocean", "Ocean/Tide"]


def test_a_form_changes_a_tag_only_as_it_was_shown(
    client: FlaskClient, archive: Archive, shelf: Shelf, tree: dict[str, int]
) -> None:
    hills, sea = tree["Hills"], tree["Sea"]
    [version] = {
        *re.findall(r'name="version" value="(\w+)"', body(client, f"/viewer/tag/{hills}/"))
    }
    tagging.rename(archive, "Hills", "Slopes")
    for what, field in (("rename", {"name": "Peaks"}), ("move", {"under": f"#{sea}"})):
        told = send(client, f"{hills}/{what}", version=version, **field)
        assert told.status_code == 412
        assert "The tag Land/Slopes has changed since it was shown." in told.text
    page = body(client, f"/viewer/tag/{sea}/delete/")
    [version] = re.findall(r'name="version" value="([\w.]+)"', page)
    give(client, sea, 1)
    told = send(client, f"{sea}/delete", version=version)
    assert told.status_code == 412
    assert "It is removed from 1 image" in told.text  # which was not known before
    assert paths(archive) == ["Land", "Land/Slopes", "Sea"]


def test_a_page_says_first_what_goes_with_a_tag(
    client: FlaskClient, archive: Archive, shelf: Shelf, tree: dict[str, int]
) -> None:
    give(client, tree["Sea"], 1, 2)
    page = body(client, f"/viewer/tag/{tree['Sea']}/delete/")
    assert "It is removed from 2 images, which stay." in page
    assert '<form method="post">' in page
    page = body(client, f"/viewer/tag/{tree['Land']}/delete/")
    assert "It has tags under it" in page and '<form method="post">' not in page
    assert send(client, f"{tree['Land']}/delete").status_code == 422
    assert "Land" in paths(archive)


@pytest.mark.parametrize(
    ("address", "fields", "sentence"),
    [
        ("0/create", {"name": "sea"}, "There is a tag"),
        ("0/create", {"name": " "}, "Nothing was written"),
        ("0/create", {}, "Nothing was written"),
        ("0/create", {"name": "a\\b"}, "is not a path of tags"),
        ("Sea/rename", {"name": "Hills"}, "a name can be used only once"),
        ("Sea/rename", {"name": "a/b"}, "is a path"),
        ("Land/move", {"under": "Hills"}, "be under"),
    ],
)
def test_what_cannot_be_is_said_beside_the_form(
    client: FlaskClient,
    archive: Archive,
    tree: dict[str, int],
    address: str,
    fields: dict[str, str],
    sentence: str,
) -> None:
    before = paths(archive)
    name, _, what = address.partition("/")
    told = send(client, f"{tree.get(name, 0)}/{what}", **fields)
    assert told.status_code == 422
    assert 'role="alert"' in told.text
    assert sentence in told.text
    assert paths(archive) == before


@pytest.mark.parametrize("what", ["create", "rename", "move", "delete"])
def test_a_tag_that_there_is_not_is_unknown(client: FlaskClient, what: str) -> None:
    told = send(client, f"9/{what}", name="x", under="/")
    assert told.status_code == 404
    assert "Unknown tag 9." in told.text


def give(client: FlaskClient, tag: int, *numbers: int, do: str = "apply") -> TestResponse:
    sent = {"image": [digest(n) for n in numbers], "tag": str(tag), "do": do}
    return client.post("/viewer/tagging/", data=sent | {"back": f"{ALBUM}?page=1&lock=1"})


def test_pictures_that_are_ticked_get_a_tag_and_lose_it(
    client: FlaskClient, archive: Archive, shelf: Shelf, tree: dict[str, int]
) -> None:
    page = body(client, ALBUM)
    assert 'name="image"' not in page
    page = body(client, f"{ALBUM}?lock=1")
    assert re.findall(r'name="image" value="(\w+)">', page) == [digest(n) for n in range(1, 6)]
    told = give(client, tree["Hills"], 1, 2)
    assert told.location == f"{ALBUM}?page=1&lock=1&given=2&with={tree['Hills']}"
    assert images(archive)["Land/Hills"] == 2
    page = body(client, told.location)
    assert "2 images newly tagged with Land/Hills." in page
    assert f'<option value="{tree["Hills"]}" selected>' in page  # the last one stays chosen
    told = give(client, tree["Land"], 1, 3, do="clear")  # and all under it
    assert "Land removed from 1 image." in body(client, told.location)
    assert images(archive) == {"Land": 0, "Land/Hills": 1, "Sea": 0}


def test_all_of_a_page_are_ticked_by_a_link_and_locked_pages_lead_to_locked_ones(
    client: FlaskClient, shelf: Shelf, tree: dict[str, int]
) -> None:
    shelf.fill(ANNA, MEADOW, range(1, SECTION + 2))
    page = body(client, f"{ALBUM}?lock=1&all=1")
    assert len(re.findall(r'name="image" value="\w+" checked>', page)) == SECTION
    assert f'href="{ALBUM}?page=2&amp;lock=1"' in page


def test_a_page_of_a_tag_has_its_tag_chosen(
    client: FlaskClient, shelf: Shelf, tree: dict[str, int]
) -> None:
    give(client, tree["Sea"], 4)
    page = body(client, f"/viewer/tag/{tree['Sea']}/?lock=1")
    assert f'<option value="{tree["Sea"]}" selected>' in page


def test_without_tags_a_locked_page_leads_to_where_they_are_made(
    client: FlaskClient, shelf: Shelf
) -> None:
    assert "There are no tags yet" in body(client, f"{ALBUM}?lock=1")


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"tag": "1", "do": "apply"}, "No images are selected"),
        ({"image": digest(1), "do": "apply"}, "No tag is chosen"),
        ({"image": digest(1), "tag": "x", "do": "apply"}, "No tag is chosen"),
        ({"image": digest(1), "tag": "1"}, "neither to tag nor"),
        ({"image": digest(1), "tag": "99", "do": "apply"}, "has no tag"),
        ({"image": "f" * 64, "tag": "1", "do": "apply"}, "No image"),
    ],
)
def test_what_names_no_picture_or_tag_changes_nothing(
    client: FlaskClient,
    archive: Archive,
    shelf: Shelf,
    tree: dict[str, int],
    fields: dict[str, str],
    sentence: str,
) -> None:
    told = client.post("/viewer/tagging/", data=fields)
    assert told.status_code in {400, 422}
    assert sentence in told.text
    assert set(images(archive).values()) == {0}


def test_forms_of_tags_want_their_token(app: Flask, archive: Archive, tree: dict[str, int]) -> None:
    client = browser(app)
    for address in ("0/create", f"{tree['Sea']}/rename", f"{tree['Sea']}/delete"):
        assert send(client, address, name="New").status_code == 403
    assert client.post("/viewer/tagging/", data={"image": digest(1)}).status_code == 403
    token = re.search(r'name="csrf_token" value="([^"]+)"', body(client, "/viewer/tag/0/"))
    assert token is not None
    assert send(client, "0/create", name="New", csrf_token=token[1]).status_code == 303
    assert "New" in paths(archive)
