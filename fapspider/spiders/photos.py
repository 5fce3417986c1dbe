"""One image of the site: its page, the address of its file, the file; or why it failed."""

import time
from collections.abc import Iterator, Mapping
from typing import Any, Self

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.retry import get_retry_request
from scrapy.http import Response, TextResponse

from fapproc.jobs.ingest import Miss, Picture, examine
from fapproc.model import Detail, Format, Reason
from fapproc.sites.pages import PageCutOff, PageGone
from fapspider.crawl.kept_pages import KeptPages
from fapspider.crawl.pending import Found
from fapspider.crawl.tally import AlbumTally, Progress, Tally, forecast
from fapspider.politeness import outcome
from fapspider.politeness.health import Sign
from fapspider.politeness.lanes import LANE, Bounced, first_address, key_of, lane_of_file
from fapspider.spiders.probing import NOT_PROBED, probed
from fapspider.spiders.setting_aside import SettingAside

PHOTO, FILE = 0, 100
"""Priorities: a file before its address expires, the pages of an album between both."""

AT_ONCE, AT_ONCE_SLOWLY = 16, 2
"""How many images are under way, from the request for a page until its file is stored: this many
are fetched twice when the crawl is killed. No more than two where pages are asked for slowly."""

BORROWED = "borrowed"  # meta: the address stood on the page of another image


class PhotoSpider(SettingAside):
    """A spider that gets full-size files: asked for at once, because their addresses expire."""

    def __init__(self, **arguments: str) -> None:
        super().__init__(**arguments)
        self.kept = KeptPages()
        self.tally = Tally()
        self.is_dry = False
        """Whether the crawl only tells what it would ask for."""
        self.accepts = False
        """Whether what comes is the picture, wherever its address leads: a person said so."""
        self._refused: set[int] = set()
        """Images whose file was refused once: their address is had afresh, from their own page."""

    def more(self) -> Iterator[Request]:
        """Requests for the images that are next: their pages, or files whose address is known.

        Few at a time where pages are asked for slowly: each may bring the addresses of the next.
        """
        at_once = AT_ONCE_SLOWLY if self.settings.getfloat("DOWNLOAD_DELAY") else AT_ONCE
        if self.is_dry or self.is_ending or self.health.doubtful:
            return
        for each in self.pending.next(at_once, time.monotonic()):
            if isinstance(each, Found):
                yield self._full_size(each.image, each.name, each.link, borrowed=True)
            else:
                yield self.photo(each)

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        """Make the spider and have it told of each item that has passed the pipelines."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        crawler.signals.connect(spider.on_item, signals.item_scraped)
        return spider

    def on_item(self, item: Picture | Miss) -> None:
        """What was had, or why it could not be, survives a power cut now: others may follow."""
        self.aside.forget(item.image)
        self._refused.discard(item.image)
        self.settled(item.image)
        is_left = item.image in self.sink.report.odd
        self.tell(item, self.tally.settle(item, is_left=is_left))

    def tell(self, item: Picture | Miss, album: AlbumTally | None) -> None:
        """Tell of an item, and of its album where this was the last of it; most need no word."""

    def settled(self, image: int) -> None:
        """An image is stored, or is a failure: others may follow."""
        self.pending.settle(image)
        engine = self.crawler.engine
        if engine is not None:
            for request in self.more():
                engine.crawl(request)

    def abandon(self, request: Request) -> None:
        """Let others follow; the image waits for the next crawl."""
        if "image" in request.cb_kwargs:
            self.settled(request.cb_kwargs["image"])

    def photo(self, image: int, *, meta: Mapping[str, object] = NOT_PROBED) -> Request:
        """A request for an image's page."""
        return self.photo_page(
            image,
            self.parse_photo,
            errback=self.on_photo_error,
            cb_kwargs={"image": image},
            meta={**self.tries(self.site.photo(image)), **meta},
            priority=FILE if image in self._refused else PHOTO,
        )

    def parse_photo(self, response: TextResponse, image: int) -> Iterator[Request | Miss]:
        """The page of a photo: its name and the address of its full-size file, and of others."""
        try:
            photo = outcome.photo_of(response, image, self.site)
        except PageGone:
            yield Miss(image, Reason.PAGE, Detail.MISSING)
            return
        except outcome.Odd as odd:
            self.kept.keep(image, response.body)
            miss = Miss(image, Reason.PAGE, Detail.ODD)
            yield from self.not_had(outcome.asked_for(response), miss, str(odd))
            return
        yield from self.works(outcome.asked_for(response), image)
        link = self.site.first(photo.links)
        if link is None:
            self.kept.keep(image, response.body)
            yield Miss(image, Reason.LINK, Detail.NONE, photo.name)
        elif self.health.is_apart(lane := lane_of_file(link)):
            miss = Miss(image, Reason.FILE, Detail.UNREACHABLE, photo.name, link)
            self.set_aside(lane, miss, cut_short=True)  # it was not asked for at all
        else:
            yield self._full_size(image, photo.name, link, meta=probed(response))
        others = {other: self.site.first([link]) for other, link in photo.others.items()}
        self.pending.lend({k: link for k, link in others.items() if link}, time.monotonic())

    def parse_file(
        self, response: Response, image: int, name: str | None
    ) -> Iterator[Request | Picture | Miss]:
        """The full-size file, judged by its first bytes, and by where its address has led."""
        found, request = examine(response.body), outcome.asked_for(response)
        url = first_address(response)
        if isinstance(found, Format) and outcome.leads_elsewhere(response) and not self.accepts:
            miss = Miss(image, Reason.FILE, Detail.PLACEHOLDER, name, url)
            yield from self.not_had(request, miss, f"leads to {response.url}")
            return
        if isinstance(found, Format) or found is Detail.FORMAT:
            yield from self.works(request, image)
        if isinstance(found, Format):
            yield Picture(image, name, response.body, found, self.accepts)
            return
        if response.meta[BORROWED] and found is not Detail.FORMAT:
            yield self.photo(image)
            return
        miss = Miss(image, Reason.DAMAGED, found, name, url)
        if found is Detail.FORMAT:
            yield miss
            return
        why = "is no picture" if response.body else "has no bytes"
        self.health.bad(response.meta[LANE], Sign.ODD, key_of(request), f"{url} {why}")
        retry = None
        if not self.health.is_doubtful(response.meta[LANE]):
            retry = get_retry_request(request, spider=self, reason=found.value)
        if retry is not None:
            yield retry
            return
        yield from self.not_had(request, miss, why)

    def _full_size(
        self,
        image: int,
        name: str | None,
        link: str,
        *,
        borrowed: bool = False,
        meta: Mapping[str, object] = NOT_PROBED,
    ) -> Request:
        return self.file(
            link,
            self.parse_file,
            errback=self.on_file_error,
            cb_kwargs={"image": image, "name": name},
            meta={BORROWED: borrowed, **self.tries(link), **meta},
            priority=FILE,
        )

    def ends_at(self, failure: Any) -> bool:
        """Whether a page that failed is nobody's failure: the crawl ends, or is ending."""
        if not self.is_ending and outcome.is_silent(failure):
            self.stop(outcome.unreachable(failure))
        return self.is_ending

    def on_photo_error(self, failure: Any) -> Iterator[Miss]:
        """The page of a photo could not be fetched, or was not asked for after all."""
        image: int = failure.request.cb_kwargs["image"]
        if self.ends_at(failure):
            return
        if failure.check(Bounced):
            self.bounced(failure.request, Miss(image, Reason.PAGE, Detail.UNREACHABLE))
        elif outcome.status(failure) in outcome.GONE:
            yield Miss(image, Reason.PAGE, Detail.MISSING)
        elif outcome.is_odd(failure):
            detail = Detail.UNREACHABLE if failure.check(PageCutOff) else Detail.ODD
            miss = Miss(image, Reason.PAGE, detail)
            yield from self.not_had(failure.request, miss, outcome.why(failure))
        else:
            yield from self.not_had(failure.request, Miss(image, Reason.PAGE, Detail.UNREACHABLE))

    def on_file_error(self, failure: Any) -> Iterator[Request | Miss]:
        """The file could not be fetched; a refused address is asked for afresh, once."""
        if self.is_ending:
            return
        request = failure.request
        image, name = request.cb_kwargs["image"], request.cb_kwargs["name"]
        if failure.check(Bounced):
            miss = Miss(image, Reason.FILE, Detail.UNREACHABLE, name, first_address(request))
            self.bounced(request, miss)
            return
        reason, detail = outcome.of_file(failure)
        miss = Miss(image, reason, detail, name, first_address(request))
        if self._is_asked_afresh(request, image, detail):
            if self.health.is_doubtful(lane := request.meta[LANE]):
                yield from self.not_had(request, miss, asks_afresh=True)
            else:
                self.health.forget(lane, key_of(request))
                yield self.photo(image)
            return
        if outcome.status(failure) in outcome.GONE or detail is Detail.SHORT:
            yield miss
            return
        why = outcome.why(failure) if outcome.is_odd(failure) else None
        yield from self.not_had(request, miss, why)

    def _is_asked_afresh(self, request: Request, image: int, detail: Detail) -> bool:
        """Whether a refusal is that of an address, and none of the picture before another comes."""
        if detail is Detail.EXPIRED and image not in self._refused:
            self._refused.add(image)
            return True
        return detail is Detail.MISSING and request.meta[BORROWED]

    @property
    def progress(self) -> Progress | None:
        """Where the crawl is; None before the arguments were read, and in a dry run."""
        return None if self.is_dry else self.tally.progress

    def forecast(self, pictures: int) -> str:
        """What a dry run says: this many pictures would be asked for."""
        sent = self.crawler.stats.get_value("downloader/request_count", 0)
        delay = self.settings.getfloat("DOWNLOAD_DELAY")
        return forecast(pictures, sent=int(sent or 0), delay=delay, windows=self.budget.windows)
