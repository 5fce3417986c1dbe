"""The tree of tags, and the images that carry one."""

from flask import abort, render_template

from fapproc.db import places as place_rows
from fapproc.db import tags
from webviewer.blueprint import archive, blueprint
from webviewer.paging import stretch
from webviewer.pictures import GRID, best, cells


@blueprint.get("/tag/<id:tag_id>/")
def tag(tag_id: int) -> str:
    """The whole tree for 0; else a tag, the tags under it, and all images with any of them."""
    if tag_id == 0:
        with archive().reading() as connection:
            return render_template("webviewer/tags.html", tags=tags.tree(connection))
    with archive().reading() as connection:
        branch = tags.branch(connection, tag_id)
        if not branch:
            abort(404, f"Unknown tag {tag_id}.")
        top, *under = branch
        numbers = [each.id for each in branch]
        grid = stretch(tags.count_images(connection, numbers), GRID)
        page = tags.images_page(connection, numbers, offset=grid.offset, limit=grid.size)
        places = place_rows.sightings_of(connection, [stored.id for stored in page])
        return render_template(
            "webviewer/tag.html",
            tag=top,
            above=tags.above(connection, tag_id),
            under=under,
            grid=grid,
            cells=cells(connection, [(stored, best(places[stored.id])) for stored in page]),
        )
