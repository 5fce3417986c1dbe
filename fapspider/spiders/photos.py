"""One image of the site: its page, the address of its file, the file; or why it can't be had."""

import time
from collections.abc import Iterator
from typing import Any

from scrapy import Request
from scrapy.downloadermiddlewares.retry import get_retry_request
from scrapy.http import Response, TextResponse

from fapproc.errors import SiteError
from fapproc.jobs.ingest import Miss, Picture, examine
from fapproc.model import Detail, Format, Reason
from fapspider import outcome, pages
from fapspider.doubts import Doubts
from fapspider.items import MissItem, PictureItem
from fapspider.kept_pages import KeptPages
from fapspider.spiders.base import SiteSpider
from fapspider.tally import forecast
from fapspider.wanted import Found, Wanted

PHOTO, FOLDER_PAGE, FILE = 0, 10, 100
"""Priorities: a file before its address expires, the pages of an album, its photos."""

AT_ONCE, AT_ONCE_SLOWLY = 16, 2
"""How many images are under way, from the request for a page until its file is stored: this many
are fetched twice when the crawl is killed. No more than two where pages are asked for slowly."""

AGAIN = "again"  # meta: the address was refused once and is asked for afresh
BORROWED = "borrowed"  # meta: the address stood on the page of another image


class PhotoSpider(SiteSpider):
    """A spider that gets full-size files: asked for at once, because their addresses expire."""

    def __init__(self, **arguments: str) -> None:
        super().__init__(**arguments)
        self.doubts = Doubts()
        self.wanted = Wanted()
        self.kept = KeptPages()

    def more(self) -> Iterator[Request]:
        """Requests for the images that are next: their pages, or files whose address is known.

        Few at a time where pages are asked for slowly: each may bring the addresses of the next.
        """
        at_once = AT_ONCE_SLOWLY if self.settings.getfloat("DOWNLOAD_DELAY") else AT_ONCE
        if self.is_ending:
            return
        for each in self.wanted.next(at_once, time.monotonic()):
            if isinstance(each, Found):
                yield self._full_size(each.image, each.name, each.link, borrowed=True)
            else:
                yield self.photo(each)

    async def keep(self, entry: Picture | Miss) -> None:
        """Keep what was had, or why it could not be; others may follow."""
        await super().keep(entry)
        self.settled(entry.image)

    def settled(self, image: int) -> None:
        """An image is stored, or is a failure: others may follow."""
        self.wanted.settle(image)
        engine = self.crawler.engine
        if engine is not None:
            for request in self.more():
                engine.crawl(request)

    def abandon(self, request: Request) -> None:
        """Let others follow; the image waits for the next crawl."""
        if "image" in request.cb_kwargs:
            self.settled(request.cb_kwargs["image"])

    def photo(self, image: int, *, again: bool = False) -> Request:
        """A request for an image's page; `again` where its file was refused once."""
        return self.page(
            self.site.photo(image),
            self.parse_photo,
            errback=self.on_photo_error,
            cb_kwargs={"image": image},
            meta={AGAIN: again},
            priority=FILE if again else PHOTO,
        )

    def parse_photo(self, response: TextResponse, image: int) -> Iterator[Request | MissItem]:
        """The page of a photo: its name and the address of its full-size file, and of others."""
        if response.url.endswith("/404.php"):
            yield MissItem(image, Reason.PAGE, Detail.MISSING)
            return
        try:
            photo = pages.read_photo(response.text, image, response.url)
        except pages.PageGone:
            yield MissItem(image, Reason.PAGE, Detail.MISSING)
            return
        except pages.PageChanged as error:
            self.kept.keep(image, response.body)
            self.doubts.hold(MissItem(image, Reason.LINK, Detail.NONE), error)
            self.settled(image)
            return
        yield from self.doubts.settle(Reason.LINK)
        again = response.meta[AGAIN]
        link = self.site.first(photo.links)
        if link is None:
            self.kept.keep(image, response.body)
            yield MissItem(image, Reason.LINK, Detail.NONE, photo.name)
        else:
            yield self._full_size(image, photo.name, link, again=again)
        others = {other: self.site.first([link]) for other, link in photo.others.items()}
        self.wanted.lend({k: link for k, link in others.items() if link}, time.monotonic())

    def parse_file(
        self, response: Response, image: int, name: str | None
    ) -> Iterator[Request | PictureItem | MissItem]:
        """The full-size file, judged by its first bytes."""
        found = examine(response.body)
        yield from self.doubts.settle(Reason.FILE)
        if isinstance(found, Format):
            yield PictureItem(image, name, response.body)
            return
        if response.meta[BORROWED] and found is not Detail.FORMAT:
            yield self.photo(image, again=True)
            return
        retry = None
        if found is not Detail.FORMAT and response.request is not None:
            retry = get_retry_request(response.request, spider=self, reason=found.value)
        yield retry or MissItem(image, Reason.DAMAGED, found, name, response.url)

    def _full_size(
        self,
        image: int,
        name: str | None,
        link: str,
        *,
        again: bool = False,
        borrowed: bool = False,
    ) -> Request:
        return self.file(
            link,
            self.parse_file,
            errback=self.on_file_error,
            cb_kwargs={"image": image, "name": name},
            meta={AGAIN: again, BORROWED: borrowed},
            priority=FILE,
        )

    def ends_at(self, failure: Any) -> bool:
        """Whether a page that could not be had is nobody's failure: the crawl ends, or ends now."""
        if not self.is_ending and outcome.is_silent(failure):
            self.stop(outcome.unreachable(failure))
        return self.is_ending

    def on_photo_error(self, failure: Any) -> Iterator[MissItem]:
        """The page of a photo could not be had."""
        if self.ends_at(failure):
            return
        gone = outcome.status(failure) in outcome.GONE
        detail = Detail.MISSING if gone else Detail.UNREACHABLE
        yield MissItem(failure.request.cb_kwargs["image"], Reason.PAGE, detail)

    def on_file_error(self, failure: Any) -> Iterator[Request | MissItem]:
        """The file could not be had; a refused address is asked for afresh, once."""
        if self.is_ending:
            return
        request = failure.request
        image, name = request.cb_kwargs["image"], request.cb_kwargs["name"]
        refused = {outcome.REFUSED} | (outcome.GONE if request.meta[BORROWED] else set())
        if outcome.status(failure) in refused and not request.meta[AGAIN]:
            yield self.photo(image, again=True)
            return
        reason, detail = outcome.of_file(failure)
        miss = MissItem(image, reason, detail, name, request.url)
        if not outcome.is_silent(failure):
            yield miss
            return
        try:
            self.doubts.hold(miss, outcome.unreachable(failure))
            self.settled(image)
        except SiteError as error:
            self.stop(error)

    def forecast(self, pictures: int) -> str:
        """What a dry run says: this many pictures would be asked for."""
        sent = self.crawler.stats.get_value("downloader/request_count", 0)
        delay = self.settings.getfloat("DOWNLOAD_DELAY")
        return forecast(pictures, sent=int(sent or 0), delay=delay, windows=self.budget.windows)

    async def settle_doubts(self) -> None:
        """The crawl is over and the site was well: what was held is a failure after all."""
        for miss in self.doubts.settle_all():
            entry = Miss(miss.image, miss.reason, miss.detail, miss.name, miss.url)
            await self.keep(entry)
