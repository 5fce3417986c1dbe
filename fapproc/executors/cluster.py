"""Processes of other computers, over Dask: payloads go there in batches, and outcomes come back.

A worker has a station, by which it does what is asked (`cluster_process`). Dask carries bytes
alone: whoever makes an executor here says how values become bytes, and these may be encrypted, so
that a scheduler sees nothing. Who does what is decided here too: a batch goes to a worker that is
nearly idle, and comes back here if that worker is lost.
"""

import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from fapproc.errors import FapError
from fapproc.executors.joined import Cluster
from fapproc.executors.outcomes import Broken, Outcome

if TYPE_CHECKING:
    from distributed import Future

K = TypeVar("K")
P = TypeVar("P")
R = TypeVar("R")

BATCH = 16
_AHEAD = 2
"""So many batches a worker has at a time: one is done while the other is on its way."""
_TRIES = 3
"""So often a batch is given to a worker that is lost over it; then something is wrong with it."""
_TICK = 0.5
_QUIET = 2.0
PATIENCE = 60.0
"""So many seconds there may be no worker, after `_QUIET` of which the person is told."""


class Wire(Protocol):
    """How values travel."""

    def pack(self, value: object) -> bytes:
        """Make bytes of a value."""
        ...

    def unpack(self, data: bytes) -> Any:
        """Make the value of bytes."""
        ...


@dataclass(slots=True, eq=False)
class _Batch:
    """Payloads with their keys, and where they are being done."""

    tasks: list[tuple[Any, Any]]
    worker: str = ""
    future: "Future[bytes | None] | None" = None
    losses: int = 0


@dataclass(slots=True, eq=False)
class OnCluster(Generic[P, R]):
    """The executor: does payloads of one job on a cluster.

    Args:
        cluster: where.
        name: of the job, by which stations know it; the same for the same job.
        job: what tells a station what to do, as bytes.
        wire: how payloads and outcomes travel.
        most: so many payloads go together.
    """

    cluster: Cluster
    name: str
    job: bytes
    wire: Wire
    most: int = BATCH
    _there: frozenset[str] = frozenset()
    _knowing: set[str] = field(default_factory=set)
    """Who knows the job already, or did: one that has forgotten it says so."""
    _again: "deque[_Batch]" = field(default_factory=deque)
    _flying: list[_Batch] = field(default_factory=list)
    _landed: "SimpleQueue[tuple[_Batch, Future[bytes | None]]]" = field(default_factory=SimpleQueue)
    _seen: float = 0.0
    """When it was looked who is there."""
    _alone_since: float = 0.0
    _is_told: bool = False

    def map(self, tasks: Iterable[tuple[K, P]]) -> Iterator[tuple[K, Outcome[R]]]:
        """Yield what came of each payload, under its key, as batches come back.

        Raises:
            Exception: what a station could not begin for.
            FapError: the scheduler is gone, or there is no worker.
        """
        source = iter(tasks)
        more = True
        self._see()
        try:
            while True:
                while (worker := self._idle()) and (self._again or more):
                    batch = self._next(source)
                    if batch is None:
                        more = False
                    else:
                        self._send(batch, worker)
                if not (self._flying or self._again or more):
                    return
                yield from self._collect()
        finally:
            self.cluster.cancel([each.future for each in self._flying if each.future])
            self._flying.clear()

    def _next(self, source: Iterator[tuple[K, P]]) -> _Batch | None:
        if self._again:
            return self._again.popleft()
        tasks = list(islice(source, self.most))
        return _Batch(tasks) if tasks else None

    def _idle(self) -> str:
        """The worker that has least to do, of those that may have more; else nobody."""
        load = dict.fromkeys(sorted(self._there), 0)
        for batch in self._flying:
            if batch.worker in load:
                load[batch.worker] += 1
        worker = min(load, key=load.__getitem__, default="")
        return worker if load.get(worker, _AHEAD) < _AHEAD else ""

    def _send(self, batch: _Batch, worker: str) -> None:
        job = None if worker in self._knowing else self.job
        self._knowing.add(worker)
        payloads = self.wire.pack([payload for _, payload in batch.tasks])
        batch.worker = worker
        batch.future = self.cluster.submit(worker, self.name, payloads, job)
        self._flying.append(batch)
        batch.future.add_done_callback(lambda future: self._landed.put((batch, future)))

    def _collect(self) -> Iterator[tuple[Any, Outcome[R]]]:
        """Wait until a batch is back, and now and then look who is still there."""
        if time.monotonic() - self._seen >= _TICK:  # also while one comes back after the other
            self._see()
            yield from self._take_back()
        try:
            batch, future = self._landed.get(timeout=_TICK)
        except Empty:
            return
        if batch in self._flying and batch.future is future:  # else it was given up before
            yield from self._open(batch, future)

    def _see(self) -> None:
        """See who is there; be patient with a cluster that has no worker, for a while.

        Raises:
            FapError: there was none for too long.
        """
        self.cluster.watch()
        self._there = self.cluster.workers()
        self._seen = now = time.monotonic()
        if self._there:
            self._alone_since, self._is_told = 0.0, False
            return
        self._alone_since = self._alone_since or now
        waited, others = now - self._alone_since, self.cluster.others()
        why = f"No worker for this archive is at {self.cluster.url}"
        if others:
            why += ": those that are there have another archive, or another version of fapproc"
        if waited > _QUIET and not self._is_told:
            self._is_told = True
            self.cluster.tell(
                f"{why}: waiting until one joins it by 'fapproc worker {self.cluster.url}'."
            )
        elif waited > PATIENCE:
            raise FapError(
                f"{why}. Start 'fapproc worker {self.cluster.url}', then run the same command "
                "again."
            )

    def _take_back(self) -> Iterator[tuple[Any, Outcome[R]]]:
        """Take back the batches of workers that are gone; each was at work on its first one."""
        seen = set[str]()
        for batch in [each for each in self._flying if each.worker not in self._there]:
            yield from self._lost(batch, at_work=batch.worker not in seen)
            seen.add(batch.worker)

    def _open(
        self, batch: _Batch, future: "Future[bytes | None]"
    ) -> Iterator[tuple[Any, Outcome[R]]]:
        """Take what came back of a batch."""
        if future.status != "finished":
            self._see()
            if future.status == "error" and not _is_loss(problem := future.exception()):
                raise problem
            yield from self._lost(batch, at_work=True)
            return
        try:
            answer = self._result(batch, future)
        except Exception as error:
            if not _is_loss(error):
                raise
            self._see()
            yield from self._lost(batch, at_work=False)
            return
        self._flying.remove(batch)
        if answer is None:  # the station does not know the job any more
            self._knowing.discard(batch.worker)
            self._again.append(batch)
            return
        outcomes = self.wire.unpack(answer)
        if isinstance(outcomes, Exception):
            raise outcomes
        for (key, _), outcome in zip(batch.tasks, outcomes, strict=True):
            yield key, outcome

    def _result(self, batch: _Batch, future: "Future[bytes | None]") -> bytes | None:
        """Fetch what a worker has made; one that is gone meanwhile can't be waited for."""
        fetched = self.cluster.fetched(future)
        while True:
            try:
                return fetched.result(timeout=_QUIET)
            except TimeoutError:
                self._see()
                if batch.worker not in self._there or fetched.done():
                    fetched.cancel()
                    raise

    def _lost(self, batch: _Batch, *, at_work: bool) -> Iterator[tuple[Any, Outcome[R]]]:
        """Have a batch done again, which says nothing of what is in it; in the end give it up."""
        self._flying.remove(batch)
        if batch.future is not None:
            self.cluster.cancel([batch.future])
        batch.losses += at_work
        if batch.losses < _TRIES:
            self._again.append(batch)
            return
        for key, _ in batch.tasks:
            yield key, Broken(f"{_TRIES} workers of the cluster were lost over it and its like")


def _is_loss(problem: BaseException) -> bool:
    """Whether an error says that a worker was lost, rather than that its work went wrong."""
    from concurrent.futures import CancelledError

    from distributed import KilledWorker
    from distributed.client import FutureCancelledError

    losses = (KilledWorker, FutureCancelledError, CancelledError, OSError, TimeoutError)
    return isinstance(problem, losses)
