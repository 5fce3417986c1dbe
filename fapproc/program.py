"""The program `fapproc`: hears Ctrl-C from its first line on, then loads the command line.

Loading takes a quarter of a second, in which an interrupt would else be a traceback: so nothing
is loaded above but what hears it; click alone took the first 60 ms of it (2026-11-29).

Python looks through all objects for reference cycles while modules are loaded, and twice more as it
ends: of 1.4 s in which `read` begins and ends that was 0.4, of `stats` a fifth (2026-11-30). So it
looks for the first time when a command has begun: of the 0.36 s to the first line of `list` that
was 0.03.
"""

import gc
import os
import sys
from pathlib import Path

from fapproc.interrupts import Interrupts

_UTF_8 = "PYTHONUTF8"
_NEW_OBJECTS = 10_000
"""Python looks for reference cycles after so many new objects, some 2 MB; by itself after 700."""
_LOADED = 100_000
"""More than what a command loads, of which nothing goes: 87,000 for `list`."""


def main() -> None:
    """Run the command that `sys.argv` names; never returns."""
    _know_all_letters()
    gc.set_threshold(_LOADED)
    gc.callbacks.append(_look_more_often)
    try:
        _run()
    finally:
        gc.freeze()  # what ends with the process is looked through no more


def _know_all_letters() -> None:
    """Begin again in Python's UTF-8 mode where the locale has no letters but those of ASCII.

    Python does that itself in the locale C, unless PYTHONUTF8 forbids it: then names with accents
    could be neither typed nor read, and a folder's not be written down.
    """
    if sys.getfilesystemencoding() == "ascii" and os.environ.get(_UTF_8) != "1":
        again = [sys.executable, *sys.orig_argv[1:]]
        os.execve(sys.executable, again, {**os.environ, _UTF_8: "1"})  # noqa: S606 - ourselves


def _look_more_often(*_: object) -> None:
    """Python has looked for cycles once."""
    gc.callbacks.remove(_look_more_often)
    gc.set_threshold(_NEW_OBJECTS)


def _run() -> None:
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
