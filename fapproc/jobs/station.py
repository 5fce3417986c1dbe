"""What a worker of a cluster works with: the archive, opened as by any program, and processes.

A process has limits, as it has elsewhere: a picture that ends it is `Broken`, and the worker goes
on. Only what reads the archive's rows is done by the worker itself.
"""

import pickle
import uuid
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Protocol

from fapproc.archive import Archive
from fapproc.executors.here import Here
from fapproc.executors.local import LocalProcesses
from fapproc.executors.machine import LEAST_MEMORY
from fapproc.executors.outcomes import Executor
from fapproc.jobs import libraries
from fapproc.jobs.wire import Wire
from fapproc.unlocking import Unlocked

KEPT = 2
"""So many jobs are ready at a time, where there is memory for the processes of all: one program at
most processes an archive, and one compares."""


class Job(Protocol):
    """What is to be done with many payloads; it travels."""

    def name(self) -> str:
        """The same for the same work, whatever computer and run it is asked for from."""
        ...

    def begun(self, archive: Archive, memory: int) -> AbstractContextManager[Executor[Any, Any]]:
        """Who does it here, in a process that may take so many bytes."""
        ...


@dataclass(frozen=True, slots=True)
class Calling:
    """To call a function: in a process with limits, or here where it reads the archive.

    `libraries`: what it depends on, as it is where the command runs.
    """

    function: Callable[[Any], Any]
    reads: bool
    libraries: Mapping[str, str]

    def name(self) -> str:
        """The same for the same function; of each search another, for rows change meanwhile."""
        if self.reads:
            return str(uuid.uuid4())
        return sha256(pickle.dumps((self.function, sorted(self.libraries.items())))).hexdigest()

    @contextmanager
    def begun(
        self,
        archive: Archive,  # noqa: ARG002 - the function has what it needs
        memory: int,
    ) -> Iterator[Executor[Any, Any]]:
        """Who does it here.

        Raises:
            UsageProblem: it would come out otherwise here.
            FapError: the process can't be started.
        """
        libraries.refuse_others(self.libraries, libraries.here())
        if self.reads:
            yield Here(self.function)
            return
        with LocalProcesses[Any, Any](self.function, processes=1, memory=memory) as one:
            one.make_ready()
            yield one


class Station:
    """The archive of a worker, and the jobs that it is at.

    Args:
        unlocked: opens the archive.
        memory: bytes that its processes with limits may take together.
        first: makes the job that is likely asked for first, so that it is ready before. If it can't
            be begun, who asks for it is told.

    Raises:
        FapError: the archive can't be opened.
    """

    def __init__(
        self,
        unlocked: Unlocked,
        memory: int,
        first: Callable[[], Job] | None = None,
    ) -> None:
        self._archive = Archive.open_unlocked(unlocked)
        self._wire = Wire(self._archive)
        self._kept = KEPT if memory >= KEPT * LEAST_MEMORY else 1
        self._memory = memory // self._kept
        self._jobs: OrderedDict[str, tuple[Executor[Any, Any], ExitStack]] = OrderedDict()
        if first is not None:
            with suppress(Exception):  # libraries raise anything; it may never be asked for
                job = first()
                self._begin(job.name(), job)

    def answer(self, name: str, payloads: bytes, job: bytes | None) -> bytes | None:
        """What came of payloads, in their order, or the error for which nothing could be done.

        None if the job is not known here: then it has to be brought along.
        """
        try:
            if name not in self._jobs:
                if job is None:
                    return None
                self._begin(name, self._wire.unpack(job))
            self._jobs.move_to_end(name)
            return self._wire.pack(self._outcomes(name, self._wire.unpack(payloads)))
        except Exception as problem:  # noqa: BLE001 - it goes to who has asked
            self._end(name)
            return self._told(problem)

    def _told(self, problem: Exception) -> bytes:
        """An error as bytes; in words if it can't be pickled, for Dask would send it readable."""
        try:
            data = self._wire.pack(problem)
            self._wire.unpack(data)
        except Exception:  # noqa: BLE001 - whatever its own code raises
            said = f"A worker of the cluster failed: {type(problem).__name__}: {problem}"
            return self._wire.pack(RuntimeError(said))
        return data

    def close(self) -> None:
        """End the processes, and close the archive."""
        for name in [*self._jobs]:
            self._end(name)
        self._archive.close()

    def _begin(self, name: str, job: Job) -> None:
        while len(self._jobs) >= self._kept:
            self._end(next(iter(self._jobs)))  # of which nobody has asked for longest
        begun = ExitStack()
        self._jobs[name] = begun.enter_context(job.begun(self._archive, self._memory)), begun

    def _end(self, name: str) -> None:
        if name in self._jobs:
            self._jobs.pop(name)[1].close()

    def _outcomes(self, name: str, payloads: list[Any]) -> list[Any]:
        found = dict(self._jobs[name][0].map(enumerate(payloads)))
        return [found[place] for place in range(len(payloads))]
