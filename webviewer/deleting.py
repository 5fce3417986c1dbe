"""Delete users, albums or ticked pictures: a page says first what goes, and its form does it."""

import time
from http import HTTPStatus

from flask import abort, make_response, redirect, render_template, request, url_for
from werkzeug import Response

from fapproc.errors import Changed, FapError
from fapproc.jobs import deletion, journal
from fapproc.jobs.deletion import Meant
from fapproc.jobs.pages import albums as album_pages
from fapproc.model import User, UserId
from fapproc.selections.grammar import of_digests
from webviewer.answers import Answer, inside, refusal
from webviewer.blueprint import archive, blueprint, remembered

SHOWN = 48
"""Thumbnails of what goes; there may be a hundred thousand."""
_JOURNAL = "delete"


@blueprint.get("/favorites/<owner:user_id>/delete/")
def ask_to_delete_user(user_id: UserId) -> Answer:
    """What goes with a user, and what stays."""
    user = _user(user_id)
    return _asking(user.id, called=f"user {user.name}", back=_page_of(user))


@blueprint.post("/favorites/<owner:user_id>/delete/")
def delete_user(user_id: UserId) -> Response:
    """Delete a user with all albums, and go to the others."""
    user = _user(user_id)
    return _delete(user.id, f"user {user.name}", _page_of(user), url_for("viewer.users"))


@blueprint.get("/favorite/<owner:user_id>/<id:album_id>/delete/")
def ask_to_delete_album(user_id: UserId, album_id: int) -> Answer:
    """What goes with an album, and what stays."""
    user = _user(user_id)
    album = _album(user, album_id)
    back = url_for("viewer.album", user_id=user.id, album_id=album_id)
    return _asking((user.id, album_id), called=f"album {album}", back=back)


@blueprint.post("/favorite/<owner:user_id>/<id:album_id>/delete/")
def delete_album(user_id: UserId, album_id: int) -> Response:
    """Delete an album, and go to the others of its user."""
    user = _user(user_id)
    album = _album(user, album_id)
    back = url_for("viewer.album", user_id=user.id, album_id=album_id)
    return _delete((user.id, album_id), f"album {album}", back, _page_of(user))


@blueprint.post("/delete/")
def delete_images() -> Response:
    """Say what goes with the pictures that are ticked; delete them if that was agreed to."""
    ticked = request.form.getlist("image")
    if not ticked:
        return refusal(
            HTTPStatus.UNPROCESSABLE_ENTITY, "No images are selected: go back and tick some."
        )
    meant = of_digests(list(dict.fromkeys(ticked)))
    back = inside(request.form.get("back", "")) or url_for("viewer.home")
    called = "the selected images"
    try:
        if "plan" in request.form:
            return _delete(meant, called, back, back, ticked)
        return _asking(meant, called=called, back=back, ticked=ticked)
    except FapError as problem:
        if type(problem) is not FapError:
            raise
        return refusal(HTTPStatus.UNPROCESSABLE_ENTITY, str(problem))  # an image that is gone


def _asking(
    meant: Meant,
    *,
    called: str,
    back: str,
    ticked: list[str] | None = None,
    status: HTTPStatus = HTTPStatus.OK,
    problem: Changed | None = None,
) -> Answer:
    """The page that says what goes.

    Args:
        meant: what is to be deleted.
        called: how a person knows it.
        back: where to go without it.
        ticked: digests that the form sends on.
        status: of the answer.
        problem: why nothing was deleted.
    """
    plan = deletion.plan(archive(), meant)
    page = render_template(
        "webviewer/delete.html",
        called=called,
        plan=plan,
        shown=[each for each in plan.images[:SHOWN] if len(each.keys) > 1],
        back=back,
        ticked=ticked,
        problem=problem,
    )
    return make_response(page, status)


def _delete(
    meant: Meant, called: str, back: str, to: str, ticked: list[str] | None = None
) -> Response:
    """Delete what was agreed to, and go on; the page once more, if that is something else now."""
    began = int(time.time())
    try:
        plan = deletion.plan(archive(), meant)
        if request.form.get("plan") != plan.version:
            raise Changed("The archive has changed since this page was made: look again.")
        done = deletion.delete(archive(), meant, plan)
    except Changed as problem:
        status = HTTPStatus.PRECONDITION_FAILED
        return _asking(
            meant, called=called, back=back, ticked=ticked, status=status, problem=problem
        )
    journal.note(archive(), _JOURNAL, began, done.figures)
    told = remembered().told.leave([f"Deleted {plan.summed}.", *dict.fromkeys(done.left)])
    return redirect(f"{to}{'&' if '?' in to else '?'}told={told}", HTTPStatus.SEE_OTHER)


def _user(user_id: UserId) -> User:
    found = album_pages.find_user(archive(), user_id)
    return found or abort(404, f"Unknown user {user_id}.")


def _album(user: User, album_id: int) -> str:
    found = album_pages.album(archive(), user, album_id)
    if found is None:
        abort(404, f"Unknown folder {album_id} (in known user {user.id}).")
    return found.album.name


def _page_of(user: User) -> str:
    return url_for("viewer.albums", user_id=user.id)
