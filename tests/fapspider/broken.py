"""A spider with a fault: it breaks at the pages of the images that the environment names."""

import os
from collections.abc import Iterator

from scrapy import Request
from scrapy.http import TextResponse

from fapproc.jobs.ingest import Miss
from fapspider.spiders.favorites import FavoritesSpider


class BrokenSpider(FavoritesSpider):
    """Favorites, with a fault."""

    name = "broken"

    def parse_photo(self, response: TextResponse, image: int) -> Iterator[Request | Miss]:
        """Break where it was told to."""
        if str(image) in os.environ["BROKEN_AT"].split():
            raise ZeroDivisionError("a fault of this program")
        yield from super().parse_photo(response, image)
