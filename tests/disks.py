"""Disks that are really full, by a file that fills a small file system, and disks that fail."""

import errno
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.loaded import library
from tests.programs import Home

ERRORS = (errno.EIO, errno.ENOSPC, errno.EACCES)


@dataclass(frozen=True, slots=True)
class Fault:
    """A call on the archive's files that fails: its kind, as `failing.c` has it, and which."""

    kind: str
    number: int
    error: int = errno.EIO
    lasting: bool = False
    """Whether all calls of the kind after it fail too."""

    def __str__(self) -> str:
        which = f"{self.kind} {self.number}{' and all after it' * self.lasting}"
        return f"{which}: {errno.errorcode[self.error]}"


class FailingDisk:
    """A disk under the programs of a home, that fails as it is told to."""

    def __init__(self, home: Home, below: Path) -> None:
        self._home = home
        self._log = home.folder / "calls"
        home.library = library("failing")
        home.settings |= {"FAILING_LOG": str(self._log), "FAILING_BELOW": f"{below}/"}

    def run(self, fault: Fault | None, *line: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end on a disk that fails so, or not at all."""
        self._log.unlink(missing_ok=True)
        told = {}
        if fault is not None:
            told = {"FAILING": fault.kind, "FAILING_AT": str(fault.number)}
            told |= {"FAILING_ERRNO": str(fault.error)}
            told |= {"FAILING_ON": "1"} if fault.lasting else {}
        before = dict(self._home.settings)
        self._home.settings |= told
        try:
            return self._home.run(*line)
        finally:
            self._home.settings = before

    def calls(self) -> Counter[str]:
        """How many calls of each kind the last run made; of those that failed, in capitals."""
        return Counter(self._log.read_text())


def drawn(calls: Counter[str], chance: random.Random) -> Iterator[Fault]:
    """Faults at random, without end: any kind as often as another, any call of a kind too."""
    while True:
        kind = chance.choice(sorted(calls))
        number = chance.randint(1, calls[kind])
        yield Fault(kind, number, chance.choice(ERRORS), lasting=chance.random() < 0.3)


@contextmanager
def disk_of(size: str, place: Path) -> Iterator[Path]:
    """A file system of this size; only root can mount one, else the test is skipped."""
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(place)]
    linux = sys.platform == "linux"
    if not linux or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no file system can be mounted here")
    try:
        yield place
    finally:
        # Lazily: on a busy machine a process that was told to end may still be ending.
        subprocess.run(["umount", "--lazy", str(place)], check=True)


@contextmanager
def full_but_for(free: int, disk: Path) -> Iterator[None]:
    """Within the block the disk has so many bytes free."""
    room = os.statvfs(disk)
    filler = disk / "filler"
    filler.write_bytes(bytes(max(0, room.f_bavail * room.f_frsize - free)))
    try:
        yield
    finally:
        filler.unlink()
