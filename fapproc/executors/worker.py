"""What a worker process does: hear of payloads over a pipe, and answer. Runs in the process alone.

Light to import; what the function needs is imported when the function is read.
"""

import gc
import os
import pickle
import signal
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from fapproc.executors.outcomes import Broken, Done, Refusal, Refused

if sys.platform == "win32":
    from multiprocessing.connection import PipeConnection as Connection
else:
    from multiprocessing.connection import Connection

NO_MEMORY = "it needs more memory than there is for it"


class Unable(Exception):
    """A worker could not begin; the note is its traceback."""


def main(handle: int) -> None:
    """Be a worker until the pipe ends, of which this process was given one end.

    What it hears first is how it is to work: the function and what is to be called before its first
    payload, pickled; seconds of processor time that a payload may take, then the system ends the
    process; and bytes that it may take on top of what it takes before the first payload.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # At any word the parent may be gone, killed as this began: nobody wants to know then.
    with Connection(handle) as pipe, suppress(EOFError, OSError):
        _work(pipe, *pipe.recv())


def _work(pipe: Connection, job: bytes, seconds: float, memory: int) -> None:
    """Answer each payload. The first word is None: the function is there."""
    try:
        gc.disable()
        function, begin = pickle.loads(job)  # noqa: S301 - our own process wrote it
        _hush()
        if begin is not None:
            begin()
        gc.freeze()  # what is loaded stays: no payload's time goes into looking through it
        gc.enable()
    except Exception as problem:  # noqa: BLE001 - it goes to the caller
        pipe.send_bytes(_pickled(problem))
        return
    _limit(memory)
    pipe.send_bytes(pickle.dumps(None))
    while True:
        payload = pipe.recv()
        _end_after(seconds)
        answer = _answer(function, payload)
        _end_after(0)
        pipe.send_bytes(answer)


def _answer(function: Callable[[Any], object], payload: object) -> bytes:
    try:
        return pickle.dumps(Done(function(payload)))
    except Refusal as problem:
        return pickle.dumps(Refused(problem))
    except MemoryError:
        return pickle.dumps(Broken(NO_MEMORY))
    except Exception as problem:  # noqa: BLE001 - nobody foresaw it; it is this payload's
        trace = "".join(traceback.format_exception(problem))
        return pickle.dumps(Broken(f"{type(problem).__name__}: {problem}", trace))


def _pickled(problem: Exception) -> bytes:
    """An exception as bytes that can be read back, its traceback as a note."""
    problem.add_note("".join(traceback.format_exception(problem)))
    try:
        written = pickle.dumps(problem)
        pickle.loads(written)  # noqa: S301 - we wrote it
    except Exception:  # noqa: BLE001 - not every exception can be written and read
        unable = Unable(repr(problem))
        unable.add_note(problem.__notes__[-1])
        return pickle.dumps(unable)
    return written


def _hush() -> None:
    """Send to nowhere what libraries in C print of bad bytes: libtiff can't be told not to."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)


def _limit(memory: int) -> None:
    """Limit the address space, counted from what is mapped now: threads of libraries map much."""
    if sys.platform != "linux":
        return
    import resource

    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    limit = pages * resource.getpagesize() + memory
    if hard == resource.RLIM_INFINITY or limit < hard:
        resource.setrlimit(resource.RLIMIT_AS, (limit, hard))


def _end_after(seconds: float) -> None:
    """Have the system end this process after so much processor time; 0: don't.

    Not after so much time of the clock: that goes on while a computer sleeps, and while the
    program is stopped. This ends a worker that works for ever too when its parent is gone.
    """
    if sys.platform != "win32":
        signal.setitimer(signal.ITIMER_PROF, seconds)
