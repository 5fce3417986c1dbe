"""What a program asked of the disk, in order: its calls as strace saw them, and what they promise.

A power cut keeps what was synced. So a file must be synced before it gets its name, its folder
after that, and both before anything relies on it: a row that names it, another file removed.
"""

import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

_TRACED = (
    "write,pwrite64,writev,fsync,fdatasync,rename,renameat,renameat2,unlink,unlinkat,mkdir,mkdirat"
)
_CALL = re.compile(r"^(?:\d+ +)?(\w+)\((.*)\) += (-?\d+)")
_FILE = re.compile(r"^\d+<([^>]*)>")
_NAME = re.compile(r'(?:(?:AT_FDCWD|\d+)(?:<([^>]*)>)?, )?"([^"]*)"')


@dataclass(frozen=True)
class Call:
    """One call that succeeded: what was asked, and of which files, by their whole paths."""

    kind: str
    paths: tuple[str, ...]


def calls_of(line: Sequence[str], environment: Mapping[str, str], below: Path) -> list[Call]:
    """Run a program to its end; its calls on files below a folder."""
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed: it records what is asked of the disk")
    log = below.parent / "calls.log"
    tracing = ["strace", "-f", "-y", "-qq", "-s", "4096", "-o", str(log), "-e", f"trace={_TRACED}"]
    ended = subprocess.run(
        [*tracing, *line], env=dict(environment), capture_output=True, text=True, check=False
    )
    if "Operation not permitted" in ended.stderr:
        pytest.skip("strace may not trace here")
    assert ended.returncode == 0, ended.stderr
    found = [_call(text) for text in log.read_text(errors="replace").splitlines()]
    root = str(below)
    return [call for call in found if call and any(path.startswith(root) for path in call.paths)]


def _call(text: str) -> Call | None:
    match = _CALL.match(text)
    if match is None or int(match[3]) < 0:
        return None
    kind, said = match[1], match[2]
    for word in ("sync", "write"):
        if word in kind:
            file = _FILE.match(said)
            return Call(word, (file[1],)) if file else None
    paths = tuple(str(Path(folder, name)) for folder, name in _NAME.findall(said))
    for word in ("rename", "unlink", "mkdir"):
        if kind.startswith(word):
            return Call(word, paths)
    return None


def broken(calls: Sequence[Call]) -> list[str]:
    """What was done before that was durable on which it relies."""
    told: list[str] = []
    unsynced: set[str] = set()  # files with bytes, and folders with names, that a power cut takes
    replaced = ""  # the folder in which a database has taken another's place
    for call in calls:
        first, last = call.paths[0], call.paths[-1]
        folder = str(Path(last).parent)
        if call.kind == "sync":
            unsynced.discard(first)
            continue
        if call.kind == "rename" and first in unsynced:
            told.append(f"{last} gets its name before its bytes are synced")
        if call.kind == "rename" and replaced in unsynced:
            told.append(f"{last} gets its name before the new database's is synced")
        if _relies(call):
            named = {path for path in unsynced if Path(path).is_dir()}
            told += [f"{call.kind} of {last} before {path} is synced" for path in named]
        if call.kind in {"rename", "mkdir"}:
            unsynced.add(folder)
            replaced = folder if last.endswith(".database") else replaced
        elif call.kind == "write":
            unsynced.add(first)
    return told + [f"{path} is never synced" for path in unsynced if not _may_be_lost(path)]


def _relies(call: Call) -> bool:
    """Whether a call says, or makes true for good, that all before it is there."""
    last = call.paths[-1]
    if call.kind == "write":
        return last.endswith("-wal")  # rows
    if call.kind == "rename":
        return last.endswith("archive.json")
    return call.kind == "unlink" and "/.locks/" not in last


def _may_be_lost(path: str) -> bool:
    """Whether nothing is lost with it: who has the archive open, and what SQLite makes anew."""
    return "/.locks" in path or path.endswith(("-shm", "-wal"))
