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
