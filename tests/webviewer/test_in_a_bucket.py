"""The viewer of pictures in a bucket: each comes whole and verified, or not at all."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from fapproc.archive import Archive
from fapproc.jobs.moving import move
from fapproc.vault.store import Key, Kind
from tests.vault.between import Between, between
from tests.vault.grounds import register
from tests.vault.object_storage import served
from tests.webviewer.shelf import ANNA, MEADOW, Shelf, digest
from tests.webviewer.visitors import viewer_for

PICTURE = f"/viewer/blob/{digest(1)}/"


@pytest.fixture
def way(monkeypatch: pytest.MonkeyPatch) -> Iterator[Between]:
    register(monkeypatch)
    with between(served()) as state:
        monkeypatch.setenv("AWS_ENDPOINT_URL", state.address)
        yield state


@pytest.fixture
def moved(shelf: Shelf, way: Between) -> Iterator[Archive]:
    """The archive once more, with its pictures in a bucket."""
    folder = shelf.archive.folder
    shelf.archive.close()
    move(folder, served().place())
    with Archive.open(folder) as archive:
        yield archive


@pytest.fixture
def client(moved: Archive) -> FlaskClient:
    return viewer_for(moved).test_client()


def test_what_was_changed_in_the_bucket_is_not_served(moved: Archive, client: FlaskClient) -> None:
    good = client.get(PICTURE)
    assert (good.status_code, good.content_type) == (200, "image/png")
    name = moved.vault.name(Key(Kind.BLOB, digest(1), Shelf(moved).stored(1).image.format))
    path: Path = served().path(f"{moved.description.files}/{name}")
    path.write_bytes(good.data[:-1] + bytes([good.data[-1] ^ 1]))
    served().look_again(lambda: client.get(PICTURE).status_code == 404)
    assert "Known image, but it can" in client.get(PICTURE).text


@pytest.mark.parametrize("faults", [["cut"], ["lost"], ["503"], ["cut"] * 4, ["503"] * 20])
def test_an_answer_that_is_spoiled_on_its_way_is_had_again_or_not_served_at_all(
    faults: list[str], way: Between, client: FlaskClient
) -> None:
    whole = client.get(PICTURE).data
    way.faults += faults
    answer = client.get(PICTURE)
    assert answer.status_code in {200, 404, 500, 503}
    assert (answer.data == whole) == (answer.status_code == 200)
    assert answer.status_code == 200 or answer.mimetype == "text/html"
    way.faults.clear()
    assert client.get(PICTURE).data == whole
    assert client.get(f"/viewer/favorite/{ANNA}/{MEADOW}/").status_code == 200
