"""A bare spider that makes the same requests as `favorites` and throws the bytes away."""

import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

import scrapy
from scrapy import Request
from scrapy.http import Response


class BareSpider(scrapy.Spider):
    """Every page of one folder after the other, every photo page, every file; nothing is kept."""

    name = "bare"

    async def start(self) -> AsyncIterator[Request]:
        """Ask for the first page of each folder; `folders` is `user:folder,folder,...`."""
        self.site: str = self.__dict__["root"]
        user, folders = self.__dict__["folders"].split(":")
        for folder in folders.split(","):
            yield self._page(user, folder, 0, 0)

    def parse_folder(
        self, response: Response, user: str, folder: str, page: int, empty: int
    ) -> Iterator[Request]:
        """Photos of the page, and the next page until three are empty."""
        photos = dict.fromkeys(re.findall(r"id=.img-(\d+)", response.text))
        for photo in photos:
            yield Request(
                f"{self.site}/photo/{photo}/", self.parse_photo, cb_kwargs={"photo": photo}
            )
        empty = 0 if photos else empty + 1
        if empty < 3:
            yield self._page(user, folder, page + 1, empty)

    def parse_photo(self, response: Response, photo: str) -> Iterator[Request]:
        """The file."""
        found = re.search(rf'href="([^"]*/images/full/[^"]*/{photo}\.[^"]*)"', response.text)
        if found:
            yield Request(found[1].replace("&amp;", "&"), self.parse_file, priority=100)

    def parse_file(self, response: Response) -> None:
        """Nothing."""

    def _page(self, user: str, folder: str, page: int, empty: int) -> Request:
        address = f"{self.site}/showfavorites.php?userid={user}&page={page}&folderid={folder}"
        known: dict[str, Any] = {"user": user, "folder": folder, "page": page, "empty": empty}
        return Request(address, self.parse_folder, cb_kwargs=known)
