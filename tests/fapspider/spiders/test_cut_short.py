"""A doubt cuts tries short: no picture has failed before it had them all, or had a fresh address.

The order of the answers is what matters, so each is given to the spider in its turn.
"""

from collections.abc import Iterable

import pytest
from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.spidermiddlewares.httperror import HttpError
from twisted.python.failure import Failure

from fapproc.jobs.audit import Sought
from fapproc.jobs.ingest import Miss
from fapproc.model import Detail, Listed, Reason
from fapproc.sites.registry import site_at
from fapspider import settings
from fapspider.politeness.health import IN_A_ROW
from fapspider.politeness.lanes import PAUSES, SENT, TRIES, Bounced, key_of, probing
from fapspider.politeness.limits import SiteLimits
from fapspider.politeness.unpacking import CutOff
from fapspider.spiders.audit import AuditSpider
from fapspider.spiders.retry import RetrySpider
from fapspider.spiders.steps import BORROWED

ROOT = "https://site.test"
PICTURE = 1
OTHERS = range(11, 11 + IN_A_ROW)


class Alone(RetrySpider):
    """A spider without an engine: what it wants is sent by the test."""

    is_ending = False

    def send(self, requests: Iterable[Request]) -> None:
        """Nobody sends them."""


class Wire:
    """A spider, and what is sent and answered, one by one."""

    def __init__(self) -> None:
        crawler = Crawler(Alone, {"RETRY_TIMES": settings.RETRY_TIMES})
        self.spider = crawler.spider = Alone.from_crawler(crawler)
        self.spider.site = site_at(ROOT)
        self.photos = self.spider.photos
        self.photos.pending.add([Listed(PICTURE, None)])
        self.photos.pending.next(1, 0.0)
        self._limits = SiteLimits(crawler)

    def file(self, image: int) -> Request:
        """The request for a file, from the image's own page."""
        link = f"{ROOT}/images/full/{image}.jpg"
        return self.photos.steps.files.ask(image, f"{image}.jpg", link)

    def send(self, request: Request) -> Request:
        request.meta[PAUSES] = self.spider.pauses.begun
        request.meta[SENT] = self.spider.health.sent()
        return request

    def note(self, request: Request, status: int) -> Failure:
        """A refusal comes, and is seen by what stands before the spider."""
        response = Response(request.url, status=status, request=request)
        self._limits.process_response(request, response)
        return failure(request, HttpError(response))

    def refuse(self, request: Request, status: int) -> list[object]:
        """A refusal that is the last of its tries; what the spider makes of it."""
        return list(self.photos.steps.on_file_error(self.note(self.send(request), status)))

    def again(self, request: Request) -> Request:
        """The next try of a request."""
        return request.replace(meta=request.meta | {TRIES: request.meta[TRIES] + 1})

    def bounce(self, request: Request) -> None:
        assert not list(self.photos.steps.on_file_error(failure(request, Bounced())))

    def doubt(self) -> None:
        for image in OTHERS:
            self.note(self.send(self.file(image)), 503)
        assert self.spider.health.doubtful == "site.test"

    def works(self, request: Request) -> list[Miss]:
        """A good answer comes to a request that was sent."""
        return self.photos.doubts.works(request, 99)


def failure(request: Request, error: Exception) -> Failure:
    failed = Failure(error)  # type: ignore[no-untyped-call]
    failed.request = request  # type: ignore[attr-defined] # as in Scrapy's own failures
    return failed


@pytest.fixture
def wire() -> Wire:
    return Wire()


def redirected(request: Request) -> Request:
    """What becomes of a request that is led to what the site shows in place of a picture."""
    meta = request.meta | {"redirect_urls": [request.url]}
    return request.replace(url=f"{ROOT}/img/notice.jpg", meta=meta)


def asked_again(wire: Wire) -> list[Request]:
    return [request for request in wire.photos.left_to_ask() if PICTURE in images_of([request])]


def images_of(requests: list[Request]) -> list[int]:
    return [request.cb_kwargs["image"] for request in requests]


def test_one_that_came_back_unsent_amid_its_tries_goes_on_with_them(wire: Wire) -> None:
    picture = wire.file(PICTURE)
    for image in OTHERS[:-1]:
        wire.note(wire.send(wire.file(image)), 503)
    under_way = wire.send(wire.file(98))
    wire.note(wire.send(picture), 503)
    wire.bounce(wire.again(picture))
    assert wire.works(under_way) == [], "it ends the doubt, though it was asked for before the 503"
    assert wire.spider.health.doubtful is None
    assert wire.works(wire.send(wire.file(97))) == [], "nothing is known of the picture"
    (request,) = asked_again(wire)
    assert request.meta[TRIES] == 1 and key_of(request) == key_of(picture)
    assert request.url == picture.url, "its address is fresh"
    assert wire.refuse(wire.again(request), 503) == []
    (miss,) = wire.works(wire.send(wire.file(96)))
    assert (miss.image, miss.reason, miss.detail) == (PICTURE, Reason.FILE, Detail.UNREACHABLE)


def test_a_picture_that_was_refused_once_in_doubt_is_asked_for_by_a_fresh_address(
    wire: Wire,
) -> None:
    wire.doubt()
    good = wire.send(wire.file(99))
    assert wire.refuse(wire.file(PICTURE), 403) == []
    assert wire.works(good) == []
    assert wire.works(wire.send(wire.file(97))) == []
    (page,) = asked_again(wire)
    assert page.url == wire.spider.site.photo(PICTURE)
    assert wire.refuse(wire.file(PICTURE), 403) == []
    (miss,) = wire.works(wire.send(wire.file(96)))
    assert (miss.image, miss.detail) == (PICTURE, Detail.EXPIRED)


def test_a_fresh_address_that_came_back_unsent_is_no_failure(wire: Wire) -> None:
    assert images_of(wire.refuse(wire.file(PICTURE), 403)) == [PICTURE]  # type: ignore[arg-type]
    wire.doubt()
    wire.bounce(wire.file(PICTURE))
    assert wire.works(wire.send(wire.file(97))) == []
    assert len(wire.photos.pending) == 1 and not wire.photos.doubts.aside.settle_all()


def test_a_picture_that_was_had_once_is_judged_anew_when_it_is_asked_for_again(wire: Wire) -> None:
    wire.note(wire.send(page := wire.photos.steps.photo(PICTURE)), 503)
    wire.works(wire.send(page))
    assert not wire.spider.health.has_failed(page.meta["lane"], key_of(page))


def test_a_borrowed_address_that_leads_to_nothing_is_not_the_last_word_in_doubt(
    wire: Wire,
) -> None:
    wire.doubt()
    good = wire.send(wire.file(99))
    borrowed = wire.file(PICTURE)
    borrowed.meta[BORROWED] = True
    assert wire.refuse(borrowed, 404) == []
    wire.works(good)
    assert wire.works(wire.send(wire.file(97))) == []
    assert [request.url for request in asked_again(wire)] == [wire.spider.site.photo(PICTURE)]


def test_one_try_that_tells_of_a_lane_is_not_all_that_a_picture_has(wire: Wire) -> None:
    wire.doubt()
    alone = wire.file(PICTURE)
    alone.meta.update(probing("site.test"))
    assert wire.refuse(alone, 503) == []
    assert wire.works(wire.send(wire.file(97))) == []
    assert [request.meta[TRIES] for request in asked_again(wire)] == [1]


@pytest.mark.parametrize("error", [None, CutOff()], ids=["refused", "cut off"])
def test_the_one_try_is_not_all_either_if_another_answer_ends_the_doubt_before_it_fails(
    wire: Wire, error: Exception | None
) -> None:
    wire.doubt()
    alone = wire.file(PICTURE)
    alone.meta.update(probing("site.test"))
    wire.send(alone)
    assert wire.works(wire.send(wire.file(97))) == []
    assert wire.spider.health.doubtful is None
    failed = wire.note(alone, 503) if error is None else failure(alone, error)
    assert list(wire.photos.steps.on_file_error(failed)) == []
    assert wire.works(wire.send(wire.file(96))) == []
    (request,) = asked_again(wire)
    again = request if error is None else wire.file(PICTURE)  # its page is read first
    assert again.meta[TRIES] == 1


def test_one_that_was_redirected_and_came_back_unsent_is_asked_for_at_its_first_address(
    wire: Wire,
) -> None:
    wire.doubt()
    picture = wire.file(PICTURE)
    wire.bounce(redirected(picture))
    wire.works(wire.send(wire.file(97)))
    assert [request.url for request in asked_again(wire)] == [picture.url]


class AloneInAudit(AuditSpider):
    """An audit without an engine."""

    is_ending = False

    def send(self, requests: Iterable[Request]) -> None:
        """Nobody sends them."""


def test_an_audit_asks_again_at_the_first_address_whatever_a_redirect_led_to() -> None:
    spider = AloneInAudit.from_crawler(Crawler(AloneInAudit))
    spider.site = site_at(ROOT)
    spider.lengths.sought[PICTURE] = Sought(1, PICTURE, "0" * 64, 9, lost=False)
    spider.photos.pending.add([Listed(PICTURE, None)])
    spider.photos.pending.next(1, 0.0)
    head = spider.lengths.ask(PICTURE, None, f"{ROOT}/images/full/1.jpg")
    led = redirected(head)
    refused = HttpError(Response(led.url, status=405, request=led))
    failed = spider.photos.steps.on_file_error
    (length,) = failed(failure(led, refused))
    assert isinstance(length, Request) and not list(failed(failure(led, Bounced())))
    (page,) = spider.photos.left_to_ask()
    assert (length.method, length.url) == ("GET", head.url)
    assert page.url == spider.site.photo(PICTURE)


def test_a_failure_is_settled_when_all_tries_were_had(wire: Wire) -> None:
    assert wire.refuse(wire.file(PICTURE), 503) == []
    (miss,) = wire.works(wire.send(wire.file(97)))
    assert (miss.image, miss.reason, miss.detail) == (PICTURE, Reason.FILE, Detail.UNREACHABLE)
