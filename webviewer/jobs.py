"""Jobs: start one beside the viewer, see how far it is, end it; who else has the archive open."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

from flask import jsonify, make_response, redirect, render_template, request, url_for
from werkzeug import Response

from fapproc.commandline.apart import Job
from fapproc.errors import ArchiveHeld, UsageProblem
from fapproc.jobs import journal
from webviewer.answers import Answer, refusal
from webviewer.blueprint import archive, blueprint, opened
from webviewer.running import Run, State
from webviewer.sent import body

EARLIER = 30
CALLED = {Job.PROCESS: "Process", Job.DEDUP: "Find duplicates", Job.CHECK: "Check"}
_SOMEONE = "Another program"


@dataclass(frozen=True, slots=True)
class Row:
    """A job of before, of this viewer or of any program."""

    called: str
    state: State
    sentences: Sequence[str]
    began: int
    took: float


@blueprint.get("/jobs/")
def jobs() -> Answer:
    """The job that runs, who else has the archive open, and what was done before."""
    return _page(HTTPStatus.OK)


@blueprint.post("/jobs/")
def start_job() -> Response:
    """Start a job, and show it."""
    return begin(_job(request.form.get("what")), read_data=request.form.get("read_data") == "1")


def begin(job: Job, *, read_data: bool = False) -> Response:
    """Start a job and lead to it; the page that says who holds the archive, if that can't be."""
    try:
        opened().held.start(job, read_data=read_data)
    except ArchiveHeld as problem:
        return _page(HTTPStatus.CONFLICT, problem)
    return redirect(url_for("viewer.jobs"), HTTPStatus.SEE_OTHER)


@blueprint.post("/job/<id:number>/cancel/")
def cancel_job(number: int) -> Response:
    """Tell a job to end, as by Ctrl-C."""
    opened().held.jobs.end(number)
    return redirect(url_for("viewer.jobs"), HTTPStatus.SEE_OTHER)


@blueprint.get("/data/jobs/")
def jobs_data() -> Answer:
    """The job that runs, who else has the archive open, and the number of the last that ended."""
    held = opened().held
    now, over = held.jobs.running, held.jobs.over
    answer = jsonify(
        running=None if now is None else _object(now),
        others=_others(now),
        ended=over[0].number if over else None,
    )
    answer.set_etag(hashlib.sha256(answer.get_data()).hexdigest()[:32])
    return make_response(answer.make_conditional(request))


@blueprint.post("/data/jobs/")
def start_job_data() -> Answer:
    """Start a job, for a script: JSON with `what`."""
    said = body()
    try:
        job = _job(said.get("what"))
        run = opened().held.start(job, read_data=said.get("read_data") is True)
    except ArchiveHeld as problem:
        return refusal(HTTPStatus.CONFLICT, str(problem))
    return make_response(jsonify(_object(run)), HTTPStatus.ACCEPTED)


@blueprint.post("/data/job/<id:number>/cancel/")
def cancel_job_data(number: int) -> Answer:
    """Tell a job to end, for a script."""
    if not opened().held.jobs.end(number):
        return refusal(HTTPStatus.CONFLICT, "This job is no longer running.")
    return make_response("", HTTPStatus.ACCEPTED)


def chip() -> Run | None:
    """The job that runs, for the bar of each page."""
    return opened().held.jobs.running


def _job(what: object) -> Job:
    found = next((job for job in Job if job == what), None)
    if found is None:
        raise UsageProblem(f"There is no such job: start one of {', '.join(Job)}.")
    return found


def _page(status: HTTPStatus, problem: ArchiveHeld | None = None) -> Answer:
    now = opened().held.jobs.running
    page = render_template(
        "webviewer/jobs.html",
        now=now,
        called=CALLED,
        others=_others(now),
        rows=_rows()[:EARLIER],
        ended=next((run.number for run in opened().held.jobs.over), ""),
        problem=problem,
        read_only=archive().read_only,
    )
    return make_response(page, status)


def _others(now: Run | None) -> list[str]:
    """Who else has the archive open: not this viewer, and not its job."""
    return [
        _SOMEONE if holder is None else str(holder)
        for holder in archive().others()
        if holder is None or now is None or holder.pid != now.pid
    ]


def _rows() -> list[Row]:
    """Results of this viewer's jobs, and those of others from the journal."""
    over = opened().held.jobs.over
    rows = [
        Row(CALLED[run.job], run.state, run.sentences, int(run.began), (run.ended or 0) - run.began)
        for run in over
    ]
    told = {(run.job.value, second) for run in over for second in _seconds(run)}
    called = {job.value: words for job, words in CALLED.items()}
    for note in journal.notes(archive(), limit=EARLIER):
        if (note.name, note.at) not in told:
            name, took = called.get(note.name, note.name.capitalize()), note.ended_at - note.at
            rows.append(Row(name, State.DONE, [note.said], note.at, took))
    return sorted(rows, key=lambda row: row.began, reverse=True)


def _seconds(run: Run) -> range:
    return range(int(run.began), int(run.ended or run.began) + 1)


def _object(run: Run) -> dict[str, object]:
    return {
        "number": run.number,
        "what": run.job,
        "called": CALLED[run.job],
        "step": run.step,
        "steps": run.steps,
        "part": run.part,
        "left": None if run.left is None else round(run.left),
        "ending": run.ending,
        "began": round(run.began),
    }
