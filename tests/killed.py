"""Runs a command of fapproc and kills itself before one step on the archive's files.

`killed STEP FOLDER COMMAND ARGUMENTS…`: each file opened to be written, made, renamed or removed
below FOLDER is a step, counted from 1 (a name without a path is one in an open folder of it); with
0 the command ends and tells how many there were. The kill is SIGKILL, at a place that is the same
in every run, so none is left to chance.
"""

import os
import signal
import sys
from pathlib import Path
from typing import Any

_STEPS = frozenset({"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.utime"})


def main(step: int, folder: str, arguments: list[str]) -> None:
    """Run the command with a hook that counts."""
    from fapproc.cli import main as fapproc

    taken = 0

    def count(event: str, values: tuple[Any, ...]) -> None:
        nonlocal taken
        if _is_step(event, values, folder):
            taken += 1
            if taken == step:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)
    fapproc(arguments, prog_name="fapproc", standalone_mode=False)
    print(f"steps: {taken}")


def _is_step(event: str, values: tuple[Any, ...], folder: str) -> bool:
    if event == "open":
        written = isinstance(values[2], int) and values[2] & (os.O_WRONLY | os.O_RDWR)
    else:
        written = event in _STEPS
    place = os.fsdecode(values[0]) if written and not isinstance(values[0], int) else ""
    return bool(place) and (not Path(place).is_absolute() or place.startswith(folder))


def run() -> None:
    """Run what the command line says."""
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3:])
