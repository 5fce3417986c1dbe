"""`scrapy crawl retry`: what could not be fetched is asked for again, and nothing else."""

from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial

from scrapy import Request

from fapproc.errors import UsageProblem
from fapproc.jobs import failures
from fapproc.model import Album, Listed, UserId
from fapproc.names import quoted
from fapproc.wording import counted, size
from fapspider.arguments import read_switch, read_user
from fapspider.crawl.sink import ArchiveSink, Item
from fapspider.crawl.tally import AlbumTally, Progress
from fapspider.spiders.base import SiteSpider
from fapspider.spiders.photos import PhotoFetcher
from fapspider.spiders.pictures import Pictures

_KNOWN = ("user", "user_id", "accept")
_FAILED = Album(UserId(0), 0, "what failed")
"""All that is tried again is counted as one album, whatever album it is of."""


class RetrySpider(SiteSpider):
    """Try the failures of an archive, or of one user in it, once more."""

    name = "retry"
    sink: ArchiveSink

    def __init__(self, **arguments: str) -> None:
        super().__init__(**arguments)
        self._accepts = False
        pictures = partial(Pictures, accepts=lambda: self._accepts)
        self.photos = PhotoFetcher(self, pictures, told=self._tell)
        self.tally = self.photos.tally

    def check(self) -> None:
        """Check whose failures are wanted: everybody's where nobody is named.

        Raises:
            UsageProblem: an argument can't be used.
        """
        unknown = sorted(set(self.arguments) - set(_KNOWN))
        if unknown:
            raise UsageProblem(
                f"Unknown argument {quoted(unknown[0])}. Known ones: {', '.join(_KNOWN)}."
            )
        self._accepts = read_switch(self.arguments, "accept")
        self._user, self._user_id = read_user(self.arguments, self.written)

    async def begin(self) -> AsyncIterator[Request]:
        """Ask for the page of each image that failed."""
        of = self.site.source
        missing = await self.sink.ask(failures.listed, of, user=self._user, user_id=self._user_id)
        images = failures.to_retry(missing, of)
        await self.photos.know(self.sink)
        if images:
            self.tally.ask(_FAILED, images)
        else:
            self.say("Nothing has failed that the site could be asked for; no request is sent.")
        self.photos.pending.add(Listed(image, None) for image in images)  # each by its own page
        self.photos.doubts.have_come_back(images)
        for request in self.photos.more():
            yield request

    async def end(self, reason: str) -> None:
        """Count what was held, and report."""
        if reason == "finished" and self.problem is None:
            await self.photos.settle()

    def _tell(self, item: Item, album: AlbumTally | None) -> None:
        """Say nothing of each: one line at the end reports all."""

    @property
    def left_something(self) -> bool:
        """Whether pictures are left."""
        return self.photos.left_something

    @property
    def progress(self) -> Progress | None:
        """Where the crawl is."""
        found = self.photos.progress
        return None if found is None else replace(found, failed=self._failed_again)

    @property
    def summary(self) -> str | None:
        """What was done, in one line; None if nothing was to be tried."""
        wanted, done, failed = self.tally.wanted, self.tally.done, self._failed_again
        if not wanted:
            return None
        left = wanted - done
        return (
            f"{counted(wanted, 'image')} to be tried again: {done - failed} fetched "
            f"now ({size(self.tally.bytes)}), {failed} failed again"
            + (f", {left} not tried." if left else ".")
        )

    @property
    def _failed_again(self) -> int:
        """How many failed again, including those whose file also came for many others."""
        failed = self.tally.failed + self.tally.odd
        return min(self.tally.done, failed + self.sink.report.placeholders)
