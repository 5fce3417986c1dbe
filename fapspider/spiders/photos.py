"""One image of the site: its page, the address of its file, the file; or why it can't be had."""

from collections.abc import Iterator
from typing import Any

from scrapy import Request
from scrapy.downloadermiddlewares.retry import get_retry_request
from scrapy.http import Response, TextResponse

from fapproc.errors import SiteError
from fapproc.jobs.ingest import Miss, examine
from fapproc.model import Detail, Format, Reason
from fapspider import outcome, pages
from fapspider.doubts import Doubts
from fapspider.items import MissItem, PictureItem
from fapspider.spiders.base import SiteSpider
from fapspider.wanted import Wanted

PHOTO, FOLDER_PAGE, FILE = 0, 10, 100
"""Priorities: a file before its address expires, the pages of an album, its photos."""

AT_ONCE, AT_ONCE_SLOWLY = 8, 2
"""How many photo pages are under way: as many as their slot takes, or one more than it needs."""

AGAIN = "again"  # meta: the address was refused once and is asked for afresh
BORROWED = "borrowed"  # meta: the address stood on the page of another image


class PhotoSpider(SiteSpider):
    """A spider that gets full-size files: asked for at once, because their addresses expire."""

    def __init__(self, **arguments: str) -> None:
        super().__init__(**arguments)
        self.doubts = Doubts()
        self.wanted = Wanted()

    def more(self) -> Iterator[Request]:
        """Requests for the photo pages that are next.

        Few at a time where pages are asked for slowly: each may bring the addresses of the next.
        """
        at_once = AT_ONCE_SLOWLY if self.settings.getfloat("DOWNLOAD_DELAY") else AT_ONCE
        if not self.is_ending:
            yield from map(self.photo, self.wanted.next(at_once))

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
        self.wanted.came(image)
        yield from self._read_photo(response, image)
        yield from self.more()

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

    def _read_photo(self, response: TextResponse, image: int) -> Iterator[Request | MissItem]:
        if response.url.endswith("/404.php"):
            yield MissItem(image, Reason.PAGE, Detail.MISSING)
            return
        try:
            photo = pages.read_photo(response.text, image)
        except pages.PageGone:
            yield MissItem(image, Reason.PAGE, Detail.MISSING)
            return
        except pages.PageChanged as error:
            self.doubts.hold(MissItem(image, Reason.LINK, Detail.NONE), error)
            return
        yield from self.doubts.settle(Reason.LINK)
        again = response.meta[AGAIN]
        link = next((link for link in photo.links if self.site.allows(link)), None)
        if link is None:
            yield MissItem(image, Reason.LINK, Detail.NONE, photo.name)
        else:
            yield self._full_size(image, photo.name, link, again=again)
        allowed = {other: link for other, link in photo.others.items() if self.site.allows(link)}
        for found in self.wanted.take(allowed):
            yield self._full_size(found.image, found.name, found.link, borrowed=True)

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

    def on_photo_error(self, failure: Any) -> Iterator[Request | MissItem]:
        """The page of a photo could not be had."""
        self.wanted.came(failure.request.cb_kwargs["image"])
        if self.ends_at(failure):
            return
        gone = outcome.status(failure) in outcome.GONE
        detail = Detail.MISSING if gone else Detail.UNREACHABLE
        yield MissItem(failure.request.cb_kwargs["image"], Reason.PAGE, detail)
        yield from self.more()

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
        except SiteError as error:
            self.stop(error)

    async def settle_doubts(self) -> None:
        """The crawl is over and the site was well: what was held is a failure after all."""
        for miss in self.doubts.settle_all():
            entry = Miss(miss.image, miss.reason, miss.detail, miss.name, miss.url)
            await self.desk.store(entry)
