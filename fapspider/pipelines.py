"""Items on their way into the archive: Validate (100), Store (300).

An item is one value from the spider to the archive: a `Picture` or a `Miss`, or what an audit saw.
"""

from typing import Self

from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem

from fapproc.errors import FapError
from fapproc.jobs.ingest import Picture, examine
from fapproc.model import Observation
from fapspider.crawl.sink import Item, Sink
from fapspider.middlewares import spider_of

MAX_ID = 2**63 - 1


class Validate:
    """Check what spiders yield: an id that the database can hold, and bytes of a known format."""

    def process_item(self, item: Item) -> Item:
        """Return the item; anything else is a bug of a spider.

        Raises:
            ValueError: an id, a name or bytes that no spider may yield.
        """
        image: object = item.image  # whatever a spider's types say
        name: object = None if isinstance(item, Observation) else item.name
        if not (isinstance(image, int) and 0 < image <= MAX_ID):
            raise ValueError(f"not an image id: {image!r}")
        if not (name is None or (isinstance(name, str) and name)):
            raise ValueError(f"not a name: {name!r}")
        if isinstance(item, Picture) and (found := examine(item.data)) is not item.format:
            raise ValueError(f"image {image} is no {item.format}: {found}")
        return item


class Store:
    """Hand items to the sink; when an item has passed, it survives a power cut."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        """Scrapy's way of making components."""
        return cls(spider_of(crawler).sink)

    async def process_item(self, item: Item) -> Item:
        """Store the item and return it.

        Raises:
            DropItem: it could not be stored; what caused it ends the crawl (`Boundary`).
        """
        try:
            await self._sink.store(item)
        except FapError as error:
            raise DropItem("not stored") from error
        return item
