"""Processes in which bytes from outside meet a decoder, with limits: one bad file, one failure.

Workers are spawned, not forked, and speak over a pipe each; there are no threads. This module and
what it imports are light: what the function needs is imported by the workers alone.
"""

import os
import pickle
import signal
import sys
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from fapproc.imaging.undecodable import Undecodable
from fapproc.model import Detail

K = TypeVar("K")
P = TypeVar("P")
R = TypeVar("R")

GIB = 1 << 30
MOST_PROCESSES = 60  # Windows can't wait for more than 63 things at once
_SECONDS_TO_EXIT = 5.0
_ONE_THREAD = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(slots=True, eq=False)
class _Worker:
    """A process, our end of its pipe, and what it is at: nothing, or an item since when."""

    process: BaseProcess
    pipe: Connection
    key: Any = None
    started: bool = False
    deadline: float | None = None


class Workers(Generic[P, R]):
    """Calls a function on payloads in other processes, at most one payload each at a time.

    Args:
        function: of a module's top level; what it takes and gives can be pickled.
        begin: called by each worker before its first payload, and before memory is limited: what
            a function needs once, a network of some megabytes, is loaded then.
        processes: how many at most; by default as many as there are processors for us. They are
            started when there is work for them.
        seconds: what takes longer is killed.
        memory: bytes that a worker may take on top of what it takes before the first payload. Held
            by the address space, on Linux; on Windows and macOS there is no such limit.
    """

    def __init__(
        self,
        function: Callable[[P], R],
        *,
        begin: Callable[[], object] | None = None,
        processes: int | None = None,
        seconds: float = 60,
        memory: int = 3 * GIB,
    ) -> None:
        self._job = (pickle.dumps((function, begin)), seconds, memory)
        self._most = processes or min(_processors(), MOST_PROCESSES)
        self._seconds = seconds
        self._workers: list[_Worker] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end(self._workers)

    def map(self, items: Iterable[tuple[K, P]]) -> Iterator[tuple[K, R | Undecodable]]:
        """Yield what the function makes of each payload, under its key, as it comes.

        Besides the payloads in work, as many are read ahead. What the function raises as
        `Undecodable` is yielded; a payload on which it runs out of memory is TOO_LARGE, one that
        takes too long or ends the process is TRUNCATED.

        Raises:
            Exception: any other that the function or `begin` raises, with the worker's traceback
                as a note.
            RuntimeError: a worker ended before its first payload.
        """
        source = iter(items)
        ahead: deque[tuple[K, P]] = deque()
        more = True
        try:
            while True:
                while more and len(ahead) < self._most and not wait(self._pipes(), 0):
                    item = next(source, None)
                    if item is None:
                        more = False
                    else:
                        ahead.append(item)
                    self._hand_out(ahead)
                self._hand_out(ahead)
                if not (more or ahead or self._busy()):
                    return
                yield from self._collect()
        finally:
            self._end(self._busy())

    def _busy(self) -> list[_Worker]:
        return [worker for worker in self._workers if worker.deadline is not None]

    def _pipes(self) -> list[Connection]:
        return [worker.pipe for worker in self._workers]

    def _hand_out(self, ahead: deque[tuple[K, P]]) -> None:
        while len(self._workers) < min(self._most, len(self._busy()) + len(ahead)):
            self._workers.append(self._start())
        for worker in self._workers:
            if ahead and worker.started and worker.deadline is None:
                worker.key, payload = ahead.popleft()
                worker.deadline = time.monotonic() + self._seconds
                # A worker that is gone is found by `_hear`, at the end of its pipe.
                with suppress(OSError):
                    worker.pipe.send(payload)

    def _start(self) -> _Worker:
        context = get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=_work, args=(theirs, *self._job), daemon=True)
        with _interrupts_held(), _one_thread():
            process.start()
        theirs.close()
        return _Worker(process, ours)

    def _collect(self) -> Iterator[tuple[Any, R | Undecodable]]:
        """Wait until a worker speaks, or until one's time is over."""
        deadlines = [worker.deadline for worker in self._workers if worker.deadline is not None]
        left = max(0.0, min(deadlines) - time.monotonic()) if deadlines else None
        spoke = wait(self._pipes(), left) if self._workers else []
        for worker in [*self._workers]:
            if worker.pipe in spoke:
                yield from self._hear(worker)
            elif worker.deadline and worker.deadline < time.monotonic() and not worker.pipe.poll():
                self._end([worker])
                yield worker.key, Undecodable(Detail.TRUNCATED, f"took over {self._seconds} s")

    def _hear(self, worker: _Worker) -> Iterator[tuple[Any, R | Undecodable]]:
        try:
            answer = pickle.loads(worker.pipe.recv_bytes())  # noqa: S301 - our own process wrote it
        except (EOFError, OSError):
            worker.process.join(_SECONDS_TO_EXIT)
            ended = f"its process ended with {worker.process.exitcode}"
            self._end([worker])
            if not worker.started:
                raise RuntimeError(f"a worker did not start: {ended}") from None
            if worker.deadline is not None:
                yield worker.key, Undecodable(Detail.TRUNCATED, ended)
            return
        if isinstance(answer, _Raised):
            answer.problem.add_note(answer.trace)
            raise answer.problem
        if worker.started:
            worker.deadline = None
            yield worker.key, answer
        worker.started = True

    def _end(self, workers: list[_Worker]) -> None:
        for worker in workers:
            worker.process.kill()
        for worker in workers:
            worker.process.join()
            worker.process.close()
            worker.pipe.close()
        self._workers = [worker for worker in self._workers if worker not in workers]


@dataclass(frozen=True, slots=True)
class _Raised:
    """An exception on its way to the caller."""

    problem: Exception
    trace: str


def _work(pipe: Connection, job: bytes, seconds: float, memory: int) -> None:
    """Be a worker until the pipe ends. The first word says that the function is there."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        function, begin = pickle.loads(job)  # noqa: S301 - our own process wrote it
        _hush()
        if begin is not None:
            begin()
    except Exception as problem:  # noqa: BLE001 - it goes to the caller
        pipe.send_bytes(_raised(problem))
        return
    _limit(memory)
    with suppress(EOFError, OSError):  # the parent is gone: nobody wants to know
        pipe.send_bytes(pickle.dumps(None))
        while True:
            payload = pipe.recv()
            _end_alone_after(2 * seconds)
            pipe.send_bytes(_answer(function, payload))
            _end_alone_after(0)


def _answer(function: Callable[[Any], object], payload: object) -> bytes:
    try:
        try:
            return pickle.dumps(function(payload))
        except Undecodable as undecodable:
            return pickle.dumps(undecodable)
        except MemoryError:
            return pickle.dumps(Undecodable(Detail.TOO_LARGE, "more memory than a worker may take"))
    except Exception as problem:  # noqa: BLE001 - it goes to the caller
        return _raised(problem)


def _raised(problem: Exception) -> bytes:
    trace = "".join(traceback.format_exception(problem))
    try:
        written = pickle.dumps(_Raised(problem, trace))
        pickle.loads(written)  # noqa: S301 - we wrote it
    except Exception:  # noqa: BLE001 - not every exception can be written and read
        return pickle.dumps(_Raised(RuntimeError(repr(problem)), trace))
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


def _end_alone_after(seconds: float) -> None:
    """Have the system end this process, should the parent be gone and not do it; 0: don't."""
    if sys.platform != "win32":
        signal.setitimer(signal.ITIMER_REAL, seconds)


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Start a process deaf to Ctrl-C from its first instruction, and lose none of ours."""
    if sys.platform == "win32":
        yield
        return
    from multiprocessing import resource_tracker

    resource_tracker.ensure_running()  # it changes the mask when it is started on the way
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Start a process whose libraries count in one thread, for there is a process a processor.

    They read the environment when they are loaded, which may be before `_work` is called: a new
    process imports the main module first. In two threads a picture took 53 ms instead of 20.
    """
    before = {name: os.environ.get(name) for name in _ONE_THREAD}
    os.environ.update(dict.fromkeys(_ONE_THREAD, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _processors() -> int:
    """Count the processors that this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
