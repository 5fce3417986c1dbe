"""From a user to the pages of a folder: profile (name to id) -> list of folders -> pages.

A part of the spiders that read folders: it makes the requests and reads the lists, and hands the
complete list to its spider, which decides which folders are read.
"""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import Any

from scrapy import Request
from scrapy.http import TextResponse

from fapproc.errors import NotOnSite, SiteAsksToStop
from fapproc.model import Folder
from fapproc.names import quoted
from fapproc.sites.charset import page_text
from fapproc.sites.gates import LOGIN, Gate, read_gate
from fapproc.sites.pages import PageChanged, Pages
from fapspider.arguments import Order
from fapspider.crawl.walk import Walk
from fapspider.politeness import outcome
from fapspider.politeness.lanes import first_address
from fapspider.spiders.base import SiteSpider

FOLDER_PAGE = 10
"""Priority: before the photos of an album, after files."""
MOST_PAGES = 1_000
"""Pages of a list of folders. A site that makes new ones for ever would keep a crawl busy for ever,
before the first picture."""
_UNAUTHORISED = 401

OnFolders = Callable[[int, str | None, Mapping[int, Folder]], AsyncIterator[Request]]
"""Called with the complete list of a user (number, name in the site's spelling, folders), it yields
the next requests."""


class FolderReader:
    """Reads the lists of the user whom the arguments name."""

    def __init__(self, spider: SiteSpider, order: Order, on_folders: OnFolders) -> None:
        self._spider = spider
        self._order = order
        self._on_folders = on_folders

    def begin(self, user: int | None) -> Request:
        """The first request: the list of this user, else the profile of the user who was named."""
        if user is not None:
            return self._list(user)
        self._spider.doing = f"Asking for the profile of {self._order.user}"
        address = self._spider.site.profile(self._order.user or "")
        return self._spider.page(address, self.parse_profile, errback=self.on_user_error)

    def parse_profile(self, response: TextResponse) -> Iterator[Request]:
        """Name to id: the user's own favorites link."""
        user_id = self._spider.site.pages.read_profile(response.text)
        if user_id is None:
            raise self.no_such_user(response.url)
        yield self._list(user_id)

    async def parse_albums(
        self, response: TextResponse, user: int, page: int, found: dict[int, Folder]
    ) -> AsyncIterator[Request]:
        """One page of the list of folders; the first that brings no new one is the last.

        Raises:
            PageChanged: there is no end of them.
        """
        read = self._spider.site.pages.read_folders(response.text, user)
        new = {folder.id: folder for folder in read.folders if folder.id not in found}
        if new and page + 1 >= MOST_PAGES:
            raise PageChanged(f"new folders on it still, the {page + 1:,}th page of such a list")
        if new:
            yield self._list(user, page + 1, found | new)
            return
        async for request in self._on_folders(user, read.owner, found):
            yield request

    def on_user_error(self, failure: Any) -> None:
        """End the crawl: the profile or the list of folders could not be fetched."""
        spider = self._spider
        if (gate := _gate(failure, spider.site.pages)) is not None:
            spider.stop(
                SiteAsksToStop(
                    f"The site answers {first_address(failure.request)} with {gate}. Pass it in "
                    "your browser, export the browser's cookies, and name that file in the setting "
                    "SITE_COOKIES; then run the same command again."
                )
            )
        elif outcome.status(failure) in outcome.GONE:
            spider.stop(self.no_such_user(failure.request.url))
        elif (answered := outcome.status(failure)) is not None:
            spider.stop(_refusal(first_address(failure.request), answered))
        elif not spider.is_ending:
            spider.stop(outcome.unreachable(failure))

    def no_such_user(self, url: str) -> NotOnSite:
        """The sentence for a user whom the site does not know."""
        order, written = self._order, self._spider.written
        if order.user is None:
            step = f"Check the number in a browser, or give the name: {written('user', 'NAME')}."
        else:
            step = (
                f"Check the spelling in a browser, or give the number: {written('user_id', 'N')}."
            )
        return NotOnSite(
            f"The site has no user {quoted(order.user or order.user_id)} ({url}). {step}"
        )

    def page(self, walk: Walk, callback: Any, errback: Any, **meta: object) -> Request:
        """A request for the next page of a walk; callback and errback get the `walk`."""
        album = walk.album
        self._spider.doing = f"Reading {_folder(walk)}, page {walk.page + 1:,}"
        return self._spider.page(
            self._spider.site.folder(album.user.number, album.id, walk.page),
            callback,
            errback=errback,
            cb_kwargs={"walk": walk},
            priority=FOLDER_PAGE,
            meta=meta,
        )

    def _list(self, user: int, page: int = 0, found: dict[int, Folder] | None = None) -> Request:
        self._spider.doing = f"Reading the list of folders, page {page + 1:,}"
        return self._spider.page(
            self._spider.site.folders(user, page),
            self.parse_albums,
            errback=self.on_user_error,
            cb_kwargs={"user": user, "page": page, "found": found or {}},
        )


def _folder(walk: Walk) -> str:
    """Which folder is read, in words."""
    number, total = walk.turn
    if total == 1:
        return f"the folder {quoted(walk.album.name)}"
    return f"folder {number:,} of {total:,}, {quoted(walk.album.name)}"


def _refusal(url: str, answered: int) -> SiteAsksToStop:
    """The error for a first page that the site refuses, or can't give now."""
    if answered >= 500:
        what, next_ = "the site is in trouble", "Try again later"
    else:
        what = "the site refuses it"
        next_ = (
            "Open it in a browser: if that shows it, export the browser's cookies and name that "
            "file in the setting SITE_COOKIES; otherwise wait an hour"
        )
    return SiteAsksToStop(
        f"{url} answers {answered}: {what}. {next_}, then run the same command again; what was "
        "fetched is kept."
    )


def _gate(failure: Any, pages: Pages) -> str | None:
    """What the site demands before it shows a list, by the page or by its refusal."""
    if failure.check(Gate):
        return str(failure.value).removesuffix(" in its place")
    status = outcome.status(failure)
    if status is None or status in outcome.GONE or status >= 500:
        return None
    response = failure.value.response
    said = read_gate(page_text(response.body, None), response.url, pages)
    return said or (LOGIN if status == _UNAUTHORISED else None)
