"""From a user to the list of folders: profile (name to id) -> pages of the list -> what to read."""

from abc import abstractmethod
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

from scrapy import Request
from scrapy.http import TextResponse

from fapproc.errors import SiteAsksToStop, SiteError
from fapproc.model import Folder
from fapproc.sites.charset import page_text
from fapproc.sites.gates import LOGIN, Gate, read_gate
from fapproc.sites.pages import Pages
from fapspider.arguments import Order
from fapspider.crawl import outcome
from fapspider.politeness.lanes import first_address
from fapspider.spiders.photos import PhotoSpider

_UNAUTHORISED = 401


class FoldersSpider(PhotoSpider):
    """A spider that begins with a user's list of folders."""

    _order: Order

    @abstractmethod
    def on_folders(
        self, user: int, owner: str | None, folders: Mapping[int, Folder]
    ) -> AsyncIterator[Request]:
        """The whole list was read: what is asked for next; `owner` in the site's spelling."""

    def list_request(self, user: int | None) -> Request:
        """The first request: the list of this user, else the profile of the one who was named."""
        if user is not None:
            return self._folders_page(user)
        address = self.site.profile(self._order.user or "")
        return self.page(address, self.parse_profile, errback=self.on_user_error)

    def parse_profile(self, response: TextResponse) -> Iterator[Request]:
        """Name to id: the user's own favorites link."""
        user_id = self.site.pages.read_profile(response.text)
        if user_id is None:
            raise self.no_such_user(response.url)
        yield self._folders_page(user_id)

    async def parse_albums(
        self, response: TextResponse, user: int, page: int, found: dict[int, Folder]
    ) -> AsyncIterator[Request]:
        """One page of the list of folders; the first that brings no new one is the last."""
        read = self.site.pages.read_folders(response.text, user)
        new = {folder.id: folder for folder in read.folders if folder.id not in found}
        if new:
            yield self._folders_page(user, page + 1, found | new)
            return
        async for request in self.on_folders(user, read.owner, found):
            yield request

    def on_user_error(self, failure: Any) -> None:
        """The profile or the list of folders could not be had: nothing can be done."""
        if (gate := _gate(failure, self.site.pages)) is not None:
            self.stop(
                SiteAsksToStop(
                    f"The site answers {first_address(failure.request)} with {gate}. Pass it in "
                    "your browser, export the browser's cookies, and name that file in the setting "
                    "site_cookies (SITE_COOKIES); then run the same command again."
                )
            )
        elif outcome.status(failure) in outcome.GONE:
            self.stop(self.no_such_user(failure.request.url))
        elif not self.is_ending:
            self.stop(outcome.unreachable(failure))

    def no_such_user(self, url: str) -> SiteError:
        """The sentence for a user whom the site does not know."""
        order = self._order
        return SiteError(
            f"The site has no user {order.user or order.user_id!r} ({url}). Check the spelling in "
            f"a browser, or give the number: {self.written('user_id', 'N')}."
        )

    def _folders_page(
        self, user: int, page: int = 0, found: dict[int, Folder] | None = None
    ) -> Request:
        return self.page(
            self.site.folders(user, page),
            self.parse_albums,
            errback=self.on_user_error,
            cb_kwargs={"user": user, "page": page, "found": found or {}},
        )


def _gate(failure: Any, pages: Pages) -> str | None:
    """What the site wants before it shows a list: by the page, or by how it refuses."""
    if failure.check(Gate):
        return str(failure.value).removesuffix(" in its place")
    status = outcome.status(failure)
    if status is None or status in outcome.GONE or status >= 500:
        return None
    response = failure.value.response
    said = read_gate(page_text(response.body, None), response.url, pages)
    return said or (LOGIN if status == _UNAUTHORISED else None)
