"""How the list of a user's folders is read."""

import asyncio

import pytest
from scrapy import Request
from scrapy.http import HtmlResponse

from fapproc.sites.pages import PageChanged
from fapspider.arguments import read_order
from fapspider.spiders.favorites import FavoritesSpider
from fapspider.spiders.folders import MOST_PAGES, FolderReader
from tests.demosite.listing_pages import folder_list_page
from tests.demosite.markup import Markup
from tests.demosite.model import Folder, FolderKind, User


def test_a_list_of_folders_that_has_no_end_is_given_up() -> None:
    async def on_folders(*_: object):  # type: ignore[no-untyped-def]
        yield

    reader = FolderReader(FavoritesSpider(user_id="7"), read_order({"user_id": "7"}), on_folders)

    async def next_of(request: Request) -> Request:
        said = request.cb_kwargs
        one = Folder(FolderKind.PICTURES, said["page"] + 1, "Hills")
        page = folder_list_page(Markup(), User(7, "anna", ()), [one], said["page"] + 2)
        answer = HtmlResponse(request.url, body=page.encode(), encoding="utf-8", request=request)
        [following] = [each async for each in reader.parse_albums(answer, **said)]
        return following

    async def read_all() -> None:
        request = reader.begin(7)
        for number in range(1, MOST_PAGES):
            request = await next_of(request)
            assert (request.cb_kwargs["page"], len(request.cb_kwargs["found"])) == (number, number)
        with pytest.raises(PageChanged, match="still, the 1,000th page"):
            await next_of(request)

    asyncio.run(read_all())
