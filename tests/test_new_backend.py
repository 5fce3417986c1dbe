"""A backend more is a module and its line in the registry: tried on a copy of the program."""

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from fapproc.description import Description
from tests.drawing import landscape, write
from tests.vault.in_one_file import OneFile

ROOT = Path(__file__).parents[1]
RUN = "from fapproc.cli import main; main(prog_name='fapproc')"
LINE = "BACKENDS: dict[str, Connect] = {LOCAL: LocalBackend.connect}"


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """The folder of a copy of the toolkit with a backend more."""
    shutil.copytree(ROOT / "fapproc", tmp_path / "program" / "fapproc")
    room = tmp_path / "program" / "fapproc" / "vault"
    shutil.copy(ROOT / "tests" / "vault" / "in_one_file.py", room)
    registry = (room / "registry.py").read_text()
    assert LINE in registry
    more = f'{LINE[:-1]}, "onefile": OneFile.connect}}'
    imports = "from fapproc.vault.in_one_file import OneFile\n\nLOCAL = "
    registry = registry.replace(LINE, more).replace("\nLOCAL = ", imports)
    (room / "registry.py").write_text(registry)
    return tmp_path / "program"


def run(program: Path, *arguments: str, password: str = "") -> str:
    path = os.pathsep.join([str(program), str(ROOT)])
    ran = subprocess.run(
        [sys.executable, "-c", RUN, *arguments],
        cwd=program,
        env={**os.environ, "PYTHONPATH": path, "FAP_PASSWORD": password},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def test_a_backend_more_is_a_module_and_its_line_in_the_registry(
    program: Path, tmp_path: Path
) -> None:
    new, folder, source = Description.new(), tmp_path / "archive", tmp_path / "pictures"
    folder.mkdir()
    replace(new, files=OneFile.make(tmp_path / "files", new.id)).write(folder)
    source.mkdir()
    for seed in range(3):
        (source / f"{seed}.png").write_bytes(write(landscape(seed, (40, 30)), "PNG"))
    assert "3 new pictures" in run(program, "import", str(source), "-d", str(folder))
    assert "3 images" in run(program, "thumbs", "-d", str(folder))
    sound = "Everything is there and sound.\n"
    assert run(program, "check", "--read-data", "-d", str(folder)) == sound
    assert "Sealed. 6 clear files removed" in run(
        program, "seal", "-d", str(folder), password="correct horse"
    )
    shut = run(program, "check", "--read-data", "-d", str(folder), password="correct horse")
    assert shut == sound
    assert not (folder / "blobs").exists() and not (folder / "thumbs").exists()
