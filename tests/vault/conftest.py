"""A place of each backend in turn, for what holds of all."""

from pathlib import Path

import pytest

from tests.vault.grounds import ARCHIVE, GROUNDS, Ground, register


@pytest.fixture(params=GROUNDS)
def ground(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Ground:
    register(monkeypatch, request.param)
    return GROUNDS[request.param](tmp_path / "archive", ARCHIVE)
