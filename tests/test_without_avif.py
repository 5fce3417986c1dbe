"""A Pillow that knows no AVIF: such a picture is kept, and made when there is one that does."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.drawing import landscape, write
from tests.programs import FAPPROC, REPOSITORY, Home

HOOK = "import sys\nsys.modules['PIL._avif'] = None\n"
"""As where Pillow was built without it: the import fails, in each process from its beginning."""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    hook = tmp_path / "hook"
    hook.mkdir()
    (hook / "sitecustomize.py").write_text(HOOK, encoding="utf-8")
    return Home(tmp_path / "home", {"PYTHONPATH": f"{hook}:{REPOSITORY}"})


def said(home: Home, *arguments: str) -> tuple[int, str]:
    """Run a command in a process of its own; its exit code and what it prints."""
    ended = subprocess.run(
        [*FAPPROC, *arguments],
        env=home.environment,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert "Traceback" not in ended.stderr
    return ended.returncode, ended.stdout


def test_without_avif_such_a_picture_is_a_format_and_is_made_when_pillow_knows_it(
    home: Home, tmp_path: Path
) -> None:
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    data = write(landscape(1, (64, 48)), "AVIF")
    (pictures / "a.avif").write_bytes(data)
    (pictures / "b.png").write_bytes(write(landscape(2, (64, 48)), "PNG"))
    assert said(home, "import", str(pictures))[0] == 0
    assert said(home, "process", "-q")[0] == 3
    printed = images(said(home, "print", "--json")[1])
    assert {each["format"]: each["unsound"] for each in printed} == {
        "avif": "format",
        "png": None,
    }
    assert data in {file.read_bytes() for file in home.archive.glob("blobs/*/*.avif")}
    assert said(home, "process", "-q")[0] == 0
    home.settings["PYTHONPATH"] = str(REPOSITORY)
    home.done("process", "-q")
    made = images(home.done("print", "--json"))
    assert {(each["unsound"], each["width"]) for each in made} == {(None, 64)}


def images(printed: str) -> list[dict[str, object]]:
    return [each for each in map(json.loads, printed.splitlines()) if each["kind"] == "image"]
