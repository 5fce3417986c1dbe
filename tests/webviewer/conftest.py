"""A real archive with drawn pictures, and the viewer of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from fapproc.archive import Archive
from tests import made_once
from tests.shelves import empty
from tests.webviewer.shelf import ANNA, MEADOW, Shelf
from tests.webviewer.visitors import viewer_for


@pytest.fixture
def archive(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Archive]:
    """A fresh open archive, with what is on the shelf if the test asks for it."""
    make = _with_a_shelf if "shelf" in request.fixturenames else empty
    with Archive.open(made_once.put(tmp_path / "archive", make)) as opened:
        yield opened


@pytest.fixture
def shelf(archive: Archive) -> Shelf:
    """One user, one album, five images with thumbnails."""
    return Shelf(archive)


def _with_a_shelf(folder: Path) -> None:
    with Archive.open_or_create(folder) as archive:
        made = Shelf(archive)
        made.user(ANNA, "Anna", {MEADOW: "Meadow"})
        made.fill(ANNA, MEADOW, range(1, 6))
        made.derive()


@pytest.fixture
def app(archive: Archive) -> Flask:
    """A viewer whose test client shows its token."""
    return viewer_for(archive)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()
