"""Rules of the house that no other tool holds."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("fapproc", "fapspider", "webviewer")
SOURCES = sorted(file for package in PACKAGES for file in (ROOT / package).rglob("*.py"))
HEAVY = ("scrapy", "twisted", "flask", "sqlalchemy", "alembic", "numpy", "PIL", "onnxruntime")


def test_no_module_outgrows_a_sitting() -> None:
    lengths = {str(file.relative_to(ROOT)): len(file.read_text().splitlines()) for file in SOURCES}
    long = {name: length for name, length in lengths.items() if length > 300}
    assert not long, f"split these: {long}"


def test_every_module_says_what_it_is_for() -> None:
    told = {str(file.relative_to(ROOT)): file.read_text() for file in SOURCES}
    silent = [
        name for name, text in told.items() if text and not ast.get_docstring(ast.parse(text))
    ]
    assert not silent


@pytest.mark.parametrize("package", ["fapproc", "fapproc.cli", "fapproc.model", "fapproc.config"])
def test_a_package_brings_nothing_heavy_with_it(package: str) -> None:
    code = f"import sys, {package}; print(*sorted(set(sys.modules) & set({HEAVY!r})))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == []


BY_PATH = {"unlink": 0, "rmdir": 0, "replace": 1, "rename": 1}
"""Methods of a path that delete or write over, and their arguments: `str` has a `replace` too."""
BY_MODULE = {"unlink", "remove", "removedirs", "rmdir", "rmtree", "replace", "rename", "move"}


def removals(file: Path) -> list[str]:
    """Calls that delete a file or a folder, or put one in place of another."""
    found = []
    for call in ast.walk(ast.parse(file.read_text())):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
            name, of = call.func.attr, call.func.value
            by_module = isinstance(of, ast.Name) and of.id in {"os", "shutil"}
            by_path = BY_PATH.get(name) == len(call.args) and (
                name == "unlink" or not call.keywords
            )
            if (name in BY_MODULE) if by_module else by_path:
                found.append(f"{file.relative_to(ROOT)}:{call.lineno} {name}")
    return found


def test_one_room_alone_deletes_and_renames() -> None:
    room = ROOT / "fapproc" / "disk.py"
    assert not [found for file in SOURCES if file != room for found in removals(file)]
    assert removals(room)
