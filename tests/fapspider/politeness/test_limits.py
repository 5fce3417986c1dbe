"""How the site says that it has had enough, and for how long; and how long a retry waits."""

import email.utils

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scrapy.http import HtmlResponse, Response

from fapproc.sites.imagefap.site import ImageFap
from fapspider.politeness.gate import LONGEST_PAUSE, Pauses
from fapspider.politeness.limits import LONGEST_ASKED, read_wish, retry_after
from fapspider.politeness.retries import LONGEST_DELAY, delay
from tests.demosite import notices
from tests.demosite.markup import MARKUPS
from tests.demosite.photo_page import photo_page
from tests.demosite.site import Site
from tests.fapspider.conftest import small_world

SITE = ImageFap("http://127.0.0.1")
URL = "http://127.0.0.1/photo/1/"
FILE = "http://127.0.0.1/images/full/1/100/1.jpg"
NOW = 1_800_000_000.0
CHECK = notices.human_page().encode()


def answer(value: str, **more: str) -> Response:
    return Response(URL, status=429, headers={"Retry-After": value, **more})


def date(at: float) -> str:
    return email.utils.formatdate(at, usegmt=True)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0),
        ("0", 1.0),
        ("9" * 400, LONGEST_ASKED),
        (date(NOW + 90), 90.0),
        (date(NOW - 90), 1.0),
        (date(NOW + 1e8), LONGEST_ASKED),
        ("Fri, 15 Jan 2027 08:01:30 -0000", 90.0),
    ],
)
def test_retry_after_is_obeyed_in_both_forms_within_bounds(value: str, seconds: float) -> None:
    assert retry_after(answer(value), NOW) == seconds


@pytest.mark.parametrize("value", ["", "inf", "-5", "nan", "1e9", "soon", "٣", "Fri, 99 Jan 2027"])
def test_a_retry_after_that_is_neither_counts_as_none(value: str) -> None:
    assert retry_after(answer(value), NOW) is None


@given(st.text(st.characters(max_codepoint=255)))
def test_no_retry_after_breaks_the_crawl(value: str) -> None:
    found = retry_after(answer(value), NOW)
    assert found is None or 1 <= found <= LONGEST_ASKED


def test_a_date_is_read_by_the_server_s_own_clock() -> None:
    wrong = NOW - 5000
    assert retry_after(answer(date(wrong + 60), Date=date(wrong)), NOW) == 60


@pytest.mark.parametrize(
    "response",
    [
        Response(URL, status=429),
        Response(URL, status=302, headers={"Location": "/human-verification"}),
        Response(FILE, status=302, headers={"Location": "https://a.test/rl_captcha.php?b=1"}),
        HtmlResponse("http://127.0.0.1/human-verification", body=b"x"),
        HtmlResponse(URL, body=CHECK),
        Response(FILE, body=CHECK),
        HtmlResponse(FILE, body=b'<meta http-equiv="refresh" content="0; url=/captcha.php">'),
        HtmlResponse(URL, status=403, body=CHECK),
        Response(FILE, status=403, headers={"cf-mitigated": "challenge"}),
        Response(URL, status=503, headers={"Server": "ddos-guard"}),
        Response(URL, status=202, headers={"x-amzn-waf-action": "challenge"}),
        HtmlResponse(URL, status=403, body=b"\n<html><title>Just a moment...</title></html>"),
        HtmlResponse(URL, body=b"<html>Enable JavaScript and cookies to continue</html>"),
        HtmlResponse(URL, status=503, body=b"<html>DDoS protection by Lake</html>"),
        HtmlResponse(FILE, status=403, body=b"<html><div class='h-captcha'></div></html>"),
        Response(URL, status=302, headers={"Location": "/cdn-cgi/challenge-platform/h/b/x"}),
    ],
)
def test_a_wish_is_seen_wherever_it_is_told(response: Response) -> None:
    assert read_wish(response, SITE) is not None


def test_a_picture_that_is_named_like_a_check_is_none() -> None:
    site = Site(small_world())
    photo = site.world.photos[site.world.main.folder_named("Long walk").photo_ids[0]]
    html = photo_page(MARKUPS["plain"], photo, site.addresses(photo), site.window(photo))
    named = html.replace("</body>", f"<p>{CHECK.decode('latin-1')}</p></body>")
    assert read_wish(HtmlResponse(URL, body=named.encode()), SITE) is None


@pytest.mark.parametrize(
    "response",
    [
        Response(URL, status=302, headers={"Location": "/photo/1/?from=/captcha.php"}),
        Response(URL, status=302, headers={"Location": "http://[::1"}),
        Response(FILE, body=b"\xff\xd8\xff" + bytes(300_000) + CHECK),
        Response(FILE, body=b"\xff\xd8\xff\xfe\0\x20/captcha.php" + CHECK),
        Response(FILE, body=b"\x89PNG\r\n\x1a\n<title>Just a moment" + CHECK),
        Response(FILE, body=b"\0\0\x01\0" + CHECK),
        HtmlResponse(FILE, body=b"GIF89a<html>" + CHECK),
        HtmlResponse(FILE, body=b"<svg><!-- /captcha.php --></svg>"),
        Response(URL, status=503),
        Response(FILE, status=403, headers={"Server": "cloudflare"}),
        HtmlResponse(URL, status=403, body=b"<html>This address has expired</html>"),
        HtmlResponse(URL, status=404, body=b"<form class=g-recaptcha>/captcha.php</form>"),
        HtmlResponse(URL, body=b"<html><form class='g-recaptcha'>Log in</form></html>"),
    ],
)
def test_an_ordinary_answer_is_no_wish(response: Response) -> None:
    assert read_wish(response, SITE) is None


@given(st.floats(0, 1e6), st.lists(st.none() | st.floats(1, LONGEST_ASKED), max_size=6))
def test_pauses_last_as_asked_or_double_and_three_are_enough(
    first: float, asked: list[float | None]
) -> None:
    pauses = Pauses(first)
    for number, seconds in enumerate(asked):
        begun = pauses.begin("lists", seconds)
        if number >= 3:
            assert begun is None
        else:
            assert begun == (min(first * 2**number, LONGEST_PAUSE) if seconds is None else seconds)


def test_after_a_pause_one_request_at_a_time_goes_out_until_each_lane_is_well() -> None:
    pauses = Pauses()
    pauses.begin("photos")
    pauses.begin("files")
    one, two = object(), object()
    assert pauses.admits(one) and pauses.admits(one) and not pauses.admits(two)
    pauses.answered(two)
    assert not pauses.admits(two)
    pauses.answered(one)
    assert pauses.admits(two) and not pauses.admits(one)
    pauses.well("photos", 2)
    pauses.well("lists", 2)
    assert not pauses.admits(one) and pauses.in_vain == 2
    pauses.well("files", 2)
    assert pauses.admits(one) and pauses.admits(two) and pauses.in_vain == 0


def test_an_answer_that_was_under_way_when_a_pause_began_does_not_end_it() -> None:
    pauses = Pauses()
    pauses.begin("photos")
    pauses.well("photos", 0)
    one, two = object(), object()
    assert pauses.admits(one) and not pauses.admits(two) and pauses.in_vain == 1


@given(st.floats(0, 1e6), st.integers(1, 10_000), st.floats(0, 1))
def test_a_retry_waits_at_random_within_a_growing_bound(
    first: float, tries: int, chance: float
) -> None:
    assert 0 <= delay(first, tries, chance) <= LONGEST_DELAY
    assert delay(first, tries, chance) <= delay(first, tries + 1, 1.0)
