"""Ctrl-C: noted until a command can hear it, and raised where it arrives whole.

Python raises KeyboardInterrupt wherever it is. Before the command line stands, and after it is
done, that is a traceback; amid an import it leaves as another error, or is swallowed with a line
of noise, as it is in a finalizer; amid drawing it leaves half a bar and no cursor. So who draws
says so by `whole`, and Python says which module is being imported. May set handlers of signals, in
the main thread.
"""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

_SECONDS_UNTIL_AGAIN = 0.02, 0.32
"""At first and at most, doubled each time: on a machine that gave a program a thirtieth of its time
a look each 20 ms at what is being imported took most of that (2026-11-30, two minutes)."""
_WHOLE: ContextVar[bool] = ContextVar("whole", default=False)


class Interrupts:
    """What Ctrl-C means to one program, from its first line to its end."""

    def __init__(self) -> None:
        self._is_heard = self._is_noted = False
        self._until_again, self._most = _SECONDS_UNTIL_AGAIN

    def hold(self) -> None:
        """From now on only note it; the second one that nobody hears ends the process."""
        signal.signal(signal.SIGINT, self._on_signal)
        if sys.platform != "win32":
            signal.signal(signal.SIGALRM, _press_again)
        sys.unraisablehook = self._on_unraisable

    @contextmanager
    def heard(self) -> Iterator[None]:
        """Raise KeyboardInterrupt in this block, at once if one was noted before."""
        self._is_heard = True
        try:
            if self._is_noted:
                raise KeyboardInterrupt
            yield
        finally:
            self._is_heard = False

    def _on_signal(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002 - Python's own form
        if not self._is_heard:
            if self._is_noted:
                signal.signal(signal.SIGINT, signal.SIG_DFL)
                signal.raise_signal(signal.SIGINT)
            self._is_noted = True
        elif _WHOLE.get() or _is_importing():
            self._later()
        else:
            raise KeyboardInterrupt

    def _on_unraisable(self, problem: "UnraisableHookArgs") -> None:
        if isinstance(problem.exc_value, KeyboardInterrupt):
            self._later()
        else:
            sys.__unraisablehook__(problem)

    def _later(self) -> None:
        """Try again in a moment: a timer, because a thread would not wake who waits."""
        if sys.platform == "win32":
            raise KeyboardInterrupt
        signal.setitimer(signal.ITIMER_REAL, self._until_again)
        self._until_again = min(2 * self._until_again, self._most)


def _press_again(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - Python's own form
    signal.raise_signal(signal.SIGINT)  # whoever hears it by now: a crawl has its own way


@contextmanager
def whole() -> Iterator[None]:
    """What this block, or function, does is done to its end: Ctrl-C is raised soon after it."""
    before = _WHOLE.set(True)
    try:
        yield
    finally:
        _WHOLE.reset(before)


def _is_importing() -> bool:
    """Whether a module's code is at work now; the mark is what `import` itself looks at."""
    specs = (getattr(module, "__spec__", None) for module in [*sys.modules.values()])
    return any(getattr(spec, "_initializing", False) is True for spec in specs)
