"""The photo fetcher: which image is asked for next, until each was fetched or has failed.

A part of the spiders that fetch images. Few are under way at a time, each goes through its `Steps`;
failures go to `Doubts`, and are asked for again at the end. What becomes of an image is an item.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterable, Iterator
from typing import Any

from scrapy import Request, signals
from scrapy.exceptions import DontCloseSpider

from fapproc.errors import FapError, as_problem
from fapproc.jobs import crawl
from fapproc.wording import counted
from fapspider.crawl.pending import Found, Pending
from fapspider.crawl.sink import ArchiveSink, Item, SinkClosed
from fapspider.crawl.tally import AlbumTally, Progress, Tally, forecast
from fapspider.politeness.health import ELSEWHERE
from fapspider.politeness.lanes import probing
from fapspider.spiders.base import SiteSpider, now
from fapspider.spiders.doubts import Doubts
from fapspider.spiders.probes import Probes
from fapspider.spiders.steps import Files, Steps

AT_ONCE, AT_ONCE_SLOWLY = 16, 2
"""How many images are under way, from the request for a page until its file is stored: this many
are fetched twice when the crawl is killed. No more than two where pages are asked for slowly."""

FEW = 16
"""When so few images are left, more of the list is read: twice as many as are asked for at once."""


class PhotoFetcher:
    """Fetches images, and yields for each a picture or why it failed."""

    def __init__(
        self,
        spider: SiteSpider,
        files: Callable[[Steps], Files],
        *,
        told: Callable[[Item, AlbumTally | None], None],
        more_of_list: Callable[[], Request | None] = lambda: None,
        at_once: tuple[int, int] = (AT_ONCE, AT_ONCE_SLOWLY),
        run: str = "crawl",
        hint: str = "If it is a picture, 'fapproc failures --retry --accept' takes it.",
    ) -> None:
        """Become a part of a spider.

        Args:
            spider: the spider.
            files: asks for the file of an image, or about it.
            told: is called with each item that is stored, and with its album if it was the last of
                it.
            more_of_list: adds more images, and returns a request if it needs one.
            at_once: how many images are under way at most, also where pages are asked for slowly.
            run: what the next crawl of this kind is called in sentences.
            hint: what a person can do where one file came for many pictures.
        """
        self.pending, self.tally = Pending(), Tally()
        self.doubts = Doubts(spider, self.pending, self.settled)
        self.steps = Steps(spider, self.pending, self.doubts, files)
        self.is_dry = False
        """Whether the crawl only says what it would ask for."""
        self._spider, self._told = spider, told
        self._run, self._hint = run, hint
        self._more_of_list, self._at_once = more_of_list, at_once
        self._probes = Probes(spider, self.doubts, self.steps, self.pending, self.elsewhere)
        self._turn = 0
        self._looked_into = 0  # albums, for a picture elsewhere while a lane is in doubt
        self._looking: asyncio.Future[None] | None = None
        spider.hear(signals.item_scraped, self.on_item)
        spider.hear(signals.spider_idle, self.on_idle)
        spider.hear(signals.spider_error, self.on_fault)

    async def know(self, sink: ArchiveSink) -> None:
        """Learn from the archive which pictures were fetched before this crawl."""
        last = await sink.ask(crawl.witnesses, sink.source)
        before = await sink.ask(crawl.old_witnesses, sink.source, at=now())
        known = dict.fromkeys(last, False) | dict.fromkeys(before, True)
        self.doubts.witnesses.known = known

    def more(self) -> Iterator[Request]:
        """Requests for the images that are next: their pages, or files whose address is known.

        Few at a time if pages are asked for slowly: each page may give addresses of the next
        images.
        """
        if self._spider.is_ending or self._spider.health.doubtful:
            return
        self._looked_into = 0
        is_slow = self._spider.settings.getfloat("DOWNLOAD_DELAY") > 0
        room = 0 if self.is_dry else self._at_once[is_slow]
        for each in self.pending.next(room, time.monotonic()):
            if isinstance(each, Found):
                yield self.steps.files.ask(each.image, each.name, each.link, borrowed=True)
            else:
                yield self.steps.photo(each)
        few = self.is_dry or len(self.pending) < FEW
        if few and (request := self._more_of_list()) is not None:
            yield request

    def look_up(self, more_of_list: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Wait for more of the list; until it has come, nothing is finished."""
        if self._looking is None:
            self._looking = asyncio.ensure_future(self._look_up(more_of_list))

    async def _look_up(self, more_of_list: Callable[[], Coroutine[Any, Any, None]]) -> None:
        try:
            await more_of_list()
        except SinkClosed:
            return
        except (FapError, OSError) as error:
            self._spider.stop(as_problem(error))
        finally:
            self._looking = None
        self._spider.send(self.more())

    def elsewhere(self, lane: str) -> Request | None:
        """A request for a picture of another album, else for the next album, else for any picture.

        The number of albums begun for this is limited: a site that refuses all pictures may still
        list them.
        """
        found = self._far_away(lane, untroubled=True)
        if found is None and (not self.pending or self._looked_into < ELSEWHERE):
            self._looked_into += 1
            found = self._more_of_list()
        return found or self._far_away(lane)

    def _far_away(self, lane: str, *, untroubled: bool = False) -> Request | None:
        """A picture of the album of which the fewest failed, or of one of which none did."""
        failed = self.doubts.witnesses.failing(lane)
        image = self.pending.elsewhere(self._turn, failed, untroubled=untroubled)
        if image is None:
            return None
        self._turn += 1
        return self.steps.photo(image, meta=probing(lane))

    def on_item(self, item: Item) -> None:
        """Note that an item was stored, a picture or a failure: others may follow."""
        self.doubts.aside.forget(item.image)
        self.steps.forget(item.image)
        self.settled(item.image)
        is_left = item.image in self._spider.sink.report.odd
        self._told(item, self.tally.settle(item, is_left=is_left))

    def on_fault(self, response: Any) -> None:
        """Go on after a bug in a callback: the image waits for the next run."""
        if "image" in (parts := response.request.cb_kwargs):
            self.settled(parts["image"])

    def settled(self, image: int) -> None:
        """Note that nothing more of an image is under way: others may follow."""
        self.pending.settle(image)
        self._spider.send(self.more())

    def on_idle(self) -> None:
        """Nothing is under way: find out about lanes in doubt, go on, or ask again.

        Raises:
            DontCloseSpider: something is left to ask for.
        """
        requests = self.left_to_ask()
        self._spider.send(requests)
        if requests or self._is_looking():
            raise DontCloseSpider

    def left_to_ask(self) -> list[Request]:
        """Requests for when nothing is under way, from the first source that has any."""
        probes = self._probes
        ways = (probes.find_out, self.more, probes.ask_unproven, self._again, probes.ask_at_last)
        for way in ways:
            if self._spider.is_ending or self._is_looking():
                break
            if requests := list(way()):
                return requests
        return []

    def _is_looking(self) -> bool:
        return self._looking is not None

    def _again(self) -> Iterator[Request]:
        """Requests for what was set aside, when nothing else is left."""
        self.pending.again(self.doubts.come_back())
        yield from self.more()

    async def settle(self, held: Iterable[Item] = ()) -> None:
        """At the end, if the site works, count what was held as failures."""
        scraper = self._spider.crawler.engine.scraper  # the way of all items: no page yields these
        for item in [*self.doubts.aside.settle_all(), *held]:
            await scraper.start_itemproc_async(item, response=None)
        if many := self._spider.sink.report.placeholders:
            self._spider.say(
                f"One small file came for {counted(many, 'picture')}: it is taken for a "
                "placeholder of the site, and they have failed (file placeholder). "
                f"{self._hint}"
            )
        if left := self.doubts.aside.left:
            self._spider.say(
                f"{counted(left, 'picture')} of a host that does not work now left for the next "
                f"{self._run}."
            )

    @property
    def left_something(self) -> bool:
        """Whether pictures were left, because their host does not work now."""
        return bool(self.doubts.aside.left)

    @property
    def progress(self) -> Progress | None:
        """Where the crawl is; None before the first picture was asked for, and in a dry run."""
        return None if self.is_dry else self.tally.progress

    def forecast(self, pictures: int) -> str:
        """What a dry run says: this many pictures would be asked for."""
        spider = self._spider
        delay = spider.settings.getfloat("DOWNLOAD_DELAY")
        sent = spider.health.now
        return forecast(pictures, sent=sent, delay=delay, windows=spider.budget.windows)
