"""Between engine, site and spider: no foreign host, the site's wish to stop, one boundary."""

import asyncio
import time
from collections.abc import Iterable
from email.utils import parsedate_to_datetime

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response, TextResponse

from fapproc.errors import FapError, SiteAsksToStop, SiteError
from fapproc.wording import duration
from fapspider.pages import PageChanged
from fapspider.spiders.base import PAGES, SiteSpider

PAUSES_IN_VAIN = 3
LONGEST_PAUSE = 3600.0
_PAUSES = "pauses"  # meta: how many pauses there had been when the request went out
_CHECK_PATHS = ("/human-verification", "/rl_captcha.php", "/captcha.php")
_CHECK_TEXT = "Your IP made too many requests to our servers"


class SpiderComponent:
    """What every middleware here needs: the spider of the crawl."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "SpiderComponent":
        """Scrapy's way of making components."""
        return cls(crawler)

    @property
    def spider(self) -> SiteSpider:
        """The spider that this crawl is for."""
        spider = self._crawler.spider
        if not isinstance(spider, SiteSpider):
            raise TypeError(f"{spider!r} is no spider of this project")
        return spider


class HostGuard(SpiderComponent):
    """Refuse every request to a host that is not the site's, redirects included."""

    def process_request(self, request: Request) -> None:
        """Let the request pass, or drop it."""
        if not self.spider.site.allows(request.url):
            raise IgnoreRequest(f"not a host of the site: {request.url}")


class SiteLimits(SpiderComponent):
    """Notice that the site asks to stop, before anything takes its answer for a page, and pause.

    All requests wait together; those that were under way when a pause began belong to it. After
    three pauses without a good answer between them the crawl ends with what it has.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._pauses = 0
        self._in_vain = 0
        self._until = 0.0

    async def process_request(self, request: Request) -> None:
        """Hold the request while the site rests."""
        await self._wait()
        if self._until > time.monotonic():
            raise IgnoreRequest("the crawl ends while the site rests")
        request.meta[_PAUSES] = self._pauses

    async def process_response(self, request: Request, response: Response) -> Response | Request:
        """Pass an ordinary answer on; ask again, after the pause, for what got the site's wish."""
        wish = _wish(response)
        current = request.meta.get(_PAUSES) == self._pauses
        if wish is None:
            if current:
                self._in_vain = 0
            return response
        if current:
            self._pause(wish, request, response)
        if self.spider.problem is not None:
            raise IgnoreRequest("the site asked to stop")
        return request.replace(dont_filter=True)

    def _pause(self, wish: str, request: Request, response: Response) -> None:
        self._in_vain += 1
        self._pauses += 1
        if self._in_vain > PAUSES_IN_VAIN:
            self.spider.stop(
                SiteAsksToStop(
                    f"The site {wish} at {request.url}, also after {PAUSES_IN_VAIN} pauses. What "
                    "was had is kept. Open the site in a browser to pass the check, or wait an "
                    "hour; then run the same command again."
                )
            )
            return
        doubled = self.spider.site_pause * 2 ** (self._in_vain - 1)
        seconds = _retry_after(response)
        seconds = min(doubled, LONGEST_PAUSE) if seconds is None else seconds
        self._until = time.monotonic() + seconds
        self.spider.say(f"The site {wish}: pausing for {duration(seconds)}, then going on.")

    async def _wait(self) -> None:
        while (left := self._until - time.monotonic()) > 0 and not self.spider.is_ending:
            await asyncio.sleep(min(left, 0.2))  # short, so that Ctrl-C does not wait for it


class Boundary(SpiderComponent):
    """Turn an error that a person may see into the crawl's end and its last sentence."""

    def process_spider_input(self, response: Response) -> None:
        """Refuse a page that is no text; the errback of its request knows what that means."""
        is_page = response.meta.get("download_slot") == PAGES
        if is_page and response.status == 200 and not isinstance(response, TextResponse):
            raise PageChanged("no text on it")

    def process_spider_exception(
        self, response: Response, exception: Exception
    ) -> Iterable[object] | None:
        """Stop the crawl for an error of ours; a bug goes on to Scrapy's log."""
        if not isinstance(exception, FapError):
            return None
        if isinstance(exception, PageChanged):
            exception = SiteError(
                f"{response.url} has {exception}. The site may have changed: look for a newer "
                "version of this program; what was had is kept."
            )
        self.spider.stop(exception)
        return []


def _retry_after(response: Response) -> float | None:
    """Seconds that the site asks for, given as a number or as a date; None where it doesn't say."""
    text = (response.headers.get("Retry-After") or b"").decode("latin-1").strip()
    if text.isascii() and text.isdecimal():
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (ValueError, OverflowError):
        return None


def _wish(response: Response) -> str | None:
    """How the site says that it has had enough; None for an ordinary answer."""
    if response.status == 429:
        return "answers that the limit of requests is reached"
    location = (response.headers.get("Location") or b"").decode("latin-1")
    if 300 <= response.status < 400 and any(path in location for path in _CHECK_PATHS):
        return "wants a human check"
    if isinstance(response, TextResponse) and _CHECK_TEXT in response.text:
        return "wants a human check"
    return None
