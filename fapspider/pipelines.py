"""Items on their way into the archive: Validate (100), Store (300)."""

from itemadapter import ItemAdapter
from scrapy.exceptions import DropItem

from fapproc.errors import FapError
from fapproc.jobs.ingest import Miss, Picture, examine
from fapproc.model import Format
from fapspider.items import MissItem, PictureItem
from fapspider.middlewares import SpiderComponent

MAX_ID = 2**63 - 1


class Validate(SpiderComponent):
    """Guard the border: what passes has an id that the database can hold, and known bytes."""

    def process_item(self, item: PictureItem | MissItem) -> PictureItem | MissItem:
        """Return the item, its format found; anything else is a bug of a spider.

        Raises:
            ValueError: an id, a name or bytes that no spider may yield.
        """
        adapter = ItemAdapter(item)
        image, name = adapter["image"], adapter["name"]
        if not (isinstance(image, int) and 0 < image <= MAX_ID):
            raise ValueError(f"not an image id: {image!r}")
        if not (name is None or (isinstance(name, str) and name)):
            raise ValueError(f"not a name: {name!r}")
        if isinstance(item, PictureItem):
            found = examine(adapter["data"])
            if not isinstance(found, Format):
                raise ValueError(f"image {image} is no picture: {found}")
            adapter["format"] = found
        return item


class Store(SpiderComponent):
    """Hand items to the sink; an item has passed when it survives a power cut."""

    async def process_item(self, item: PictureItem | MissItem) -> PictureItem | MissItem:
        """Store the item and return it.

        Raises:
            DropItem: it could not be stored; the crawl ends with the reason.
        """
        values = ItemAdapter(item).asdict()
        entry = Picture(**values) if isinstance(item, PictureItem) else Miss(**values)
        try:
            await self.spider.keep(entry)
        except FapError as error:
            self.spider.stop(error)
            raise DropItem("not stored") from error
        return item
