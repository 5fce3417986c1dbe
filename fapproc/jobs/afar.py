"""The work of jobs on a cluster: who decodes, compares and looks instead of this computer."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from itertools import chain
from types import MethodType, TracebackType
from typing import Any, Self, TypeVar

from fapproc.archive import Archive
from fapproc.executors.cluster import BATCH, OnCluster
from fapproc.executors.here import Here
from fapproc.executors.joined import Cluster
from fapproc.executors.outcomes import Executor, Outcome, StaysHere
from fapproc.jobs import libraries
from fapproc.jobs.derive_one import Derived
from fapproc.jobs.deriving import Deriving, Wanted
from fapproc.jobs.station import Calling, Job
from fapproc.jobs.wire import Wire

K = TypeVar("K")
Joining = Callable[[Job], AbstractContextManager[Cluster]]

_TILES = 1
"""So many tiles of a search go together: each is a good part of a second."""


class Afar:
    """A cluster that works on an archive; it is joined when there is something to do.

    Args:
        archive: which is open here.
        joining: joins the cluster; is told what is asked of it first.
    """

    def __init__(self, archive: Archive, joining: Joining) -> None:
        self._wire, self._joining = Wire(archive), joining
        self._ending = ExitStack()
        self._cluster: Cluster | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ending.close()

    def deriving(self, work: Deriving) -> Executor[Wanted, Derived]:
        """Make what derives."""
        return self._executor(work, BATCH)

    def calling(self, function: Callable[[Any], Any]) -> Executor[Any, Any]:
        """Make what calls a function.

        A method has its object with it: a search, say, with codes that are read in the archive, so
        it is called by who has that open. One with codes that this process holds is called here:
        each tile of a search by hashes needs them all. A function has nothing but its payloads.
        """
        reads = isinstance(function, MethodType)
        try:
            work = Calling(function, reads, libraries.here())
            return self._executor(work, _TILES if reads else BATCH)
        except StaysHere:
            return Here(function)

    def _executor(self, work: Job, most: int) -> Executor[Any, Any]:
        packed, name = self._wire.pack(work), work.name()

        def made() -> Executor[Any, Any]:
            return OnCluster(self._joined(work), name, packed, self._wire, most)

        return _WhenNeeded(made)

    def _joined(self, first: Job) -> Cluster:
        if self._cluster is None:
            self._cluster = self._ending.enter_context(self._joining(first))
        return self._cluster


@dataclass(frozen=True, slots=True)
class _WhenNeeded:
    """An executor that is made for the first payload: without one nobody waits for a worker."""

    make: Callable[[], Executor[Any, Any]]

    def map(self, tasks: Iterable[tuple[K, Any]]) -> Iterator[tuple[K, Outcome[Any]]]:
        """As that executor does."""
        source = iter(tasks)
        for first in source:
            yield from self.make().map(chain([first], source))
