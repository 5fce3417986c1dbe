"""Pages as they come: turned into text, and asked for again if they were cut off or are empty."""

from scrapy import Request
from scrapy.http import HtmlResponse, Response

from fapproc.jobs.ingest import examine
from fapproc.model import Detail
from fapproc.sites.charset import page_text
from fapproc.sites.gates import Gate, read_gate
from fapproc.sites.pages import PageCutOff
from fapproc.sites.whole import is_cut_off
from fapspider.politeness.asker import AskerComponent
from fapspider.politeness.lanes import LANE, LISTS, PAGES


class WholePages(AskerComponent):
    """Turn a page into text by one set of rules, and ask again if it ends in its middle.

    A folder page that is read as a short one would lose images, and a photo page its clean copy.
    A page that comes in place of a file is judged as a file, whole or not. What a page is said to
    be does not count, only what it is: one of type `application/octet-stream` is a page too.
    """

    def process_response(self, request: Request, response: Response) -> Response | Request:
        """Pass the answer on, a page as text, or ask again.

        Raises:
            PageChanged: it is cut off or empty after all tries (`PageCutOff`), or another page came
                in its place; the errback of the request decides what that means.
        """
        if request.meta.get("download_slot") != PAGES:
            return response
        if 200 <= response.status < 300 and not response.body.strip():
            retry = self.next_try(request, "empty")
            if retry is None:
                raise PageCutOff("nothing on it")
            return retry
        if not _is_page(response):
            return response
        said = response.headers.get("Content-Type")
        html = page_text(response.body, said.decode("latin-1") if said else None)
        if is_cut_off(html):
            retry = self.next_try(request, "cut off")
            if retry is None:
                raise PageCutOff("no end")
            return retry
        if request.meta.get(LANE) == LISTS:
            gate = read_gate(html, response.url, self.spider.site.pages)
            if gate is not None:
                raise Gate(f"{gate} in its place")
        return response.replace(cls=HtmlResponse, body=html.encode(), encoding="utf-8")


def _is_page(response: Response) -> bool:
    """Whether it was answered, and is not a picture."""
    return 200 <= response.status < 300 and examine(response.body) is Detail.NOT_A_PICTURE
