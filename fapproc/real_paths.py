"""Where a path leads, links followed."""

import os
from pathlib import Path


def real(path: Path, *, is_there: bool = False) -> Path:
    """The whole path without links; links that lead in a ring stay in it, as none is at their end.

    `Path.resolve` raises a RuntimeError for these (Python 3.11), which is no error of a disk.

    Raises:
        OSError: with `is_there`, nothing is at its end.
    """
    return Path(os.path.realpath(path, strict=is_there))
