"""What a worker of a cluster works with: the archive, opened as by any program, and one process.

The process has limits, as it has elsewhere: a picture that ends it is `Broken`, and the worker goes
on. Only what reads the archive's rows is done by the worker itself.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from fapproc.archive import Archive
from fapproc.executors.here import Here
from fapproc.executors.local import LocalProcesses
from fapproc.executors.outcomes import Executor
from fapproc.jobs.wire import Wire
from fapproc.unlocking import Unlocked


class Job(Protocol):
    """What is to be done with many payloads; it travels."""

    def begun(
        self, archive: Archive, memory: int | None
    ) -> AbstractContextManager[Executor[Any, Any]]:
        """Who does it here, in a process that may take so many bytes."""
        ...


@dataclass(frozen=True, slots=True)
class Calling:
    """To call a function: in a process with limits, or here where it reads the archive."""

    function: Callable[[Any], Any]
    reads: bool

    @contextmanager
    def begun(
        self,
        archive: Archive,  # noqa: ARG002 - the function has what it needs
        memory: int | None,
    ) -> Iterator[Executor[Any, Any]]:
        """Who does it here."""
        if self.reads:
            yield Here(self.function)
            return
        with LocalProcesses[Any, Any](self.function, processes=1, memory=memory) as one:
            yield one


class Station:
    """The archive of a worker, and the job that it is at.

    Args:
        unlocked: opens the archive.
        memory: bytes that the process with limits may take.

    Raises:
        FapError: the archive can't be opened.
    """

    def __init__(self, unlocked: Unlocked, memory: int | None) -> None:
        self._archive = Archive.open_unlocked(unlocked)
        self._wire, self._memory = Wire(self._archive), memory
        self._number, self._begun = "", ExitStack()
        self._executor: Executor[Any, Any] | None = None

    def answer(self, number: str, payloads: bytes, job: bytes | None) -> bytes | None:
        """What came of payloads, in their order, or the error for which nothing could be done.

        None if the job is not known here: then it has to be brought along.
        """
        try:
            if number != self._number:
                if job is None:
                    return None
                self._begin(number, self._wire.unpack(job))
            return self._wire.pack(self._outcomes(self._wire.unpack(payloads)))
        except Exception as problem:  # noqa: BLE001 - it goes to who has asked
            self._end()
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
        """End the process, and close the archive."""
        self._end()
        self._archive.close()

    def _begin(self, number: str, job: Job) -> None:
        self._end()
        self._executor = self._begun.enter_context(job.begun(self._archive, self._memory))
        self._number = number

    def _end(self) -> None:
        self._number, self._executor = "", None
        self._begun.close()
        self._begun = ExitStack()

    def _outcomes(self, payloads: list[Any]) -> list[Any]:
        if self._executor is None:
            raise RuntimeError("no job was begun")
        found = dict(self._executor.map(enumerate(payloads)))
        return [found[place] for place in range(len(payloads))]
