"""Between engine, site and spider: no foreign host, the site's wish to stop, one boundary."""

from collections.abc import Iterable

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response, TextResponse

from fapproc.errors import FapError, SiteAsksToStop, SiteError
from fapspider.pages import PageChanged
from fapspider.spiders.base import SiteSpider

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
    """Notice that the site asks to stop, before anything takes its answer for a page."""

    def process_response(self, request: Request, response: Response) -> Response:
        """Pass the response on, or end the crawl with everything kept."""
        wish = _wish(response)
        if wish is None:
            return response
        self.spider.stop(
            SiteAsksToStop(
                f"The site {wish} at {request.url}. What was had is kept. Open the site in a "
                "browser to pass the check, or wait an hour; then run the same command again."
            )
        )
        raise IgnoreRequest("the site asked to stop")


class Boundary(SpiderComponent):
    """Turn an error that a person may see into the crawl's end and its last sentence."""

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
