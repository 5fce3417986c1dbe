"""The program `fapproc`: hears Ctrl-C from its first line on, then loads the command line.

Loading takes a quarter of a second, in which an interrupt would else be a traceback: so nothing
is loaded above but what hears it; click alone took the first 60 ms of it (2026-11-29).
"""

import os
import sys
from pathlib import Path

from fapproc.interrupts import Interrupts


def main() -> None:
    """Run the command that `sys.argv` names; never returns."""
    interrupts = Interrupts()
    interrupts.hold()
    sys.argv[0] = "fapproc"  # by which others are told who holds the archive, however it was called
    _take_what_was_closed()
    from fapproc.cli import main as commands
    from fapproc.commandline import shells
    from fapproc.voice import replace_what_cannot_be_said

    replace_what_cannot_be_said()

    if shells.VARIABLE in os.environ:
        shells.register()
    commands(prog_name="fapproc", obj=interrupts)


def _take_what_was_closed() -> None:
    """Lead each of the three streams that a shell has closed to nowhere, for children of ours too.

    What is opened takes the lowest number that is free: a database would be somebody's stdout.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            nowhere = Path(os.devnull).open(mode, encoding="utf-8")  # noqa: SIM115 - kept to the end
            os.set_inheritable(nowhere.fileno(), True)
            setattr(sys, name, nowhere)
