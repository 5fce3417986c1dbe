"""Tags for scripts: those whose paths have a word in them, new ones, and pictures that get them."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from flask import abort, jsonify, make_response, render_template, request
from werkzeug.exceptions import BadRequest

from fapproc.errors import Changed, UsageProblem
from fapproc.jobs import tagging, tagging_views
from fapproc.jobs.pages import tags as tag_pages
from fapproc.jobs.pages.tags import TagHead
from fapproc.jobs.tagging_views import Recounted
from fapproc.model import Tag
from fapproc.selections.selection import Selection
from webviewer.addresses import scope_in
from webviewer.answers import Answer, refusal
from webviewer.blueprint import archive, blueprint
from webviewer.patience import PATIENCE
from webviewer.sent import body, texts, version
from webviewer.tags import tree
from webviewer.viewing import Shown, asked

MOST = 12
"""Tags in one answer: what a list of suggestions can hold."""
_SAY = 'Send {"images": [SHA, …]}, or {"view": VIEW, "except": [SHA, …], "count": NUMBER}.'


@blueprint.get("/data/tags/")
def tags_data() -> Answer:
    """The first tags in whose paths every word of `q` stands; `all`: how many there are.

    Those that pictures were given last come first.
    """
    found = tag_pages.found(archive(), request.args.get("q", ""))
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


@blueprint.get("/data/tags/tree/")
def tag_tree_data() -> Answer:
    """The tree as a page shows it: `?tag` is the one that the page is about, 0 for none.

    With `?counted=1` it has the numbers for which a page has no time; 204 where even that is long.
    """
    number = request.args.get("tag", 0, type=int)
    if not request.args.get("counted"):
        return make_response(render_template("webviewer/tree.html", **tree(number)))
    counts = tag_pages.counted(archive(), seconds=PATIENCE)
    if counts is None:
        return make_response("", HTTPStatus.NO_CONTENT)
    return make_response(render_template("webviewer/tree.html", **tree(number, counts)))


@blueprint.post("/data/tags/shared/")
def shared_tags_data() -> Answer:
    """Tags that all pictures have of `{images}` or `{view, except}`, and some; 204 as above."""
    sent = body()
    if "images" in sent:
        found = tag_pages.shared(archive(), texts(sent, "images"), seconds=PATIENCE)
    else:
        shown = _view(sent)
        found = tag_pages.shared_in(
            archive(), shown.scope, shown.view, texts(sent, "except"), seconds=PATIENCE
        )
    if found is None:
        return make_response("", HTTPStatus.NO_CONTENT)
    return jsonify(all=[_told(tag) for tag in found.all], some=[_told(tag) for tag in found.some])


@blueprint.get("/data/tag/<id:tag_id>/")
def tag_data(tag_id: int) -> Answer:
    """A tag; its ETag is the version of what is told of it."""
    answer = _head(_found(tag_id))
    answer.make_conditional(request)
    return answer


@blueprint.patch("/data/tag/<id:tag_id>/")
def change_tag_data(tag_id: int) -> Answer:
    """Rename a tag, `{name}`, or move it, `{under: ID}`, null for the top. If-Match: version."""
    _found(tag_id)
    sent, shown = body(), version("tag")
    name, under = sent.get("name"), sent.get("under", False)
    if isinstance(name, str) == (under is None or type(under) is int):
        raise BadRequest('Send {"name": NAME} or {"under": ID}.')
    try:
        if isinstance(name, str):
            tagging.rename(archive(), tag_id, name.strip(), version=shown)
        else:
            place = tagging.TOP if under is None else under
            tagging.move(archive(), tag_id, place, version=shown)
    except Changed as problem:
        return _stale(tag_id, problem)
    except UsageProblem as problem:
        return refusal(HTTPStatus.CONFLICT, str(problem))
    return _head(_found(tag_id))


@blueprint.delete("/data/tag/<id:tag_id>/")
def delete_tag_data(tag_id: int) -> Answer:
    """Delete a tag that has none under it; If-Match: the version that was shown."""
    _found(tag_id)
    try:
        gone = tagging.delete(archive(), tag_id, version=version("tag"))
    except Changed as problem:
        return _stale(tag_id, problem)
    except UsageProblem as problem:
        return refusal(HTTPStatus.CONFLICT, str(problem))
    return jsonify(deleted=_told(gone))


@blueprint.route("/data/tag/<id:tag_id>/images/", methods=["POST", "DELETE"])
def tag_images_data(tag_id: int) -> Answer:
    """Give the tag to pictures, or take it from them: to a list, or to all of a view but some."""
    sent, away = body(), request.method == "DELETE"
    if "images" in sent:
        given = texts(sent, "images")
        job = tagging.clear if away else tagging.apply
        done = job(archive(), tag_id, Selection(digests=tuple(given)))
        return jsonify(changed=done.changed, tag=_told(done.tag), decision=done.decision)
    shown, without, count = _view(sent), texts(sent, "except"), sent.get("count")
    if type(count) is not int:  # true is an int too
        raise BadRequest(_SAY)
    try:
        done = tagging_views.apply(
            archive(), tag_id, shown.scope, shown.view,
            without=without, count=count, away=away,
        )  # fmt: skip
    except Recounted as problem:
        answer = jsonify(error=str(problem), count=problem.count)
        answer.status_code = HTTPStatus.CONFLICT
        return answer
    return jsonify(changed=done.changed, tag=_told(done.tag), decision=done.decision)


def _view(sent: Mapping[str, Any]) -> Shown:
    """The view that was sent.

    Raises:
        BadRequest: it is none.
    """
    text, _, query = str(sent.get("view", "")).partition("?")
    found = scope_in(text)
    if found is None:
        raise BadRequest(_SAY)
    return asked(found[0], query)


def _found(tag_id: int) -> TagHead:
    shown = tag_pages.tag(archive(), tag_id)
    if shown is None:
        abort(HTTPStatus.NOT_FOUND, f"Unknown tag {tag_id}.")
    return shown


def _head(shown: TagHead) -> Answer:
    under = [_told(each) for each in shown.under]
    answer = jsonify(
        **_told(shown.tag),
        name=shown.tag.name,
        images=shown.images,
        under=under,
        version=shown.version,
    )
    answer.set_etag(shown.version)
    return answer


def _stale(tag_id: int, problem: Changed) -> Answer:
    answer = _head(_found(tag_id))
    answer.set_data(json.dumps({"error": str(problem), "tag": answer.get_json()}))
    answer.status_code = HTTPStatus.PRECONDITION_FAILED
    return answer


def _told(tag: Tag) -> dict[str, object]:
    return {"id": tag.id, "path": tag.path}
