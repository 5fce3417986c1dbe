"""What every test has: an environment of its own, and an archive where one is asked for."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from fapproc.archive import Archive
from fapproc.config import SETTINGS

# A busy machine is no fault of the code: no example has a deadline. Fifty find what a hundred do.
settings.register_profile("house", deadline=None, max_examples=50)
settings.load_profile("house")

HOMES = ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME")


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder with nothing in it, and no variable that is ours: nobody's settings count."""
    folder = tmp_path_factory.mktemp("home")
    own = {name for setting in SETTINGS for name in setting.variables}
    for name in [*os.environ]:
        if name in own or name.startswith(("FAP_", "SITE_")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    for name in HOMES:
        part = folder / name.lower()
        part.mkdir()
        monkeypatch.setenv(name, str(part))
    return Path(os.environ["HOME"])


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    """A fresh open archive."""
    with Archive.open_or_create(tmp_path / "archive") as opened:
        yield opened
