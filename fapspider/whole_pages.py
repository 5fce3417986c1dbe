"""Pages that were cut off on their way: asked for again, and never read as short ones."""

import re

from scrapy import Request
from scrapy.downloadermiddlewares.retry import get_retry_request
from scrapy.http import Response, TextResponse

from fapspider.middlewares import SpiderComponent
from fapspider.pages import PageChanged
from fapspider.spiders.base import PAGES

_BEGINS = re.compile(r"<html\b", re.IGNORECASE)
_ENDS = re.compile(r"</html\s*>", re.IGNORECASE)


class WholePages(SpiderComponent):
    """Try a page again that begins as one and does not end; the site has sent such pages.

    A folder page that is read as a short one would lose images, and a photo page its clean copy.
    A page that comes in place of a file is judged as a file, whole or not.
    """

    def process_response(self, request: Request, response: Response) -> Response | Request:
        """Pass the answer on, or ask again.

        Raises:
            PageChanged: it is cut off after all tries; the errback of the request knows the rest.
        """
        if request.meta.get("download_slot") != PAGES or not _is_cut_off(response):
            return response
        retry = get_retry_request(request, spider=self.spider, reason="cut off")
        if not isinstance(retry, Request):
            raise PageChanged("no end")
        return retry


def _is_cut_off(response: Response) -> bool:
    if response.status != 200 or not isinstance(response, TextResponse):
        return False
    begins = _BEGINS.search(response.text[:1000])
    return begins is not None and _ENDS.search(response.text[-1000:]) is None
