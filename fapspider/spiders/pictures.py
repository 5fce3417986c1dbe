"""Full-size files, judged by their first bytes and by where their addresses have led."""

from collections.abc import Callable, Iterator, Mapping

from scrapy import Request
from scrapy.downloadermiddlewares.retry import get_retry_request
from scrapy.http import Response

from fapproc.jobs.ingest import Miss, Picture, examine
from fapproc.model import Detail, Format, Reason
from fapspider.politeness import outcome
from fapspider.politeness.health import Sign
from fapspider.politeness.lanes import LANE, NOT_PROBED, first_address, key_of
from fapspider.spiders.steps import BORROWED, Steps


class Pictures:
    """Asks for the file of an image, and yields it, or why it failed."""

    def __init__(self, steps: Steps, *, accepts: Callable[[], bool] = lambda: False) -> None:
        """Become a part of the steps of an image.

        Args:
            steps: the other steps.
            accepts: whether a person has said (`--accept`) that what comes is the picture, wherever
                its address leads.
        """
        self._steps, self._accepts = steps, accepts

    def ask(
        self,
        image: int,
        name: str | None,
        link: str,
        *,
        borrowed: bool = False,
        meta: Mapping[str, object] = NOT_PROBED,
    ) -> Request:
        """A request for the file of an image."""
        return self._steps.file(link, self.parse_file, image, name, borrowed=borrowed, meta=meta)

    def ask_otherwise(self, request: Request, status: int | None) -> None:
        """None: there is no other way to ask for a full file."""

    def parse_file(
        self, response: Response, image: int, name: str | None
    ) -> Iterator[Request | Picture | Miss]:
        """The full-size file, judged by its first bytes, and by where its address has led."""
        found, request = examine(response.body), outcome.asked_for(response)
        url, doubts = first_address(response), self._steps.doubts
        if isinstance(found, Format) and outcome.leads_elsewhere(response) and not self._accepts():
            why = f"{url} leads to {response.url}"
            miss = Miss(image, Reason.FILE, Detail.PLACEHOLDER, name, url, why)
            yield from doubts.not_had(request, miss, is_odd=True)
        elif isinstance(found, Format):
            yield from doubts.works(request, image)
            yield Picture(image, name, response.body, found, self._accepts())
        elif found is Detail.FORMAT:
            yield from doubts.works(request, image)
            yield Miss(image, Reason.DAMAGED, found, name, url)
        elif response.meta[BORROWED]:
            yield self._steps.photo(image)
        else:
            why = f"{url} {'is not a picture' if response.body else 'has no bytes'}"
            yield from self._again(request, Miss(image, Reason.DAMAGED, found, name, url, why))

    def _again(self, request: Request, miss: Miss) -> Iterator[Request | Miss]:
        """Ask once more for a file that was no picture, unless its host is in doubt."""
        spider, lane, retry = self._steps.spider, request.meta[LANE], None
        spider.health.bad(lane, Sign.ODD, key_of(request), miss.why or "")
        if not spider.health.is_doubtful(lane):
            retry = get_retry_request(request, spider=spider, reason=miss.detail.value)
        if retry is not None:
            yield retry
        else:
            yield from self._steps.doubts.not_had(request, miss, is_odd=True)
