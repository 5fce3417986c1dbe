"""Rules of the house that no other tool holds."""

import ast
import pkgutil
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.programs import HEAVY

ROOT = Path(__file__).parents[1]
PACKAGES = ("fapproc", "fapspider", "webviewer")
SOURCES = sorted(file for package in PACKAGES for file in (ROOT / package).rglob("*.py"))


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


@pytest.mark.parametrize("package", PACKAGES)
def test_every_package_says_that_its_types_are_for_others_too(package: str) -> None:
    assert (ROOT / package / "py.typed").exists()


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


PROGRAMS = ("fapspider", "webviewer")
WITHIN = ("fapproc.cli", "fapproc.db", "fapproc.vault", "fapproc.imaging", "fapproc.dedup")
"""Floors that no program comes in through."""


def taken(file: Path) -> set[str]:
    """What a module takes from the toolkit: names that it imports, and attributes of these."""
    nodes = list(ast.walk(ast.parse(file.read_text())))
    imported = {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for node in nodes
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("fapproc")
        for alias in node.names
    }
    attributes = {
        f"{imported[node.value.id]}.{node.attr}"
        for node in nodes
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id in imported
    }
    return {*imported.values(), *attributes}


def home(name: str) -> str:
    """The module that a name stands for, or was made in; empty where only a value has one."""
    try:
        value = pkgutil.resolve_name(name)
    except AttributeError:
        return ""
    if isinstance(value, ModuleType):
        return value.__name__
    return getattr(value, "__module__", None) or ""


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_gets_nothing_of_the_inner_floors_by_way_of_an_outer_one(program: str) -> None:
    sources = [file for file in SOURCES if file.is_relative_to(ROOT / program)]
    found = {
        f"{file.relative_to(ROOT)}: {name} is of {home(name)}"
        for file in sources
        for name in taken(file)
        if home(name).startswith(WITHIN)
    }
    assert not found
    assert any(taken(file) for file in sources)


TRANSACTIONS = {"reading", "writing"}


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_opens_no_transaction_of_its_own(program: str) -> None:
    sources = [file for file in SOURCES if file.is_relative_to(ROOT / program)]
    opened = [
        f"{file.relative_to(ROOT)}:{node.lineno}"
        for file in sources
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Attribute) and node.attr in TRANSACTIONS
    ]
    assert not opened


KINDS = {"blobs", "thumbs"}
KNOW_KINDS = {
    "fapproc/disk.py",
    "fapproc/legacy/shape.py",
    "fapproc/ours.py",
    "fapproc/vault/store.py",
}
"""Which parts may be links, what the predecessor called its images, what our files are called, and
what kinds of them there are."""


def kinds_named(file: Path) -> list[str]:
    """Texts that are the name of a kind of files, or the beginning of a path to one."""
    texts = [
        node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Constant)
    ]
    return [
        f"{file.relative_to(ROOT)}:{node.lineno} {node.value}"
        for node in texts
        if (isinstance(node.value, str) and set(node.value.split("/")[:-1] or ["-"]) & KINDS)
        or node.value == "blobs"
    ]


def test_only_a_backend_knows_where_blobs_lie() -> None:
    files = {file.relative_to(ROOT).as_posix(): file for file in SOURCES}
    others = [file for name, file in files.items() if name not in KNOW_KINDS]
    assert not [found for file in others for found in kinds_named(file)]
    assert all(kinds_named(files[name]) for name in KNOW_KINDS)
    joined = re.compile(r"folder\s*/\s*(kind|Kind|file\.name|entry\.name|name\(key\))|\.path\(key")
    asked = {name for name, file in files.items() if joined.search(file.read_text())}
    assert not asked


def test_no_test_that_fails_waits_for_ever_for_what_it_has_started() -> None:
    """A block of `subprocess.Popen` waits for its process, which may serve, or stand still."""
    blocks = [
        f"{file.relative_to(ROOT)}:{item.context_expr.lineno}"
        for file in (ROOT / "tests").rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.With)
        for item in node.items
        if ast.unparse(item.context_expr).startswith("subprocess.Popen")
    ]
    assert [block.partition(":")[0] for block in blocks] == ["tests/executors/payloads.py"]


MARKERS = re.compile(r"^(<{7} |={7}$|>{7} )", re.MULTILINE)


def test_no_file_holds_both_sides_of_a_merge() -> None:
    folders = [ROOT / name for name in (*PACKAGES, "benchmarks", "docs", "evaluation", "tests")]
    files = [*ROOT.glob("*.*"), *(file for folder in folders for file in folder.rglob("*.*"))]
    texts = [
        file for file in files if file.suffix in {".py", ".md", ".toml", ".html", ".js", ".css"}
    ]
    assert not [file for file in texts if MARKERS.search(file.read_text(errors="replace"))]
    assert MARKERS.search("<" * 7 + " HEAD")


def test_the_ways_of_the_data_in_architecture_name_what_there_is() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text()
    ways = text[text.index("## The way of the data") : text.index("## Decisions")]
    named = {part for name in re.findall(r"`([\w.]+)`", ways) for part in name.split(".")}
    defined = {
        name
        for file in SOURCES
        for name in re.findall(r"^\s*(?:async def|def|class) (\w+)", file.read_text(), re.MULTILINE)
    }
    rooms = {file.stem for file in SOURCES} | {file.parent.name for file in SOURCES}
    assert not named - defined - rooms - {"listing"}  # a table
    assert len(named & defined) > 30
