"""What answers and failures mean: those of Scrapy and Twisted, in our words."""

from typing import Any
from urllib.parse import urlsplit

from OpenSSL.SSL import Error as TlsError
from scrapy import Request
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
)
from scrapy.http import Response, TextResponse
from scrapy.spidermiddlewares.httperror import HttpError
from service_identity import VerificationError
from twisted.internet.error import ConnectError, ConnectionDone
from twisted.web.client import ResponseFailed
from twisted.web.iweb import UNKNOWN_LENGTH

from fapproc.errors import SiteError
from fapproc.model import Detail, Reason
from fapproc.sites.pages import PageChanged, PageGone, PhotoPage
from fapproc.sites.site import Site
from fapspider.politeness.health import Sign
from fapspider.politeness.lanes import Bounced, Checked, first_address, shown
from fapspider.politeness.unpacking import CutOff, TooLarge

GONE = frozenset({404, 410})
REFUSED = 403
TOO_LATE = 408
HEAD_REFUSED = frozenset({400, 403, 405, 501})
"""Some servers sign addresses for GET alone."""
_SILENT = (CannotResolveHostError, DownloadConnectionRefusedError, ConnectError)


def status(failure: Any) -> int | None:
    """The HTTP status of the answer; None without an answer."""
    return failure.value.response.status if failure.check(HttpError) else None


def is_silent(failure: Any) -> bool:
    """Whether nobody answers at all, which is a failure of the network and not of a picture."""
    return bool(failure.check(*_SILENT)) or is_untrusted(failure.value)


def is_untrusted(error: object) -> bool:
    """Whether somebody answers who can't prove to be the site: the certificate is not valid."""
    cause = error.__cause__ if isinstance(error, DownloadFailedError) else None
    reasons = cause.reasons if isinstance(cause, ResponseFailed) else ()
    return any(reason.check(TlsError, VerificationError) for reason in reasons)


def of_file(failure: Any) -> tuple[Reason, Detail]:
    """Why a full-size file could not be fetched."""
    answered = status(failure)
    if answered in GONE:
        return Reason.FILE, Detail.MISSING
    if answered == REFUSED:
        return Reason.FILE, Detail.EXPIRED
    if _is_short(failure.value):
        return Reason.DAMAGED, Detail.SHORT
    return Reason.FILE, Detail.UNREACHABLE


def sign_of_answer(status: int, method: str) -> Sign | None:
    """The way of failing that a status means; None if it is a usable answer."""
    if status in GONE or status < 400 or (method == "HEAD" and status in HEAD_REFUSED):
        return None
    return Sign.BUSY if status >= 500 or status == TOO_LATE else Sign.REFUSED


def sign_of_error(error: Exception) -> Sign | None:
    """The way of failing without an answer; None if we caused it, or another part reports it."""
    own = (IgnoreRequest, TooLarge, DownloadCancelledError)
    if isinstance(error, own) or is_untrusted(error) or _is_short(error):
        return None
    if isinstance(error, DownloadTimeoutError):
        return Sign.SLOW
    return Sign.SILENT if isinstance(error, _SILENT) else Sign.DROPPED


def is_odd(failure: Any) -> bool:
    """Whether the answer is odd: neither what was asked for, nor a refusal."""
    if failure.check(HttpError, Bounced, Checked):
        return False
    return bool(failure.check(IgnoreRequest, PageChanged))


def asked_for(response: Response) -> Request:
    """The request that was answered."""
    if response.request is None:
        raise RuntimeError("an answer without a request")
    return response.request


def leads_elsewhere(response: Response) -> bool:
    """Whether a file's address has led to another file: only hosts and folders may change."""
    asked, found = (urlsplit(url).path for url in (first_address(response), response.url))
    return asked.rpartition("/")[2] != found.rpartition("/")[2]


class Odd(SiteError):
    """A page is not that of the image that was asked for; the text is the end of a sentence."""


def photo_of(response: TextResponse, image: int, site: Site) -> PhotoPage:
    """Read the page of an image, as it was answered.

    Raises:
        PageGone: the site says that there is no such image.
        Odd: it is something else.
    """
    if site.is_nothing(response.url):
        raise PageGone("the site leads to its page for what is not there")
    led = f"leads to {response.url}" if not site.is_page_of(response.url, image) else None
    try:
        photo = site.pages.read_photo(response.text, image, response.url)
    except PageChanged as error:
        raise Odd(led or f"has {error}") from error
    if led is not None:
        raise Odd(led)
    return photo


_NO_WAY = (CannotResolveHostError, DownloadConnectionRefusedError, ConnectError)
"""Neither the site nor the proxy before it could be reached."""

ALWAYS_CHECKED = "is answered by a human check, though others come"

_WHY: tuple[tuple[tuple[type[Exception], ...], str], ...] = (
    ((CannotResolveHostError,), "has an address that can't be found"),
    ((DownloadConnectionRefusedError,), "refuses the connection"),
    ((ConnectError,), "can't be reached: there is no way to it"),
    ((Bounced,), "could not be fetched"),
    ((Checked,), ALWAYS_CHECKED),
    ((IgnoreRequest,), "is not an address of the site"),
    ((TooLarge, DownloadCancelledError), "is larger than anything that the site has"),
    ((CutOff, ResponseDataLossError), "breaks off before its end"),
    ((DownloadTimeoutError,), "does not answer in time"),
    ((DownloadFailedError,), "drops the connection"),
)


def why(failure: Any) -> str:
    """Why an address could not be fetched, as the end of a sentence."""
    if answered := status(failure):
        return f"answers {answered}"
    if is_untrusted(failure.value):
        return "does not speak TLS, or has no valid certificate: it may be somebody else"
    if failure.check(PageChanged):
        return f"has {failure.value}"
    other = f"can't be fetched ({type(failure.value).__name__})"
    said = next((said for kinds, said in _WHY if failure.check(*kinds)), other)
    if failure.check(*_NO_WAY) and failure.request.meta.get("proxy"):
        return f"is asked for through the proxy of your environment, which {said}"
    return said


def told(failure: Any) -> str:
    """Which address could not be fetched and why: a sentence without its full stop."""
    return f"{shown(failure.request)} {why(failure)}"


def unreachable(failure: Any) -> SiteError:
    """The sentence for a site that does not answer."""
    return out_of_reach(f"{failure.request.url} {why(failure)}")


def out_of_reach(said: str) -> SiteError:
    """The sentence for something that does not answer, which `said` names."""
    return SiteError(
        f"{said}. Check the network and SITE_ROOT, then run the same command again; what was "
        "fetched is kept."
    )


def _is_short(error: object) -> bool:
    """Whether a body with an announced length ended early in an orderly way.

    A reset, or a body without a length that breaks off, is a dropped connection instead; both
    reach us as the same data loss, with the way the connection ended as its first reason.
    """
    if isinstance(error, CutOff):
        return True
    if not isinstance(error, ResponseDataLossError):
        return False
    cause = error.__cause__
    if not isinstance(cause, ResponseFailed) or cause.response is None:
        return False
    orderly = bool(cause.reasons[0].check(ConnectionDone))
    return orderly and cause.response.length is not UNKNOWN_LENGTH
