"""A picture as a page: what is known of it, its tags, and the ones beside it in its album."""

from io import BytesIO

import pytest
from flask.testing import FlaskClient
from PIL import Image

from fapproc.archive import Archive
from fapproc.db import images
from fapproc.jobs import tagging
from fapproc.jobs.pages.grids import Scope
from fapproc.model import LOCAL_DISK, Facts
from fapproc.vault.store import digest_of
from tests.shelves import fill, picture
from tests.webviewer.shelf import ANNA, MEADOW, Shelf, digest
from tests.webviewer.test_pages import body
from webviewer.addresses import scope_in, written

ALBUM = f"/viewer/favorite/{ANNA}/{MEADOW}/"


def address(number: int, view: str | None = None) -> str:
    return f"/viewer/image/{digest(number)}/?in={view or f'favorite/{ANNA}/{MEADOW}/{number}'}"


def test_a_grid_leads_to_pictures_and_these_to_their_neighbours(
    client: FlaskClient, shelf: Shelf
) -> None:
    assert f'class="picture" href="{address(3)}"' in body(client, ALBUM)
    page = body(client, address(3))
    assert f'rel="prev" href="{address(2)}"' in page
    assert f'rel="next" href="{address(4)}"' in page
    assert "3 of 5" in page
    assert f'src="/viewer/blob/{digest(3)}/"' in page
    assert f'href="{ALBUM}?image=3#3"' in page
    assert 'rel="prev"' not in body(client, address(1))
    assert 'rel="next"' not in body(client, address(5))


@pytest.mark.parametrize(
    "view",
    ["", "x", "favorite/1/2", "favorite/9/9/9", f"favorite/{ANNA}/9/3",
     f"favorite/{ANNA}/{MEADOW}/9", "favorite/1/2/3/",
     f"favorite/{2**63}/1/1", "favorite/disk/1/\u0663"],
)  # fmt: skip
def test_a_view_that_is_none_leaves_the_picture_alone(
    client: FlaskClient, shelf: Shelf, view: str
) -> None:
    page = body(client, f"/viewer/image/{digest(3)}/?in={view}")
    assert "picture 3.png" in page
    assert 'rel="next"' not in page


def test_a_view_names_an_album_and_a_picture_in_it_a_tag_or_all() -> None:
    album = Scope(album=(LOCAL_DISK, 5))
    assert scope_in("favorite/disk/5/6") == (album, 6)
    for scope in (album, Scope(tag=7), Scope()):
        assert scope_in(written(scope)) == (scope, None)


def test_a_picture_gets_and_loses_a_tag_on_its_page(
    client: FlaskClient, archive: Archive, shelf: Shelf
) -> None:
    assert "Make a tag first" in body(client, address(3))
    tag = tagging.create(archive, "Land")[0].id
    sent = {"image": digest(3), "tag": str(tag), "do": "apply", "back": address(3)}
    told = client.post("/viewer/tagging/", data=sent)
    page = body(client, told.location)
    assert "1 image newly tagged with Land." in page
    assert '<li class="tag"><bdi>Land</bdi></li>' in page
    assert 'rel="next"' in page  # it is still the picture of that album
    told = client.post("/viewer/tagging/", data=sent | {"do": "clear"})
    assert '<li class="tag">' not in body(client, told.location)


def test_a_picture_in_a_group_leads_to_it(client: FlaskClient, shelf: Shelf) -> None:
    to = f'href="/viewer/duplicate/{digest(1)}/"'
    assert to not in body(client, address(1))
    shelf.group(1, 2)
    assert to in body(client, address(1))


def test_what_no_browser_shows_is_shown_small(client: FlaskClient, shelf: Shelf) -> None:
    shelf.fill(ANNA, MEADOW, [6])  # of which nothing is known before 'process'
    page = body(client, address(6))
    assert "only its thumbnail is shown" in page
    assert f'src="/viewer/blob/{digest(6)}/"' not in page


def test_what_no_browser_shows_is_shown_as_a_webp_made_for_it(
    client: FlaskClient, archive: Archive
) -> None:
    out = BytesIO()
    Image.new("RGB", (3000, 1500), "teal").save(out, "TIFF", compression="tiff_deflate")
    fill(archive, {"odd": [picture(1, out.getvalue())]}, user=5, name="Odd", first_album=9)
    stored = digest_of(out.getvalue())
    with archive.writing() as connection:
        found = images.by_digest(connection, stored)
        assert found is not None
        images.set_derived(connection, found.id, Facts(3000, 1500, animated=False), None)
    shown = f"/viewer/view/{stored}/"
    assert f'<img src="{shown}"' in body(client, f"/viewer/image/{stored}/")
    told = client.get(shown)
    assert (told.status_code, told.mimetype) == (200, "image/webp")
    assert Image.open(BytesIO(told.data)).size == (2560, 1280)
    assert client.get(f"/viewer/view/{'a' * 64}/").status_code == 404


def test_a_picture_that_there_is_not_is_unknown(client: FlaskClient, shelf: Shelf) -> None:
    told = client.get(f"/viewer/image/{'a' * 64}/")
    assert told.status_code == 404 and "Unknown image" in told.text
