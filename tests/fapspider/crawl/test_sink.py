import asyncio
import threading
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
from scrapy import Request
from scrapy.crawler import Crawler

from fapproc.archive import Archive
from fapproc.db import catalogue, figures, listings
from fapproc.errors import NoArchive, StorageError
from fapproc.jobs.ingest import IngestReport, Miss, Picture
from fapproc.model import Detail, Folder, FolderKind, Format, Listed, Reason, UserId
from fapproc.unlocking import prepare
from fapproc.vault.store import AT_ONCE
from fapspider.crawl.sink import BATCH, ArchiveSink, Sink
from fapspider.spiders.favorites import FavoritesSpider
from tests.fapspider.crawling import Crawls, contents
from tests.fapspider.watch import threads_at

USER, ALBUM = UserId(7700), 111


def picture(image: int) -> Picture:
    return Picture(image, f"{image}.jpg", b"\xff\xd8\xff\xe0" + image.to_bytes(8), Format.JPG)


def thread_name(archive: Archive) -> str:
    with archive.reading():
        return threading.current_thread().name


def list_album(archive: Archive, count: int) -> None:
    with archive.writing() as connection:
        catalogue.save_user(connection, USER, "Safe User")
        catalogue.save_folders(connection, USER, [Folder(ALBUM, "Hills")], 1)
        catalogue.set_kind(connection, USER, ALBUM, FolderKind.PICTURES)
        listings.add_page(connection, USER, ALBUM, [Listed(n, None) for n in range(1, count + 1)])


def test_all_that_blocks_runs_in_the_desk_s_own_threads(tmp_path: Path) -> None:
    prepared = prepare(tmp_path / "archive")  # before the loop starts: it may ask for a password

    async def crawl() -> str:
        sink = ArchiveSink()
        await sink.open(prepared)
        await sink.make()
        await sink.ask(list_album, 9)
        await asyncio.gather(*(sink.store(picture(number)) for number in range(1, 10)))
        name = await sink.ask(thread_name)
        await sink.close()
        return name

    with threads_at(tmp_path) as names:
        assert asyncio.run(crawl()).startswith("archive")
    assert names == {"archive_0", "archive-put_0"}


def test_a_crawl_touches_the_archive_in_those_threads_only(crawls: Crawls, tmp_path: Path) -> None:
    crawls.environment["WATCH_NOTES"] = str(tmp_path / "notes")
    extension = '{"tests.fapspider.watch.ThreadWatch": 1}'
    told = crawls.run("user=Demo & Friends", "folder=Landscapes", EXTENSIONS=extension)
    assert "new pictures" in told
    assert (tmp_path / "notes").read_text() == "archive-put_0\narchive_0"


def test_the_loop_goes_on_while_the_thread_is_busy(tmp_path: Path) -> None:
    async def crawl() -> None:
        sink = ArchiveSink()
        await sink.open(prepare(tmp_path / "archive"))
        await sink.make()
        enough = threading.Event()
        asked = asyncio.ensure_future(sink.ask(lambda archive: enough.wait(120)))
        for _ in range(10):
            assert not asked.done()
            await asyncio.sleep(0)
        enough.set()
        assert await asked
        await sink.close()

    asyncio.run(crawl())


def test_what_waits_together_is_stored_in_batches(tmp_path: Path) -> None:
    count = 3 * BATCH

    def committed(archive: Archive) -> int:
        with archive.reading() as connection:
            return figures.count_sightings(connection)

    async def crawl() -> tuple[IngestReport, set[int]]:
        sink = ArchiveSink()
        await sink.open(prepare(tmp_path / "archive"))
        await sink.make()
        await sink.ask(list_album, count)
        stores = [asyncio.ensure_future(sink.store(picture(n))) for n in range(1, count + 1)]
        states: set[int] = set()
        while not all(store.done() for store in stores):
            states.add(await sink.ask(committed))
        await asyncio.gather(*stores)
        report = sink.report
        await sink.close()
        return report, states

    report, states = asyncio.run(crawl())
    assert (report.new, report.known, report.failed) == (count, 0, 0)
    assert states <= {0, BATCH, 2 * BATCH, 3 * BATCH}
    assert contents(tmp_path / "archive").images(ALBUM) == list(range(1, count + 1))


def test_what_is_stored_when_store_returns_is_there_for_anybody(tmp_path: Path) -> None:
    folder = tmp_path / "archive"

    async def crawl() -> None:
        sink = ArchiveSink()
        await sink.open(prepare(folder))
        await sink.make()
        await sink.ask(list_album, 2)
        await sink.store(picture(1))
        await sink.store(Miss(2, Reason.FILE, Detail.MISSING, url="http://127.0.0.1/2.jpg"))
        found = contents(folder)  # another connection, while the sink is open
        assert found.images(ALBUM) == [1]
        assert found.failures(ALBUM) == {2: ("file", "missing")}
        await sink.close()

    asyncio.run(crawl())


def test_an_error_reaches_each_that_waited_and_the_next_batch_is_stored(tmp_path: Path) -> None:
    folder = tmp_path / "archive"

    async def crawl() -> list[BaseException | None]:
        sink = ArchiveSink()
        await sink.open(prepare(folder))
        await sink.make()
        await sink.ask(list_album, 9)
        (folder / "blobs").write_text("in the way")
        stores = (sink.store(picture(number)) for number in range(1, 9))
        told = await asyncio.gather(*stores, return_exceptions=True)
        (folder / "blobs").unlink()
        await sink.store(picture(9))
        assert sink.report.new == 1
        await sink.close()
        return told

    told = asyncio.run(crawl())
    assert [type(error) for error in told] == [StorageError] * 8
    assert contents(folder).images(ALBUM) == [9]


def test_close_stores_what_waits(tmp_path: Path) -> None:
    async def crawl() -> None:
        sink = ArchiveSink()
        await sink.open(prepare(tmp_path / "archive"))
        await sink.make()
        await sink.ask(list_album, 100)
        stores = [asyncio.ensure_future(sink.store(picture(n))) for n in range(1, 101)]
        await asyncio.sleep(0)
        await sink.close()
        assert not sink.is_open
        await asyncio.gather(*stores)

    asyncio.run(crawl())
    assert len(contents(tmp_path / "archive").images(ALBUM)) == 100


def test_a_desk_that_could_not_open_closes_and_answers_nothing(tmp_path: Path) -> None:
    (tmp_path / "imagefap.database").write_bytes(b"old")

    async def crawl() -> None:
        sink = ArchiveSink()
        with pytest.raises(NoArchive):
            await sink.open(prepare(tmp_path))
        assert not sink.is_open
        with pytest.raises(RuntimeError, match="not open"):
            await sink.ask(thread_name)
        await sink.close()

    asyncio.run(crawl())
    assert not [one for one in threading.enumerate() if one.name.startswith("archive")]


def test_an_archive_is_made_when_it_is_asked_for_and_not_before(tmp_path: Path) -> None:
    async def crawl() -> tuple[bool, bool]:
        sink = ArchiveSink()
        await sink.open(prepare(tmp_path / "archive"))
        before = (tmp_path / "archive").exists()
        await sink.make()
        await sink.make()
        assert not sink.sealed
        await sink.close()
        return before, (tmp_path / "archive").exists()

    assert asyncio.run(crawl()) == (False, True)


def test_an_archive_that_is_opened_while_nobody_waits_any_more_is_closed(tmp_path: Path) -> None:
    Archive.open_or_create(tmp_path).close()

    async def crawl() -> None:
        sink = ArchiveSink()
        await sink.run(time.sleep, 0)  # the thread is there
        opening = asyncio.ensure_future(sink.open(prepare(tmp_path)))
        await asyncio.sleep(0)
        opening.cancel()
        await sink.close()

    asyncio.run(crawl())
    assert not list((tmp_path / ".locks").glob("opener-*"))


class Counting(Sink):
    """A sink that only notes how many bytes are brought to it at a time."""

    def __init__(self) -> None:
        super().__init__()
        self.batches: list[int] = []

    def keep(self, pictures: Sequence[Picture], misses: Sequence[Miss]) -> IngestReport:
        self.batches.append(sum(len(entry.data) for entry in pictures))
        return IngestReport(new=len(pictures), failed=len(misses))

    def leave(self) -> None:
        pass


def test_large_pictures_are_stored_few_at_a_time() -> None:
    """Sixty-four of 250 MB would be 16 GB, and in a sealed archive twice that."""
    large = bytes(AT_ONCE // 2 + 1)

    async def crawl() -> list[int]:
        sink = Counting()
        await asyncio.gather(
            *(sink.store(Picture(n, None, large, Format.JPG)) for n in range(1, 6))
        )
        await sink.close()
        return sink.batches

    assert asyncio.run(crawl()) == [2 * len(large), 2 * len(large), len(large)]


def test_a_disk_that_refuses_is_told_in_a_sentence(tmp_path: Path) -> None:
    async def ask() -> None:
        sink = ArchiveSink()
        try:
            await sink.run((tmp_path / "nothing").read_bytes)
        finally:
            await sink.close()

    with pytest.raises(StorageError, match=r"nothing: No such file or directory\. Make room, "):
        asyncio.run(ask())


class Late(FavoritesSpider):
    """A crawl that is closed while its spider still looks for what to ask for."""

    async def begin(self) -> AsyncIterator[Request]:
        await self.sink.make()
        yield Request("https://site.test/")
        await self.sink.close()
        yield Request(f"https://site.test/{await self.sink.ask(thread_name)}")


def test_a_spider_that_looks_for_more_while_the_crawl_closes_ends_quietly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAP_ARCHIVE", str(tmp_path / "archive"))
    spider = Late.from_crawler(Crawler(Late), user_id="7700")

    async def start() -> list[str]:
        return [request.url async for request in spider.start()]

    assert asyncio.run(start()) == ["https://site.test/"]
    assert spider.problem is None
