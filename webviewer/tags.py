"""The tree of tags: a tag, those under it and their pictures; made, renamed, moved and deleted."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from flask import abort, make_response, redirect, render_template, request, url_for
from werkzeug import Response

from fapproc.errors import Changed, UsageProblem
from fapproc.jobs import tagging, tagging_versions
from fapproc.jobs.pages import tags as tag_pages
from fapproc.jobs.pages.grids import Scope
from fapproc.jobs.pages.tags import TagHead, TreeCounts
from fapproc.model import Tag
from webviewer.answers import Answer
from webviewer.blueprint import archive, blueprint, remembered
from webviewer.grids import grid_page

ROOT = 0
"""Stands for no tag: for the whole tree."""


@blueprint.get("/tag/<id:tag_id>/")
def tag(tag_id: int) -> Answer:
    """The whole tree for 0; else a tag, the tags under it, and all images with any of them."""
    return _page(tag_id, HTTPStatus.OK)


@blueprint.post("/tag/<id:tag_id>/create/")
def create_tag(tag_id: int) -> Response:
    """Make a tag under this one, and go to it."""
    under = None if tag_id == ROOT else _found(tag_id, counted=False).tag.id

    def create(path: str) -> Tag:
        return tagging.create(archive(), path, under=under)[-1]

    return _changed(tag_id, "name", create)


@blueprint.post("/tag/<id:tag_id>/rename/")
def rename_tag(tag_id: int) -> Response:
    """Give a tag another name where it stands."""
    tag, version = _found(tag_id, counted=False).tag.id, request.form.get("version")

    def rename(name: str) -> Tag:
        return tagging.rename(archive(), tag, name, version=version)[1]

    return _changed(tag_id, "name", rename)


@blueprint.post("/tag/<id:tag_id>/move/")
def move_tag(tag_id: int) -> Response:
    """Put a tag, with all under it, under another one, or to the top."""
    tag, version = _found(tag_id, counted=False).tag.id, request.form.get("version")

    def move(under: str) -> Tag:
        return tagging.move(archive(), tag, under, version=version)[1]

    return _changed(tag_id, "under", move)


@blueprint.get("/tag/<id:tag_id>/delete/")
def ask_to_delete_tag(tag_id: int) -> Answer:
    """What goes with a tag, and what stays."""
    return _about_to_delete(_found(tag_id), HTTPStatus.OK)


@blueprint.post("/tag/<id:tag_id>/delete/")
def delete_tag(tag_id: int) -> Response:
    """Delete a tag that has none under it, and go to the one above."""
    shown = _found(tag_id)
    try:
        tagging.delete(archive(), tag_id, version=request.form.get("version"))
    except Changed as problem:
        return _about_to_delete(shown, HTTPStatus.PRECONDITION_FAILED, problem)
    except UsageProblem as problem:
        return _page(tag_id, HTTPStatus.UNPROCESSABLE_ENTITY, problem)
    above = shown.above[-1].id if shown.above else ROOT
    return redirect(url_for("viewer.tag", tag_id=above), HTTPStatus.SEE_OTHER)


def tree(tag_id: int, counts: TreeCounts | None = None) -> dict[str, Any]:
    """What the tree of tags shows on the page of one; these counts, or some that are quick."""
    slow, every = remembered().slow, tagging.paths(archive())
    counts = counts or slow.at_once(
        "tags", lambda limit: tag_pages.counted(archive(), seconds=limit)
    )
    versions = tagging_versions.versions(every)
    return {"tags": every, "versions": versions, "counts": counts, "here": tag_id}


def _changed(tag_id: int, field: str, change: Callable[[str], Tag]) -> Response:
    """Do what a field of a form says, and show the tag that it was about; else say why not."""
    try:
        said = request.form.get(field, "").strip()
        if not said:
            raise UsageProblem("Nothing was written: give the tag a name.")
        done = change(said)
    except Changed as problem:
        return _page(tag_id, HTTPStatus.PRECONDITION_FAILED, problem)
    except UsageProblem as problem:
        return _page(tag_id, HTTPStatus.UNPROCESSABLE_ENTITY, problem)
    return redirect(url_for("viewer.tag", tag_id=done.id), HTTPStatus.SEE_OTHER)


def _found(tag_id: int, *, counted: bool = True) -> TagHead:
    shown = tag_pages.tag(archive(), tag_id, counted=counted)
    if shown is None:
        abort(404, f"Unknown tag {tag_id}.")
    return shown


def _about_to_delete(
    shown: TagHead, status: HTTPStatus, problem: UsageProblem | None = None
) -> Answer:
    page = render_template("webviewer/delete_tag.html", tag=shown.tag, shown=shown, problem=problem)
    return make_response(page, status)


def _page(tag_id: int, status: HTTPStatus, problem: UsageProblem | None = None) -> Answer:
    said = request.form if problem is not None else {}
    told = tree(tag_id)
    if tag_id == ROOT:
        page = render_template("webviewer/tags.html", problem=problem, said=said, **told)
        return make_response(page, status)
    shown = _found(tag_id, counted=False)
    under = {each.id for each in (shown.tag, *shown.under)}
    page = render_template(
        "webviewer/tag.html",
        tag=shown.tag,
        above=shown.above,
        under=shown.under,
        others=[each for each in told["tags"] if each.id not in under],
        problem=problem,
        said=said,
        **told,
        grid=grid_page(Scope(tag=tag_id), about=tag_id),
    )
    return make_response(page, status)
