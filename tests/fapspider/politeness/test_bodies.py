"""What comes over the wire in odd ways: unpacked, whole, and with a head that has an end."""

import gzip
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fapproc.sites.markup import MOST_BYTES
from fapspider.politeness.bodies import check_range
from fapspider.politeness.heads import LARGEST_HEAD
from fapspider.politeness.unpacking import CutOff, TooLarge, unpack
from fapspider.spiders.favorites import FavoritesSpider
from tests.demosite.response import Request, Response
from tests.demosite.site import Site
from tests.fapspider.conftest import small_world
from tests.fapspider.crawling import Crawls, contents, serving

PLAIN = bytes(range(256)) * 2000
MOST = 1 << 20


def _raw(data: bytes) -> bytes:
    return zlib.compress(data)[2:-4]


def _with_name(data: bytes) -> bytes:
    packed = gzip.compress(data)
    return packed[:3] + b"\x1e" + packed[4:10] + b"\2\0abname\0comment\0hh" + packed[10:]


@pytest.mark.parametrize(
    ("coding", "pack"),
    [
        ("gzip", gzip.compress),
        ("x-gzip", _with_name),
        ("gzip", lambda data: gzip.compress(data[:9]) + gzip.compress(data[9:])),
        ("gzip", lambda data: gzip.compress(data) + bytes(8)),
        ("gzip", lambda data: gzip.compress(data)[:-8] + bytes(8)),
        ("deflate", zlib.compress),
        ("deflate", _raw),
        ("identity", bytes),
        ("utf-8", bytes),
    ],
)
def test_a_body_is_unpacked_whatever_follows_it(
    coding: str, pack: Callable[[bytes], bytes]
) -> None:
    assert unpack(pack(PLAIN), coding, MOST) == PLAIN


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_what_is_not_packed_so_is_no_body(coding: str) -> None:
    with pytest.raises(CutOff):
        unpack(b"<html></html>", coding, MOST)


@given(st.integers(0, len(gzip.compress(PLAIN)) - 9))
def test_a_packed_body_that_breaks_off_anywhere_is_no_body(end: int) -> None:
    with pytest.raises(CutOff):
        unpack(gzip.compress(PLAIN)[:end], "gzip", MOST)


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_a_body_is_unpacked_no_further_than_is_wanted(coding: str) -> None:
    large = bytes(MOST + 1)
    packed = gzip.compress(large) if coding == "gzip" else zlib.compress(large)
    with pytest.raises(TooLarge):
        unpack(packed, coding, MOST)


@pytest.mark.parametrize(
    "said", ["", "bytes 0-9/100", "bytes 1-10/10", "bytes 0-9/*", "bytes */10", "bytes 0-99/100"]
)
def test_a_part_that_nobody_asked_for_is_no_whole(said: str) -> None:
    with pytest.raises(CutOff):
        check_range(said, 10)
    check_range("bytes 0-9/10", 10)


@dataclass
class Odd(Site):
    """A site that sends these photos' files, or their pages, in ways of its own."""

    ways: dict[int, Callable[[Response], Response]] = field(default_factory=dict)
    pages: dict[int, Callable[[Response], Response]] = field(default_factory=dict)

    def answer(self, request: Request, target: str) -> Response:
        response = super().answer(request, target)
        for photo, way in self.ways.items():
            if "/images/full/" in target and f"/{photo}." in target:
                return way(response)
        for photo, way in self.pages.items():
            if target == f"/photo/{photo}/":
                return way(response)
        return response


def _headed(response: Response, *headers: tuple[str, str], **parts: object) -> Response:
    return replace(response, headers=headers, **parts)  # type: ignore[arg-type]


def _whole_range(response: Response) -> Response:
    last = len(response.body) - 1
    return _headed(response, ("Content-Range", f"bytes 0-{last}/{last + 1}"), status=206)


def _ten_bytes(response: Response) -> Response:
    said = f"bytes 0-9/{len(response.body)}"
    return _headed(response, ("Content-Range", said), status=206, body=response.body[:10])


def _cut_gzip(response: Response) -> Response:
    packed = gzip.compress(response.body)
    return _headed(response, ("Content-Encoding", "gzip"), body=packed[: len(packed) // 2])


def _false_gzip(response: Response) -> Response:
    return _headed(response, ("Content-Encoding", "gzip"))


def _long_header(response: Response) -> Response:
    return _headed(response, ("Content-Security-Policy", "x" * 30_000))


def _endless_head(response: Response) -> Response:
    return _headed(response, *(("X-More", "x" * 1000) for _ in range(LARGEST_HEAD // 500)))


def _page(html: str) -> Callable[[Response], Response]:
    return lambda _: Response(200, html.encode())


def _bomb(response: Response) -> Response:
    packed = gzip.compress(b"<html>" + bytes(2 * MOST_BYTES))
    return Response(200, packed, headers=(("Content-Encoding", "gzip"),))


@pytest.fixture
def odd() -> Iterator[Odd]:
    site = Odd(small_world())
    with serving(site):
        yield site


def test_pictures_are_had_whole_or_not_at_all(odd: Odd, tmp_path: Path) -> None:
    folder = odd.world.main.folder_named("Long walk")
    had: dict[int, Callable[[Response], Response]] = dict(
        zip(folder.photo_ids, (_whole_range, _false_gzip, _long_header), strict=False)
    )
    cut, part, endless = folder.photo_ids[3:6]
    odd.ways = had | {cut: _cut_gzip, part: _ten_bytes, endless: _endless_head}
    crawls = Crawls(tmp_path, odd.root)
    crawls.run(f"user={odd.world.main.name}", "folder=Long walk")
    found = contents(crawls.archive)
    assert found.failures(folder.id) == {
        cut: ("damaged", "short"),
        part: ("damaged", "short"),
        endless: ("file", "unreachable"),
    }
    assert found.images(folder.id) == [n for n in folder.photo_ids if n not in (cut, part, endless)]


def test_a_picture_of_a_false_coding_still_shows_that_its_host_works(
    odd: Odd, tmp_path: Path
) -> None:
    folder = odd.world.main.folder_named("Long walk")
    *others, last = folder.photo_ids
    waiting, have_come = set(others), Event()

    def comes(photo: int) -> Callable[[Response], Response]:
        def way(response: Response) -> Response:
            waiting.discard(photo)
            if not waiting:
                have_come.set()
            return _false_gzip(response)

        return way

    def after_all_others(response: Response) -> Response:
        assert have_come.wait(60)
        return response

    odd.ways = {photo: comes(photo) for photo in others} | {last: _endless_head}
    odd.pages = {last: after_all_others}
    crawls = Crawls(tmp_path, odd.root)
    said = crawls.run(f"user={odd.world.main.name}", "folder=Long walk")
    assert contents(crawls.archive).failures(folder.id) == {last: ("file", "unreachable")}, said


def test_pages_that_no_site_has_keep_no_other_picture_from_being_had(
    odd: Odd, tmp_path: Path
) -> None:
    folder = odd.world.main.folder_named("Long walk")
    large, full, bomb = folder.photo_ids[1:6:2]
    odd.pages = {
        large: _page("<html>" + "x" * MOST_BYTES),
        full: _page("<html>" + "<a imageid=1 original='/images/full/1/1/1.jpg'>" * 80_000),
        bomb: _bomb,
    }
    crawls = Crawls(tmp_path, odd.root)
    crawls.run(f"user={odd.world.main.name}", "folder=Long walk")
    found = contents(crawls.archive)
    assert found.images(folder.id) == list(folder.photo_ids[::2])


def test_a_page_is_fetched_no_further_than_it_would_be_read() -> None:
    spider = FavoritesSpider(user="a")
    assert spider.page("https://a/", None).meta["download_maxsize"] == MOST_BYTES
    assert "download_maxsize" not in spider.file("https://a/", None).meta
