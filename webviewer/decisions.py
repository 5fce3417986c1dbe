"""What a person decided, the newest first, and taking each of it back that still can be."""

from flask import render_template, request

from fapproc.errors import Damaged
from fapproc.jobs import judging
from webviewer.blueprint import archive, blueprint

MANY = 50
THUMBS = 4
"""Pictures shown of a decision."""


@blueprint.get("/decisions/")
def decisions() -> str:
    """The log: `?before=NUMBER` shows those before one."""
    before = request.args.get("before", type=int)
    problem = None
    try:
        found = judging.decisions(archive(), limit=MANY + 1, before=before)
    except Damaged as error:
        found, problem = [], str(error)
    return render_template(
        "webviewer/decisions.html",
        decisions=found[:MANY],
        more=found[MANY - 1].id if len(found) > MANY else None,
        before=before,
        pictures={each.id: sorted(each.before.digests)[:THUMBS] for each in found},
        problem=problem,
    )
