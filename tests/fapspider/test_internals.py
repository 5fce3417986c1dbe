"""What Scrapy and Twisted call their own and we use all the same: each is there, as it is used.

Why it is used stands where it is. A version above the ceiling in `pyproject.toml` goes in when this
passes with it.
"""

import ast
from inspect import signature
from pathlib import Path
from types import FunctionType
from typing import Any

import pytest
from scrapy.core.downloader import Downloader, Slot
from scrapy.core.downloader.handlers import http11
from scrapy.core.engine import ExecutionEngine
from scrapy.core.scraper import Scraper
from scrapy.core.scraper import Slot as Scraped
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.cookies import CookiesMiddleware
from scrapy.downloadermiddlewares.httpproxy import HttpProxyMiddleware
from scrapy.pqueues import DownloaderAwarePriorityQueue, DownloaderInterface
from scrapy.utils import _compression
from scrapy.utils._compression import _DecompressionMaxSizeExceeded
from twisted.web import _newclient
from twisted.web.client import HTTPConnectionPool

from fapspider.politeness.heads import Connections

HERE = Path(__file__).parents[2] / "fapspider"
IMPORTED = {
    "scrapy.core.downloader.handlers.http11._LenientHTTP11ClientFactory",
    "scrapy.core.downloader.handlers.http11._LenientHTTP11ClientProtocol",
    "scrapy.utils._compression._unbrotli",
    "scrapy.utils._compression._unzstd",
    "twisted.web._newclient.HEADER",
    "twisted.web._newclient.STATUS",
    "twisted.web._newclient.ParseError",
}
"""All names with an underscore that the crawl imports; `test_...` below tell of each."""


def private_imports(file: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            if node.module.split(".")[0] in {"scrapy", "twisted"}:
                found |= {name for name in names if "._" in name}
    return found


def sets(function: Any) -> set[str]:
    """The attributes that a function names."""
    assert isinstance(function, FunctionType)
    return set(function.__code__.co_names)


def test_no_other_part_that_is_private_is_imported() -> None:
    assert set().union(*map(private_imports, HERE.rglob("*.py"))) == IMPORTED


def test_connections_are_made_by_a_factory_that_hands_its_callback_on() -> None:
    def quiescent(_: object) -> None: ...

    made: Any = Connections(quiescent, "a connection")  # type: ignore[no-untyped-call]
    protocol = made.buildProtocol(None)
    assert isinstance(protocol, http11._LenientHTTP11ClientProtocol)
    assert protocol._quiescentCallback is quiescent
    assert protocol._parser is None
    assert callable(protocol._giveUp)


def test_a_parser_of_answers_says_where_in_the_head_it_is_and_how_long_a_line_may_be() -> None:
    parser: Any = _newclient.HTTPClientParser(None, lambda _: None)  # type: ignore[no-untyped-call]
    parser.connectionMade()
    assert parser.state == _newclient.STATUS != _newclient.HEADER
    assert isinstance(_newclient.HTTPClientParser.MAX_LENGTH, int)
    assert issubclass(_newclient.ParseError, Exception)


def test_the_handler_of_downloads_has_a_pool_whose_factory_is_set() -> None:
    assert {"_pool", "_factory", "_crawler"} <= sets(http11.HTTP11DownloadHandler.__init__)
    assert HTTPConnectionPool.retryAutomatically is True
    assert issubclass(Connections, HTTPConnectionPool._factory)


@pytest.mark.parametrize(
    ("unpack", "packed"),
    [
        (_compression._unbrotli, "5b9f86815f222c1e0b04b2fc0200"),
        (_compression._unzstd, "28b52ffda0a086010055000010616101009b8639c002"),
    ],
)
def test_a_body_is_unpacked_to_a_size_and_no_further(unpack: Any, packed: str) -> None:
    assert unpack(bytes.fromhex(packed), max_size=200_000) == b"a" * 100_000
    with pytest.raises(_DecompressionMaxSizeExceeded):
        unpack(bytes.fromhex(packed), max_size=50_000)


def test_a_queue_asks_an_interface_how_busy_each_slot_is() -> None:
    init = sets(DownloaderAwarePriorityQueue.__init__)
    assert {"_downloader_interface", "pqueues"} <= init
    assert "downloader" in sets(DownloaderInterface.__init__)
    assert {"_active_downloads", "stats"} <= vars(DownloaderInterface).keys()


def test_a_slot_of_the_downloader_may_be_hurried() -> None:
    slot = Slot(concurrency=1, delay=5.0)
    slot.delay = 0
    slot.close()
    assert slot.latercall is None
    assert {"slots", "active"} <= sets(Downloader.__init__)


def test_an_engine_and_a_crawler_are_ended_from_outside() -> None:
    assert callable(ExecutionEngine.close_spider_async)
    assert callable(ExecutionEngine.crawl)
    assert {"item", "response"} <= signature(Scraper.start_itemproc_async).parameters.keys()
    assert "scraper" in sets(ExecutionEngine.__init__)
    assert {"active"} <= sets(Scraped.__init__) and "slot" in sets(Scraper.__init__)
    assert "running" in sets(ExecutionEngine.__init__)
    assert callable(Crawler.stop_async)


def test_middlewares_keep_proxies_and_cookies_where_ours_are_put() -> None:
    assert "proxies" in sets(HttpProxyMiddleware.__init__)
    assert "jars" in sets(CookiesMiddleware.__init__)
