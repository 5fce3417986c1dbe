"""Runs a command of fapproc and kills itself before one step on the archive's files.

`killed STEP FOLDER COMMAND ARGUMENTS…`: each file opened, made, renamed or removed
below FOLDER is a step, counted from 1; with 0 the command ends and tells how many there were. The
kill is SIGKILL, at a place that is the same in every run, so none is left to chance.
"""

import os
import signal
import sys

_STEPS = frozenset({"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.utime"})


def main(step: int, folder: str, arguments: list[str]) -> None:
    """Run the command with a hook that counts."""
    from fapproc.cli import main as fapproc

    taken = 0

    def count(event: str, values: tuple[object, ...]) -> None:
        nonlocal taken
        if event in _STEPS and values and str(values[0]).startswith(folder):
            taken += 1
            if taken == step:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)
    fapproc(arguments, prog_name="fapproc", standalone_mode=False)
    print(f"steps: {taken}")


def run() -> None:
    """Run what the command line says."""
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3:])
