"""Watch a crawl for the person in front of it: a live view on a terminal, plain lines elsewhere."""

import atexit
import sys
import time

from rich.console import Console
from rich.live import Live
from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.utils.asyncio import AsyncioLoopingCall, create_looping_call
from twisted.internet.task import LoopingCall

from fapproc.errors import StorageError
from fapspider.middlewares import SpiderComponent
from fapspider.show import view
from fapspider.spiders.base import QUIET

TICK = 0.25
SECONDS_BETWEEN_LINES = 60.0


class Watcher(SpiderComponent):
    """Show where the crawl is, and say at Ctrl-C that it is stopping."""

    def __init__(self, crawler: Crawler) -> None:
        if crawler.settings.getbool(QUIET):
            raise NotConfigured
        super().__init__(crawler)
        self._rate = view.Rate()
        self._told_at = time.monotonic()
        self._is_stopping = False
        self._live: Live | None = None
        # Scrapy's log knows nothing of a view and would be written across it.
        if sys.stderr.isatty() and crawler.settings["LOG_LEVEL"] == "ERROR":
            console = Console(stderr=True)
            self._live = Live(
                console=console, auto_refresh=False, transient=True, redirect_stdout=False
            )
        self._clock: AsyncioLoopingCall | LoopingCall = create_looping_call(self.look)
        crawler.signals.connect(self.open, signals.spider_opened)
        crawler.signals.connect(self.close, signals.spider_closed)

    def open(self) -> None:
        """Begin to watch."""
        if self._live is not None:
            atexit.register(self._live.stop)  # a hard stop must not leave the cursor hidden
        self._clock.start(TICK, now=False)

    def close(self) -> None:
        """Stop watching, and leave the terminal as it was."""
        self._clock.stop()
        if self._live is not None:
            self._live.stop()
            atexit.unregister(self._live.stop)

    def look(self) -> None:
        """Show where the crawl is now."""
        spider = self.spider
        if spider.is_ending and not self._is_stopping:
            self._is_stopping = True
            if spider.problem is None:
                spider.say(
                    "Stopping: what is under way is finished first. Ctrl-C again stops hard."
                )
        progress = spider.progress
        if progress is None:
            if not spider.is_ending:
                self._show_step(spider.doing)
            return
        rate = self._rate.measure(progress.done)
        if self._live is not None:
            self._live.start()
            self._live.update(view.picture(progress, rate, self._pages_left()), refresh=True)
        elif self._is_time():
            told = view.sentence(progress, rate, self._pages_left())
            spider.say(f"{progress.album}: {told}")

    def _show_step(self, doing: str) -> None:
        """Show what is asked for while there are no pictures to count; elsewhere as a line."""
        if self._live is not None:
            self._live.start()
            self._live.update(view.step(doing or "Opening the archive"), refresh=True)
        elif doing and self._is_time():
            self.spider.say(f"{doing}.")

    def _is_time(self) -> bool:
        """Whether the next plain line is due."""
        now = time.monotonic()
        is_due = now - self._told_at >= SECONDS_BETWEEN_LINES
        self._told_at = now if is_due else self._told_at
        return is_due

    def _pages_left(self) -> int | None:
        """How many pages the budgets allow right now; None where nothing is counted."""
        try:
            return self.spider.budget.left()
        except StorageError:  # the next page ends the crawl with its sentence
            return None
