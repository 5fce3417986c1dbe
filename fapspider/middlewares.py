"""Between engine, site and spider: no foreign host, and one boundary for errors."""

from collections.abc import Iterable

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response, TextResponse

from fapproc.errors import FapError, SiteError, as_problem
from fapproc.sites.pages import PageChanged
from fapspider.politeness.asker import AskerComponent
from fapspider.politeness.lanes import PAGES
from fapspider.spiders.base import SiteSpider


def spider_of(crawler: Crawler) -> SiteSpider:
    """The spider that a crawl is for."""
    spider = crawler.spider
    if not isinstance(spider, SiteSpider):
        raise TypeError(f"{spider!r} is not a spider of this project")
    return spider


class SpiderComponent(AskerComponent):
    """A component that needs more of the spider than what `Asker` says."""

    @property
    def spider(self) -> SiteSpider:
        """The spider that this crawl is for."""
        return spider_of(self._crawler)


class HostGuard(SpiderComponent):
    """Refuse every request to a host that is not the site's, redirects included."""

    def process_request(self, request: Request) -> Request | None:
        """Let the request pass, or drop it; a redirect to plain http is followed by https.

        Raises:
            IgnoreRequest: the host is not the site's.
        """
        site = self.spider.site
        if not site.allows(request.url):
            if site.allows(asked := site.asked(request.url)):
                return request.replace(url=asked, dont_filter=True)
            raise IgnoreRequest(f"not a host of the site: {request.url}")
        return None


class Boundary(SpiderComponent):
    """Turn an error that a person may see into the crawl's end and its last sentence."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        crawler.signals.connect(self.on_dropped, signals.item_dropped)

    def on_dropped(self, exception: Exception) -> None:
        """An item did not pass the pipelines."""
        if isinstance(cause := exception.__cause__, FapError):
            self.spider.stop(cause)

    def process_spider_input(self, response: Response) -> None:
        """Refuse a page that is no text; the errback of its request decides what that means.

        Raises:
            PageChanged: the answer is no text.
        """
        is_page = response.meta.get("download_slot") == PAGES
        if is_page and response.status == 200 and not isinstance(response, TextResponse):
            raise PageChanged("no text on it")

    def process_spider_exception(
        self, response: Response, exception: Exception
    ) -> Iterable[object] | None:
        """Stop the crawl for an error of ours; a bug goes on to Scrapy's log, and the crawl too."""
        if not isinstance(exception, FapError | OSError):
            return None
        if isinstance(exception, PageChanged):
            exception = SiteError(
                f"{response.url} has {exception}. The site may have changed: look for a newer "
                "version of this program; what was fetched is kept."
            )
        self.spider.stop(as_problem(exception))
        return []
