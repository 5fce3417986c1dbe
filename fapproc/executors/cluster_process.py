"""What a process of a cluster does: be its scheduler, or one of its workers. Runs in it alone.

It hears over a pipe what to be, says over it that it has begun, and ends when the pipe does.
"""

import asyncio
import logging
import os
import signal
import sys
import threading
import time
import uuid
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from fapproc.executors import cluster_rules

if sys.platform == "win32":
    from multiprocessing.connection import PipeConnection as Connection
else:
    from multiprocessing.connection import Connection

_SECONDS_BETWEEN_TRIES = 1.0
_SECONDS_TO_CLOSE = 2.0
_SECONDS_TO_END = 10.0
"""So long after its parent a process is there at most: a worker holds the archive open."""


class Station(Protocol):
    """What a worker works with: an archive and processes with limits, say."""

    def answer(self, name: str, payloads: bytes, job: bytes | None) -> bytes | None:
        """Do some payloads of a job; None where it is not known and was not brought along."""
        ...

    def close(self) -> None:
        """Let go of what it holds."""
        ...


@dataclass(frozen=True, slots=True)
class Order:
    """What a process of a cluster is to be.

    `url`: where a scheduler listens, or which one a worker joins. `certificate`: the file that lets
    it in. `folder`: a private one, for what Dask can't do without. `make`: makes the station of a
    worker, whose name begins with `group`; None: it is to be a scheduler.
    """

    url: str
    certificate: Path
    folder: Path
    group: str = ""
    make: Callable[[], Station] | None = None


@dataclass(frozen=True, slots=True)
class Began:
    """The process is at work: a scheduler at this URL, a worker with the scheduler there."""

    url: str


@dataclass(frozen=True, slots=True)
class Lost:
    """The worker has no scheduler, and tries to find it again."""


def main(handle: int) -> None:
    """Be what is heard first over the pipe of which this process was given one end; never returns.

    Dask's threads may be at work still: nobody waits for them.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with Connection(handle) as pipe:
        try:
            cluster_rules.prepare()
            _begin(pipe, pipe.recv())
        except (EOFError, BrokenPipeError):  # the parent is gone, and nobody wants to know
            pass
        except Exception as problem:  # noqa: BLE001 - it goes to the parent
            with suppress(OSError):
                pipe.send(problem)
        os._exit(0)


def _begin(pipe: Connection, order: Order) -> None:
    import dask

    logging.disable()  # what goes wrong is said by who runs the cluster, in a sentence
    dask.config.set({"temporary-directory": str(order.folder)})
    if order.make is None:
        asyncio.run(_until_the_end(pipe, lambda stop: _schedule(pipe, order, stop)))
        return
    station = order.make()
    try:
        asyncio.run(_until_the_end(pipe, lambda stop: _work(pipe, order, station, stop)))
    finally:
        station.close()


async def _until_the_end(
    pipe: Connection, work: Callable[[asyncio.Event], Awaitable[None]]
) -> None:
    """Work until the pipe ends, which a thread waits for; what takes long then is cut off."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()

    def listen() -> None:
        with suppress(EOFError, OSError):
            while True:
                pipe.recv()
        with suppress(RuntimeError):  # the loop has ended before
            loop.call_soon_threadsafe(stop.set)
        time.sleep(_SECONDS_TO_END)
        os._exit(1)

    threading.Thread(target=listen, daemon=True).start()
    await work(stop)


async def _schedule(pipe: Connection, order: Order, stop: asyncio.Event) -> None:
    from distributed import Scheduler

    host, port = cluster_rules.address(order.url)
    made = Scheduler(
        host=cluster_rules.bracketed(host),
        port=port,
        protocol=f"{cluster_rules.SCHEME}://",
        security=cluster_rules.security(order.certificate),
        dashboard=False,
        dashboard_address=f"{cluster_rules.LOOPBACK}:0",
    )
    async with await _begun(made) as scheduler:
        pipe.send(Began(scheduler.address))
        await stop.wait()


async def _work(pipe: Connection, order: Order, station: Station, stop: asyncio.Event) -> None:
    """Work for the scheduler, and join it again whenever it was lost."""
    is_lost = False
    while not stop.is_set():
        joining = asyncio.ensure_future(_joined(order, station))
        await _first_of(joining, stop.wait())  # Dask would try for ever
        if stop.is_set():
            return
        with suppress(OSError, asyncio.TimeoutError):
            worker = joining.result()
            pipe.send(Began(order.url))
            is_lost = False
            await _first_of(worker.finished(), stop.wait())
            await worker.close(timeout=_SECONDS_TO_CLOSE, executor_wait=False)
        if stop.is_set():
            return
        if not is_lost:
            pipe.send(Lost())
            is_lost = True
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(stop.wait(), _SECONDS_BETWEEN_TRIES)


async def _joined(order: Order, station: Station) -> Any:
    from distributed import Worker

    here = cluster_rules.own_address(*cluster_rules.address(order.url))
    worker: Any = Worker(
        order.url,
        nthreads=1,
        name=f"{order.group}{uuid.uuid4()}",
        host=cluster_rules.bracketed(here),
        protocol=f"{cluster_rules.SCHEME}://",
        security=cluster_rules.security(order.certificate),
        memory_limit=0,  # none, so that no result is put on a disk when it is reached
        dashboard=False,
        dashboard_address=f"{cluster_rules.LOOPBACK}:0",
    )
    worker.station = station
    return await _begun(worker)


async def _begun(server: Any) -> Any:
    """A server of Dask's that has begun.

    Raises:
        OSError: what kept it, which Dask (2026.8) only names as the cause of a RuntimeError; a new
            one, as those two together are too deep for a pipe.
    """
    try:
        return await server
    except RuntimeError as error:
        if not isinstance(error.__cause__, OSError):
            raise
        kept = error.__cause__
    raise OSError(kept.errno, kept.strerror)


async def _first_of(*awaited: Awaitable[object]) -> None:
    tasks = [asyncio.ensure_future(each) for each in awaited]
    _, others = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for each in others:
        each.cancel()
