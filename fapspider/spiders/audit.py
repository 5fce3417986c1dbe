"""`scrapy crawl audit`: which images of a user are still on the site.

The way of one image: its page -> the address of its file -> the length of the file, without its
bytes. What the site says clearly is an observation; what could not be asked for is none, and waits
for the next run. The bytes of a lost image are asked for, and put back if they are the same.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import ExitStack
from typing import Any

from scrapy import Request
from scrapy.http import Response, TextResponse

from fapproc import config
from fapproc.archive import Unlocked, unlock
from fapproc.errors import FapError
from fapproc.jobs import audit, crawl
from fapproc.jobs.audit import Round, Sought
from fapproc.jobs.ingest import examine
from fapproc.model import AUDIT_REST_SECONDS, Format, Level, Observation
from fapproc.sites.pages import PageGone
from fapproc.wording import counted, moment
from fapspider.arguments import AUDIT, read_order
from fapspider.crawl.lengths import ONE_BYTE, WHOLE, Unlike, length_of
from fapspider.crawl.notes import Notes
from fapspider.crawl.sink import ArchiveSink
from fapspider.politeness import outcome
from fapspider.politeness.checks import header
from fapspider.politeness.downloads import CODED
from fapspider.politeness.lanes import LANE, Bounced, first_address, key_of, lane_of_file, shown
from fapspider.politeness.outcome import asked_for, leads_elsewhere
from fapspider.spiders.base import now
from fapspider.spiders.probing import NOT_PROBED, ProbingSpider, probed, probing

AT_ONCE = 32  # images under way: enough for both slots, and memory stays flat
BETWEEN_LOOKS = 0.01
"""Seconds between two looks whether more may be asked for."""

Output = AsyncIterator[Request]


class AuditSpider(ProbingSpider):
    """Look at each sighting of one user."""

    name = "audit"
    sink: ArchiveSink

    def __init__(self, **arguments: str) -> None:
        super().__init__(**arguments)
        self._round: Round | None = None
        self._alone = ExitStack()
        self._under_way = 0
        self.waiting: deque[Sought] = deque()
        self._back: list[Sought] = []
        """What came back unsent, because its lane was in doubt."""
        self._unlike = Unlike()
        self._notes = Notes(self.sink)
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
        await self.sink.ask(lambda archive: self._alone.enter_context(archive.job("audit")))
        of = self.site.source
        user = await self.sink.ask(
            audit.find_user, user_id=order.user_id, name=order.user, source=of
        )
        found = await self.sink.ask(audit.begin, user, force=order.force, at=now())
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
        self.known = await self.sink.ask(crawl.witnesses, of)
        while batch := await self.sink.ask(audit.due, found, after=after):
            after = (batch[-1].album, batch[-1].image)
            async for request in self._ask_all(batch):
                yield request
        await self._note_unlike()

    def elsewhere(self, lane: str) -> Request | None:
        """The page of an image from the middle of those that are next."""
        if not self.waiting:
            return None
        self.waiting.rotate(-(len(self.waiting) // 2))
        self._under_way += 1
        return self._page(self.waiting.popleft(), meta=probing(lane))

    async def _ask_all(self, batch: Sequence[Sought]) -> Output:
        """Ask for each image, some at once; while a lane is in doubt, find out whether it works."""
        todo = self.waiting
        todo += batch
        while (todo or self._under_way or self.health.doubtful) and not self.is_ending:
            lane, request = self.health.doubtful, None
            if lane is None and todo and self._under_way < AT_ONCE:
                self._under_way += 1
                request = self._page(todo.popleft())
            elif lane is not None and not self._under_way and not self.is_probing:
                request = self.probe(lane)
            else:
                await asyncio.sleep(BETWEEN_LOOKS)
            if request is not None:
                yield request
            todo.extend(self._back)
            self._back.clear()

    async def parse_photo(self, response: TextResponse, sought: Sought, again: bool) -> Output:
        """The page of an image: the site says that there is none, or where its file is."""
        links: tuple[str, ...] = ()
        why = None
        try:
            links = outcome.photo_of(response, sought.image, self.site).links
        except PageGone:
            await self._note(sought, Level.PAGE)
            return
        except outcome.Odd as odd:
            why = str(odd)
        link = self.site.first(links)
        if links and link is None:
            why = "leads to a host that is not the site's"
        if why is not None:
            self.fails(asked_for(response), sought.image, why)
            self._pass_over(sought, f"{shown(asked_for(response))} {why}")
            return
        self.works(asked_for(response), sought.image)
        if link is None:
            await self._note(sought, Level.LINK)
            return
        if self.health.is_apart(lane_of_file(link)):
            self._pass_over(sought, f"{link} is on a host that does not work now")
            return
        yield self._file(sought, link, again, probed(response))

    async def on_photo_error(self, failure: Any) -> None:
        """The page could not be fetched: the image's own doing only where the site says so."""
        sought = failure.request.cb_kwargs["sought"]
        if self.is_ending:
            return
        if outcome.is_silent(failure):
            self.stop(outcome.unreachable(failure))
        elif outcome.status(failure) in outcome.GONE:
            await self._note(sought, Level.PAGE)
        else:
            self._not_had(failure, sought)

    def _not_had(self, failure: Any, sought: Sought) -> None:
        """Pass over an image; one that was not asked for after all is asked for later."""
        request, lane = failure.request, failure.request.meta[LANE]
        if failure.check(Bounced) and not self.health.has_failed(lane, key_of(request)):
            self._back.append(sought)
            self._under_way -= 1
            return
        why = "could not be fetched" if failure.check(Bounced) else outcome.why(failure)
        self.fails(request, sought.image, why if outcome.is_odd(failure) else None)
        self._pass_over(sought, f"{shown(request)} {why}")

    async def parse_length(self, response: Response, sought: Sought, again: bool) -> Output:
        """What the file's server says of its length; a HEAD that says another is not believed."""
        length, asked = length_of(response), asked_for(response)
        if asked.method == "HEAD" and length != sought.bytes:
            headers = WHOLE if response.meta.get(CODED) else ONE_BYTE
            link, meta = first_address(response), probed(response)
            yield self._ask_length(link, sought, again, headers=headers, meta=meta)
            return
        if asked.meta.get("head_refused"):
            self._asks_heads = False
        if length == sought.bytes:
            self.works(asked, sought.image)
            await self._note(sought)
        elif leads_elsewhere(response) or header(response, "Content-Type").startswith("text/"):
            self.fails(asked, sought.image, why := "leads to something else")
            self._pass_over(sought, f"{shown(asked)} {why}")
        elif length is None:
            self._pass_over(sought, f"{shown(asked)} says no length")
        else:
            self._unlike.add(length, sought, first_address(response))
            self._under_way -= 1

    async def parse_lost(self, response: Response, sought: Sought, again: bool) -> None:  # noqa: ARG002 - all callbacks of a file have one form
        """The bytes of a lost image, or others: the image stays lost then."""
        if await self.sink.ask(audit.put_back, sought.digest, response.body):
            self.works(asked_for(response), sought.image)
            self.say(f"Image {sought.image} was lost and is there again.")
            await self._note(sought)
        elif leads_elsewhere(response):
            self.fails(asked_for(response), sought.image, why := f"leads to {response.url}")
            self._pass_over(sought, f"{shown(asked_for(response))} {why}")
        elif isinstance(found := examine(response.body), Format):
            self.say(f"Image {sought.image} is another file on the site by now; it stays lost.")
            await self._note(sought, Level.FILE, first_address(response))
        else:
            self._pass_over(sought, f"{response.url} is no picture ({found})")

    async def on_file_error(self, failure: Any) -> Output:
        """The file could not be fetched; a refused address is asked for afresh, once."""
        if self.is_ending:
            return
        request, answered = failure.request, outcome.status(failure)
        sought, again = request.cb_kwargs["sought"], request.cb_kwargs["again"]
        if answered in outcome.GONE:
            await self._note(sought, Level.FILE, first_address(request))
        elif request.method == "HEAD" and answered in outcome.HEAD_REFUSED:
            meta = {"head_refused": True, **probed(request)}
            url = first_address(request)
            yield self._ask_length(url, sought, again, headers=ONE_BYTE, meta=meta)
        elif answered == outcome.REFUSED and not again:
            yield self._page(sought, again=True, meta=probed(request))
        else:
            self._not_had(failure, sought)

    def abandon(self, request: Request) -> None:
        """Let others follow; nothing was seen of this one."""
        if "sought" in request.cb_kwargs:
            self._under_way -= 1

    async def end(self, reason: str) -> None:  # noqa: ARG002 - what was seen counts, however it ended
        """Say what was seen."""
        if not self.sink.is_open:
            return
        await self.sink.ask(lambda _: self._alone.close())
        if self._round is None:
            return
        self.say(f"{self._round.user.name}: {self._notes}.")

    def _page(
        self, sought: Sought, *, again: bool = False, meta: Mapping[str, object] = NOT_PROBED
    ) -> Request:
        return self.photo_page(
            sought.image,
            self.parse_photo,
            errback=self.on_photo_error,
            cb_kwargs={"sought": sought, "again": again},
            priority=1 if again else 0,
            meta=dict(meta),
        )

    def _file(self, sought: Sought, link: str, again: bool, meta: Mapping[str, object]) -> Request:
        if sought.lost:
            return self._ask(link, self.parse_lost, sought, again, meta=meta)
        if self._asks_heads:
            return self._ask_length(link, sought, again, method="HEAD", headers=WHOLE, meta=meta)
        return self._ask_length(link, sought, again, headers=ONE_BYTE, meta=meta)

    def _ask_length(self, link: str, sought: Sought, again: bool, **parts: Any) -> Request:
        return self._ask(link, self.parse_length, sought, again, **parts)

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
        try:
            await self._notes.write(Observation(sought.image, level, url))
        except FapError as error:
            self.stop(error)
            return
        self._under_way -= 1

    async def _note_unlike(self) -> None:
        """Note what has another length, where that says anything."""
        for sought, url, why in self._unlike:
            self._under_way += 1
            if why is not None:
                self._pass_over(sought, f"{url} {why}")
                continue
            await self._note(sought, Level.FILE, url)

    def _pass_over(self, sought: Sought, why: str) -> None:
        self.say(f"Image {sought.image} is left for the next audit: {why}.")
        self._under_way -= 1
