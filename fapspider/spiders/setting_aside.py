"""Pictures that failed, though maybe not by themselves: set aside, and come back to at the end.

What is in doubt is found out when nothing else is under way (`on_idle`).
"""

import time
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Self

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import DontCloseSpider

from fapproc.jobs.ingest import Miss
from fapproc.model import Detail
from fapproc.wording import counted
from fapspider.crawl.aside import Aside
from fapspider.crawl.pending import Found, Pending
from fapspider.politeness.lanes import LANE, SENT, TRIES, key_of, key_of_address, tried
from fapspider.spiders.probing import NOT_PROBED, ProbingSpider, probing


class SettingAside(ProbingSpider):
    """A spider that takes no failure for a picture's own before its lane is known to work."""

    def __init__(self, **arguments: str) -> None:
        super().__init__(**arguments)
        self.aside = Aside()
        self.waiting = self.pending = Pending()
        self._tries: dict[str, int] = {}
        """How many tries it had, where they were cut short; by what was asked for (`key_of`)."""
        self._turn = 0
        self._at_last: set[str] = set()
        """Lanes of which nothing else is left to ask for."""

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        """Make the spider and have it told when nothing is under way."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        crawler.signals.connect(spider.on_idle, signals.spider_idle)
        return spider

    hint = "If it is a picture, 'fapproc failures --retry --accept' takes it."
    """What a person can do where one file came for many pictures."""

    @abstractmethod
    def more(self) -> Iterator[Request]:
        """Requests for the images that are next."""

    @abstractmethod
    def photo(self, image: int, *, meta: Mapping[str, object] = NOT_PROBED) -> Request:
        """A request for an image's page."""

    @abstractmethod
    def settled(self, image: int) -> None:
        """Nothing more of an image is under way: others may follow."""

    def not_had(
        self, request: Request, miss: Miss, why: str | None = None, *, asks_afresh: bool = False
    ) -> Iterator[Miss]:
        """A picture could not be fetched: its own failure where its lane works, else set aside.

        Args:
            request: what was asked.
            miss: how it failed.
            why: where the answer was odd, and no refusal or trouble.
            asks_afresh: this says nothing of the picture before it is asked for by its page.
        """
        self.fails(request, miss.image, why)
        lane, key = request.meta[LANE], key_of(request)
        is_doubtful = self.health.is_doubtful(lane)
        cut_short = asks_afresh or (is_doubtful and self._has_tries_left(request, miss))
        is_own = self.health.is_proven(lane, key) and not is_doubtful and not cut_short
        if is_own and self.aside.is_last_word(miss):
            yield miss
            return
        self.health.forget(lane, key)
        if cut_short and not asks_afresh:
            self._tries[key] = tried(request) + 1
        self.set_aside(lane, miss, cut_short=cut_short)

    def bounced(self, request: Request, miss: Miss) -> None:
        """A request came back unsent: its picture is the next, or is set aside if it had failed.

        That says nothing of the picture: it has the rest of its tries when it comes back.
        """
        lane, key = request.meta[LANE], key_of(request)
        self._tries[key] = tried(request)
        if self.health.has_failed(lane, key):
            self.suspect(lane, miss.image)
            self.health.forget(lane, key)
            self.set_aside(lane, miss, cut_short=True)
        else:
            self._remember(miss)
            self.pending.put_back(miss.image)

    def tries(self, url: str) -> dict[str, object]:
        """The `meta` that goes on with the tries that this address had, where they were cut."""
        return {TRIES: self._tries.pop(key_of_address(url), 0)}

    def _has_tries_left(self, request: Request, miss: Miss) -> bool:
        tried_again = {Detail.UNREACHABLE, Detail.EMPTY, Detail.NOT_A_PICTURE}
        return miss.detail in tried_again and tried(request) < self.settings.getint("RETRY_TIMES")

    def set_aside(self, lane: str, miss: Miss, *, cut_short: bool = False) -> None:
        """Leave a picture for the end, and let others follow."""
        self._remember(miss)
        self.aside.hold(lane, miss, self.health.now, cut_short=cut_short)
        self.settled(miss.image)

    def _remember(self, miss: Miss) -> None:
        """Keep a file's address, so that no page is asked for twice; a refused one has expired."""
        if miss.url and miss.name and miss.detail is Detail.UNREACHABLE:
            self.pending.remember(Found(miss.image, miss.name, miss.url), time.monotonic())

    def works(self, request: Request, image: int) -> list[Miss]:
        """A good answer came: what failed before in this lane was its own, or is tried again."""
        lane = request.meta[LANE]
        was_doubtful, was_out = self.health.is_doubtful(lane), self.health.is_out(lane)
        super().works(request, image)
        return self.aside.settle(lane, request.meta[SENT], anew=was_out, again=was_doubtful)

    def stays_apart(self, lane: str) -> None:
        """Set a host of files aside: its pictures come back once, at the end."""
        super().stays_apart(lane)
        self.pending.drop(self.aside.part(lane))

    def elsewhere(self, lane: str) -> Request | None:
        """A picture from far away in the list."""
        return self.far_away(lane)

    def far_away(self, lane: str, *, untroubled: bool = False) -> Request | None:
        """A picture of the album of which the fewest failed, or of one of which none did."""
        failed = self._failing[lane]
        image = self.pending.elsewhere(self._turn, failed, untroubled=untroubled)
        if image is None:
            return None
        self._turn += 1
        return self.photo(image, meta=probing(lane))

    def released(self, lane: str) -> Request | None:
        """A picture that was set aside."""
        image = self.aside.release(lane)
        return None if image is None else self.photo(image, meta=probing(lane))

    def on_idle(self) -> None:
        """Nothing is under way: find out what is in doubt, go on, and come back to what is aside.

        Raises:
            DontCloseSpider: something is left to ask for.
        """
        requests = list(self._left_to_ask())
        for request in requests:
            self.crawler.engine.crawl(request)
        if requests:
            raise DontCloseSpider

    def _left_to_ask(self) -> Iterator[Request]:
        if self.is_ending:
            return
        while (lane := self.health.doubtful) is not None and not self.is_ending:
            if (request := self.probe(lane)) is not None:
                yield request
                return
        found = list(self.more())
        if not found:
            found = self._asked_of(lane for lane in self.aside.unproven if self._is_open(lane))
        if not found:
            for lane, images in self.aside.come_back().items():
                self.is_coming_back = True
                if self.health.is_apart(lane):
                    self.health.rejoin(lane)
                self.pending.again(images)
            found = list(self.more())
        yield from found or self._asked_at_last()

    def _is_open(self, lane: str) -> bool:
        """Whether a lane has not worked in this crawl, and a picture may tell whether it does."""
        return not self.health.has_worked(lane) and self.has_witness(lane)

    def _asked_of(self, lanes: Iterable[str]) -> list[Request]:
        """The first request that tells of one of these lanes."""
        found = next(filter(None, map(self.probe, lanes)), None)
        return [] if found is None else [found]

    def _asked_at_last(self) -> list[Request]:
        """What failed last, too little for a doubt, is its own failure if one that was had comes.

        A site that stops working at its last pictures would else leave them as failures.
        """
        for lane in self.aside.unproven:
            if (request := self._witness(lane)) is not None:
                self._at_last.add(lane)
                return [request]
        return []

    def _in_vain(self, lane: str) -> None:
        if lane not in self._at_last:
            super()._in_vain(lane)
            return
        self.aside.leave(lane)
        self.health.rejoin(lane)

    async def settle_doubts(self) -> None:
        """The crawl is over and the site was well: what was held is a failure after all."""
        for miss in self.aside.settle_all():  # by the way of all items: no page yields these
            await self.crawler.engine.scraper.start_itemproc_async(miss, response=None)
        if many := self.sink.report.placeholders:
            self.say(
                f"One small file came for {counted(many, 'picture')}: it is taken for what the "
                f"site shows in place of them, and they have failed (file placeholder). {self.hint}"
            )
        if left := self.aside.left:
            self.say(
                f"{counted(left, 'picture')} of a host that does not work now left for the next "
                "crawl."
            )

    @property
    def left_something(self) -> bool:
        """Whether pictures were left, because their host does not work now."""
        return bool(self.aside.left)
