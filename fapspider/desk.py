"""The crawl's desk at the archive: two threads of its own do all that blocks.

Hashing, fsync and SQL never run in the event loop. One thread stores, the other answers: a page of
a folder must not wait until the disk has 64 pictures. What waits while a batch is being stored goes
into the next one, so the cost of durability is shared by as many pictures as the site delivers.
"""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Concatenate, ParamSpec, TypeVar

from fapproc.archive import Archive, Unlocked, Wanted
from fapproc.jobs import ingest
from fapproc.jobs.ingest import Miss, Picture, Report

BATCH = 64

P = ParamSpec("P")
R = TypeVar("R")


class Desk:
    """One opened archive, used from the event loop."""

    def __init__(self) -> None:
        self._asking = ThreadPoolExecutor(max_workers=1, thread_name_prefix="archive")
        self._putting = ThreadPoolExecutor(max_workers=1, thread_name_prefix="archive-put")
        self._archive: Archive | None = None
        self._waiting: list[tuple[Picture | Miss, asyncio.Future[None]]] = []
        self._storing: asyncio.Task[None] | None = None
        self.report = Report()

    @property
    def is_open(self) -> bool:
        """Whether there is an archive to ask."""
        return self._archive is not None

    async def open(self, prepared: Unlocked | Wanted) -> None:
        """Open the archive, or make it; its password was asked for already.

        Raises:
            FapError: as `Archive.open_prepared`.
        """
        loop = asyncio.get_running_loop()
        self._archive = await loop.run_in_executor(self._asking, Archive.open_prepared, prepared)

    async def ask(
        self, job: Callable[Concatenate[Archive, P], R], *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """Run a short job on the archive, in the order asked, and return what it returns."""
        return await self._run(self._asking, job, *args, **kwargs)

    async def store(self, entry: Picture | Miss) -> None:
        """Store a picture or a failure; when this returns, it survives a power cut.

        Raises:
            FapError: the batch that it was in could not be stored.
        """
        stored: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((entry, stored))
        if self._storing is None or self._storing.done():
            self._storing = asyncio.create_task(self._store_waiting())
        await stored

    async def close(self) -> None:
        """Store what waits and close the archive."""
        if self._storing is not None:
            await self._storing
        if self._archive is not None:
            await self.ask(Archive.close)
            self._archive = None
        self._asking.shutdown()
        self._putting.shutdown()

    async def _run(
        self,
        thread: ThreadPoolExecutor,
        job: Callable[Concatenate[Archive, P], R],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        archive = self._archive
        if archive is None:
            raise RuntimeError("the desk is not open")
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(thread, lambda: job(archive, *args, **kwargs))

    async def _store_waiting(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:BATCH], self._waiting[BATCH:]
            pictures = [entry for entry, _ in batch if isinstance(entry, Picture)]
            misses = [entry for entry, _ in batch if isinstance(entry, Miss)]
            at = int(time.time())
            try:
                self.report += await self._run(self._putting, ingest.store, pictures, misses, at=at)
            except Exception as error:  # noqa: BLE001 - handed to each that waits, none swallowed
                for _, stored in batch:
                    stored.set_exception(error)
            else:
                for _, stored in batch:
                    stored.set_result(None)
