"""Failed requests are tried again later, not at once: each try waits longer, and at random."""

import random
import time

from scrapy import Request, Spider
from scrapy.downloadermiddlewares.retry import RetryMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response

from fapproc.wording import wait
from fapspider.politeness import outcome
from fapspider.politeness.asker import asker_of
from fapspider.politeness.gate import KEPT, nap
from fapspider.politeness.lanes import tried
from fapspider.politeness.limits import RETRY_AFTER

LONGEST_DELAY = 60.0
WORTH_TELLING = 5.0
"""Seconds: a shorter wait that the site asks for, or one only so much longer, is not mentioned."""
_WAITED = "waited"  # meta: the try that the request has waited for


def delay(first: float, tries: int, chance: float) -> float:
    """Seconds before the next try: exponential, with full jitter.

    Marc Brooker, "Exponential Backoff And Jitter" (AWS Architecture Blog, 2015).

    Args:
        first: the longest delay before the second try, in seconds.
        tries: how many tries failed, from 1.
        chance: where between nothing and the longest, from 0 to 1.
    """
    return chance * min(LONGEST_DELAY, first * 2.0 ** min(tries - 1, 30))


class Retries(RetryMiddleware):
    """Scrapy's retries, with a wait before each, whoever made the request.

    `Retry-After` of the failed answer is obeyed if it is longer, and then mentioned. What trying
    again can't mend, an invalid certificate, is tried once.
    """

    _told_until = 0.0

    async def process_request(self, request: Request) -> None:
        """Hold a request that is tried again for its delay.

        Raises:
            IgnoreRequest: the crawl ended meanwhile.
        """
        tries = tried(request)
        if tries == request.meta.get(_WAITED, 0):
            return
        request.meta[_WAITED] = tries
        asked = request.meta.pop(RETRY_AFTER, None) or 0.0
        spider = asker_of(self.crawler)
        seconds = delay(spider.retry_delay, tries, random.random())  # noqa: S311 - no secret
        until = time.monotonic() + max(seconds, asked)
        if asked > WORTH_TELLING and until > self._told_until + WORTH_TELLING:
            self._told_until = until
            spider.say(f"The site is too busy, and asks to wait for {wait(asked)}. {KEPT}")
        await nap(lambda: until - time.monotonic(), lambda: spider.is_ending)
        if spider.is_ending:
            raise IgnoreRequest("the crawl ends")

    def process_exception(
        self,
        request: Request,
        exception: Exception,
        spider: Spider | None = None,  # noqa: ARG002 - Scrapy's own, which it no longer gives
    ) -> Request | Response | None:
        """Try again, unless it would fail in the same way."""
        if outcome.is_untrusted(exception):
            return None
        return super().process_exception(request, exception)
