"""Answers that are no page of the archive, errors above all: in HTML, or as JSON below `data/`."""

from http import HTTPStatus

from flask import Response, jsonify, make_response, render_template, request

from webviewer import access

DATA = "/viewer/data/"
Answer = Response
AGAIN = 2
"""Seconds after which to try again what another program holds."""


def page(template: str, status: HTTPStatus, **shown: object) -> Answer:
    """A page of ours that looks nothing up.

    Args:
        template: its file.
        status: of the answer.
        shown: what the template needs, besides `address`, the one that was asked for.
    """
    address = access.without_token(request.url)
    text = render_template(f"webviewer/{template}", status=status, address=address, **shown)
    return _with_hint(make_response(text, status))


def refusal(
    status: HTTPStatus, sentence: str, template: str = "error.html", **shown: object
) -> Answer:
    """Say why not: as a page, or to a script as `{"error": sentence}`."""
    if request.path.startswith(DATA):
        answer = jsonify(error=sentence)
        answer.status_code = status
        return _with_hint(answer)
    again = status == HTTPStatus.SERVICE_UNAVAILABLE and request.method == "GET"
    return page(template, status, sentence=sentence, again=AGAIN if again else None, **shown)


def _with_hint(answer: Answer) -> Answer:
    if answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE:
        answer.headers["Retry-After"] = str(AGAIN)
    return answer


def inside(address: str) -> str | None:
    """The path that a form sent back, if it is one of ours; else None."""
    return address if address.startswith("/viewer/") and address.isprintable() else None
