"""Who is answered at all, and what every answer carries.

The viewer listens on this computer alone, but a page of the web can reach it through the browser:
by a name that it points here (DNS rebinding), by embedding, by a link. The name of the host is
looked at before anything else, then which page asks: what comes from another one is answered alike
whatever it asks for, before anything is looked up, so that neither the answer nor its time tells
what is in the archive. The headers hold for every address, errors and static files too.
"""

import re
from http import HTTPStatus

from flask import Flask, Response, render_template, request
from werkzeug.datastructures import Headers

_OURS = re.compile(
    r"(127\.0\.0\.1|\[::1\]|([a-z0-9-]+\.)*localhost)(:[0-9]{1,5})?", re.IGNORECASE | re.ASCII
)
_REFUSED = (
    "This viewer answers only under the names of this computer: open http://127.0.0.1 or "
    "http://localhost with its port.\n"
)

PAGE_POLICY = (
    "default-src 'none'; img-src 'self'; style-src 'self'; script-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
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


def guard(app: Flask) -> None:
    """Look at host and origin of every request, and complete the headers of every answer."""
    app.before_request(_refuse_strangers)
    app.before_request(_refuse_other_pages)
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


def _refuse_strangers() -> Response | None:
    # Not Flask's TRUSTED_HOSTS: it answers only after all functions of this kind have run.
    if is_ours(request.environ.get("HTTP_HOST", "")):
        return None
    return Response(_REFUSED, HTTPStatus.BAD_REQUEST, content_type="text/plain; charset=utf-8")


def _refuse_other_pages() -> tuple[str, HTTPStatus] | None:
    if not is_from_elsewhere(request.headers, request.host_url.rstrip("/")):
        return None
    # Whole, with the host: a path that begins with two slashes would name another one.
    marked = "Sec-Fetch-Site" in request.headers
    page = render_template("webviewer/elsewhere.html", address=request.url if marked else None)
    return page, HTTPStatus.FORBIDDEN


def _complete(response: Response) -> Response:
    """Add what the answer does not say itself; media have a policy and a lifetime of their own."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response
