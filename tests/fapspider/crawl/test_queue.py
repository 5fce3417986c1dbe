"""Which folder is read next, and how it is told."""

from fapproc.model import Album, UserId
from fapspider.arguments import read_order
from fapspider.crawl.queue import FolderQueue
from fapspider.crawl.walk import Walk
from fapspider.spiders.favorites import FavoritesSpider
from fapspider.spiders.folders import FolderReader

HILLS, PARKS = Album(UserId(1), 1, "Hills"), Album(UserId(1), 2, "Parks")


def test_folders_are_read_one_at_a_time_in_their_order_and_one_that_is_put_back_has_its_turn() -> (
    None
):
    queue = FolderQueue()
    assert queue.next() is None and queue.left == 0
    queue.add(HILLS)
    queue.add(PARKS)
    assert queue.next() == HILLS and queue.next() is None
    assert (queue.turn, queue.left) == ((1, 2), 2)
    queue.put_back(HILLS)
    assert queue.next() == HILLS and queue.turn == (1, 2)
    queue.end()
    assert queue.next() == PARKS and (queue.turn, queue.left) == ((2, 2), 1)
    queue.end()
    assert queue.next() is None and queue.left == 0


def test_what_a_crawl_asks_for_is_told_by_folder_and_page_before_there_are_pictures() -> None:
    async def on_folders(*_: object):  # type: ignore[no-untyped-def]
        yield

    spider = FavoritesSpider(user="somebody")
    folders = FolderReader(spider, read_order({"user": "somebody"}), on_folders)
    folders.begin(None)
    assert spider.doing == "Asking for the profile of somebody"
    folders.begin(7)
    assert spider.doing == "Reading the list of folders, page 1"
    folders.page(Walk(PARKS, whole=True, turn=(2, 6)), print, print)
    assert spider.doing == "Reading folder 2 of 6, 'Parks', page 1"
    folders.page(Walk(PARKS, whole=True), print, print)
    assert spider.doing == "Reading the folder 'Parks', page 1"
