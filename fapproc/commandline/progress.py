"""How far a command has come: a bar on a terminal, elsewhere a plain line each ten seconds."""

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Protocol

from fapproc.interrupts import whole
from fapproc.steps import time_left
from fapproc.voice import tell
from fapproc.wording import duration

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

_SECONDS_BETWEEN_LINES = 10.0


class Draw(Protocol):
    """Shows how far a job is that counts its steps: `progress`, or a report to another program."""

    def __call__(
        self, what: str, total: int | None, *, quiet: bool
    ) -> AbstractContextManager[Callable[[int], None]]:
        """Gives a function to be called with the number of steps just finished."""


class DrawSteps(Protocol):
    """Shows at which step a job is: `steps`, or a report to another program."""

    def __call__(
        self, *, quiet: bool
    ) -> AbstractContextManager[Callable[[str, float | None], None]]:
        """Gives a function to be called with the step, and the part of it that is done."""


@contextmanager
def progress(what: str, total: int | None, *, quiet: bool) -> Iterator[Callable[[int], None]]:
    """A bar with rate and time left on a terminal; elsewhere a plain line each ten seconds.

    Yields a function to be called with the number of steps just finished.
    """
    if quiet or total == 0:
        yield lambda _: None
    elif sys.stderr.isatty():
        with _bar(what, total) as advance:
            yield advance
    else:
        yield _lines(what, total)


@contextmanager
def steps(*, quiet: bool) -> Iterator[Callable[[str, float | None], None]]:
    """The present step, how far it is and the time left; elsewhere a plain line now and then.

    Yields a function to be called with the present step and the part of it that is done, or None if
    that is not known.
    """
    if quiet:
        yield lambda *_: None
    elif sys.stderr.isatty():
        with _step_bar() as show:
            yield show
    else:
        yield _step_lines()


@contextmanager
def _step_bar() -> Iterator[Callable[[str, float | None], None]]:
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn
    from rich.progress import TimeRemainingColumn as TimeLeft

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeLeft())
    bar = Progress(*columns, console=_console(), transient=True)
    task = bar.add_task("Looking for what is new", total=None)

    @whole()
    def show(step: str, part: float | None) -> None:
        nonlocal task
        if bar.tasks[0].description != step:  # a bar can't forget its total
            bar.remove_task(task)
            task = bar.add_task(step, total=None if part is None else 1)
        bar.update(task, completed=part)

    with _started(bar):
        yield show


def _step_lines() -> Callable[[str, float | None], None]:
    import time

    told = began = time.monotonic()
    current = ""

    def show(step: str, part: float | None) -> None:
        nonlocal told, began, current
        now = time.monotonic()
        if step != current:
            current, began = step, now
        if now - told >= _SECONDS_BETWEEN_LINES:
            told = now
            tell(f"{step}{_how_far(part, now - began) if part else ''}")

    return show


def _how_far(part: float, seconds: float) -> str:
    left = time_left(part, seconds)
    return f": {part:.0%}" + (f", {_left(left)}" if left is not None else "")


@contextmanager
def _bar(what: str, total: int | None) -> Iterator[Callable[[int], None]]:
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),  # the speed itself is None before the first step
        TimeElapsedColumn() if total is None else TimeRemainingColumn(),
    )
    bar = Progress(*columns, console=_console(), transient=True)
    task = bar.add_task(what, total=total, rate="")

    @whole()
    def advance(count: int) -> None:
        bar.start()
        bar.advance(task, count)
        speed = bar.tasks[0].speed
        bar.update(task, rate=f"{speed:,.0f}/s" if speed else "")

    # Without a total the first step shows it: a password may be asked for before.
    with _started(bar, at_once=total is not None):
        yield advance


@contextmanager
def _started(bar: "Progress", *, at_once: bool = True) -> Iterator[None]:
    try:  # Ctrl-C may come as soon as it shows: what began is ended
        if at_once:
            with whole():
                bar.start()
        yield
    finally:
        with whole():
            bar.stop()


def _console() -> "Console":
    from rich.console import Console

    console = Console(stderr=True)
    console.width -= 2  # the ^C that a terminal shows would wrap, and leave the bar behind
    return console


def _lines(what: str, total: int | None) -> Callable[[int], None]:
    import time

    finished, started = 0, time.monotonic()
    told = started

    def advance(count: int) -> None:
        nonlocal finished, told
        finished += count
        now = time.monotonic()
        if now - told >= _SECONDS_BETWEEN_LINES:
            told = now
            rate = finished / (now - started)
            seconds = max(0, (total or 0) - finished) / rate if rate else 0
            left = f", {_left(seconds)}" if total and rate else ""
            of = f" of {total:,}" if total else ""
            tell(f"{what}: {finished:,}{of}, {rate:,.0f}/s{left}")

    return advance


def _left(seconds: float) -> str:
    return f"{duration(seconds) if seconds >= 10 else 'under 10 s'} left"
