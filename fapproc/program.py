"""The program `fapproc`: hears Ctrl-C from its first line on, then loads the command line.

Loading takes a quarter of a second, in which an interrupt would else be a traceback.
"""

from fapproc.interrupts import Interrupts
from fapproc.voice import replace_what_cannot_be_said


def main() -> None:
    """Run the command that `sys.argv` names; never returns."""
    interrupts = Interrupts()
    interrupts.hold()
    replace_what_cannot_be_said()
    from fapproc.cli import main as commands

    commands(prog_name="fapproc", obj=interrupts)
