"""Who is answered at all, and what every answer carries.

The viewer listens on this computer alone, but a page of the web can reach it through the browser:
by a name that it points here (DNS rebinding), by embedding, by a link; and so can every program and
user of this computer. First the name of the host is checked, then which page asks and whether it
was let in: all others get the same answer, before anything is looked up, so that neither the answer
nor its time tells what is in the archive. Requests that change something also need the token of our
own form. The headers hold for every address, errors and static files too.
"""

import ipaddress
import re
from http import HTTPStatus

from flask import Flask, Response, request
from flask_wtf.csrf import CSRFProtect, generate_csrf
from werkzeug.datastructures import Headers

from webviewer import access
from webviewer.answers import Answer, page, refusal

_OURS = re.compile(
    r"(127\.0\.0\.1|\[::1\]|([a-z0-9-]+\.)*localhost)(:[0-9]{1,5})?", re.IGNORECASE | re.ASCII
)
_REFUSED = (
    "This viewer answers only under the names of this computer: open http://127.0.0.1 or "
    "http://localhost with its port.\n"
)

_FAR = "This viewer answers only to this computer.\n"
_ELSEWHERE = (
    "A link on another page led here. Only the viewer's own pages may learn what is in the archive."
)
_UNMARKED = (
    "This browser doesn't say which page sends a request. Use a browser version from 2023 or later."
)
_NOT_LET_IN = (
    "Open the address with a token that was printed in the terminal when the viewer was started."
)

PAGE_POLICY = (
    "default-src 'none'; img-src 'self'; style-src 'self'; script-src 'self'; connect-src "
    "'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types viewer"
)
MEDIA_POLICY = "default-src 'none'; sandbox"
NOT_STORED = "no-store"

HEADERS = {
    "Cache-Control": NOT_STORED,
    "Content-Security-Policy": PAGE_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


STATIC = "viewer.static"
"""What everybody on this computer may load: it holds nothing of the archive."""
_forms = CSRFProtect()


def guard(app: Flask, lets_in: access.Access) -> None:
    """Check who asks before anything else, and complete the headers of every answer.

    Args:
        app: where nothing else handles requests yet.
        lets_in: who may come in.
    """
    access.prepare(app, lets_in)
    _forms.init_app(app)
    app.before_request(_refuse_strangers)
    app.before_request(_let_in)
    app.after_request(_complete)


def is_ours(host: str) -> bool:
    """Whether a Host header names this computer, with any port."""
    return _OURS.fullmatch(host) is not None


def is_from_elsewhere(headers: Headers, address: str) -> bool:
    """Whether another page may have sent this request, or have led the browser here.

    Args:
        headers: of the request.
        address: scheme, host and port that it was sent to.
    """
    site = headers.get("Sec-Fetch-Site")
    if site is not None:
        return site not in {"same-origin", "none"}  # none: typed, or from the bookmarks
    if "Origin" in headers:
        return headers["Origin"] != address
    # Every browser since 2023 marks what it sends to this computer. Of an older one nobody knows
    # which page asks: our own send no referrer, and others can leave theirs out.
    return "Mozilla/" in headers.get("User-Agent", "")


def is_of_this_computer(peer: str | None) -> bool:
    """Whether the other end of a connection is on this computer too."""
    try:
        return ipaddress.ip_address(peer or "").is_loopback
    except ValueError:
        return False


def _refuse_strangers() -> Response | None:
    # Not Flask's TRUSTED_HOSTS: it answers only after all functions of this kind have run.
    if not is_ours(request.environ.get("HTTP_HOST", "")):
        return _text(_REFUSED, HTTPStatus.BAD_REQUEST)
    if not is_of_this_computer(request.remote_addr):
        return _text(_FAR, HTTPStatus.FORBIDDEN)
    return None


def _text(sentence: str, status: HTTPStatus) -> Response:
    return Response(sentence, status, content_type="text/plain; charset=utf-8")


def _let_in() -> Answer | None:
    """Remove the token from an address; refuse requests without, and forms of others."""
    lets_in = access.of_this_viewer()
    reads = request.method in {"GET", "HEAD"}
    shown = request.args.get(access.PARAMETER) if reads else None
    if shown and lets_in.knows(shown):
        access.enter()
        generate_csrf()  # now, so that no page after this one needs to set a cookie
        return _taken_off()
    if is_from_elsewhere(request.headers, request.host_url.rstrip("/")):
        return _turned_away(_ELSEWHERE if "Sec-Fetch-Site" in request.headers else _UNMARKED)
    if request.endpoint == STATIC:
        return None
    if not access.has_entered(lets_in):
        return _turned_away(_NOT_LET_IN)
    if shown is not None:
        return _taken_off()
    if not access.shows_token(lets_in):
        _forms.protect()
    return None


def _turned_away(sentence: str) -> Answer:
    leads_on = sentence is not _UNMARKED
    kind = "The viewer needs its token" if sentence is _NOT_LET_IN else "Opened from elsewhere"
    return refusal(HTTPStatus.FORBIDDEN, sentence, "elsewhere.html", leads_on=leads_on, kind=kind)


def _taken_off() -> Answer:
    """A page of ours that leads to the address without its token.

    After a redirect a browser that followed a link of another site would keep back the cookie.
    """
    return page("entered.html", HTTPStatus.OK)


def _complete(response: Response) -> Response:
    """Add headers that the answer lacks; media have a policy and a lifetime of their own."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response
