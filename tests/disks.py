"""Disks that are really full: a small file system of its own, and a file that fills it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


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
