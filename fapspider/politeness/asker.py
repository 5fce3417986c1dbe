"""Who asks: all that politeness knows of the spider of a crawl."""

from typing import Protocol, cast

from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.retry import get_retry_request

from fapproc.errors import FapError
from fapproc.sites.site import Site
from fapspider.politeness.gate import Budget, Pauses
from fapspider.politeness.health import Health


class Asker(Protocol):
    """A spider, as the components between it and the site see it."""

    site: Site
    budget: Budget
    pauses: Pauses
    health: Health
    problem: FapError | None
    retry_delay: float
    """Seconds before a failed request is tried again, at most; each further try doubles them."""

    @property
    def is_ending(self) -> bool:
        """Whether nothing more is to be asked for."""

    def say(self, sentence: str) -> None:
        """Tell the person something."""

    def pause(
        self, lane: str, why: str, at: str = "", asked: float | None = None, *, hint: str = ""
    ) -> None:
        """Pause all requests; end the crawl if several pauses did not help."""

    def stop(self, error: FapError) -> None:
        """End the crawl for this reason."""


def asker_of(crawler: Crawler) -> Asker:
    """The spider that a crawl is for."""
    return cast("Asker", _spider_of(crawler))


class AskerComponent:
    """What every middleware here needs: the spider of the crawl."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "AskerComponent":
        """Scrapy's way of making components."""
        return cls(crawler)

    @property
    def spider(self) -> Asker:
        """The spider that this crawl is for."""
        return asker_of(self._crawler)

    def next_try(self, request: Request, why: str) -> Request | None:
        """The next try of a request that got no usable answer; None if it has had them all."""
        return get_retry_request(request, spider=_spider_of(self._crawler), reason=why)


def _spider_of(crawler: Crawler) -> Spider:
    if crawler.spider is None:
        raise RuntimeError("nobody asks before the crawl has a spider")
    return crawler.spider
