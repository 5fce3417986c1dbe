"""A spider with a fault: it breaks at the pages of the images that the environment names."""

import os
from typing import Any

from scrapy import Request
from scrapy.http import TextResponse

from fapspider.spiders.favorites import FavoritesSpider


class BrokenSpider(FavoritesSpider):
    """Favorites, with a fault."""

    name = "broken"

    def photo_page(self, image: int, callback: Any, **parts: Any) -> Request:
        """Break where it was told to."""

        def broken(response: TextResponse, **kwargs: Any) -> Any:
            if str(image) in os.environ["BROKEN_AT"].split():
                raise ZeroDivisionError("a fault of this program")
            return callback(response, **kwargs)

        return super().photo_page(image, broken, **parts)
