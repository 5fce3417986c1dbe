"""What all spiders of the site share: settings, the sink, one way to stop and to report."""

import asyncio
import time
from abc import abstractmethod
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any, Self

import scrapy
from scrapy import Request, signals
from scrapy.core.engine import ExecutionEngine
from scrapy.crawler import Crawler
from scrapy.settings import BaseSettings

from fapproc import config
from fapproc.errors import FapError, SiteAsksToStop, as_problem
from fapproc.sites.markup import MOST_BYTES
from fapproc.sites.registry import site_at
from fapproc.sites.site import Site
from fapproc.unlocking import prepare
from fapproc.voice import tell
from fapproc.wording import wait
from fapspider.arguments import Written, as_argument, as_option, check_host
from fapspider.crawl.sink import ArchiveSink, Sink, SinkClosed
from fapspider.crawl.tally import Progress
from fapspider.politeness import outcome
from fapspider.politeness.budget import Windows
from fapspider.politeness.gate import KEPT, PAUSES_IN_VAIN, Budget, Pauses
from fapspider.politeness.health import Health
from fapspider.politeness.lanes import FILES, LANE, LISTS, PAGES, PHOTOS, lane_of_file
from fapspider.politeness.ledger import Ledger
from fapspider.spiders.person import REFUSED, fill_in, load, refuse

PREPARED = "PREPARED_ARCHIVE"  # setting: the archive, its password asked for already
QUIET = "QUIET"  # setting: say only what went wrong
COMMAND = "COMMAND"  # setting: the crawl is part of a command, which has the last words

SHUTDOWN = "shutdown"  # Scrapy's reason for an end by Ctrl-C
STOPPED = "Stopped; what was fetched is kept. Run the same command again to go on."


class SiteSpider(scrapy.Spider):
    """A spider that keeps what it has, however it ends, and says why it ended."""

    site: Site
    sink: Sink
    budget: Budget
    """The places for page requests; `budget.left()` is how many are free right now."""
    pauses: Pauses
    """Pauses, when the site asks to stop."""

    def __init__(self, **arguments: str) -> None:
        super().__init__()
        self.arguments = arguments
        self.problem: FapError | None = None
        self.doing = ""
        """What it asks for now, to be shown before there are pictures to count."""
        self.ended_by: str | None = None
        """Scrapy's reason for the end; None before it, and after an unclean one."""
        self.sink = self.make_sink()
        self.site = site_at(config.REAL_SITE)
        self.pauses = Pauses()
        self.health = Health(unprobed={LISTS})
        self.retry_delay = 0.0
        self._hearing: list[tuple[object, Callable[..., Any]]] = []
        self.hear(signals.spider_closed, self.on_closed)

    def hear(self, signal: object, hears: Callable[..., Any]) -> None:
        """Connect this spider, or a part of it, to a signal of its crawl."""
        self._hearing.append((signal, hears))

    def make_sink(self) -> Sink:
        """Where this spider's pictures go; it is opened later."""
        return ArchiveSink()

    @classmethod
    def prepare(cls, person: config.Settings) -> object:
        """Ask for what `open` needs, before the reactor starts: the archive and its password."""
        return prepare(person.archive)

    async def open(self) -> None:
        """Open the sink, after the arguments were checked and before any request.

        An archive that is yet to be made is made by the spider, when there is something to store.
        """
        if isinstance(self.sink, ArchiveSink):
            self.sink.source = self.site.source
            await self.sink.open(self.settings[PREPARED])

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        """Fill in what depends on the person's settings; `start` reports a bad one.

        A password is asked for here, before the reactor starts, and once.
        """
        super().update_settings(settings)
        try:
            person = load(settings)
            fill_in(settings, person, quiet=settings.getbool(QUIET))
            if settings[PREPARED] is None:
                settings.set(PREPARED, cls.prepare(person), priority="spider")
        except (FapError, OSError) as error:
            refuse(settings, as_problem(error))

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        """Make the spider, and connect it and its parts to signals."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        for signal, hears in spider._hearing:
            crawler.signals.connect(hears, signal)
        return spider

    async def start(self) -> AsyncIterator[Any]:
        """Check everything, open the archive, and yield the first requests."""
        try:
            self.check()
            if (refused := self.settings[REFUSED]) is not None:
                raise refused
            settings = load(self.settings)
            self.site = site_at(settings.site_root, settings.site)
            check_host(self.arguments, self.site)
            self.pauses = Pauses(settings.site_pause)
            self.retry_delay = settings.retry_delay
            self.budget = Budget(
                Windows.of(settings.site_budgets),
                Ledger(config.state_folder() / "budgets", self.site.key),
                longest_answer=self.settings.getfloat("DOWNLOAD_TIMEOUT"),
                say=self.say,
            )
            self.budget.prepare()
            await self.open()
            async for request in self.begin():
                yield request
        except SinkClosed:
            return  # Scrapy closes a crawl while this still looks for what to ask for
        except (FapError, OSError) as error:
            self.stop(as_problem(error))

    @abstractmethod
    def check(self) -> None:
        """Check the arguments, before anything is made or asked for."""

    @abstractmethod
    def begin(self) -> AsyncIterator[Request]:
        """Yield the first requests; each spider has its own."""

    async def end(self, reason: str) -> None:
        """Record and report what this crawl did; the sink is still open, if it ever was."""

    @property
    def left_something(self) -> bool:
        """Whether something is left for the next crawl, apart from failures."""
        return False

    @property
    def written(self) -> Written:
        """How an argument is written for the program that runs."""
        return as_option if self.settings[COMMAND] else as_argument

    @property
    def progress(self) -> Progress | None:
        """Where the crawl is, to be shown; None if there is nothing to show."""
        return None

    @property
    def summary(self) -> str | None:
        """What was done, in one line; None where nothing was."""
        return None

    def page(self, url: str, callback: Any, *, lane: str = LISTS, **parts: Any) -> Request:
        """A request for a page, in the slow slot; never dropped as one that was seen before."""
        return _request(PAGES, lane, url, callback, parts, download_maxsize=MOST_BYTES)

    def photo_page(self, image: int, callback: Any, **parts: Any) -> Request:
        """A request for the page of an image."""
        return self.page(self.site.photo(image), callback, lane=PHOTOS, **parts)

    def file(self, url: str, callback: Any, **parts: Any) -> Request:
        """A request for a full-size file, in the slot of files."""
        return _request(FILES, lane_of_file(url), url, callback, parts)

    def send(self, requests: Iterable[Request]) -> None:
        """Send requests that no callback yields, while the crawl is running."""
        engine: ExecutionEngine | None = self.crawler.engine
        if engine is not None:
            for request in requests:
                engine.crawl(request)

    def ends_at(self, failure: Any) -> bool:
        """Whether a failed page counts as no failure, because the crawl ends, or is ending."""
        if not self.is_ending and outcome.is_silent(failure):
            self.stop(outcome.unreachable(failure))
        return self.is_ending

    def stop(self, error: FapError) -> None:
        """End the crawl for this reason; the first one counts, and what was fetched is kept."""
        if self.problem is None:
            self.problem = error
            engine = self.crawler.engine
            if engine is None:
                raise RuntimeError("a spider can't stop before its crawl") from error
            reason = type(error).__name__
            self._closing = asyncio.ensure_future(engine.close_spider_async(reason=reason))

    def pause(
        self, lane: str, why: str, at: str = "", asked: float | None = None, *, hint: str = ""
    ) -> None:
        """Pause all requests; after three pauses in vain end the crawl.

        Args:
            lane: which asks for the pause, or gives other pages than before.
            why: what the site says or does, as a sentence without its full stop.
            at: where it says so.
            asked: the seconds that the site asks for, if it gives any.
            hint: what else may be the cause, if it stays like this.
        """
        seconds = self.pauses.begin(lane, asked)
        if seconds is not None:
            self.say(f"{why}: pausing for {wait(seconds)}, then going on. {KEPT}")
            return
        self.stop(
            SiteAsksToStop(
                f"{why}{f' at {at}' * bool(at)}, also after {PAUSES_IN_VAIN} pauses. What was "
                "fetched is kept. Open the site in a browser: if it asks for a check, pass it, "
                "export the browser's cookies and name that file in the setting SITE_COOKIES; "
                f"otherwise wait an hour. Then run the same command again.{hint}"
            )
        )

    @property
    def is_ending(self) -> bool:
        """Whether nothing more is to be asked for, after a problem or Ctrl-C."""
        engine: ExecutionEngine | None = self.crawler.engine
        return self.problem is not None or engine is None or not engine.running

    def say(self, sentence: str) -> None:
        """Tell the person something, on stderr, unless only problems are wanted."""
        if not self.settings.getbool(QUIET):
            tell(sentence)

    async def on_closed(self, reason: str) -> None:
        """Finish, close the archive, and report."""
        try:
            try:
                await self.end(reason)
            finally:
                await self.sink.close()
        except (FapError, OSError) as error:
            self.problem = self.problem or as_problem(error)
        self.ended_by = reason
        broken = self.crawler.stats.get_value("spider_exceptions/count") or reason == "start_error"
        if self.problem is None and broken:
            self.problem = FapError(
                "The crawl stopped because of a fault in this program; the log above shows it. "
                "What was fetched is kept: run the same command again, and please report the fault."
            )
        if self.problem is not None:
            tell(f"Error: {self.problem}")
        elif reason == SHUTDOWN:
            tell(STOPPED)


def now() -> int:
    """The time, in Unix seconds."""
    return int(time.time())


def _request(
    slot: str, lane: str, url: str, callback: Any, parts: dict[str, Any], **limits: int
) -> Request:
    meta = {"download_slot": slot, LANE: lane} | limits | parts.pop("meta", {})
    return Request(url, callback, meta=meta, dont_filter=True, **parts)
