"""`scrapy crawl audit`: which images of a user are still on the site.

The way of one image: its page -> the address of its file -> the length of the file, without its
bytes. What the site clearly says is an observation; an image that could not be checked has none,
and waits for the next run. The bytes of a lost image are asked for, and put back if they are the
same.
"""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import ExitStack
from typing import Any

from scrapy import Request
from scrapy.http import Response

from fapproc import config
from fapproc.jobs import audit
from fapproc.jobs.audit import Round, Sought
from fapproc.jobs.ingest import Miss, examine
from fapproc.model import AUDIT_REST_SECONDS, Detail, Format, Level, Listed, Observation, Reason
from fapproc.unlocking import Unlocked, unlock
from fapproc.wording import counted, moment
from fapspider.arguments import AUDIT, read_order
from fapspider.crawl.lengths import ONE_BYTE, WHOLE, Unlike, length_of
from fapspider.crawl.notes import NotesSink, is_clear
from fapspider.crawl.sink import Item
from fapspider.crawl.tally import AlbumTally
from fapspider.politeness import outcome
from fapspider.politeness.checks import header
from fapspider.politeness.downloads import CODED
from fapspider.politeness.lanes import NOT_PROBED, first_address, probed, shown
from fapspider.spiders.base import SiteSpider, now
from fapspider.spiders.photos import PhotoFetcher
from fapspider.spiders.steps import Steps

AT_ONCE = 32  # images under way: enough for both slots, and memory stays flat
_HEAD_REFUSED = "head_refused"  # meta: the server was asked for the head alone, and refused


class AuditSpider(SiteSpider):
    """Check each sighting of one user."""

    name = "audit"
    sink: NotesSink

    def __init__(self, **arguments: str) -> None:
        super().__init__(**arguments)
        self._round: Round | None = None
        self._alone = ExitStack()
        self._after = (0, 0)
        self._is_all = False
        """Whether everything that is due was added already."""
        self.photos = PhotoFetcher(
            self,
            self._looks,
            told=self._tell,
            more_of_list=self._want_more,
            at_once=(AT_ONCE, AT_ONCE),
            run="audit",
        )

    def make_sink(self) -> NotesSink:
        """Observations go to an archive that exists."""
        return NotesSink()

    def _looks(self, steps: Steps) -> "Lengths":
        self.lengths = Lengths(steps, self)
        return self.lengths

    @classmethod
    def prepare(cls, person: config.Settings) -> Unlocked:
        """Unlock the archive; without one there is nothing to check."""
        return unlock(person.archive)

    def check(self) -> None:
        """Check whose favorites are to be audited."""
        self._order = read_order(self.arguments, AUDIT, written=self.written)

    async def begin(self) -> AsyncIterator[Request]:
        """Ask for the pages of images that are due, some at once."""
        order, of = self._order, self.site.source
        await self.sink.ask(lambda archive: self._alone.enter_context(archive.job("audit")))
        user = await self.sink.ask(
            audit.find_user, user_id=order.user_id, name=order.user, source=of
        )
        found = await self.sink.ask(audit.begin, user, force=order.force, at=now())
        if found.rests:
            until = moment(user.audited_at + AUDIT_REST_SECONDS)
            self.say(
                f"The site was asked for all images of {user.name} by {moment(user.audited_at)}. "
                f"They are not asked for again before {until}: no request is sent. "
                f"{self.written('force', '')} asks for them again."
            )
            return
        self._round, self.sink.page_of = found, self.site.photo
        self.say(f"{user.name}: {counted(found.left, 'image')} to ask the site for.")
        await self.photos.know(self.sink)
        await self._look_up(found)
        for request in self.photos.more():
            yield request

    def _want_more(self) -> None:
        """Add the next images that are due, if there are more, because few are left."""
        if (found := self._round) is not None and not self._is_all:
            self.photos.look_up(lambda: self._look_up(found))

    async def _look_up(self, found: Round) -> None:
        batch = await self.sink.ask(audit.due, found, after=self._after)
        self._is_all = not batch
        for sought in batch:
            self._after = (sought.album, sought.image)
            self.lengths.sought[sought.image] = sought
            self.photos.pending.add([Listed(sought.image, None)], sought.album)

    def _tell(self, item: Item, album: AlbumTally | None) -> None:  # noqa: ARG002 - as all
        self.lengths.sought.pop(item.image, None)
        if isinstance(item, Miss) and not is_clear(item):
            self.say(f"Image {item.image} is left for the next audit: {item.why}.")

    async def end(self, reason: str) -> None:
        """Say what was seen."""
        if not self.sink.is_open:
            return
        if reason == "finished" and self.problem is None:
            await self.photos.settle(self.lengths.unlike)
        await self.sink.ask(lambda _: self._alone.close())
        if self._round is not None:
            self.say(f"{self._round.user.name}: {self.sink}.")


class Lengths:
    """Asks for the length of an image's file, and for the whole file of a lost image."""

    def __init__(self, steps: Steps, spider: AuditSpider) -> None:
        self.sought: dict[int, Sought] = {}
        """Images under way, or next."""
        self._steps, self._spider = steps, spider
        self._unlike = Unlike()
        self._asks_heads = True

    def ask(
        self,
        image: int,
        name: str | None,  # noqa: ARG002 - as all
        link: str,
        *,
        borrowed: bool = False,  # noqa: ARG002 - none is wanted by a name
        meta: Mapping[str, object] = NOT_PROBED,
    ) -> Request:
        """A request for the head of the file, for one byte of it, or for all."""
        if self.sought[image].lost:
            return self._steps.file(link, self.parse_lost, image, meta=meta)
        if self._asks_heads:
            return self._ask_length(image, link, method="HEAD", headers=WHOLE, meta=meta)
        return self._ask_length(image, link, headers=ONE_BYTE, meta=meta)

    def ask_otherwise(self, request: Request, status: int | None) -> Request | None:
        """A request for one byte of the file, for a server that refuses HEAD."""
        if request.method != "HEAD" or status not in outcome.HEAD_REFUSED:
            return None
        image, meta = request.cb_kwargs["image"], {_HEAD_REFUSED: True, **probed(request)}
        return self._ask_length(image, first_address(request), headers=ONE_BYTE, meta=meta)

    def _ask_length(self, image: int, link: str, **parts: Any) -> Request:
        return self._steps.file(link, self.parse_length, image, **parts)

    def parse_length(
        self,
        response: Response,
        image: int,
        name: str | None,  # noqa: ARG002 - as all
    ) -> Iterator[Request | Item]:
        """The length that the file's server says; if HEAD says a new one, it is asked again."""
        length, asked, link = (
            length_of(response),
            outcome.asked_for(response),
            first_address(response),
        )
        is_same = length == self.sought[image].bytes
        if asked.method == "HEAD" and not is_same:
            headers = WHOLE if response.meta.get(CODED) else ONE_BYTE
            yield self._ask_length(image, link, headers=headers, meta=probed(response))
            return
        if asked.meta.get(_HEAD_REFUSED):
            self._asks_heads = False
        is_text = header(response, "Content-Type").startswith("text/")
        if is_same:
            yield from self._steps.doubts.works(asked, image)
            yield Observation(image)
        elif outcome.leads_elsewhere(response) or is_text:
            yield from self._leads_elsewhere(response, image, "something else")
        elif length is None:
            why = f"{shown(asked)} says no length"
            yield Miss(image, Reason.FILE, Detail.UNREACHABLE, None, link, why)
        else:
            self._unlike.add(length, image, link)
            self.sought.pop(image)
            self._spider.photos.settled(image)

    async def parse_lost(
        self,
        response: Response,
        image: int,
        name: str | None,  # noqa: ARG002 - as all
    ) -> AsyncIterator[Item]:
        """The bytes of a lost image; if they are others, it stays lost."""
        digest, say = self.sought[image].digest, self._spider.say
        if await self._spider.sink.ask(audit.put_back, digest, response.body):
            for miss in self._steps.doubts.works(outcome.asked_for(response), image):
                yield miss
            say(f"Image {image} was lost and is back.")
            yield Observation(image)
        elif outcome.leads_elsewhere(response):
            for miss in self._leads_elsewhere(response, image, response.url):
                yield miss
        elif isinstance(found := examine(response.body), Format):
            say(f"Image {image} is a different file on the site now; it stays lost.")
            yield Observation(image, Level.FILE, first_address(response))
        else:
            why = f"{response.url} is not a picture ({found})"
            yield Miss(image, Reason.DAMAGED, found, None, first_address(response), why)

    def _leads_elsewhere(self, response: Response, image: int, where: str) -> Iterator[Miss]:
        asked = outcome.asked_for(response)
        why = f"{shown(asked)} leads to {where}"
        miss = Miss(image, Reason.FILE, Detail.PLACEHOLDER, None, first_address(asked), why)
        return self._steps.doubts.not_had(asked, miss, is_odd=True)

    @property
    def unlike(self) -> Iterator[Item]:
        """Images whose files now have another length, or why the length says nothing."""
        for image, url, why in self._unlike:
            if why is None:
                yield Observation(image, Level.FILE, url)
            else:
                yield Miss(image, Reason.FILE, Detail.PLACEHOLDER, None, url, f"{url} {why}")
