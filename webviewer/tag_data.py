"""Tags for scripts: those whose paths have a word in them, new ones, and pictures that get them."""

from http import HTTPStatus

from flask import jsonify, request

from fapproc import names
from fapproc.errors import UsageProblem
from fapproc.jobs import tagging, tagging_views
from fapproc.jobs.tagging_views import Recounted
from fapproc.model import Tag
from fapproc.selections.selection import Selection
from webviewer.addresses import scope_in
from webviewer.answers import Answer, refusal
from webviewer.blueprint import archive, blueprint
from webviewer.sent import body, texts
from webviewer.viewing import asked

MOST = 12
"""Tags in one answer: what a list of suggestions can hold."""
_SAY = 'Send {"images": [SHA, …]}, or {"view": VIEW, "except": [SHA, …], "count": NUMBER}.'


@blueprint.get("/data/tags/")
def tags_data() -> Answer:
    """The first tags in whose paths every word of `q` stands; `all`: how many there are."""
    words = [names.key(word) for word in request.args.get("q", "").replace("/", " ").split()]
    found = [
        tag
        for tag in tagging.paths(archive())
        if all(word in names.key(tag.path) for word in words)
    ]
    return jsonify(tags=[_told(tag) for tag in found[:MOST]], all=len(found))


@blueprint.post("/data/tags/")
def create_tag_data() -> Answer:
    """Make a tag: `{path}`, with what it lacks above it."""
    path = body().get("path")
    if not isinstance(path, str) or not path.strip():
        return refusal(HTTPStatus.BAD_REQUEST, 'Send {"path": "Places/Lakes"}.')
    try:
        made = tagging.create(archive(), path)
    except UsageProblem as problem:
        return refusal(HTTPStatus.CONFLICT, str(problem))
    answer = jsonify(_told(made[-1]))
    answer.status_code = HTTPStatus.CREATED
    return answer


@blueprint.route("/data/tag/<id:tag_id>/images/", methods=["POST", "DELETE"])
def tag_images_data(tag_id: int) -> Answer:
    """Give the tag to pictures, or take it from them: to a list, or to all of a view but some."""
    sent, away = body(), request.method == "DELETE"
    if "images" in sent:
        given = texts(sent, "images")
        job = tagging.clear if away else tagging.apply
        done = job(archive(), f"#{tag_id}", Selection(digests=tuple(given)))
        return jsonify(changed=done.changed, tag=_told(done.tag))
    view, without, count = sent.get("view"), texts(sent, "except"), sent.get("count")
    if not isinstance(view, str) or type(count) is not int:  # true is an int too
        return refusal(HTTPStatus.BAD_REQUEST, _SAY)
    text, _, query = view.partition("?")
    found = scope_in(text)
    if found is None:
        return refusal(HTTPStatus.BAD_REQUEST, _SAY)
    shown = asked(found[0], query)
    try:
        done = tagging_views.apply(
            archive(), f"#{tag_id}", shown.scope, shown.view,
            without=without, count=count, away=away,
        )  # fmt: skip
    except Recounted as problem:
        answer = jsonify(error=str(problem), count=problem.count)
        answer.status_code = HTTPStatus.CONFLICT
        return answer
    return jsonify(changed=done.changed, tag=_told(done.tag))


def _told(tag: Tag) -> dict[str, object]:
    return {"id": tag.id, "path": tag.path}
