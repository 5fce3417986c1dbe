"""The tree of tags, and the images that carry one."""

from flask import abort, render_template

from fapproc.jobs import tagging
from fapproc.jobs.pages import tags as tag_pages
from webviewer.blueprint import archive, blueprint
from webviewer.paging import GRID, stretch


@blueprint.get("/tag/<id:tag_id>/")
def tag(tag_id: int) -> str:
    """The whole tree for 0; else a tag, the tags under it, and all images with any of them."""
    if tag_id == 0:
        return render_template("webviewer/tags.html", tags=tagging.listed(archive()))
    shown = tag_pages.tag(archive(), tag_id)
    if shown is None:
        abort(404, f"Unknown tag {tag_id}.")
    grid = stretch(shown.images, GRID)
    return render_template(
        "webviewer/tag.html",
        tag=shown.tag,
        above=shown.above,
        under=shown.under,
        grid=grid,
        cells=tag_pages.pictures(archive(), tag_id, start=grid.offset, size=grid.size),
    )
