"""The steps of one image: its page, the address of its file, its file; or why it failed.

`Files` says how a file is asked for, and what to do with the answer.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Protocol

from scrapy import Request
from scrapy.http import TextResponse

from fapproc.jobs.ingest import Miss
from fapproc.model import Detail, Reason
from fapproc.sites.pages import PageCutOff, PageGone
from fapspider.crawl.kept_pages import KeptPages
from fapspider.crawl.pending import Pending
from fapspider.politeness import outcome
from fapspider.politeness.lanes import (
    LANE,
    NOT_PROBED,
    Bounced,
    Checked,
    first_address,
    key_of,
    lane_of_file,
    probed,
    shown,
)
from fapspider.spiders.base import SiteSpider
from fapspider.spiders.doubts import Doubts

PHOTO, FILE = 0, 100
"""Priorities: a file before its address expires, the pages of an album between both."""

BORROWED = "borrowed"  # meta: the address stood on the page of another image


class Files(Protocol):
    """Asks for a file whose address is known, or about it."""

    def ask(
        self,
        image: int,
        name: str | None,
        link: str,
        *,
        borrowed: bool = False,
        meta: Mapping[str, object] = NOT_PROBED,
    ) -> Request:
        """A request about the file of an image, whose address its own page gave, or another's."""

    def ask_otherwise(self, request: Request, status: int | None) -> Request | None:
        """Another request, if this answer only says that the first one was useless."""


class Steps:
    """Asks for the page of an image, and about its file; callbacks yield what follows."""

    def __init__(
        self,
        spider: SiteSpider,
        pending: Pending,
        doubts: Doubts,
        files: Callable[["Steps"], Files],
    ) -> None:
        self.spider, self.doubts = spider, doubts
        self.kept = KeptPages()
        self.files = files(self)
        self._pending = pending
        self._refused: set[int] = set()
        """Images whose file was refused once: their address is read again, from their own page."""

    def forget(self, image: int) -> None:
        """Forget an image: what became of it is stored."""
        self._refused.discard(image)

    def photo(self, image: int, *, meta: Mapping[str, object] = NOT_PROBED) -> Request:
        """A request for an image's page."""
        return self.spider.photo_page(
            image,
            self.parse_photo,
            errback=self.on_photo_error,
            cb_kwargs={"image": image},
            meta={**self.doubts.tries(self.spider.site.photo(image)), **meta},
            priority=FILE if image in self._refused else PHOTO,
        )

    def parse_photo(self, response: TextResponse, image: int) -> Iterator[Request | Miss]:
        """The page of a photo: its name and the address of its full-size file, and of others."""
        request, site = outcome.asked_for(response), self.spider.site
        try:
            photo = outcome.photo_of(response, image, site)
        except PageGone:
            yield Miss(image, Reason.PAGE, Detail.MISSING)
            return
        except outcome.Odd as odd:
            self.kept.keep(image, response.body)
            miss = Miss(image, Reason.PAGE, Detail.ODD, why=f"{shown(request)} {odd}")
            yield from self.doubts.not_had(request, miss, is_odd=True)
            return
        yield from self.doubts.works(request, image)
        link = site.first(photo.links)
        if link is None:
            self.kept.keep(image, response.body)
            why = f"{shown(request)} leads to a host that is not the site's"
            yield Miss(
                image, Reason.LINK, Detail.NONE, photo.name, why=why if photo.links else None
            )
        elif self.spider.health.is_apart(lane := lane_of_file(link)):
            why = f"{link} is on a host that does not work now"
            miss = Miss(image, Reason.FILE, Detail.UNREACHABLE, photo.name, link, why)
            self.doubts.set_aside(lane, miss, cut_short=True)  # it was not asked for at all
        else:
            yield self.files.ask(image, photo.name, link, meta=probed(response))
        # Each image stands on the pages of some 24 others: most of these addresses serve nobody.
        awaited = {k: link for k, link in photo.others.items() if self._pending.takes(k)}
        others = {k: link for k, given in awaited.items() if (link := site.first([given]))}
        self._pending.lend(others, time.monotonic())

    def on_photo_error(self, failure: Any) -> Iterator[Miss]:
        """Note that the page of a photo could not be fetched, or was not asked for after all."""
        request, image = failure.request, failure.request.cb_kwargs["image"]
        if self.spider.ends_at(failure):
            return
        miss = Miss(image, Reason.PAGE, Detail.UNREACHABLE, why=outcome.told(failure))
        if failure.check(Bounced):
            self.doubts.bounced(request, miss)
        elif outcome.status(failure) in outcome.GONE:
            yield Miss(image, Reason.PAGE, Detail.MISSING)
        else:
            if (is_odd := outcome.is_odd(failure)) and not failure.check(PageCutOff):
                miss = replace(miss, detail=Detail.ODD)
            checked = _checked(failure)
            yield from self.doubts.not_had(request, miss, is_odd=is_odd, checked=checked)

    def file(
        self,
        link: str,
        callback: Any,
        image: int,
        name: str | None = None,
        *,
        borrowed: bool = False,
        meta: Mapping[str, object] = NOT_PROBED,
        **parts: Any,
    ) -> Request:
        """A request about the file of an image, before its address expires."""
        return self.spider.file(
            link,
            callback,
            errback=self.on_file_error,
            cb_kwargs={"image": image, "name": name},
            meta={BORROWED: borrowed, **self.doubts.tries(link), **meta},
            priority=FILE,
            **parts,
        )

    def on_file_error(self, failure: Any) -> Iterator[Request | Miss]:
        """Note that the file could not be fetched; a refused address is read again, once."""
        if self.spider.is_ending:
            return
        request, answered = failure.request, outcome.status(failure)
        image, name = request.cb_kwargs["image"], request.cb_kwargs["name"]
        if (other := self.files.ask_otherwise(request, answered)) is not None:
            yield other
            return
        reason, detail = outcome.of_file(failure)
        url, why = first_address(request), outcome.told(failure)
        miss = Miss(image, reason, detail, name, url, why)
        if failure.check(Bounced):
            self.doubts.bounced(request, miss)
        elif self._is_asked_afresh(request, image, detail):
            if self.spider.health.is_doubtful(lane := request.meta[LANE]):
                yield from self.doubts.not_had(request, miss, asks_afresh=True)
            else:
                self.spider.health.forget(lane, key_of(request))
                yield self.photo(image)
        elif answered in outcome.GONE:
            yield replace(miss, why=None)
        elif detail is Detail.SHORT and not self.doubts.is_cut_short(request, miss):
            yield miss
        else:
            is_odd, checked = outcome.is_odd(failure), _checked(failure)
            yield from self.doubts.not_had(request, miss, is_odd=is_odd, checked=checked)

    def _is_asked_afresh(self, request: Request, image: int, detail: Detail) -> bool:
        """Whether a refusal may concern the address only, so that a new one is to be read first."""
        if detail is Detail.EXPIRED and image not in self._refused:
            self._refused.add(image)
            return True
        return detail is Detail.MISSING and request.meta[BORROWED]


def _checked(failure: Any) -> Checked | None:
    return failure.value if failure.check(Checked) else None
