"""Scrapy's downloads, kept to the site's limits: what waits in the queue, and what is sent when."""

import asyncio
from collections.abc import Iterable
from functools import partial
from typing import Any

from scrapy import Request
from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.pqueues import DownloaderAwarePriorityQueue, DownloaderInterface

from fapproc.errors import StorageError
from fapproc.sites.site import Site
from fapspider.politeness.asker import Asker, asker_of
from fapspider.politeness.checks import header
from fapspider.politeness.gate import BETWEEN_PROBES, STEP
from fapspider.politeness.heads import Connections
from fapspider.politeness.lanes import FILES, LANE, LISTS, PAGES, PAUSES, PROBE, SENT, Bounced

CODED = "coded"  # meta: the answer came in a coded form; what it says of its length is that form's
FILES_WAITING = 8
"""While so many files wait, no page is asked for: the addresses on it would expire."""


class SiteDownloads(HTTP11DownloadHandler):
    """Sends a request when the site may be asked: the last step before the wire.

    The time spent waiting here doesn't count for timeouts. Retries and redirects come here too, and
    count again.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        # Else a request whose connection was dropped is sent once more, uncounted.
        self._pool.retryAutomatically = False
        self._pool._factory = Connections
        self._sent: set[Request] = set()
        """What was sent, and may not be answered yet."""

    async def download_request(self, request: Request) -> Response:
        """Wait for the request's turn and send it.

        Raises:
            IgnoreRequest: the crawl ended before its turn came.
            Bounced: its lane is in doubt.
        """
        spider = asker_of(self._crawler)
        _bounce(spider, request)
        if not is_counted(request, spider.site):
            await self._rest(spider, request)
            _bounce(spider, request)
            return await self._send(spider, request)
        if spider.is_ending:
            self._hurry()
        try:
            async with spider.budget.place(partial(self._ready, spider, request)):
                return await self._send(spider, request)
        except StorageError as error:
            spider.stop(error)
            raise IgnoreRequest(str(error)) from error

    async def _ready(self, spider: Asker, request: Request) -> None:
        await self._rest(spider, request)
        if spider.is_ending:
            raise IgnoreRequest("the crawl ends")
        _bounce(spider, request)

    async def _rest(self, spider: Asker, request: Request) -> None:
        pauses = spider.pauses
        while self._is_held_back(spider, request) or not pauses.admits(request):
            if spider.is_ending:
                raise IgnoreRequest("the crawl ends while the site rests")
            await asyncio.sleep(min(pauses.left, STEP) or BETWEEN_PROBES)

    def _is_held_back(self, spider: Asker, request: Request) -> bool:
        """Whether to wait for another request's answer, in a lane in which something failed.

        Else many more requests would go out during a ban, before the third is known to have failed.
        """
        since = spider.health.unexplained_since(lane := request.meta[LANE])
        if since is None or PROBE in request.meta:
            return False
        return any(
            each.meta[LANE] == lane and each.meta[SENT] > since for each in self._under_way()
        )

    def _under_way(self) -> set[Request]:
        """What was sent, and has not reached the spider yet."""
        engine = self._crawler.engine
        read = engine.scraper.slot.active if engine.scraper.slot is not None else set()
        self._sent &= engine.downloader.active | read
        return self._sent

    def _hurry(self) -> None:
        """Drop all pages that wait for their turn unsent, like this one.

        Files are sent to the end, because their addresses expire, and so they keep their pace.
        """
        slot = self._crawler.engine.downloader.slots.get(PAGES)
        if slot is not None:
            slot.delay = 0
            slot.close()  # stops the timer that was set for the next page already

    async def _send(self, spider: Asker, request: Request) -> Response:
        request.meta[PAUSES] = spider.pauses.begun
        request.meta[SENT] = spider.health.sent()
        self._under_way().add(request)
        response = await super().download_request(request)
        request.meta[CODED] = header(response, "Content-Encoding").lower() not in {"", "identity"}
        return response


def _bounce(spider: Asker, request: Request) -> None:
    """Send nothing to a lane in doubt except the one request that finds out whether it works.

    Raises:
        Bounced: this is another one.
    """
    lane = request.meta[LANE]
    if PROBE not in request.meta and lane != LISTS and spider.health.is_doubtful(lane):
        raise Bounced(f"{lane}: in doubt")


def is_counted(request: Request, site: Site) -> bool:
    """Whether a request takes a place in the budget: all but full-size files do."""
    if request.meta.get("download_slot") != FILES:
        return True
    return "redirect_urls" in request.meta and not site.is_file(request.url)


class SiteQueue(DownloaderAwarePriorityQueue):
    """A request waits here, in the order of priorities, until there is room for it.

    Pages that wait for the budget would else take all places in the downloader, and the files
    whose addresses expire would wait behind them.
    """

    def __init__(self, crawler: Crawler, *args: Any, **kwargs: Any) -> None:
        super().__init__(crawler, *args, **kwargs)
        self._downloader_interface = Rooms(crawler, self)


class Rooms(DownloaderInterface):
    """How full the slots for pages and files are; a full one is not offered to the queue."""

    def __init__(self, crawler: Crawler, queue: SiteQueue) -> None:
        super().__init__(crawler)
        slots = crawler.settings.getdict("DOWNLOAD_SLOTS")
        self._rooms = {name: slot["concurrency"] for name, slot in slots.items()}
        self._queue = queue

    def stats(self, possible_slots: Iterable[str]) -> list[tuple[int, str]]:
        """The number of active requests of each slot that has room, with its name."""
        files = self._queue.pqueues.get(FILES)
        crowded = files is not None and len(files) >= FILES_WAITING
        active = {slot: self._active_downloads(slot) for slot in possible_slots}
        return [
            (count, slot)
            for slot, count in active.items()
            if count < self._rooms.get(slot, count + 1) and not (crowded and slot == PAGES)
        ]

    def _active_downloads(self, slot: str) -> int:
        """Those that wait in a middleware included."""
        active = self.downloader.active
        return sum(request.meta.get("download_slot") == slot for request in active)
