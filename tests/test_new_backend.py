"""A backend more is a module and its line in the registry: tried on a copy of the program."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from fapproc.description import Description
from tests.copies import FAPPROC, copied, put, run
from tests.drawing import landscape, write
from tests.holdings import begin
from tests.vault.in_one_file import OneFile


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """The folder of a copy of the toolkit with a backend more."""
    folder = copied(tmp_path / "program", "fapproc")
    room = folder / "fapproc" / "vault"
    shutil.copy(Path(__file__).parent / "vault" / "in_one_file.py", room)
    line = '    "onefile": "fapproc.vault.in_one_file:OneFile",\n'
    put(room / "registry.py", '    "s3": ', line)
    return folder


def test_a_backend_more_is_a_module_and_its_line_in_the_registry(
    program: Path, tmp_path: Path
) -> None:
    new, folder, source = Description.new(), tmp_path / "archive", tmp_path / "pictures"
    begin(folder, new, OneFile.make(tmp_path / "files", new.id))
    source.mkdir()
    for seed in range(3):
        (source / f"{seed}.png").write_bytes(write(landscape(seed, (40, 30)), "PNG"))
    assert "3 new pictures" in run(program, FAPPROC, "import", str(source), "-d", str(folder))
    assert "3 images" in run(program, FAPPROC, "thumbs", "-d", str(folder))
    missing = subprocess.run(
        [sys.executable, "-c", FAPPROC, "stats", "-d", str(folder)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert missing.returncode == 10 and "'onefile' is not among" in missing.stderr
    sound = "Everything is there and sound.\n"
    assert run(program, FAPPROC, "check", "--read-data", "-d", str(folder)) == sound
    assert "Sealed. 6 unencrypted files removed" in run(
        program, FAPPROC, "seal", "-d", str(folder), FAP_PASSWORD="correct horse"
    )
    shut = run(
        program, FAPPROC, "check", "--read-data", "-d", str(folder), FAP_PASSWORD="correct horse"
    )
    assert shut == sound
    assert not (folder / "blobs").exists() and not (folder / "thumbs").exists()
