"""Judge: say what is the same picture, go on to the next group, undo."""

from collections.abc import Mapping
from http import HTTPStatus

from flask import redirect, request, url_for
from werkzeug import Response

from fapproc.errors import Changed, UsageProblem
from fapproc.jobs import judging
from fapproc.jobs.pages import queue
from fapproc.jobs.pages.duplicates import Duplicate
from fapproc.model import Place, Verdict
from webviewer.answers import Answer, inside, refusal
from webviewer.blueprint import archive, blueprint, remembered
from webviewer.duplicates import find, group_page, onward, place_field, through

_ACCEPT = "accept"
MERGE = "merge_tags"
"""Of a form: what is kept is to get the tags of what is skipped."""


@blueprint.post("/duplicate/<sha:digest>/")
def judge(digest: str) -> Response:
    """Save what a form says of a group, or of an image's places, and go on to what waits next."""
    shown, form = find(digest), request.form
    version = form.get("version")
    if version is None:
        return refusal(
            HTTPStatus.PRECONDITION_REQUIRED,
            "What was sent doesn't say which version of the group it is about. Reload the page.",
        )
    try:
        if version != shown.version:
            raise Changed("This group has changed since it was shown. Nothing was saved.")
        verdicts, places = _said(shown, form) if form.get("do") != _ACCEPT else (shown.proposed, {})
        saved = judging.set_verdicts(
            archive(),
            digest,
            verdicts,
            places,
            version=version,
            merge_tags=MERGE in form,
            through=through(digest),
        )
    except Changed as problem:
        return _again(digest, HTTPStatus.PRECONDITION_FAILED, problem)
    except UsageProblem as problem:
        return _again(digest, HTTPStatus.UNPROCESSABLE_ENTITY, problem)
    remembered().told.keep(saved.decision, saved.notices)
    return _to(queue.after(archive(), remembered().ranks, through(digest)), saved=saved.decision)


@blueprint.get("/duplicates/next/")
def next_duplicate() -> Response:
    """Lead to what is to be judged next: after `?after=`, else where the person was.

    With `?kind`, `?state` or `?order` what these say is gone through; in another order than before
    that begins with the first.
    """
    after = request.args.get("after")
    if after is not None:
        return _to(queue.after(archive(), remembered().ranks, through(after)))
    asked = through() if request.args.keys() & {"kind", "state", "order"} else None
    was = queue.where_one_was(archive(), remembered().ranks, asked)
    if was is None:
        return _to(None)
    address = url_for("viewer.duplicate", digest=was.digest, **onward(was))
    return redirect(address, HTTPStatus.SEE_OTHER)


@blueprint.post("/undo/")
def undo() -> Response:
    """Take a decision back, and lead to what it was about."""
    number = request.form.get("decision", type=int)
    if number is None:
        raise UsageProblem("What was sent names no decision.")
    taken_back = judging.undo(archive(), number)
    if (back := inside(request.form.get("back", ""))) is not None:
        return redirect(back, HTTPStatus.SEE_OTHER)
    return _to(min(taken_back.before.digests, default=None))


def _said(
    shown: Duplicate, form: Mapping[str, str]
) -> tuple[dict[str, Verdict], dict[str, dict[Place, Verdict]]]:
    """What a form says of each image, and of places where that is another verdict.

    Raises:
        UsageProblem: it says nothing of an image or a place, or what is no verdict.
    """
    verdicts: dict[str, Verdict] = {}
    places: dict[str, dict[Place, Verdict]] = {}
    for member in shown.members:
        digest, listed = member.details.image.digest, member.details.places
        if member.verdict is not None:
            verdicts[digest] = _verdict(form, digest)
        if len(listed) < 2:
            continue
        said = {
            each.sighting.place: _verdict(form, place_field(each.sighting.place)) for each in listed
        }
        if any(said[each.sighting.place] is not each.sighting.verdict for each in listed):
            places[digest] = said
    return verdicts, places


def _verdict(form: Mapping[str, str], field: str) -> Verdict:
    said = form.get(field)
    if said is None:
        raise UsageProblem(f"What was sent says nothing of {field[:40]}. Reload the page.")
    return verdict_of(said)


def verdict_of(said: str) -> Verdict:
    """The verdict that was sent.

    Raises:
        UsageProblem: it is none.
    """
    try:
        return Verdict(said)
    except ValueError:
        known = ", ".join(Verdict)
        raise UsageProblem(f"{said[:40]!r} is not a verdict: there are {known}.") from None


def _again(digest: str, status: HTTPStatus, problem: UsageProblem) -> Answer:
    """The page once more, with what was said and why it was not saved."""
    return group_page(digest, status, problem=str(problem), said=request.form)


def _to(digest: str | None, saved: int | None = None) -> Response:
    """Lead to a group; to the list where there is none to go to."""
    page = "viewer.duplicates" if digest is None else "viewer.duplicate"
    address = url_for(page, digest=digest, saved=saved, **onward())
    return redirect(address, HTTPStatus.SEE_OTHER)
