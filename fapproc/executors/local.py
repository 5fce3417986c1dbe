"""Processes of this computer, with limits: one bad payload costs its own outcome and no other.

Workers are new programs, no forks of this one, and speak over a pipe each; there are no threads.
They hear over it what to do, and end as quietly when it ends before that. This module and what it
imports are light: what the function needs is imported by the workers alone.
"""

import os
import pickle
import re
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from fapproc.errors import FapError
from fapproc.executors.machine import share, sleeps
from fapproc.executors.outcomes import Broken, Outcome
from fapproc.executors.starting import deaf, start

K = TypeVar("K")
P = TypeVar("P")
R = TypeVar("R")

WORKER = "fapproc.executors.worker"
PATIENCE = 10
"""A worker may sleep so many times the processor time that it may take: then it hangs."""
_TICK = 0.5
"""Seconds after which the parent looks at its workers; a longer gap was no time for anybody."""
_FALSE_STARTS = 3
"""So many workers in a row that end before their first payload: there will be no other."""
START_SECONDS = 120.0
"""A worker that sleeps so long over its start hangs, and ends before its first payload too."""
_SECONDS_TO_EXIT = 5.0
ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
"""There is a worker a processor, so its libraries count in one thread, as they read here when they
are loaded. In two threads a picture took 53 ms instead of 20."""
_CREDENTIALS = re.compile(r"AWS_.*|PGPASSWORD|FAP_([A-Z]+_)?PASSWORD")
"""Variables that give access to stored files, rows and keys, which no worker needs."""


@dataclass(slots=True, eq=False)
class _Worker:
    """A process, our end of its pipe, and what it is at: nothing, or a payload for how long."""

    process: "subprocess.Popen[bytes]"
    pipe: Connection
    key: Any = None
    started: bool = False
    busy: bool = False
    spent: float = 0.0
    """Seconds by the clock in which it slept."""


class LocalProcesses(Generic[P, R]):
    """Calls a function on payloads in other processes, at most one payload each at a time.

    Args:
        function: of a module's top level; what it takes and gives can be pickled.
        begin: called by each worker before its first payload, and before memory is limited: what
            a function needs once, a network of some megabytes, is loaded then.
        processes: how many at most; by default as many as there are processors and memory for us.
            They are started when there is work for them.
        seconds: of processor time that a payload may take, then its worker is ended.
        memory: bytes that a worker may take on top of what it takes before the first payload; by
            default its share of what is free. Held by the address space, on Linux; on Windows and
            macOS there is no such limit.
    """

    def __init__(
        self,
        function: Callable[[P], R],
        *,
        begin: Callable[[], object] | None = None,
        processes: int | None = None,
        seconds: float = 60,
        memory: int | None = None,
    ) -> None:
        part = share(processes)
        self._job = pickle.dumps((function, begin)), seconds, memory or part.memory
        self._most = part.processes
        self._seconds = seconds
        self._workers: list[_Worker] = []
        self._false_starts = 0
        self._looked = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end(self._workers)

    def make_ready(self) -> None:
        """Start all workers now, and wait until they can begin, so that no payload has to.

        Raises:
            Exception: whatever `begin` raises, with the worker's traceback as a note.
            FapError: workers end before they begin.
        """
        while sum(worker.started for worker in self._workers) < self._most:
            while len(self._workers) < self._most:
                self._start()
            for _ in self._collect():
                pass

    def map(self, tasks: Iterable[tuple[K, P]]) -> Iterator[tuple[K, Outcome[R]]]:
        """Yield what came of each payload, under its key, as it comes.

        Besides the payloads in work, as many are read ahead. `Refused` is what the function raises
        as `Refusal`; `Broken` is every other exception, and a payload that took too long, ran out
        of memory, or whose process ended.

        Raises:
            Exception: whatever `begin` raises, with the worker's traceback as a note.
            FapError: workers end before they begin.
        """
        source = iter(tasks)
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
        return [worker for worker in self._workers if worker.busy]

    def _pipes(self) -> list[Connection]:
        return [worker.pipe for worker in self._workers]

    def _hand_out(self, ahead: deque[tuple[K, P]]) -> None:
        while len(self._workers) < min(self._most, len(self._busy()) + len(ahead)):
            self._start()
        for worker in self._workers:
            if ahead and worker.started and not worker.busy:
                worker.key, payload = ahead.popleft()
                worker.busy, worker.spent = True, 0.0
                # A worker that is gone is found by `_hear`, at the end of its pipe.
                with suppress(OSError):
                    worker.pipe.send(payload)

    def _start(self) -> None:
        """Start one more worker; where the system gives no more, those that are there must do."""
        try:
            ours, theirs = Pipe()
            with deaf(), theirs:
                self._workers.append(_Worker(start(WORKER, theirs, environment()), ours))
        except OSError as error:
            if not self._workers:
                raise _unable(os.strerror(error.errno or 0)) from error
            self._most = len(self._workers)
            return
        # One that is gone is found by `_hear`, at the end of its pipe.
        with suppress(OSError):
            ours.send(self._job)

    def _collect(self) -> Iterator[tuple[Any, Outcome[R]]]:
        """Wait until a worker speaks, and end those that hang."""
        spoke = wait(self._pipes(), _TICK) if self._workers else []
        self._count_time()
        for worker in [*self._workers]:
            if worker.pipe in spoke:
                yield from self._hear(worker)
            elif worker.busy and worker.spent > PATIENCE * self._seconds and not worker.pipe.poll():
                self._end([worker])
                yield worker.key, Broken("its worker stopped answering")
            elif not worker.started and worker.spent > START_SECONDS and not worker.pipe.poll():
                self._end([worker])
                self._count_false_start("a worker did not start")

    def _count_time(self) -> None:
        """Add what has passed to the time of each worker that sleeps over its payload or start.

        What a worker does with a processor is limited by the system. A computer that slept, or a
        program that was stopped and goes on, sees one long step, which counts as a short one.
        """
        now = time.monotonic()
        step, self._looked = min(now - self._looked, 2 * _TICK), now
        for worker in self._workers:
            is_at_work = worker.busy or not worker.started
            if is_at_work and sleeps(worker.process.pid):
                worker.spent += step

    def _hear(self, worker: _Worker) -> Iterator[tuple[Any, Outcome[R]]]:
        try:
            answer = pickle.loads(worker.pipe.recv_bytes())  # noqa: S301 - our own process wrote it
        except (EOFError, OSError):
            with suppress(subprocess.TimeoutExpired):
                worker.process.wait(_SECONDS_TO_EXIT)
            why = self._how_it_ended(worker.process.returncode)
            self._end([worker])
            if worker.busy:
                yield worker.key, Broken(why)
            elif not worker.started:
                self._count_false_start(why)
            return
        if isinstance(answer, Exception):
            raise answer
        if worker.started:
            worker.busy = False
            yield worker.key, answer
        worker.started = True
        self._false_starts = 0

    def _count_false_start(self, why: str) -> None:
        self._false_starts += 1
        if self._false_starts == _FALSE_STARTS:
            raise _unable(why)

    def _how_it_ended(self, code: int | None) -> str:
        if sys.platform != "win32" and code == -signal.SIGPROF:
            return f"it took more than {self._seconds:g} seconds of processor time"
        if sys.platform != "win32" and code == -signal.SIGKILL:
            return "its worker was killed; memory may have run out"
        return f"its worker ended with {code}"

    def _end(self, workers: list[_Worker]) -> None:
        for worker in workers:
            worker.process.kill()
        for worker in workers:
            worker.process.wait()
            worker.pipe.close()
        self._workers = [worker for worker in self._workers if worker not in workers]


def environment() -> dict[str, str]:
    """What processes see that work: libraries count in one thread, and no credentials are there."""
    ours = {name: said for name, said in os.environ.items() if not _CREDENTIALS.fullmatch(name)}
    return ours | ONE_THREAD


def _unable(why: str) -> FapError:
    return FapError(
        f"Processes for the work can't be started: {why}. Free some memory, and run it again."
    )
