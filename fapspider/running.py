"""Crawls inside this process, from any folder: what `fapproc get`, `read` and `audit` use.

Twisted's reactor can't be started again, so a process runs its crawls in one go, one by one.
"""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import Any, Generic, NoReturn, TypeVar, cast

from scrapy.crawler import AsyncCrawlerProcess, Crawler
from scrapy.settings import Settings

from fapproc.errors import DONE_WITH_FAILURES, INTERRUPTED, ArchiveHeld, FapError, NotOnSite
from fapproc.unlocking import NewArchive, Unlocked
from fapproc.voice import tell
from fapspider.crawl.sink import ArchiveSink
from fapspider.spiders.base import (
    COMMAND,
    PREPARED,
    QUIET,
    SHUTDOWN,
    STOPPED,
    SiteSpider,
)

S = TypeVar("S", bound=SiteSpider)

SECONDS_BETWEEN_LOOKS = 0.05
SECONDS_STUCK = 1.0
"""An event loop that has done nothing for so long is stuck."""
STOPPED_AT_ONCE = "Stopped at once; what was stored is kept. Run the same command again to go on."
_SHOW_CURSOR = b"\x1b[?25h"


@dataclass(frozen=True, slots=True)
class Outcome(Generic[S]):
    """How a crawl ended; the spider has said why already, and knows what was fetched."""

    spider: S
    interrupted: bool

    @property
    def problem(self) -> FapError | None:
        """Why it ended early; None where it did not, or was interrupted."""
        return self.spider.problem

    @property
    def archive(self) -> Unlocked | None:
        """What opens the archive that it stored into; None where there is none."""
        sink = self.spider.sink
        prepared = sink.prepared if isinstance(sink, ArchiveSink) else None
        return prepared if isinstance(prepared, Unlocked) else None

    @property
    def exit_code(self) -> int:
        """The exit code of a command that does nothing but this crawl."""
        if self.problem is not None:
            return self.problem.exit_code
        if self.interrupted:
            return INTERRUPTED
        incomplete = self.spider.sink.report.failed or self.spider.left_something
        return DONE_WITH_FAILURES if incomplete else 0


def run_crawl(
    spider: type[S],
    arguments: Mapping[str, str],
    *,
    prepared: Unlocked | NewArchive | None = None,
    quiet: bool = False,
    verbose: bool = False,
) -> Outcome[S]:
    """Run a crawl to its end, as `run_crawls` does several."""
    (ended,) = run_crawls(spider, [arguments], prepared=prepared, quiet=quiet, verbose=verbose)
    return ended


def run_crawls(
    spider: type[S],
    each: Sequence[Mapping[str, str]],
    *,
    prepared: Unlocked | NewArchive | None = None,
    quiet: bool = False,
    verbose: bool = False,
    begin: Callable[[int], None] = lambda _: None,
) -> list[Outcome[S]]:
    """Run crawls one after the other; each reports on stderr itself.

    If the site has no such user or folder, or another program is reading it, the other crawls go
    on. Any other problem ends them all, and so does Ctrl-C.

    Args:
        spider: whose crawls.
        each: for each crawl what `scrapy crawl` takes as `-a NAME=VALUE`.
        prepared: the archive, or a new one; its password was asked for already, because Ctrl-C is
            only counted during a crawl. None for a spider that needs no archive.
        quiet: say only what went wrong.
        verbose: show Scrapy's own log too.
        begin: called with the number of a crawl, from 0, before it begins.

    Returns:
        How each ended that was begun.
    """
    settings = Settings()
    settings.setmodule("fapspider.settings", priority="project")
    settings.set(COMMAND, True, priority="cmdline")
    settings.set(QUIET, quiet, priority="cmdline")
    if prepared is not None:
        settings.set(PREPARED, prepared, priority="cmdline")
    if verbose:
        settings.set("LOG_LEVEL", "INFO", priority="cmdline")
    begun: list[tuple[Crawler, asyncio.Task[None]]] = []
    with _ctrl_c_counted() as ctrl_c:  # an event loop that is half made can't be left either
        process = AsyncCrawlerProcess(settings)

        async def run() -> None:
            try:
                for number, arguments in enumerate(each):
                    begin(number)
                    crawler = process.create_crawler(spider)
                    ended = process.crawl(crawler, **arguments)
                    begun.append((crawler, ended))
                    await _obey(ctrl_c, crawler, ended)
                    if ctrl_c.count or not _lets_others(crawler, ended):
                        return
            finally:
                _stop_reactor()

        running = asyncio.get_event_loop().create_task(run())
        process.start(stop_after_crawl=False, install_signal_handlers=False)
    if running.done() and (bug := running.exception()) is not None:
        raise bug
    return [_outcome(spider, crawler, ended, ctrl_c) for crawler, ended in begun]


def _lets_others(crawler: Crawler, ended: asyncio.Task[None]) -> bool:
    """Whether the next crawl may begin after how this one ended."""
    made = crawler.spider
    if ended.exception() is not None or not isinstance(made, SiteSpider):
        return False
    return made.problem is None or isinstance(made.problem, NotOnSite | ArchiveHeld)


def _outcome(
    spider: type[S], crawler: Crawler, ended: asyncio.Task[None], ctrl_c: "_CtrlC"
) -> Outcome[S]:
    if ended.done() and (bug := ended.exception()) is not None:
        raise bug
    made = crawler.spider
    if not isinstance(made, spider):
        raise TypeError(f"{made!r} is no {spider.__name__}")
    if made.ended_by is None:
        tell(STOPPED_AT_ONCE)
    elif ctrl_c.count and made.ended_by != SHUTDOWN and made.problem is None:
        tell(STOPPED)  # it came when the crawl was at its end; what follows is for the next run
    return Outcome(made, interrupted=ctrl_c.count > 0 or made.ended_by is None)


def _stop_reactor() -> None:
    from twisted.internet import reactor

    cast("Any", reactor).stop()  # typed as an interface whose methods lack `self`


@dataclass(slots=True)
class _CtrlC:
    """How often Ctrl-C was pressed; a signal to end counts as well."""

    count: int = 0
    looked_at: float = field(default_factory=time.monotonic)
    """When this was last read: the event loop does so all the time, unless it is stuck."""


@contextmanager
def _ctrl_c_counted() -> Iterator[_CtrlC]:
    """Count Ctrl-C during the block, instead of its usual effect.

    Scrapy's own handler loses a Ctrl-C that comes before its engine runs: then nothing would end
    the crawl.
    """
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.getsignal(number) for number in numbers}
    pressed = _CtrlC()

    def press(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - Python's own form
        pressed.count += 1
        if pressed.count > 1 and time.monotonic() - pressed.looked_at > SECONDS_STUCK:
            _leave()

    for number in numbers:
        signal.signal(number, press)
    try:
        yield pressed
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


async def _obey(ctrl_c: _CtrlC, crawler: Crawler, ended: asyncio.Task[None]) -> None:
    """End the crawl at the first Ctrl-C, as soon as its engine runs; leave it at a second."""
    stopping: asyncio.Task[None] | None = None
    while True:
        await asyncio.wait({ended}, timeout=SECONDS_BETWEEN_LOOKS)
        ctrl_c.looked_at = time.monotonic()
        if ended.done():
            break
        if ctrl_c.count and stopping is None and _runs(crawler):
            stopping = asyncio.create_task(crawler.stop_async())
        if ctrl_c.count > 1:
            return
    if stopping is not None:
        await stopping


def _leave() -> NoReturn:
    """End this process at once; what was stored survives that, as it survives a kill.

    Nothing else ends a process that is stuck in a page or a library.
    """
    if sys.stderr.isatty():
        os.write(sys.stderr.fileno(), _SHOW_CURSOR)
    os.write(sys.stderr.fileno(), f"{STOPPED_AT_ONCE}\n".encode())
    os._exit(INTERRUPTED)


def _runs(crawler: Crawler) -> bool:
    try:
        return crawler.engine.running
    except RuntimeError:  # it is not made yet
        return False
