"""One crawl inside this process, from any folder: what `fapproc get`, `read` and `audit` stand on.

Twisted's reactor can't be started again, so a process runs one crawl.
"""

import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Generic, TypeVar

from scrapy.crawler import AsyncCrawlerProcess
from scrapy.settings import Settings

from fapproc.archive import Unlocked, Wanted
from fapproc.errors import DONE_WITH_FAILURES, INTERRUPTED, FapError
from fapspider.desk import Desk
from fapspider.spiders.base import COMMAND, PREPARED, QUIET, SiteSpider, tell

S = TypeVar("S", bound=SiteSpider)


@dataclass(frozen=True, slots=True)
class Outcome(Generic[S]):
    """How a crawl ended; the spider has told its problem already, and knows what was had."""

    spider: S
    interrupted: bool

    @property
    def problem(self) -> FapError | None:
        """Why it ended early; None where it did not, or was interrupted."""
        return self.spider.problem

    @property
    def archive(self) -> Unlocked | None:
        """What opens the archive that it stored into; None where there is none."""
        desk = self.spider.desk
        prepared = desk.prepared if isinstance(desk, Desk) else None
        return prepared if isinstance(prepared, Unlocked) else None

    @property
    def exit_code(self) -> int:
        """The exit code of a command that does nothing but this crawl."""
        if self.problem is not None:
            return self.problem.exit_code
        if self.interrupted:
            return INTERRUPTED
        incomplete = self.spider.desk.report.failed or self.spider.left_something
        return DONE_WITH_FAILURES if incomplete else 0


def run_crawl(
    spider: type[S],
    arguments: Mapping[str, str],
    *,
    prepared: Unlocked | Wanted | None = None,
    quiet: bool = False,
    verbose: bool = False,
) -> Outcome[S]:
    """Run a crawl to its end; what it has to say it says itself, on stderr.

    Args:
        spider: whose crawl.
        arguments: what `scrapy crawl` takes as `-a NAME=VALUE`.
        prepared: the archive, or what is to be one, where its password was asked for already; else
            it is asked for here.
        quiet: say only what went wrong.
        verbose: show Scrapy's own log too.
    """
    settings = Settings()
    settings.setmodule("fapspider.settings", priority="project")
    settings.set(COMMAND, True, priority="cmdline")
    settings.set(QUIET, quiet, priority="cmdline")
    if prepared is not None:
        settings.set(PREPARED, prepared, priority="cmdline")
    if verbose:
        settings.set("LOG_LEVEL", "INFO", priority="cmdline")
    process = AsyncCrawlerProcess(settings)
    crawler = process.create_crawler(spider)
    ended = process.crawl(crawler, **arguments)
    with _signals_kept():
        process.start()
    if ended.done() and (bug := ended.exception()) is not None:
        raise bug
    made = crawler.spider
    if not isinstance(made, spider):
        raise TypeError(f"{made!r} is no {spider.__name__}")
    if made.ended_by is None:
        tell("Stopped at once; what was stored is kept. Run the same command again to go on.")
    return Outcome(made, interrupted=made.ended_by in {None, "shutdown"})


@contextmanager
def _signals_kept() -> Iterator[None]:
    """Give Ctrl-C back to what comes after the crawl: Scrapy leaves its own handlers behind."""
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.getsignal(number) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
