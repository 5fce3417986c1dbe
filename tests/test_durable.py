"""What is acknowledged survives a power cut: bytes, names and rows are synced in that order."""

import shutil
import sys
from pathlib import Path

import pytest

from tests.archives.make import unpack
from tests.calls import Call, broken, calls_of
from tests.drawing import landscape, write
from tests.holdings import copied, fill
from tests.programs import FAPPROC, Home

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="strace records what Linux does")

STORE = """
import os, sys
from pathlib import Path
from fapproc.archive import Archive
from fapproc.jobs import ingest
from fapproc.jobs.ingest import Picture
from fapproc.model import Format
from fapproc.sources import Source
from tests.shelves import list_ids
with Archive.open(Path(sys.argv[1])) as archive:
    list_ids(archive, *range(3))
    os.mkdir(sys.argv[1] + ".in")
    pictures = [Picture(n, None, bytes([n]) * 500, Format.PNG) for n in range(3)]
    ingest.store(archive, pictures, at=1, source=Source.SITE)
    os.mkdir(sys.argv[1] + ".out")
"""
SAVE = """
import sys
from pathlib import Path
from fapproc.jobs.ingest import Picture
from fapproc.jobs.save import Target
from fapproc.model import Format
target = Target(Path(sys.argv[1]))
target.save([Picture(n, f"{n}.png", bytes([n]) * 500, Format.PNG) for n in range(3)])
target.close()
"""


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("filled") / "archive"
    fill(folder)
    return folder


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path / "home")
    made.folder.mkdir()
    return made


def test_a_new_archive_and_its_pictures_are_on_disk_before_the_rows_that_name_them(
    home: Home, tmp_path: Path
) -> None:
    source = tmp_path / "pictures"
    source.mkdir()
    for number in range(3):
        (source / f"{number}.png").write_bytes(write(landscape(number, (40, 30)), "PNG"))
    line = [*FAPPROC, "import", str(source), "-q"]
    calls = calls_of(line, home.environment, home.folder)
    renamed = [call.paths[-1] for call in calls if call.kind == "rename"]
    assert sum("/blobs/" in path for path in renamed) == 3
    assert broken(calls) == []


def test_rows_are_written_when_all_their_files_are_on_disk(home: Home, filled: Path) -> None:
    copied(filled, home.archive)
    line = [sys.executable, "-c", STORE, str(home.archive)]
    calls = calls_of(line, home.environment, home.folder)
    begun, done = (calls.index(Call("mkdir", (f"{home.archive}.{way}",))) for way in ("in", "out"))
    told = [call for call in calls[begun:done] if call.kind in {"sync", "rename"}]
    row = next(n for n, call in enumerate(told) if call.paths[-1].endswith("-wal"))
    assert not any("/blobs" in call.paths[-1] for call in told[row:])
    assert sum("/blobs/" in call.paths[-1] for call in told if call.kind == "rename") == 3


@pytest.mark.parametrize("command", ["seal", "backup", "export", "upgrade"])
def test_each_step_is_on_disk_before_the_next_relies_on_it(
    command: str, home: Home, filled: Path
) -> None:
    copied(filled, home.archive)
    line = [*FAPPROC, command, "-q"]
    if command == "seal":
        home.password("correct horse")
    elif command == "backup":
        line = [*FAPPROC, command, str(home.folder / "copy"), "-q"]
    elif command == "export":
        line = [*FAPPROC, command]
    else:
        shutil.rmtree(home.archive)
        home.archive.mkdir()
        unpack("open", home.archive)
        line = [*FAPPROC, "stats"]
    calls = calls_of(line, home.environment, home.folder)
    assert any(call.kind == "rename" for call in calls)
    assert broken(calls) == []


def test_get_has_each_picture_on_disk(home: Home) -> None:
    target = home.folder / "saved"
    calls = calls_of([sys.executable, "-c", SAVE, str(target)], home.environment, home.folder)
    assert sum(call.kind == "rename" for call in calls) == 3
    listed = [text for text in broken(calls) if ".fapproc-get" not in text]
    assert listed == []
