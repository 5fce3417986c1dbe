"""Folders that take long to make: made once a process, and copied to where each test wants one."""

import atexit
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory


def put(folder: Path, make: Callable[..., object], *arguments: object) -> Path:
    """Put into a new folder what `make(folder, *arguments)` does, which is called once a process.

    Names, bytes, permissions and times are the same each time; nobody has it open.
    """
    return Path(shutil.copytree(_made(make, *arguments), folder, symlinks=True))


@cache
def _made(make: Callable[..., object], *arguments: object) -> Path:
    place = TemporaryDirectory()
    atexit.register(place.cleanup)
    folder = Path(place.name, "made")
    make(folder, *arguments)
    return folder
