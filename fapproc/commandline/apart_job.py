"""The process of a job: gets an order over a pipe, carries it out, and reports over the pipe."""

import io
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from multiprocessing.connection import Connection
from typing import Any

from fapproc.archive import Archive
from fapproc.commandline.apart import PATIENCE, Ended, Job, News, Order, Said, Step
from fapproc.commandline.checking import check_archive
from fapproc.commandline.processing import process_archive
from fapproc.commandline.searching import dedup_archive
from fapproc.errors import DONE_WITH_FAILURES, INTERRUPTED, FapError, as_problem
from fapproc.interrupts import Interrupts, whole
from fapproc.voice import tell
from fapproc.wording import counted

_NICER = 5
"""By how much its priority is lower than that of the program that a person waits for."""
_SECONDS_BETWEEN_STEPS = 0.2
Say = Callable[[News], None]


def main(handle: int) -> None:
    """Do the job that comes over the pipe of which this process was given one end."""
    interrupts = Interrupts()
    interrupts.hold()
    if sys.platform != "win32":
        os.nice(_NICER)
    pipe = _pipe(handle)  # never closed: who waits for its end would take that for the other's
    # At any word the other side may be gone: nobody wants to know then.
    with suppress(EOFError, OSError):
        order = pipe.recv()
        sys.argv[:] = ["fapproc", order.job]  # by which others are told who holds the archive
        threading.Thread(target=_end_when_told, args=(pipe,), daemon=True).start()

        @whole()
        def say(news: News) -> None:
            with suppress(OSError):
                pipe.send(news)

        say(Ended(_do(order, say, interrupts)))


def _pipe(handle: int) -> Any:
    if sys.platform == "win32":
        from multiprocessing.connection import PipeConnection

        return PipeConnection(handle)
    return Connection(handle)


def _end_when_told(pipe: Connection, patience: float = PATIENCE) -> None:
    """Wait for any word, or for the end of the pipe; then end as by Ctrl-C, at last by force."""
    with suppress(EOFError, OSError):
        pipe.recv()
    if sys.platform == "win32":
        import _thread

        _thread.interrupt_main()
    else:
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
    time.sleep(patience)
    os._exit(INTERRUPTED)


def _do(order: Order, say: Say, interrupts: Interrupts) -> int:
    """Do the job as its command does; returns the exit code."""
    out = _Lines(lambda line: say(Said(line, is_result=True)))
    err = _Lines(lambda line: say(Said(line, is_result=False)))
    with redirect_stdout(out), redirect_stderr(err):
        try:
            with interrupts.heard(), Archive.open_unlocked(order.unlocked) as archive:
                return _job(archive, order, say)
        except (FapError, OSError, MemoryError) as error:
            problem = as_problem(error)
            tell(f"Error: {problem}")
            return problem.exit_code
        except KeyboardInterrupt:
            tell("Ended; what was done is kept. Start it again to go on.")
            return INTERRUPTED


def _job(archive: Archive, order: Order, say: Say) -> int:
    @contextmanager
    def counting(what: str, total: int | None, *, quiet: bool) -> Iterator[Callable[[int], None]]:  # noqa: ARG001 - as a terminal is drawn on
        finished, step = 0, _Steps(say)

        def done(count: int) -> None:
            nonlocal finished
            finished += count
            of = f"{finished:,} of {counted(total, 'image')}" if total else f"{finished:,}"
            step(f"{what}: {of}", finished / total if total else None)

        done(0)
        yield done

    @contextmanager
    def steps(*, quiet: bool) -> Iterator[Callable[[str, float | None], None]]:  # noqa: ARG001 - the same
        yield _Steps(say)

    match order.job:
        case Job.PROCESS:
            failed = process_archive(archive, quiet=False, draw=counting)
            return DONE_WITH_FAILURES if failed else 0
        case Job.DEDUP:
            dedup_archive(archive, quiet=False, draw=steps)
        case Job.CHECK:
            check_archive(archive, read_data=order.read_data, quiet=False, draw=counting)
    return 0


class _Steps:
    """Says how far a job is, a few times a second at most, and each new step."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._words, self._at = "", 0.0

    def __call__(self, words: str, part: float | None) -> None:
        now = time.monotonic()
        is_new = words.partition(":")[0] != self._words
        if is_new or now - self._at >= _SECONDS_BETWEEN_STEPS:
            self._words, self._at = words.partition(":")[0], now
            self._say(Step(words, part))


class _Lines(io.TextIOBase):
    """A stream whose lines go to a function."""

    def __init__(self, take: Callable[[str], None]) -> None:
        self._take, self._rest = take, ""

    def write(self, text: str) -> int:
        """Take text; what is no whole line waits for the rest."""
        *lines, self._rest = (self._rest + text).split("\n")
        for line in lines:
            if line:
                self._take(line)
        return len(text)
