"""Many groups at once by a rule: look at what it would decide, take some out, accept the rest."""

from http import HTTPStatus

from flask import abort, jsonify, make_response, redirect, render_template, request, url_for
from werkzeug import Response
from werkzeug.exceptions import BadRequest

from fapproc.errors import UsageProblem
from fapproc.firsts import MOST
from fapproc.jobs import batch
from fapproc.jobs.batch import Batch, Rule
from fapproc.jobs.judging import SavedAll
from fapproc.jobs.pages import batch as batch_pages
from fapproc.selections.selection import Selection
from fapproc.wording import counted, short
from webviewer.answers import Answer
from webviewer.blueprint import archive, blueprint, remembered
from webviewer.data import left
from webviewer.judging import MERGE
from webviewer.paging import stretch
from webviewer.previews import Preview
from webviewer.sent import body, merging, texts

ROWS = 60
_ORDERS = ("saving", "found")
_GONE = "This preview is too old, so nothing was saved: look again."


@blueprint.get("/duplicates/batch/")
def batch_page() -> Response:
    """What a rule would decide: `?rule=same|best&order=saving|found`; `of` is one that is kept."""
    found = remembered().previews.of(request.args.get("of"))
    if found is None:
        rule = request.args.get("rule")
        made = _look(Rule(rule) if rule in set(Rule) else Rule.SAME)
        return redirect(_address(made), HTTPStatus.SEE_OTHER)
    return _page(found, HTTPStatus.OK)


@blueprint.post("/duplicates/batch/")
def accept_batch() -> Response:
    """Remember which of the groups that are shown are ticked; go on in the list, or accept all."""
    found = remembered().previews.of(request.args.get("of"))
    if found is None:
        raise UsageProblem(_GONE)
    shown, taken = set(request.form.getlist("shown")), set(request.form.getlist("take"))
    found.left_out = (found.left_out | shown) - taken
    found.merge_tags = MERGE in request.form
    to = request.form.get("to", type=int)
    if to is not None:
        return redirect(_address(found, page=to), HTTPStatus.SEE_OTHER)
    saved = _accept(found, found.left_out)
    if not saved.decisions:
        return _page(
            found,
            HTTPStatus.UNPROCESSABLE_ENTITY,
            " ".join(_told(saved)) or "Nothing is ticked: tick a group first.",
        )
    remembered().previews.drop(found)
    remembered().told.keep(saved.decisions[-1], _told(saved))
    return redirect(url_for("viewer.duplicates", saved=saved.decisions[-1]), HTTPStatus.SEE_OTHER)


@blueprint.post("/data/batch/")
def look_data() -> Answer:
    """Ask what a rule would decide: `{rule}`; it is kept until it is accepted."""
    rule = body().get("rule")
    if rule not in list(Rule):  # a set would want its hash, and a list has none
        raise BadRequest(f'Send {{"rule": …}}: one of {", ".join(Rule)}.')
    return jsonify(_summed(_look(Rule(rule))))


@blueprint.get("/data/batch/<name>/")
def rows_data(name: str) -> Answer:
    """A stretch of a batch that was asked for: `?at=N`."""
    found = _kept(name)
    at = max(request.args.get("at", 0, type=int), 0)
    some = batch_pages.entries(archive(), _ordered(found.batch)[at : at + ROWS])
    rows = [
        {
            "digest": each.digest,
            "keep": each.keep.digest,
            "skip": [image.digest for image in each.skip],
            "name": each.name,
            "bytes": each.bytes,
        }
        for each in some
    ]
    return jsonify(**_summed(found), rows=rows)


@blueprint.post("/data/batch/<name>/")
def accept_data(name: str) -> Answer:
    """Accept it: `{except: [SHA]}` are the first images of groups that are left out.

    With `merge_tags` what is kept gets the tags of what is skipped.
    """
    found, sent = _kept(name), body()
    found.merge_tags = merging(sent)
    saved = _accept(found, {*texts(sent, "except")})
    if saved.decisions:
        remembered().previews.drop(found)
    decision = saved.decisions[-1] if saved.decisions else None
    return jsonify(
        decision=decision,
        groups=saved.groups,
        changed=saved.left_out,
        notices=saved.notices,
        **left(),
    )


def _look(rule: Rule) -> Preview:
    return remembered().previews.keep(rule, batch.plan(archive(), rule, Selection()))


def _accept(found: Preview, out: set[str]) -> SavedAll:
    chosen = batch.without(found.batch, out)
    return batch.save(archive(), chosen, merge_tags=found.merge_tags)


def _kept(name: str) -> Preview:
    found = remembered().previews.of(name)
    if found is None:
        abort(404, _GONE)
    return found


def _summed(found: Preview) -> dict[str, object]:
    planned = found.batch
    return {
        "batch": found.id,
        "groups": len(planned.proposals),
        "images": planned.skipped,
        "bytes": planned.bytes,
    }


def _ordered(planned: Batch) -> list[batch.Proposal]:
    found = list(planned.proposals)
    if request.args.get("order") == _ORDERS[1]:
        return found
    return sorted(found, key=lambda each: -each.bytes)


def _page(found: Preview, status: HTTPStatus, problem: str | None = None) -> Answer:
    shown = stretch(len(found.batch.proposals), ROWS)
    some = _ordered(found.batch)[shown.offset : shown.offset + shown.size]
    page = render_template(
        "webviewer/batch.html",
        preview=found,
        rules=list(Rule),
        order=request.args.get("order") if request.args.get("order") in _ORDERS else _ORDERS[0],
        stretch=shown,
        rows=batch_pages.entries(archive(), some),
        chosen=batch.without(found.batch, found.left_out),
        problem=problem,
    )
    return make_response(page, status)


def _told(saved: SavedAll) -> list[str]:
    """What to say besides: which groups had changed."""
    if not saved.left_out:
        return list(saved.notices)
    names = ", ".join(short(digest) for digest in saved.left_out[:MOST])
    more = " and more" if len(saved.left_out) > MOST else ""
    had = f"{counted(len(saved.left_out), 'group')} had changed meanwhile and were not judged"
    return [*saved.notices, f"{had}: {names}{more}."]


def _address(found: Preview, page: int | None = None) -> str:
    order = request.args.get("order")
    kept = order if order in _ORDERS else None
    return url_for("viewer.batch_page", of=found.id, rule=found.rule, order=kept, page=page)
