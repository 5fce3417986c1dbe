"""Users, albums and ticked pictures are deleted: a page says first what goes, its form does it."""

import re

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from fapproc.archive import Archive
from fapproc.jobs import deletion, inventory, journal
from fapproc.jobs.pages import albums as album_pages
from fapproc.looking import open_to_read
from fapproc.model import UserId
from tests.webviewer.shelf import ANNA, MEADOW, Shelf, digest
from tests.webviewer.test_pages import body
from tests.webviewer.visitors import viewer_for

HILLS = 112
USER = f"/viewer/favorites/{ANNA}/delete/"
ALBUM = f"/viewer/favorite/{ANNA}/{MEADOW}/delete/"


def there(archive: Archive) -> set[str]:
    return {entry.image.digest for entry in inventory.entries(archive)}


def agreed(client: FlaskClient, address: str) -> TestResponse:
    """Send the form of a page that says what goes."""
    found = re.search(r'name="plan" value="(\w+)"', body(client, address))
    assert found is not None
    return client.post(address, data={"plan": found[1]})


def told(client: FlaskClient, done: TestResponse) -> str:
    assert done.status_code == 303
    return body(client, done.location)


def test_a_user_goes_after_a_page_in_the_words_of_the_dry_run(
    client: FlaskClient, archive: Archive, shelf: Shelf
) -> None:
    shelf.user(7701, "Bob", {211: "Hills"})
    shelf.fill(7701, 211, [3, 9])
    shelf.group(1, 2)
    said = deletion.plan(archive, UserId(ANNA)).summed
    page = body(client, USER)
    assert said in page
    assert "1 image stays elsewhere; 1 group ends" in said
    assert len(there(archive)) == 6
    done = agreed(client, USER)
    assert f"Deleted {said}." in told(client, done)
    assert done.location.startswith("/viewer/users/?told=")
    assert there(archive) == {digest(3), digest(9)}
    assert [user.name for user in inventory.users(archive)] == ["Bob"]
    [note] = journal.read(archive)
    assert "Images 6 -> 2" in str(note) and "Anna" not in str(note)


def test_a_user_is_who_has_the_number_whatever_others_are_called(
    client: FlaskClient, archive: Archive, shelf: Shelf
) -> None:
    shelf.user(7701, str(ANNA), {211: "Hills"})
    shelf.fill(7701, 211, [9])
    told(client, agreed(client, USER))
    assert [user.id for user in inventory.users(archive)] == [UserId(7701)]


def test_an_album_goes_and_the_others_of_its_user_stay(
    client: FlaskClient, archive: Archive, shelf: Shelf
) -> None:
    shelf.user(ANNA, "Anna", {MEADOW: "Meadow", HILLS: "Meadow"})
    shelf.fill(ANNA, HILLS, [5, 6])
    done = agreed(client, ALBUM)
    assert "album Meadow (111) of Anna, 5 places, 4 images" in told(client, done)
    assert there(archive) == {digest(5), digest(6)}
    shown = album_pages.albums(archive, UserId(ANNA))
    assert shown is not None and [each.album.id for each in shown.albums] == [HILLS]


def test_ticked_pictures_go_from_everywhere_and_the_grid_comes_back(
    client: FlaskClient, archive: Archive, shelf: Shelf
) -> None:
    page = body(client, f"/viewer/favorite/{ANNA}/{MEADOW}/?lock=1")
    assert 'formaction="/viewer/delete/"' in page
    back = f"/viewer/favorite/{ANNA}/{MEADOW}/?lock=1"
    sent = {"image": [digest(1), digest(2)], "back": back}
    asked = client.post("/viewer/delete/", data=sent)
    assert asked.status_code == 200
    assert "2 places, 2 images" in asked.text
    assert len(there(archive)) == 5
    found = re.search(r'name="plan" value="(\w+)"', asked.text)
    assert found is not None
    done = client.post("/viewer/delete/", data=sent | {"plan": found[1]})
    assert done.location.startswith(f"{back}&told=")
    assert "Deleted 2 places, 2 images" in told(client, done)
    assert there(archive) == {digest(3), digest(4), digest(5)}
    again = client.post("/viewer/delete/", data=sent)
    assert again.status_code == 422
    assert "No image whose digest begins with" in again.text
    assert client.post("/viewer/delete/", data={"back": back}).status_code == 422
    assert client.post("/viewer/delete/", data={"image": "x'"}).status_code == 400


def test_where_other_things_would_go_by_now_nothing_goes_and_the_page_comes_again(
    client: FlaskClient, archive: Archive, shelf: Shelf
) -> None:
    plan = deletion.plan(archive, (UserId(ANNA), MEADOW)).version
    shelf.fill(ANNA, MEADOW, [1, 2, 3, 4, 5, 6])
    for form in ({"plan": plan}, {}):
        done = client.post(ALBUM, data=form)
        assert done.status_code == 412
        assert "has changed since this page was made" in done.text
        assert "6 places, 6 images" in done.text
    assert len(there(archive)) == 6
    told(client, agreed(client, ALBUM))
    assert not there(archive)
    assert client.get(ALBUM).status_code == 404
    assert client.get("/viewer/favorites/9/delete/").status_code == 404


def test_of_an_archive_that_is_only_read_nothing_goes(archive: Archive, shelf: Shelf) -> None:
    with open_to_read(archive.folder, only=True) as opened:
        done = agreed(viewer_for(opened).test_client(), USER)
    assert done.status_code == 500
    assert "opened read-only" in done.text
    assert len(there(archive)) == 5
