"""Beside the lists of duplicates: how near two images must be, and to forget groups."""

from http import HTTPStatus

from flask import abort, make_response, redirect, render_template, request, url_for
from werkzeug import Response

from fapproc.commandline.apart import Job
from fapproc.errors import Changed
from fapproc.jobs import forgetting
from fapproc.queues import Queue
from webviewer import sensitivity
from webviewer.answers import Answer
from webviewer.blueprint import archive, blueprint, remembered
from webviewer.duplicates import list_page
from webviewer.jobs import begin
from webviewer.sensitivity import Panel

_FORGOTTEN = (Queue.WAITING, Queue.ALL)
_FIND, _SUGGESTED = "find", "suggested"


@blueprint.post("/duplicates/")
def set_sensitivity() -> Response:
    """Save how near two images must be, and search by it; or go back to what is suggested."""
    if request.form.get("do") == _SUGGESTED:
        return _to_list(sensitivity.suggest())
    done = sensitivity.save(request.form)
    if isinstance(done, Panel):
        return list_page(done, HTTPStatus.UNPROCESSABLE_ENTITY)
    return begin(Job.DEDUP) if request.form.get("do") == _FIND else _to_list(done)


@blueprint.get("/duplicates/forget/<which>/")
def ask_to_forget(which: str) -> Answer:
    """What goes with the groups that wait, or with all, and what stays."""
    return _asking(_queue(which), HTTPStatus.OK)


@blueprint.post("/duplicates/forget/<which>/")
def forget(which: str) -> Response:
    """Forget the groups that wait, or all."""
    queue = _queue(which)
    plan = forgetting.plan(archive(), queue)
    try:
        if request.form.get("plan") != plan.version:
            raise Changed("Groups have changed since this page was made: look again.")
        forgetting.forget(archive(), queue, plan)
    except Changed as problem:
        return _asking(queue, HTTPStatus.PRECONDITION_FAILED, problem)
    return _to_list(f"Forgot {plan.summed}.")


def _asking(queue: Queue, status: HTTPStatus, problem: Changed | None = None) -> Answer:
    plan = forgetting.plan(archive(), queue)
    page = render_template("webviewer/forget.html", which=queue, plan=plan, problem=problem)
    return make_response(page, status)


def _queue(which: str) -> Queue:
    return next((each for each in _FORGOTTEN if each == which), None) or abort(404)


def _to_list(sentence: str) -> Response:
    told = remembered().told.leave([sentence])
    return redirect(url_for("viewer.duplicates", told=told), HTTPStatus.SEE_OTHER)
