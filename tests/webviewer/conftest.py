"""A real archive with drawn pictures, and the viewer of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from fapproc.archive import Archive
from tests.webviewer.shelf import ANNA, MEADOW, Shelf
from tests.webviewer.visitors import viewer_for


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with Archive.open_or_create(tmp_path / "archive") as opened:
        yield opened


@pytest.fixture
def shelf(archive: Archive) -> Shelf:
    """One user, one album, five images with thumbnails."""
    made = Shelf(archive)
    made.user(ANNA, "Anna", {MEADOW: "Meadow"})
    made.fill(ANNA, MEADOW, range(1, 6))
    made.derive()
    return made


@pytest.fixture
def app(archive: Archive) -> Flask:
    """A viewer whose test client shows its token."""
    return viewer_for(archive)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()
