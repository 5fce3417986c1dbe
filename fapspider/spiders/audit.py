"""`scrapy crawl audit`: which images of a user are still on the site.

The way of one image: its page -> the address of its file -> the length of the file, without its
bytes. What the site says clearly is an observation; what could not be asked for is none, and waits
for the next run. The bytes of a lost image are asked for, and put back if they are the same.
"""

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import ExitStack
from typing import Any

from scrapy import Request
from scrapy.http import Response, TextResponse

from fapproc import config
from fapproc.archive import Unlocked, unlock
from fapproc.db.observations import Sought
from fapproc.errors import FapError, SiteError
from fapproc.jobs import audit
from fapproc.jobs.audit import Round
from fapproc.jobs.ingest import examine
from fapproc.model import AUDIT_REST_SECONDS, Detail, Format, Level, Observation, Reason
from fapproc.wording import counted, moment
from fapspider import outcome, pages
from fapspider.arguments import AUDIT, read_order
from fapspider.checks import header
from fapspider.desk import Desk
from fapspider.doubts import Doubts
from fapspider.downloads import CODED
from fapspider.items import MissItem
from fapspider.outcome import first_address, leads_elsewhere
from fapspider.spiders.base import SiteSpider, now

AT_ONCE = 32  # images under way: enough for both slots, and memory stays flat
HEAD_REFUSED = frozenset({400, 403, 405, 501})  # some servers sign addresses for GET alone
_RANGE = re.compile(r"bytes [0-9]+-[0-9]+/([0-9]{1,18})")
_LENGTH = re.compile(r"[0-9]{1,18}")
_WHOLE = {"Accept-Encoding": "identity"}  # the length of a compressed answer is another one
_ONE_BYTE = _WHOLE | {"Range": "bytes=0-0"}

Output = AsyncIterator[Request]


class AuditSpider(SiteSpider):
    """Look at each sighting of one user."""

    name = "audit"
    desk: Desk

    def __init__(self, **arguments: str) -> None:
        super().__init__(**arguments)
        self.seen: Counter[Level | None] = Counter()
        self._round: Round | None = None
        self._doubts = Doubts()
        self._alone = ExitStack()
        self._room = asyncio.Semaphore(AT_ONCE)
        self._writing = asyncio.Lock()
        self._unwritten: list[Observation] = []
        self._asks_heads = True

    @classmethod
    def prepare(cls, person: config.Settings) -> Unlocked:
        """Where there is no archive, there is nothing to look for."""
        return unlock(person.archive)

    def check(self) -> None:
        """Check whose favorites are to be looked at."""
        self._order = read_order(self.arguments, AUDIT, written=self.written)

    async def begin(self) -> AsyncIterator[Request]:
        """Ask for the page of each image that is due, some at once."""
        order = self._order
        await self.desk.ask(lambda archive: self._alone.enter_context(archive.job("audit")))
        user = await self.desk.ask(audit.find_user, user_id=order.user_id, name=order.user)
        found = await self.desk.ask(audit.begin, user, force=order.force, at=now())
        if found.rests:
            until = moment(user.audited_at + AUDIT_REST_SECONDS)
            self.say(
                f"The site was asked for all images of {user.name} by {moment(user.audited_at)}. "
                f"They rest until {until}: no request is sent. {self.written('force', '')} asks "
                "for them again."
            )
            return
        self._round = found
        self.say(f"{user.name}: {counted(found.left, 'image')} to ask the site for.")
        after = (0, 0)
        while batch := await self.desk.ask(audit.due, found, after=after):
            for sought in batch:
                after = (sought.album, sought.image)
                await self._room.acquire()
                yield self._page(sought)

    async def parse_photo(self, response: TextResponse, sought: Sought, again: bool) -> Output:
        """The page of an image: the site says that there is none, or where its file is."""
        if response.url.endswith("/404.php"):
            await self._note(sought, Level.PAGE)
            return
        try:
            photo = pages.read_photo(response.text, sought.image, response.url)
        except pages.PageGone:
            await self._note(sought, Level.PAGE)
            return
        except pages.PageChanged as error:
            self._doubt(sought, Reason.LINK, f"{response.url} has {error}", error)
            return
        link = self.site.first(photo.links)
        if photo.links and link is None:
            why = f"{response.url} leads to a host that is not the site's"
            self._doubt(sought, Reason.LINK, why, SiteError(f"{why}. Look for a newer version."))
            return
        self._doubts.settle(Reason.LINK)
        if link is None:
            await self._note(sought, Level.LINK)
            return
        yield self._file(sought, link, again)

    async def on_photo_error(self, failure: Any) -> None:
        """The page could not be had: the image's own doing only where the site says so."""
        sought = failure.request.cb_kwargs["sought"]
        if self.is_ending:
            return
        if outcome.is_silent(failure):
            self.stop(outcome.unreachable(failure))
        elif outcome.status(failure) in outcome.GONE:
            await self._note(sought, Level.PAGE)
        else:
            self._pass_over(sought, f"{failure.request.url} {outcome.why(failure)}")

    async def parse_length(self, response: Response, sought: Sought, again: bool) -> Output:
        """What the file's server says of its length; a HEAD that says another is not believed."""
        self._doubts.settle(Reason.FILE)
        length, asked = _length(response), response.request
        if asked is not None and asked.method == "HEAD" and length != sought.bytes:
            whole = {"whole": True} if response.meta.get(CODED) else {}
            yield self._one_byte(sought, first_address(response), again, **whole)
            return
        if asked is not None and asked.meta.get("head_refused"):
            self._asks_heads = False
        if length == sought.bytes:
            await self._note(sought)
        elif leads_elsewhere(response) or header(response, "Content-Type").startswith("text/"):
            self._pass_over(sought, f"{first_address(response)} leads to something else")
        elif length is None:
            self._pass_over(sought, f"{response.url} says no length")
        else:
            await self._note(sought, Level.FILE, response.url)

    async def parse_lost(self, response: Response, sought: Sought, again: bool) -> None:  # noqa: ARG002 - all callbacks of a file have one form
        """The bytes of a lost image, or others: the image stays lost then."""
        self._doubts.settle(Reason.FILE)
        if await self.desk.ask(audit.put_back, sought.digest, response.body):
            self.say(f"Image {sought.image} was lost and is there again.")
            await self._note(sought)
        elif isinstance(found := examine(response.body), Format):
            self.say(f"Image {sought.image} is another file on the site by now; it stays lost.")
            await self._note(sought, Level.FILE, response.url)
        else:
            self._pass_over(sought, f"{response.url} is no picture ({found})")

    async def on_file_error(self, failure: Any) -> Output:
        """The file could not be had; a refused address is asked for afresh, once."""
        if self.is_ending:
            return
        request, answered = failure.request, outcome.status(failure)
        sought, again = request.cb_kwargs["sought"], request.cb_kwargs["again"]
        if answered in outcome.GONE:
            await self._note(sought, Level.FILE, request.url)
        elif request.method == "HEAD" and answered in HEAD_REFUSED:
            yield self._one_byte(sought, request.url, again, head_refused=True)
        elif answered == outcome.REFUSED and not again:
            yield self._page(sought, again=True)
        else:
            why = f"{request.url} {outcome.why(failure)}"
            if not outcome.is_silent(failure):
                self._pass_over(sought, why)
                return
            try:
                self._doubt(sought, Reason.FILE, why, outcome.unreachable(failure))
            except SiteError as error:
                self.stop(error)

    def abandon(self, request: Request) -> None:
        """Let others follow; nothing was seen of this one."""
        if "sought" in request.cb_kwargs:
            self._room.release()

    async def end(self, reason: str) -> None:  # noqa: ARG002 - what was seen counts, however it ended
        """Say what was seen."""
        if not self.desk.is_open:
            return
        await self.desk.ask(lambda _: self._alone.close())
        if self._round is None:
            return
        told = [f"{counted(self.seen.total(), 'image')} answered for in this run"]
        told += [f"{self.seen[None]:,} there"]
        told += [f"{count:,} without {level}" for level, count in _missing(self.seen)]
        self.say(f"{self._round.user.name}: {', '.join(told)}.")

    def _page(self, sought: Sought, *, again: bool = False) -> Request:
        return self.page(
            self.site.photo(sought.image),
            self.parse_photo,
            errback=self.on_photo_error,
            cb_kwargs={"sought": sought, "again": again},
            priority=1 if again else 0,
        )

    def _file(self, sought: Sought, link: str, again: bool) -> Request:
        if sought.lost:
            return self._ask(link, self.parse_lost, sought, again)
        if self._asks_heads:
            return self._ask(link, self.parse_length, sought, again, method="HEAD", headers=_WHOLE)
        return self._one_byte(sought, link, again)

    def _one_byte(
        self,
        sought: Sought,
        link: str,
        again: bool,
        *,
        head_refused: bool = False,
        whole: bool = False,
    ) -> Request:
        """Ask for the first byte alone, or for `whole` where a coded answer hides the length."""
        meta = {"head_refused": head_refused}
        headers = _WHOLE if whole else _ONE_BYTE
        return self._ask(link, self.parse_length, sought, again, headers=headers, meta=meta)

    def _ask(self, link: str, callback: Any, sought: Sought, again: bool, **parts: Any) -> Request:
        """A request about a file, before its address expires."""
        return self.file(
            link,
            callback,
            errback=self.on_file_error,
            cb_kwargs={"sought": sought, "again": again},
            priority=100,
            **parts,
        )

    async def _note(
        self, sought: Sought, level: Level | None = None, url: str | None = None
    ) -> None:
        """Note what was seen; what waits while others are written is written together."""
        if level is not None:
            url = url or self.site.photo(sought.image)
        self._unwritten.append(Observation(sought.image, level, url))
        async with self._writing:
            batch, self._unwritten = self._unwritten, []
            try:
                if batch:
                    await self.desk.ask(audit.record, batch, at=now())
            except FapError as error:
                self.stop(error)
                return
        self.seen[level] += 1
        self._room.release()

    def _pass_over(self, sought: Sought, why: str) -> None:
        self.say(f"Image {sought.image} is left for the next audit: {why}.")
        self._room.release()

    def _doubt(self, sought: Sought, reason: Reason, why: str, error: SiteError) -> None:
        """Pass over an image; the third in a row ends the audit.

        Raises:
            SiteError: the one given.
        """
        self._doubts.hold(MissItem(sought.image, reason, Detail.NONE), error)
        self._pass_over(sought, why)


def _missing(seen: Counter[Level | None]) -> list[tuple[Level, int]]:
    return [(level, seen[level]) for level in Level if seen[level]]


def _length(response: Response) -> int | None:
    """The length of the whole file, from an answer to HEAD, to a range, or to neither.

    None where it says none, or says that of a coded form, which is another one.
    """
    if response.status != 206 and response.body:
        return len(response.body)
    if response.meta.get(CODED):
        return None
    if response.status == 206:
        text = header(response, "Content-Range")
        found = _RANGE.fullmatch(text)
        return int(found[1]) if found else None
    text = header(response, "Content-Length")
    return int(text) if _LENGTH.fullmatch(text) else None
