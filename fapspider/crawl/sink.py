"""Where a crawl stores its pictures, an archive or a folder: two threads do all that blocks.

Hashing, fsync and SQL never run in the event loop. One thread stores, the other answers: a page of
a folder must not wait until the disk has 64 pictures. What waits while a batch is being stored goes
into the next one, so the cost of durability is shared by as many pictures as the site delivers.
"""

import asyncio
import secrets
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Concatenate, ParamSpec, TypeVar

from fapproc.archive import Archive
from fapproc.errors import as_problem
from fapproc.jobs import ingest
from fapproc.jobs.ingest import IngestReport, Miss, Picture
from fapproc.jobs.save import Target
from fapproc.model import Observation
from fapproc.sources import Source
from fapproc.unlocking import NewArchive, Unlocked, create_if_needed
from fapproc.voice import of_this_command

BATCH = 64

Item = Picture | Miss | Observation
"""What a spider yields, the same value all the way: audits observations, the others pictures."""

P = ParamSpec("P")
R = TypeVar("R")


class SinkClosed(Exception):
    """The sink was closed, because the crawl has ended; the next one will ask again."""


class Sink(ABC):
    """Where a spider stores what it yields: with threads of its own, in batches of what waits."""

    def __init__(self) -> None:
        self._asking = ThreadPoolExecutor(max_workers=1, thread_name_prefix="archive")
        self._putting = ThreadPoolExecutor(max_workers=1, thread_name_prefix="archive-put")
        self._waiting: list[tuple[Item, asyncio.Future[None]]] = []
        self._storing: asyncio.Task[None] | None = None
        self._is_closed = False
        self.report = IngestReport()

    @abstractmethod
    def keep(self, pictures: Sequence[Picture], misses: Sequence[Miss]) -> IngestReport:
        """Store a batch, in a thread; when this returns, it survives a power cut.

        Raises:
            FapError: nothing of it could be stored.
        """

    def keep_all(self, items: Sequence[Item]) -> IngestReport:
        """Store a batch of items, as `keep`."""
        pictures = [item for item in items if isinstance(item, Picture)]
        return self.keep(pictures, [item for item in items if isinstance(item, Miss)])

    @abstractmethod
    def leave(self) -> None:
        """Close what was opened, if anything was, in a thread."""

    async def run(self, job: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run something short that blocks, in the order asked, and return what it returns.

        Raises:
            SinkClosed: it is closed.
            FapError: as the job; also if the disk fails.
        """
        if self._is_closed:
            raise SinkClosed
        return await self._in_turn(lambda: job(*args, **kwargs))

    async def _in_turn(self, job: Callable[[], R]) -> R:
        loop = asyncio.get_running_loop()
        with _sentences():
            return await loop.run_in_executor(self._asking, of_this_command(job))

    async def store(self, entry: Item) -> None:
        """Store an item; when this returns, it survives a power cut.

        Raises:
            FapError: the batch that it was in could not be stored.
        """
        stored: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((entry, stored))
        if self._storing is None or self._storing.done():
            self._storing = asyncio.create_task(self._store_waiting())
        await stored

    async def close(self) -> None:
        """Store what waits, and close."""
        if self._storing is not None:
            await self._storing
        self._is_closed = True
        await self._in_turn(self.leave)  # after what was begun: an opening nobody waits for, too
        self._asking.shutdown()
        self._putting.shutdown()

    async def _store_waiting(self) -> None:
        while self._waiting:
            entries = (entry for entry, _ in self._waiting)
            count = len(next(ingest.batches(entries, most=BATCH)))
            batch, self._waiting = self._waiting[:count], self._waiting[count:]
            items = [entry for entry, _ in batch]
            try:
                loop = asyncio.get_running_loop()
                with _sentences():
                    self.report += await loop.run_in_executor(self._putting, self.keep_all, items)
            except Exception as error:  # noqa: BLE001 - handed to each that waits, none swallowed
                for _, stored in batch:
                    stored.set_exception(error)
            else:
                for _, stored in batch:
                    stored.set_result(None)


class ArchiveSink(Sink):
    """One opened archive, used from the event loop.

    One that is yet to be made is made when there is something to store (`make`), not before: a
    crawl of a user or folder that the site doesn't know leaves nothing behind, so nothing has to
    be taken away again.
    """

    def __init__(self) -> None:
        super().__init__()
        self.prepared: Unlocked | NewArchive | None = None
        """What opens the archive; `NewArchive` as long as there is none."""
        self.source = Source.SITE
        """The source whose ids the stored images have."""
        self._archive: Archive | None = None
        self._passing: TemporaryDirectory[str] | None = None
        """The folder of a dry run's archive, which is deleted in the end."""

    @property
    def sealed(self) -> bool:
        """Whether the archive is sealed, or will be."""
        if isinstance(self.prepared, NewArchive):
            return self.prepared.password is not None
        return self._opened.sealed

    @property
    def is_open(self) -> bool:
        """Whether there is an archive to ask."""
        return self._archive is not None

    async def open(self, prepared: Unlocked | NewArchive) -> None:
        """Open the archive if there is one; its password was asked for already.

        Raises:
            FapError: as `Archive.open_unlocked`.
        """
        self.prepared = prepared
        if isinstance(prepared, Unlocked):
            await self.run(self._open, prepared)

    async def make(self, *, kept: bool = True) -> None:
        """Make the archive and open it, if there is none.

        Args:
            kept: False: a temporary archive elsewhere, for as long as this sink is open, sealed
                with a password that nobody knows, because it holds names of albums.

        Raises:
            FapError: as `unlocking.create_if_needed`.
        """
        if isinstance(self.prepared, NewArchive) and kept:
            self.prepared = await self.run(create_if_needed, self.prepared)
            await self.run(self._open, self.prepared)
        elif isinstance(self.prepared, NewArchive):
            await self.run(self._open_passing)

    def _open(self, unlocked: Unlocked) -> None:
        self._archive = Archive.open_unlocked(unlocked)

    def _open_passing(self) -> None:
        self._passing = TemporaryDirectory(prefix="fapproc-", ignore_cleanup_errors=True)
        new = NewArchive(Path(self._passing.name), secrets.token_hex())
        self._open(create_if_needed(new))

    async def ask(
        self, job: Callable[Concatenate[Archive, P], R], *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """Run a job on the archive in its thread and return what it returns.

        Raises:
            SinkClosed, FapError: as `run`.
        """
        return await self.run(lambda: job(self._opened, *args, **kwargs))

    def keep(self, pictures: Sequence[Picture], misses: Sequence[Miss]) -> IngestReport:
        """Store a batch in the archive."""
        return ingest.store(self._opened, pictures, misses, at=int(time.time()), source=self.source)

    def leave(self) -> None:
        """Close the archive."""
        if self._archive is not None:
            self._archive.close()
            self._archive = None
        if self._passing is not None:
            self._passing.cleanup()

    @property
    def _opened(self) -> Archive:
        if self._archive is None:
            raise RuntimeError("the sink is not open")
        return self._archive


class FolderSink(Sink):
    """One folder that pictures are saved to, without an archive."""

    def __init__(self) -> None:
        super().__init__()
        self._putting = self._asking  # what is there is remembered without a lock
        self._target: Target | None = None

    async def open(self, folder: Path) -> None:
        """Make the folder, and look at what is in it.

        Raises:
            FapError: as `Target`.
        """
        await self.run(self._open, folder)

    def _open(self, folder: Path) -> None:
        self._target = Target(folder)

    def keep(self, pictures: Sequence[Picture], misses: Sequence[Miss]) -> IngestReport:
        """Save a batch to the folder."""
        return self.target.save(pictures, misses)

    def leave(self) -> None:
        """Tidy up; what was saved can still be asked for."""
        if self._target is not None:
            self._target.close()

    @property
    def target(self) -> Target:
        """The folder, after it was opened.

        Raises:
            RuntimeError: it was not opened.
        """
        if self._target is None:
            raise RuntimeError("the sink is not open")
        return self._target


@contextmanager
def _sentences() -> Iterator[None]:
    """Turn errors of the disk into sentences; any call may fail."""
    try:
        yield
    except OSError as error:
        raise as_problem(error) from error
