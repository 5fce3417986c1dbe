"""The site's wish that we stop: how it is recognised, and how long it is obeyed."""

import time
from datetime import UTC
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response

from fapproc.errors import SiteAsksToStop
from fapproc.wording import wait
from fapspider.gate import PAUSES_IN_VAIN
from fapspider.middlewares import SpiderComponent
from fapspider.pages import PageChanged, PageGone, read_folder, read_photo, read_profile

PAUSES = "pauses"  # meta: how many pauses there had been when the request was sent
RETRY_AFTER = "retry_after"  # meta: seconds that a server too busy for the request asks for
LONGEST_ASKED = 86_400.0
"""A longer `Retry-After` counts as a day: nobody leaves a crawl waiting for more."""
KEPT = "Ctrl-C stops; what was had is kept."
_CHECK_PATHS = ("/human-verification", "/rl_captcha.php", "/captcha.php")
_CHECK_TEXT = b"Your IP made too many requests to our servers"
_CHECK_BYTES = 256 * 1024
"""A check is a small page; a large body is not searched for its words."""


class SiteLimits(SpiderComponent):
    """Notice that the site asks to stop, before anything takes its answer for a page, and pause.

    All requests wait together (`SiteDownloads`); those that were under way when a pause began
    belong to it. After three pauses without a good answer between them the crawl ends with what it
    has. Nothing that is answered so is a failure of a picture.
    """

    def process_response(self, request: Request, response: Response) -> Response | Request:
        """Pass an ordinary answer on; ask again, after the pause, for what got the site's wish."""
        pauses = self.spider.pauses
        current = request.meta.get(PAUSES) == pauses.begun
        wish = read_wish(response)
        if wish is None:
            if current and response.status < 500:
                pauses.in_vain = 0
            if response.status >= 500:
                request.meta[RETRY_AFTER] = retry_after(response, time.time())
            return response
        if current:
            self._pause(wish, request, response)
        if self.spider.problem is not None:
            raise IgnoreRequest("the site asked to stop")
        return request.replace(dont_filter=True)

    def _pause(self, wish: str, request: Request, response: Response) -> None:
        seconds = self.spider.pauses.begin(retry_after(response, time.time()))
        if seconds is None:
            self.spider.stop(
                SiteAsksToStop(
                    f"The site {wish} at {request.url}, also after {PAUSES_IN_VAIN} pauses. What "
                    "was had is kept. Open the site in a browser to pass the check, or wait an "
                    "hour; then run the same command again."
                )
            )
            return
        self.spider.say(f"The site {wish}: pausing for {wait(seconds)}, then going on. {KEPT}")


def retry_after(response: Response, now: float) -> float | None:
    """Seconds that a server asks to wait, at least one and at most a day.

    It gives them as a number or as a date, which is read by the server's own clock where its
    answer tells the time. None where it asks for nothing, or for what is neither.
    """
    text = _header(response, "Retry-After")
    if text.isascii() and text.isdecimal():
        seconds = float(text[:9]) if len(text) < 10 else LONGEST_ASKED
    elif (until := _date(text)) is not None:
        here = _date(_header(response, "Date"))
        seconds = until - (now if here is None else here)
    else:
        return None
    return min(max(seconds, 1.0), LONGEST_ASKED)


def read_wish(response: Response) -> str | None:
    """How the site says that it has had enough; None for an ordinary answer."""
    if response.status == 429:
        return "answers that the limit of requests is reached"
    asks = _is_check(_header(response, "Location")) and 300 <= response.status < 400
    return "wants a human check" if asks or _shows_check(response) else None


def _shows_check(response: Response) -> bool:
    """Whether the answer itself is a check: by its address or words, and by being no known page.

    A picture may be named like a check, so a page with the landmarks of one is a page.
    """
    if _is_check(response.url):
        return True
    body = response.body
    if len(body) > _CHECK_BYTES:
        return False
    found = _CHECK_TEXT in body or any(path.encode() in body for path in _CHECK_PATHS)
    return found and not _is_page(body.decode("utf-8", "replace"))


def _is_page(html: str) -> bool:
    """Whether it has the landmarks of a profile, a list, a folder or a photo."""
    if read_profile(html) is not None:
        return True
    for read in (read_folder, lambda text: read_photo(text, 0)):
        try:
            read(html)
        except PageChanged:
            continue
        except PageGone:
            return True
        return True
    return False


def _is_check(address: str) -> bool:
    try:
        return urlsplit(address).path.rstrip("/").endswith(_CHECK_PATHS)
    except ValueError:
        return False


def _header(response: Response, name: str) -> str:
    return (response.headers.get(name) or b"").decode("latin-1").strip()


def _date(text: str) -> float | None:
    try:
        found = parsedate_to_datetime(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
