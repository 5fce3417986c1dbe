"""The constraints files: one version and its hashes for all that is needed, within the ranges."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
NEEDED = [*PROJECT["project"]["dependencies"], *PROJECT["build-system"]["requires"]]
DEV = PROJECT["project"]["optional-dependencies"]["dev"]
FILES = {"constraints.txt": NEEDED, "constraints-dev.txt": [*NEEDED, *DEV]}
_ENTRY = re.compile(r"[a-z0-9.-]+==[\w.]+( ; .+)?(\n    --hash=sha256:[0-9a-f]{64})+")


def entries(file: str) -> list[str]:
    """What a file says of each package, comments left out."""
    text = (ROOT / file).read_text().replace(" \\\n", "\n")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return re.split(r"\n(?! )", "\n".join(lines))


@pytest.mark.parametrize("file", FILES)
def test_each_file_holds_versions_and_hashes_and_no_address(file: str) -> None:
    assert [entry for entry in entries(file) if not _ENTRY.fullmatch(entry)] == []


@pytest.mark.parametrize("file", FILES)
def test_each_file_has_what_the_project_needs_within_its_ranges(file: str) -> None:
    found = {}
    for entry in entries(file):
        locked = Requirement(entry.partition("\n")[0])
        if locked.marker is None or locked.marker.evaluate():
            found[locked.name] = str(locked.specifier).removeprefix("==")
    wanted = [Requirement(text) for text in FILES[file]]
    assert [
        str(each)
        for each in wanted
        if not each.specifier.contains(found.get(each.name.lower(), "0"))
    ] == []


def test_programs_and_tests_run_with_the_same_versions() -> None:
    assert set(entries("constraints.txt")) <= set(entries("constraints-dev.txt"))


@pytest.mark.parametrize("target", ["demo", "test"])
def test_no_command_of_a_newcomer_installs_a_file_without_its_hash(
    target: str, tmp_path: Path
) -> None:
    plan = subprocess.run(
        ["make", "--dry-run", f"VENV={tmp_path}/none", target],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    installs = [line for line in plan.splitlines() if "pip install" in line]
    assert len(installs) == 2
    for line in installs:
        assert "--require-hashes" in line or "--no-deps --no-build-isolation --editable ." in line
