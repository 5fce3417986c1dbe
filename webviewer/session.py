"""Lock and unlock a sealed archive, and tell a page how long it stays unlocked."""

from http import HTTPStatus

from flask import jsonify, make_response, redirect, request, url_for
from flask_wtf.csrf import generate_csrf
from werkzeug import Response as Answered

from fapproc.errors import PasswordProblem
from webviewer.access import without_token
from webviewer.answers import DATA, Answer, inside, page, refusal
from webviewer.blueprint import blueprint, opened
from webviewer.held import Locked
from webviewer.security import STATIC
from webviewer.sent import body

_KEYS = frozenset({"viewer.unlock", "viewer.unlock_data"})
_NO_USE = frozenset({STATIC, "viewer.session", "viewer.jobs_data", "viewer.newer", *_KEYS})
"""Requests that don't count as use: those that a tab sends by itself, or that need no archive."""
_AGAIN = "X-Again"
"""A header of what a tab sends again by itself, since it couldn't be saved."""
_WRONG = "That is not the password."


def stay_locked() -> Answer | None:
    """Before a page: the form for the password in its place, if the archive is locked."""
    held = opened().held
    held.lock_if_idle()
    if request.endpoint == STATIC or request.endpoint in _KEYS:
        return None
    if held.locked:
        return locked_page()
    if request.endpoint not in _NO_USE and _AGAIN not in request.headers:
        held.use()
    return None


def locked_page(_: Locked | None = None) -> Answer:
    """The form for the password, in place of any page."""
    if request.path.startswith(DATA):
        return refusal(HTTPStatus.LOCKED, "The archive is locked: its password is needed.")
    return _form(HTTPStatus.LOCKED)


@blueprint.post("/lock/")
def lock() -> Answered:
    """Forget the keys; every page is the form for the password then."""
    opened().held.lock()
    return redirect(url_for("viewer.home"), HTTPStatus.SEE_OTHER)


@blueprint.post("/unlock/")
def unlock() -> Answered:
    """Open the archive again, and go on to the page that was asked for."""
    try:
        opened().held.unlock(request.form.get("password", ""))
    except PasswordProblem:
        return _form(HTTPStatus.FORBIDDEN, _WRONG)
    return redirect(_asked_for(), HTTPStatus.SEE_OTHER)


@blueprint.get("/data/session/")
def session() -> Answer:
    """What a page needs to go on: the token of its forms, and in how many seconds it is locked."""
    held = opened().held
    return jsonify(csrf=generate_csrf(), sealed=held.sealed, locks_in=held.locks_in())


@blueprint.post("/data/lock/")
def lock_data() -> Answer:
    """Lock, for a script."""
    opened().held.lock()
    return make_response("", HTTPStatus.NO_CONTENT)


@blueprint.post("/data/unlock/")
def unlock_data() -> Answer:
    """Unlock, for a script: JSON with a `password`."""
    password = body().get("password")
    if not isinstance(password, str):
        return refusal(HTTPStatus.BAD_REQUEST, 'Send {"password": "…"}.')
    try:
        opened().held.unlock(password)
    except PasswordProblem:
        return refusal(HTTPStatus.FORBIDDEN, _WRONG)
    return make_response("", HTTPStatus.NO_CONTENT)


def _form(status: HTTPStatus, wrong: str | None = None) -> Answer:
    to, minutes = _asked_for(), opened().held.idle / 60
    return page("locked.html", status, wrong=wrong, to=to, minutes=minutes)


def _asked_for() -> str:
    """The page of ours to go on to after unlocking."""
    if request.method != "POST":
        return without_token(request.url).removeprefix(request.host_url.rstrip("/"))
    return inside(request.form.get("to", "")) or url_for("viewer.home")
