"""The program `fapproc`: hears Ctrl-C from its first line on, then loads the command line.

Loading takes a quarter of a second, in which an interrupt would else be a traceback.
"""

import os

from fapproc.interrupts import Interrupts
from fapproc.voice import replace_what_cannot_be_said


def main() -> None:
    """Run the command that `sys.argv` names; never returns."""
    interrupts = Interrupts()
    interrupts.hold()
    _take_what_was_closed()
    replace_what_cannot_be_said()
    from fapproc.cli import main as commands
    from fapproc.commandline import shells

    if shells.VARIABLE in os.environ:
        shells.register()
    commands(prog_name="fapproc", obj=interrupts)


def _take_what_was_closed() -> None:
    """Lead each of the three that a shell has closed to nowhere: else a database would be one.

    What is opened takes the lowest number that is free, and whatever a child of ours says to its
    stdout would be written into it.
    """
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            nowhere = os.open(os.devnull, os.O_RDWR)
            if nowhere == number:
                os.set_inheritable(number, True)
