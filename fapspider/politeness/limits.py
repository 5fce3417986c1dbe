"""The site asks to stop: how that is recognised, and how long requests pause."""

import time
from datetime import UTC
from email.utils import parsedate_to_datetime

from scrapy import Request
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from twisted.python.failure import Failure

from fapproc.sites.site import Site
from fapspider.politeness import outcome
from fapspider.politeness.asker import AskerComponent
from fapspider.politeness.checks import header, is_check, leads_to_check
from fapspider.politeness.health import Sign
from fapspider.politeness.lanes import (
    CHECKED,
    LANE,
    LISTS,
    PAUSES,
    Checked,
    first_address,
    key_of,
    shown,
)
from fapspider.politeness.outcome import GONE

RETRY_AFTER = "retry_after"  # meta: seconds that a server too busy for the request asks for
LONGEST_ASKED = 86_400.0
"""A longer `Retry-After` counts as a day: nobody leaves a crawl waiting for more."""
_LIMIT = 429
_WELL = frozenset({200, 206, *GONE})


class SiteLimits(AskerComponent):
    """Notice that the site asks to stop, before its answer is taken for a page, and pause.

    All requests wait together (`SiteDownloads`); those that were under way when a pause began
    belong to it. After three pauses without a good answer between them the crawl ends with what it
    has. No such answer is a failure of a picture. One that is answered by a check again, after a
    pause, is set aside for others (`Checked`), the first without another pause: some addresses are
    always refused by what stands before a site.
    """

    _passed_over = 0
    """The pause after which a picture was passed over."""

    def process_response(self, request: Request, response: Response) -> Response | Request:
        """Pass an ordinary answer on; if the site asks to stop, ask again after the pause.

        Raises:
            Checked: another picture is to be asked for.
            IgnoreRequest: the crawl ended during the pause.
        """
        pauses = self.spider.pauses
        pauses.answered(request)
        wish = read_wish(response, self.spider.site)
        if wish is None:
            lane = request.meta[LANE]
            if response.status in _WELL and not self.spider.health.is_out(lane):
                pauses.well(lane, request.meta[PAUSES])
            self._judge(request, response)
            if response.status >= 500:
                request.meta[RETRY_AFTER] = retry_after(response, time.time())
            return response
        lane = request.meta[LANE]
        is_again = request.meta.get(CHECKED, False) and lane != LISTS and response.status != _LIMIT
        if is_again and not pauses.in_vain:
            said = f"{shown(request)} {outcome.ALWAYS_CHECKED}"
            self.spider.health.bad(lane, Sign.REFUSED, key_of(request), said)
            raise Checked(others_came=True)
        if request.meta[PAUSES] == pauses.begun:
            if is_again and self._passed_over != pauses.begun:
                self._passed_over = pauses.begun
                raise Checked(others_came=False)
            asked = retry_after(response, time.time())
            self.spider.pause(lane, f"The site {wish}", request.url, asked)
        if self.spider.problem is not None:
            raise IgnoreRequest("the site asked to stop")
        if is_again:
            raise Checked(others_came=False)
        return _anew(request)

    def process_exception(self, request: Request, exception: Exception) -> None:
        """Note a request without an answer; after a pause, let the next one out."""
        self.spider.pauses.answered(request)
        if (sign := outcome.sign_of_error(exception)) is not None:
            failure = Failure(exception)  # type: ignore[no-untyped-call]
            failure.request = request  # type: ignore[attr-defined] # as in Scrapy's own failures
            said = f"{shown(request)} {outcome.why(failure)}"
            self.spider.health.bad(request.meta[LANE], sign, key_of(request), said)

    def _judge(self, request: Request, response: Response) -> None:
        sign = outcome.sign_of_answer(response.status, request.method)
        if sign is not None:
            said = f"{shown(request)} answers {response.status}"
            self.spider.health.bad(request.meta[LANE], sign, key_of(request), said)


def _anew(request: Request) -> Request:
    """The request from its beginning: where a redirect has led may be no page of ours."""
    kept = {key: value for key, value in request.meta.items() if not key.startswith("redirect_")}
    kept[CHECKED] = True
    return request.replace(url=first_address(request), meta=kept, dont_filter=True)


def retry_after(response: Response, now: float) -> float | None:
    """Seconds that a server asks to wait, at least one and at most a day.

    It gives them as a number or as a date, which is read by the server's own clock where its
    answer tells the time. None where it asks for nothing, or for what is neither.
    """
    text = header(response, "Retry-After")
    if text.isascii() and text.isdecimal():
        seconds = float(text[:9]) if len(text) < 10 else LONGEST_ASKED
    elif (until := _date(text)) is not None:
        here = _date(header(response, "Date"))
        seconds = until - (now if here is None else here)
    else:
        return None
    return min(max(seconds, 1.0), LONGEST_ASKED)


def read_wish(response: Response, site: Site) -> str | None:
    """How the site asks to stop; None for an ordinary answer."""
    if response.status == _LIMIT:
        return "answers that the limit of requests is reached"
    wants_check = leads_to_check(response, site.check) or is_check(response, site)
    return "wants a human check" if wants_check else None


def _date(text: str) -> float | None:
    try:
        found = parsedate_to_datetime(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
