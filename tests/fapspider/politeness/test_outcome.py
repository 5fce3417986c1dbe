"""What failures mean: Scrapy's own for most, and real sockets for how a body ends."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest
from scrapy import Request
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
)
from scrapy.http import HtmlResponse, Response
from scrapy.spidermiddlewares.httperror import HttpError
from twisted.python.failure import Failure

from fapproc.model import Detail, Reason
from fapproc.sites.imagefap.site import ImageFap
from fapproc.sites.pages import PageChanged, PageGone
from fapspider.politeness import outcome
from tests.demosite import response
from tests.demosite.pictures import render
from tests.demosite.site import Site
from tests.fapspider.conftest import small_world
from tests.fapspider.crawling import Crawls, contents, paths, serving

URL = "http://127.0.0.1/photo/1/"


def failed(error: Exception, **meta: str) -> Failure:
    failure = Failure(error)  # type: ignore[no-untyped-call]
    failure.request = Request(URL, meta=dict(meta))  # type: ignore[attr-defined]
    return failure


def answered(status: int) -> Failure:
    return failed(HttpError(Response(URL, status=status)))


@pytest.mark.parametrize("status", [403, 404, 410, 503])
def test_an_answer_has_its_status(status: int) -> None:
    assert outcome.status(answered(status)) == status
    assert outcome.status(failed(DownloadTimeoutError())) is None


@pytest.mark.parametrize(
    ("error", "silent"),
    [
        (CannotResolveHostError(), True),
        (DownloadConnectionRefusedError(), True),
        (DownloadTimeoutError(), False),
        (ResponseDataLossError(), False),
        (IgnoreRequest(), False),
    ],
)
def test_nobody_is_there_at_all_only_where_nobody_can_be_reached(
    error: Exception, silent: bool
) -> None:
    assert outcome.is_silent(failed(error)) is silent


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        (answered(404), (Reason.FILE, Detail.MISSING)),
        (answered(410), (Reason.FILE, Detail.MISSING)),
        (answered(403), (Reason.FILE, Detail.EXPIRED)),
        (answered(503), (Reason.FILE, Detail.UNREACHABLE)),
        (failed(DownloadTimeoutError()), (Reason.FILE, Detail.UNREACHABLE)),
        (failed(IgnoreRequest()), (Reason.FILE, Detail.UNREACHABLE)),
        (failed(ResponseDataLossError()), (Reason.FILE, Detail.UNREACHABLE)),
    ],
    ids=lambda value: value.getErrorMessage() if isinstance(value, Failure) else "",
)
def test_a_file_that_could_not_be_had_has_its_reason(
    failure: Failure, expected: tuple[Reason, Detail]
) -> None:
    assert outcome.of_file(failure) == expected


def test_a_page_in_place_of_an_image_s_is_gone_or_odd() -> None:
    text = b"<html><title>Pictures for all</title></html>"
    for address in ("/404.php", "/", "/photo/8/"):
        answer = HtmlResponse(f"http://127.0.0.1{address}", body=text, encoding="utf-8")
        kind = PageGone if address == "/404.php" else outcome.Odd
        with pytest.raises(kind):
            outcome.photo_of(answer, 7, ImageFap("http://127.0.0.1"))
    with pytest.raises(outcome.Odd, match=r"leads to .*/photo/8/"):
        outcome.photo_of(answer, 7, ImageFap("http://127.0.0.1"))


@pytest.mark.parametrize(
    ("failure", "why"),
    [
        (answered(503), "answers 503"),
        (failed(CannotResolveHostError()), "has an address that can't be found"),
        (failed(DownloadConnectionRefusedError()), "refuses the connection"),
        (
            failed(DownloadConnectionRefusedError(), proxy="http://127.0.0.1:9"),
            "is asked for through the proxy of your environment, which refuses the connection",
        ),
        (failed(DownloadTimeoutError()), "does not answer in time"),
        (failed(IgnoreRequest()), "is not an address of the site"),
        (failed(PageChanged("no text on it")), "has no text on it"),
        (failed(ResponseDataLossError()), "breaks off before its end"),
        (failed(DownloadFailedError()), "drops the connection"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_site_that_does_not_answer_is_told_with_the_next_step(failure: Failure, why: str) -> None:
    told = str(outcome.unreachable(failure))
    assert told.startswith(f"{URL} {why}. Check the network and SITE_ROOT")


# They close, and say so: a request by a connection that is about to close would not be seen here.
HEAD = b"HTTP/1.1 200 OK\r\nConnection: close\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n"
LENGTH = HEAD + b"Content-Length: %d\r\n\r\n%s"
UNKNOWN = HEAD + b"\r\n%s"


@dataclass
class Raw(Site):
    """A site that answers at these paths with given bytes, whatever they mean, and closes."""

    answers: dict[str, bytes] = field(default_factory=dict)

    def answer(self, request: response.Request, target: str) -> response.Response:
        usual = super().answer(request, target)
        raw = self.answers.get(request.path)
        return usual if raw is None else response.Response(200, raw, wire=response.Wire.RAW)


def test_how_a_body_ends_decides_what_it_is_called(tmp_path: Path) -> None:
    world = small_world()
    folder = world.main.folder_named("Long walk")
    photos = [world.photos[number] for number in folder.photo_ids]
    bodies = [render(photo) for photo in photos]
    chunked, short, announced, open_end, empty, *_ = photos
    answers = {
        photo.full_path: LENGTH % (len(body), body)
        for photo, body in zip(photos, bodies, strict=True)
    }
    answers |= {
        chunked.full_path: CHUNKED % (len(bodies[0]), bodies[0]),  # no last chunk
        short.full_path: LENGTH % (len(bodies[1]) + 1, bodies[1]),
        announced.full_path: LENGTH % (len(bodies[2]), b""),
        open_end.full_path: UNKNOWN % bodies[3],
        empty.full_path: UNKNOWN % b"",
    }
    with serving(Raw(world, answers=answers)) as site:
        crawls = Crawls(tmp_path, site.root)
        crawls.run(f"user={world.main.name}", "folder=Long walk")
        found = contents(crawls.archive)
        assert found.failures(folder.id) == {
            chunked.id: ("file", "unreachable"),
            short.id: ("damaged", "short"),
            announced.id: ("damaged", "short"),
            empty.id: ("damaged", "empty"),
        }
        assert found.data(folder.id) == [bodies[3], *bodies[5:]]
        for photo in (chunked, short, announced, empty):
            assert paths(site).count(photo.full_path) == 3


def test_what_stalls_or_drops_or_lies_is_tried_three_times(tmp_path: Path) -> None:
    world = small_world()
    folder = world.main.folder_named("Long walk")
    ids = folder.photo_ids
    faults = ["stall", "drop", "short", "file-503", "html", "empty", "eps"]
    expected = [
        ("file", "unreachable"),
        ("file", "unreachable"),
        ("damaged", "short"),
        ("file", "unreachable"),
        ("damaged", "not-a-picture"),
        ("damaged", "empty"),
        ("damaged", "format"),
    ]
    with serving(Site(world)) as site:
        site.board.set({str(number): fault for number, fault in zip(ids, faults, strict=True)})
        crawls = Crawls(tmp_path, site.root)
        crawls.run(f"user={world.main.name}", "folder=Long walk", DOWNLOAD_TIMEOUT="1")
        found = contents(crawls.archive)
        assert found.failures(folder.id) == dict(zip(ids, expected, strict=True))
        asked = [paths(site).count(world.photos[number].full_path) for number in ids]
        assert asked[:-1] == [3, 3, 3, 3, 3, 3]
        assert asked[-1] <= 2  # once more where it tells of the last that failed
