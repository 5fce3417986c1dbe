"""`scrapy crawl get`: one folder's pictures straight to disk, under their own names; no archive.

The way: profile (name to id) -> list of folders -> pages of the folder -> photo page and file of
each picture that is not there yet.
"""

from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Any

from scrapy import Request
from scrapy.http import TextResponse

from fapproc import config
from fapproc.errors import SiteError, UsageProblem
from fapproc.filenames import safe_name
from fapproc.jobs import crawl, save
from fapproc.jobs.ingest import Miss
from fapproc.model import Album, Folder, FolderKind, UserId
from fapproc.names import quoted
from fapproc.voice import tell
from fapproc.wording import counted, size
from fapspider.arguments import GET, read_order
from fapspider.crawl.sink import FolderSink, Item
from fapspider.crawl.tally import AlbumTally, Progress
from fapspider.crawl.walk import Walk
from fapspider.crawl.witnesses import WITNESSES
from fapspider.politeness import outcome
from fapspider.spiders.base import COMMAND, SiteSpider
from fapspider.spiders.folders import FolderReader
from fapspider.spiders.photos import PhotoFetcher
from fapspider.spiders.pictures import Pictures

DEFAULT_FOLDER = "~/Downloads/imagefap-get"


class GetSpider(SiteSpider):
    """Save the pictures of one folder to disk."""

    name = "get"
    sink: FolderSink

    def __init__(self, **arguments: str) -> None:
        super().__init__(**arguments)
        self._output: Path | None = None
        self._known: frozenset[int] = frozenset()
        hint = "The first ones were saved before that was noticed: look at them."
        self.photos = PhotoFetcher(self, Pictures, told=self._tell, hint=hint)
        self.tally = self.photos.tally

    def make_sink(self) -> FolderSink:
        """Pictures go to a folder."""
        return FolderSink()

    @classmethod
    def prepare(cls, person: config.Settings) -> object:  # noqa: ARG003 - the form of all spiders
        """Nothing is asked for: there is no archive and no password."""
        return None

    def check(self) -> None:
        """Check whose folder is wanted, and where it goes.

        Raises:
            UsageProblem: no folder is named, or an argument can't be used.
        """
        output = self.arguments.get("output")
        self._order = read_order(self.arguments, GET, written=self.written)
        self.photos.is_dry = self._order.dry_run
        self._folders = FolderReader(self, self._order, self.on_folders)
        if self._order.wanted.all:
            raise UsageProblem(
                f"Say which folder to get: {self.written('folder', 'NAME')}, or its number."
            )
        if output is not None and not output.strip():
            raise UsageProblem(
                f"The output folder is empty. Write it like {self.written('output', 'DIR')}."
            )
        self._output = config.expanded(output) if output else None

    async def open(self) -> None:
        """Look at the target folder before any request; it is made when it is needed."""
        if self._output is not None and not self.photos.is_dry:
            await self.sink.run(save.check, self._output)

    async def begin(self) -> AsyncIterator[Request]:
        """Ask for the user's number, or for the list of folders."""
        yield self._folders.begin(self._order.user_id)

    async def on_folders(
        self, user: int, owner: str | None, folders: Mapping[int, Folder]
    ) -> AsyncIterator[Request]:
        """Find the folder that is wanted, and where it goes; ask for its first page."""
        owner = owner or self._order.user
        if not owner:
            raise self._folders.no_such_user(self.site.folders(user, 0))
        albums = [
            Album(UserId(user, self.site.source), folder.id, folder.name)
            for folder in folders.values()
        ]
        (album,) = crawl.choose(albums, self._order.wanted, owner)
        names = (safe_name(owner), safe_name(album.name))
        folder = self._output or config.expanded(DEFAULT_FOLDER).joinpath(*names)
        if not self._order.force:
            self._known = await self.sink.run(save.known, folder)
            self.photos.doubts.witnesses.known = dict.fromkeys(
                sorted(self._known)[-WITNESSES:], False
            )
        if not self.photos.is_dry:
            await self.sink.open(folder)
            self.say(
                f"Saving {quoted(album.name)} of {owner} to {folder}, unencrypted: everybody who "
                "may read this folder sees names and pictures."
            )
        yield self._folder_page(Walk(album, whole=True))

    def parse_folder(self, response: TextResponse, walk: Walk) -> Iterator[Request]:
        """One page of the folder: ask for what is not there yet, then for the next page."""
        read = self.site.pages.read_folder(response.text)
        if read.kind is FolderKind.GALLERIES:
            raise SiteError(
                f"{quoted(walk.album.name)} is a galleries folder: it lists galleries, not "
                "pictures. Name a picture folder."
            )
        missing = [entry for entry in walk.take(read.images) if entry.image not in self._known]
        self.tally.ask(walk.album, self.photos.pending.add(missing))
        yield from self.photos.more()
        if not walk.is_over:
            yield self._folder_page(walk)
            return
        self.tally.read(walk.album, listed=len(walk.listed), pages=walk.pages)

    def on_folder_error(self, failure: Any) -> None:
        """Report a page that could not be fetched; what was listed so far is still saved."""
        if self.is_ending:
            return
        if outcome.status(failure) in outcome.GONE:
            self.stop(
                SiteError(
                    f"The folder is gone from the site ({failure.request.url}): it was still in "
                    "the list a moment ago. Look at the user's favorites in a browser."
                )
            )
        else:
            self.stop(outcome.unreachable(failure))

    def _tell(self, item: Item, album: AlbumTally | None) -> None:  # noqa: ARG002 - as all
        """Report a picture that could not be fetched: nothing else remembers that."""
        if isinstance(item, Miss):
            name = f" ({item.name})" if item.name else ""
            tell(f"Image {item.image}{name} could not be fetched: {item.reason} {item.detail}.")

    async def end(self, reason: str) -> None:
        """Say what was done."""
        if reason == "finished" and self.problem is None:
            await self.photos.settle()
        if self.summary is not None and not self.settings[COMMAND]:
            self.say(self.summary)

    @property
    def left_something(self) -> bool:
        """Whether pictures are left."""
        return self.photos.left_something

    @property
    def progress(self) -> Progress | None:
        """Where the crawl is."""
        return self.photos.progress

    @property
    def summary(self) -> str | None:
        """What was done, in one line; None where nothing was."""
        if self.tally.is_idle:
            return None
        if self.photos.is_dry:
            return self.photos.forecast(self.tally.wanted)
        report, there = self.sink.report, self.tally.known + self.sink.report.known
        return (
            f"{counted(report.new, 'image')} saved to {self.sink.target.folder} "
            f"({size(report.bytes)}), {there} already there, {self.sink.target.renamed} renamed "
            f"because of their names, {report.failed:,} failed."
        )

    def _folder_page(self, walk: Walk) -> Request:
        return self._folders.page(walk, self.parse_folder, self.on_folder_error)
