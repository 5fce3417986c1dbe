"""`scrapy crawl favorites`: a user's picture folders into the archive.

The way of a crawl: profile (name to id) -> list of folders (`parse_albums`) -> pages of a folder
(`parse_folder`) -> page of a photo (`parse_photo`) -> full-size file, at once, as its address
expires (`parse_file`) -> item. Albums come in the site's order; a crawl that was stopped goes on.
"""

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

from scrapy import Request
from scrapy.http import TextResponse

from fapproc import names
from fapproc.errors import Changed, NotOnSite
from fapproc.jobs import crawl, refresh
from fapproc.model import Album, Folder, FolderKind, Listed, UserId
from fapproc.sites.pages import FolderPage, PageChanged
from fapproc.wording import counted
from fapspider.arguments import read_order
from fapspider.crawl.kept_pages import KeptPages
from fapspider.crawl.queue import FolderQueue
from fapspider.crawl.sink import ArchiveSink, Item
from fapspider.crawl.tally import AlbumTally, Progress, last_words, nothing_to_do, summary
from fapspider.crawl.walk import Walk
from fapspider.politeness import outcome
from fapspider.politeness.health import ELSEWHERE, IN_A_ROW
from fapspider.politeness.lanes import LISTS, PAUSES, PHOTOS, SENT
from fapspider.spiders.base import COMMAND, SiteSpider, now
from fapspider.spiders.folders import FolderReader
from fapspider.spiders.photos import PhotoFetcher
from fapspider.spiders.pictures import Pictures

Output = AsyncIterator[Request | Item]


class FavoritesSpider(SiteSpider):
    """Archive the picture folders of one user."""

    name = "favorites"
    sink: ArchiveSink

    def __init__(self, **arguments: str) -> None:
        super().__init__(**arguments)
        self._queue, self._memory = FolderQueue(), crawl.Memory(None)
        self._alone = ExitStack()
        self._unread_in_a_row = 0
        self._odd: set[int] = set()
        """Images whose pages were odd in earlier crawls: another page came than theirs."""
        self._user: tuple[int, str] | None = None
        self.photos = PhotoFetcher(self, Pictures, told=self._tell, more_of_list=self._next_album)
        self.tally = self.photos.tally

    def check(self) -> None:
        """Check whose favorites are wanted, and which folder."""
        self._order = read_order(self.arguments, written=self.written)
        self.photos.is_dry = self._order.dry_run
        self._folders = FolderReader(self, self._order, self.on_folders)
        self.photos.steps.kept = KeptPages(self._order.save_pages)

    async def begin(self) -> AsyncIterator[Request]:
        """Decide from what the archive knows which page is asked for first, if any."""
        order, of = self._order, self.site.source
        self.photos.steps.kept.check(sealed=self.sink.sealed)
        if self.sink.is_open:
            self._memory = await self.sink.ask(
                crawl.recall, user_id=order.user_id, name=order.user, source=of
            )
            await self.photos.know(self.sink)
            self._odd = set(await self.sink.ask(crawl.odd_before, of))
        user = self._memory.user
        if user is not None:
            await self._read_alone(user.id, user.name)
            if order.user and not names.same(order.user, user.name):
                self._say_renamed(order.user, user.name, user.id.number)
        if user is not None and not order.force and self._memory.will_do(order.wanted, now()):
            for request in await self._albums(self._memory):
                yield request
        else:
            yield self._folders.begin(user.id.number if user else order.user_id)

    async def on_folders(
        self, user: int, owner: str | None, folders: Mapping[int, Folder]
    ) -> AsyncIterator[Request]:
        """Record the list of folders, and begin with those that are to be read."""
        known = self._memory.user
        name = owner or (known and known.name) or self._order.user
        if not name:
            raise self._folders.no_such_user(self.site.folders(user, 0))
        if known is not None and not names.same(known.name, name):
            self._say_renamed(known.name, name, user)
        of = self.site.source
        listed = self._memory.as_known(UserId(user, of), folders.values())
        crawl.choose(listed, self._order.wanted, name)  # a mistyped folder makes no archive
        await self.sink.make(kept=not self.photos.is_dry)
        if known is None:
            await self._read_alone(UserId(user, of), name)
        memory = await self.sink.ask(
            crawl.record_folders, user, name, list(folders.values()), at=now(), source=of
        )
        for request in await self._albums(memory):
            yield request

    async def parse_folder(self, response: TextResponse, walk: Walk) -> Output:
        """One page of a folder: list it, ask for its new photos, then for the next page."""
        try:
            read = self.site.pages.read_folder(response.text)
        except PageChanged as error:
            for request in self._leave_unread(walk.album, f"{response.url} has {error}"):
                yield request
            return
        self._unread_in_a_row = 0
        self.health.good(LISTS, response.meta[SENT])
        self.pauses.well(LISTS, response.meta[PAUSES])
        if read.kind is FolderKind.GALLERIES:
            await self.sink.ask(crawl.record_kind, walk.album, read.kind)
            self._skip_galleries(walk.album)
            self._queue.end()
            for request in self.photos.more():
                yield request
            return
        try:
            await self._take(walk, read)
        except Changed as deleted:
            for request in self._leave_unread(walk.album, str(deleted)):
                yield request
            return
        if not walk.is_over:
            yield self._folder_page(walk)
        for request in self.photos.more():
            yield request

    async def _take(self, walk: Walk, read: FolderPage) -> None:
        """Record what is new on a page, to be fetched; the last page ends the folder.

        Raises:
            Changed: the folder was deleted from the archive meanwhile.
        """
        by_force = self._order.force
        first = read.images[0].image if read.images and walk.is_backwards else None
        known = first is not None and await self.sink.ask(crawl.is_listed, walk.album, first)
        if fresh := walk.take(read.images, known=known):
            todo = set(await self.sink.ask(crawl.record_page, walk.album, fresh, failed=by_force))
            wanted = [entry for entry in fresh if entry.image in todo]
            # By force each picture is asked for by its own page: what failed may be among them.
            if by_force:
                wanted = [replace(entry, name=None) for entry in wanted]
            self._want(walk.album, wanted)
        if walk.is_over:
            await self._finish(walk)

    async def on_folder_error(self, failure: Any) -> Output:
        """A page of a folder could not be fetched: leave the folder unread and go on."""
        walk: Walk = failure.request.cb_kwargs["walk"]
        if self.ends_at(failure):
            return
        gone = outcome.status(failure) in outcome.GONE
        why = f"{failure.request.url} " + ("is not there" if gone else outcome.why(failure))
        for request in self._leave_unread(walk.album, why):
            yield request

    async def end(self, reason: str) -> None:
        """Record that the user is finished, and say what was done and what comes next."""
        await self.sink.run(self._alone.close)
        if self._user is None:
            return
        user_id, name = self._user
        if reason == "finished" and self.problem is None:
            await self.photos.settle()
        if reason == "finished" and self.problem is None and self._order.wanted.all:
            await self.sink.ask(crawl.finish_user, user_id, at=now(), source=self.site.source)
        if (odd := self.sink.report.odd) and reason == "finished":
            what = f"{counted(len(odd), 'page')} of pictures led to something else"
            self.say(f"{what}, and are asked for again by the next crawl.")
        if self.photos.is_dry and not self.settings[COMMAND]:
            self.say(self.photos.forecast(self.tally.wanted))
        if self.photos.is_dry or self.tally.is_idle or self.settings[COMMAND]:
            return
        for line in last_words(name, self.tally, self.sink.report):
            self.say(line)

    @property
    def left_something(self) -> bool:
        """Whether a folder could not be read, or pictures are left."""
        return bool(self.tally.unread or self.sink.report.odd) or self.photos.left_something

    @property
    def progress(self) -> Progress | None:
        """Where the crawl is."""
        found = self.photos.progress
        return None if found is None else replace(found, unread=self._queue.left)

    @property
    def summary(self) -> str | None:
        """What was done, in one line; None where nothing was."""
        if self._user is None:
            return None
        if self.photos.is_dry:
            return self.photos.forecast(self.tally.wanted)
        if self.tally.is_idle:
            return None
        return summary(self._user[1], self.tally, self.sink.report)

    async def _read_alone(self, user: UserId, name: str) -> None:
        """Be the only crawl of this user, until the end."""
        if not self.photos.is_dry:
            alone = await self.sink.ask(refresh.reading_alone, user, name)
            await self.sink.run(self._alone.enter_context, alone)

    def _say_renamed(self, before: str, name: str, user: int) -> None:
        self.say(f"{before} is now called {name}; the number, {user}, is the same.")

    async def _albums(self, memory: crawl.Memory) -> list[Request]:
        """Queue the folders that are to be read, and return the first requests."""
        if (user := memory.user) is None:
            raise RuntimeError("albums of nobody")
        self._user = (user.id.number, user.name)
        chosen = crawl.choose(memory.folders, self._order.wanted, user.name)
        for album in (*chosen, *(memory.left if self._order.wanted.all else ())):
            if album.kind is FolderKind.GALLERIES:
                self._skip_galleries(album)
            elif album in memory.left or (
                crawl.rests(album.listed_at, now()) and not self._order.force
            ):
                waiting = await self.sink.ask(crawl.still_waiting, album)
                self.tally.resting += not waiting and album not in memory.left
                if waiting:
                    self._want(album, waiting)
                    self._tell_album(self.tally.read(album))
            else:
                self._queue.add(album)
        if not self.tally.wanted and not self._queue.left:
            self.say(nothing_to_do(user.name, chosen, again=self.written("force", "")))
        return list(self.photos.more())

    async def _finish(self, walk: Walk) -> None:
        """Record that a folder was read to its end, and add what is left of it from before."""
        album, listed = walk.album, list(walk.listed)
        await self.sink.ask(
            crawl.finish_album, album, listed, pages=walk.pages, at=now(), is_whole=walk.is_whole
        )
        self._want(album, await self.sink.ask(crawl.still_waiting, album))
        self._queue.end()
        done = self.tally.read(album, len(listed), pages=walk.pages, is_whole=walk.is_whole)
        self._tell_album(done)

    def _leave_unread(self, album: Album, why: str) -> Iterator[Request]:
        """Leave a folder for the next crawl, and go on; after many in a row, pause."""
        self._unread_in_a_row += 1
        if self._unread_in_a_row >= IN_A_ROW + ELSEWHERE:
            self.health.probed_in_vain(LISTS, finally_=True)
            self.pause(LISTS, f"Folders can't be read, one after the other ({why})")
            self._queue.put_back(album)
        else:
            self._queue.end()
            self.tally.unread.append(album.name)
            self.say(f"Album {names.quoted(album.name)} is left for the next crawl: {why}.")
        yield from self.photos.more()

    def _skip_galleries(self, album: Album) -> None:
        """Count a galleries folder, or refuse it where it was asked for.

        Raises:
            NotOnSite: it was asked for.
        """
        if not self._order.wanted.all:
            raise NotOnSite(
                f"{names.quoted(album.name)} is a galleries folder: it lists galleries, not "
                "pictures, and is not archived. Name a picture folder, or leave it out for all."
            )
        self.tally.galleries += 1

    def _next_album(self) -> Request | None:
        """The first page of the album that is next, one at a time."""
        album = None if self.is_ending else self._queue.next()
        if album is None:
            return None
        return self._folder_page(Walk(album, whole=self._order.force, turn=self._queue.turn))

    def _want(self, album: Album, entries: Iterable[Listed]) -> None:
        pending = self.photos.pending
        fresh = pending.add(entries, album)
        self.tally.ask(album, fresh)
        self.photos.doubts.aside.later(PHOTOS, pending.drop(self._odd & set(fresh)))

    def _tell(self, item: Item, album: AlbumTally | None) -> None:  # noqa: ARG002 - as all
        """Report the album of an item, if this was the last of it."""
        self._tell_album(album)

    def _tell_album(self, done: AlbumTally | None) -> None:
        if done is not None:
            self.say(str(done))

    def _folder_page(self, walk: Walk) -> Request:
        gives_up = self._unread_in_a_row >= IN_A_ROW
        return self._folders.page(
            walk, self.parse_folder, self.on_folder_error, dont_retry=gives_up
        )
