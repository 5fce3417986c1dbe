"""What may pass from a spider to the archive, and what is said of what can't be stored."""

import asyncio
from collections.abc import Sequence

import pytest
from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem

from fapproc.errors import FapError, StorageError
from fapproc.jobs.ingest import IngestReport, Miss, Picture
from fapproc.model import Detail, Format, Reason
from fapspider.crawl.sink import Sink
from fapspider.middlewares import Boundary
from fapspider.pipelines import MAX_ID, Store, Validate
from fapspider.spiders.favorites import FavoritesSpider

JPG = b"\xff\xd8\xff\xe0" + bytes(20)


@pytest.mark.parametrize(
    "item",
    [
        Picture(1, "lake.jpg", JPG, Format.JPG),
        Picture(MAX_ID, None, JPG, Format.JPG, accepted=True),
        Miss(1, Reason.FILE, Detail.MISSING, "lake.jpg", "http://a.test/1.jpg"),
    ],
)
def test_an_item_passes_as_it_is(item: Picture | Miss) -> None:
    assert Validate().process_item(item) is item


@pytest.mark.parametrize(
    "item",
    [
        Picture(0, None, JPG, Format.JPG),
        Picture(MAX_ID + 1, None, JPG, Format.JPG),
        Picture("1", None, JPG, Format.JPG),  # type: ignore[arg-type] # what a spider may get wrong
        Picture(1, "", JPG, Format.JPG),
        Picture(1, None, JPG, Format.PNG),
        Picture(1, None, b"<html>", Format.JPG),
        Miss(-1, Reason.FILE, Detail.MISSING),
        Miss(1, Reason.FILE, Detail.MISSING, ""),
    ],
)
def test_what_no_spider_may_yield_does_not_pass(item: Picture | Miss) -> None:
    with pytest.raises(ValueError, match="no"):
        Validate().process_item(item)


def test_the_name_of_a_picture_in_a_log_does_not_hold_its_bytes() -> None:
    assert "xff" not in repr(Picture(1, "lake.jpg", JPG, Format.JPG))


class Full(Sink):
    """A sink on a disk without room."""

    def keep(self, pictures: Sequence[Picture], misses: Sequence[Miss]) -> IngestReport:
        raise StorageError("The disk is full.")

    def leave(self) -> None:
        pass


def test_an_item_that_can_not_be_stored_is_dropped_with_the_reason() -> None:
    async def store() -> None:
        sink = Full()
        try:
            await Store(sink).process_item(Miss(1, Reason.FILE, Detail.MISSING))
        finally:
            await sink.close()

    with pytest.raises(DropItem) as dropped:
        asyncio.run(store())
    assert isinstance(dropped.value.__cause__, StorageError)


class Ending(FavoritesSpider):
    """A spider without an engine, which only notes why it is to end."""

    def stop(self, error: FapError) -> None:
        self.problem = error


def test_what_could_not_be_stored_ends_the_crawl_and_another_drop_does_not() -> None:
    crawler = Crawler(Ending)
    spider = crawler.spider = Ending(user="a")
    boundary = Boundary(crawler)  # signals hold who hears them weakly
    another, dropped = DropItem("for another reason"), DropItem("not stored")
    dropped.__cause__ = full = StorageError("The disk is full.")
    problems = []
    for exception in (another, dropped):
        crawler.signals.send_catch_log(signals.item_dropped, exception=exception)
        problems.append(spider.problem)
    assert problems == [None, full]
    assert boundary.spider is spider
