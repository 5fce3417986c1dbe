"""The application: an opened archive behind the pages, put together in one place."""

import atexit
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any

import click
from flask import Flask, redirect, request, url_for
from flask.cli import NoAppException, run_command
from flask_wtf.csrf import CSRFError
from jinja2 import StrictUndefined
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.wrappers import Response

from fapproc import config, wording
from fapproc.errors import ArchiveHeld, FapError, PasswordProblem, UsageProblem, as_problem
from fapproc.jobs.pages import SECTION
from fapproc.jobs.pages.grids import PART
from fapproc.looking import open_to_read
from fapproc.model import Verdict
from fapproc.voice import replace_what_cannot_be_said
from webviewer import (  # noqa: F401 - imported, they have put their pages on the blueprint
    addresses,
    batch,
    browse,
    data,
    decisions,
    deleting,
    duplicates,
    finding,
    grids,
    images,
    jobs,
    judging,
    media,
    security,
    session,
    showing,
    tag_data,
    tagging,
    tags,
    text,
)
from webviewer.access import Access, access
from webviewer.answers import Answer, refusal
from webviewer.blueprint import EXTENSION, Opened, blueprint, give_back, remembered
from webviewer.grids import MARKS
from webviewer.held import Held, Locked
from webviewer.serving import listening, serve

_FILTERS: tuple[Callable[..., object], ...] = (
    wording.size,
    wording.counted,
    wording.moment,
    wording.share,
    wording.meaning,
    wording.duration,
    text.plain,
    showing.about,
    showing.source,
    showing.upright,
    addresses.followable,
)


class CannotStart(NoAppException):
    """What Flask's command line says, as one sentence, when there is no archive to show."""

    show = click.ClickException.show

    def __init__(self, error: FapError) -> None:
        super().__init__(str(error))
        self.exit_code = error.exit_code  # type: ignore[misc]  # click asks the instance


def opened_for_flask(folder: Path | None) -> Flask:
    """Open the archive in this folder until the process ends, and return its viewer.

    Under `flask run` serve it instead, until Ctrl-C: Flask would do that with its development
    server, which has no limits, and asks no application about it.

    Raises:
        CannotStart: it can't be opened, or not be served as asked.
    """
    under = click.get_current_context(silent=True)
    try:
        settings = config.load({"archive": None if folder is None else str(folder)})
        held = Held(open_to_read(settings.archive), idle=60 * settings.viewer_lock)
        atexit.register(held.leave)
        lets_in = access()
        app = viewer_of(held, addresses.Site(settings.site_root, settings.site), lets_in)
        if under is not None and under.command is run_command:
            replace_what_cannot_be_said()
            _serve_as_asked(app, held, lets_in, under.params)
            under.exit()
    except FapError as error:
        raise CannotStart(error) from error
    return app


def _serve_as_asked(app: Flask, held: Held, lets_in: Access, asked: Mapping[str, Any]) -> None:
    for option in ("cert", "reload", "debugger"):
        if asked[option]:
            raise UsageProblem(f"The viewer's own server has no --{option}: leave it out.")
    with listening(asked["host"], asked["port"]) as listener:
        serve(app, listener, held, lets_in.token)


def viewer_of(held: Held, site: addresses.Site, lets_in: Access) -> Flask:
    """The viewer of an opened archive, whose closing is the caller's."""
    app = Flask("webviewer", static_folder=None, template_folder=None)
    app.extensions[EXTENSION] = Opened(held, site)
    security.guard(app, lets_in)  # first: its look at who asks comes before all else of a request
    app.before_request(session.stay_locked)
    app.teardown_request(give_back)
    app.url_map.converters |= {
        "sha": addresses.Sha,
        "id": addresses.Id,
        "owner": addresses.Owner,
    }
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters |= {function.__name__: function for function in _FILTERS}
    app.jinja_env.globals |= {
        "site": site,
        "sealed": held.sealed,
        "locks_in": held.locks_in,
        "icon": _icon,
        "picture": showing.address,
        "told_here": _told_here,
        "job_now": jobs.chip,
        "waiting": browse.waiting,
        "jobs_called": jobs.CALLED,
        "Verdict": Verdict,
        "MARKS": MARKS,
        "PART": PART,
        "SECTION": SECTION,
    }
    app.add_url_rule("/", "root", _to_home)
    app.register_blueprint(blueprint)
    app.register_error_handler(HTTPException, _refused)
    app.register_error_handler(CSRFError, _not_our_form)
    app.register_error_handler(Locked, session.locked_page)
    app.register_error_handler(FapError, _failed)
    app.register_error_handler(OSError, _failed)
    return app


@cache  # a section of a grid has some hundred
def _icon(name: str) -> str:
    return f"{url_for('viewer.static', filename='icons.svg')}#{name}"


def _told_here() -> Sequence[str]:
    """What the form that led to this page has done."""
    return remembered().told.of(request.args.get("told", ""))


def _to_home() -> Response:
    return redirect(url_for("viewer.home"), HTTPStatus.FOUND)


def _refused(error: HTTPException) -> Answer:
    status = HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)
    ours = error.description != type(error).description
    sentence = error.description if ours else _SENTENCES.get(status)
    if isinstance(error, MethodNotAllowed) and "POST" in (error.valid_methods or ()):
        sentence = "This address only takes what a form sends: open the page with the form first."
    answer = refusal(status, sentence or f"{status.description or status.phrase}.")
    answer.headers.extend(pair for pair in error.get_headers() if pair[0] == "Allow")
    return answer


def _not_our_form(_: CSRFError) -> Answer:
    return refusal(
        HTTPStatus.FORBIDDEN,
        "This form is not from a page that is open in this browser, so nothing was changed. "
        "Reload the page and send it again.",
    )


def _failed(error: FapError | OSError) -> Answer:
    problem = as_problem(error)
    if type(problem) is FapError:  # it names what isn't there
        return refusal(HTTPStatus.NOT_FOUND, str(problem))
    found = (status for kind, status in _STATUSES.items() if isinstance(problem, kind))
    return refusal(next(found, HTTPStatus.INTERNAL_SERVER_ERROR), str(problem))


_STATUSES: dict[type[FapError], HTTPStatus] = {
    UsageProblem: HTTPStatus.BAD_REQUEST,  # what a form sent; nothing was changed
    ArchiveHeld: HTTPStatus.SERVICE_UNAVAILABLE,
    PasswordProblem: HTTPStatus.FORBIDDEN,
}
_SENTENCES = {
    HTTPStatus.NOT_FOUND: "There is no page at this address.",
    HTTPStatus.METHOD_NOT_ALLOWED: "This page is read-only.",
    HTTPStatus.INTERNAL_SERVER_ERROR: (
        "This page could not be made, because of a fault in the viewer. Where the viewer was "
        "started you see what happened; the archive is unharmed."
    ),
}
