from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from fapproc.archive import Archive
from fapproc.cli import main
from fapproc.jobs import duplicates
from fapproc.jobs.ingest import Miss, Picture
from fapproc.model import Detail, Reason
from tests import made_once
from tests.drawing import film
from tests.shelves import AT, fill, numbered, photo, picture, process

Fapproc = Callable[..., Result]

LAKE, LAKE_AGAIN, MOVING = photo(1), photo(1, quality=60), film("GIF", 3, (60, 40))
MISS = Miss(1300, Reason.FILE, Detail.EXPIRED, "gone.jpg", "https://cdn.example/1300")


@pytest.fixture
def fapproc() -> Fapproc:
    """Run the command line in this process; an error that no boundary caught is raised."""

    def run(*arguments: object) -> Result:
        result = CliRunner().invoke(main, [str(argument) for argument in arguments])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A processed archive with two users, albums, a failure and a group of duplicates."""
    return made_once.put(tmp_path / "archive", _fill)


def _fill(folder: Path) -> None:
    with Archive.open_or_create(folder) as archive:
        lakes: list[Picture | Miss] = [
            *numbered(LAKE, LAKE_AGAIN),
            MISS,
            picture(1303, MOVING, "été.gif"),
        ]
        fill(archive, {"lakes": lakes, "copies": [picture(1201, LAKE)]}, at=AT)
        process(archive)
        duplicates.find_duplicates(archive)
