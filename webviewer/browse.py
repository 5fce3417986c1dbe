"""Home, users, albums, and the images of an album."""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

from flask import abort, jsonify, make_response, render_template, request

from fapproc.jobs.pages import albums as album_pages
from fapproc.jobs.pages import charts as chart_pages
from fapproc.jobs.pages import grids as grid_pages
from fapproc.jobs.pages import newest, overview, sizes
from fapproc.jobs.pages.cells import Cell
from fapproc.jobs.pages.grids import Part, Scope
from fapproc.model import User, UserId
from fapproc.selections.selection import Selection
from fapproc.selections.view import Order, View
from fapproc.sources import Source
from webviewer.answers import Answer
from webviewer.blueprint import archive, blueprint, remembered
from webviewer.grids import grid_page
from webviewer.paging import stretch
from webviewer.patience import AT_ONCE, PATIENCE
from webviewer.tagging import Marking
from webviewer.viewing import Shown, asked

USERS_AT_HOME = 24
NEWEST = 12
"""Pictures on the home page: rows of 2, 3, 4, 6 and 12 are full."""
NEWEST_OF_USER = 10
"""Pictures of each user: rows of 2, 5 and 10 are full."""
GONE_OF_ALBUM = 24
"""Pictures of the closed section of an album: they took as long to draw as those of the grid."""
FAILURES = 100


@dataclass(frozen=True, slots=True)
class NewestOf:
    """The newest pictures of a user, and the view of all of theirs."""

    cells: Sequence[Cell] | None
    """None where there was no time for them."""
    shown: Shown
    marking: Marking


@blueprint.get("/")
def home() -> str:
    """The home page: what the archive holds, in figures, and links."""
    shown = asked(Scope(), "")
    keys = Part(shown.scope, shown.view).section(archive(), 0, NEWEST)
    return render_template(
        "webviewer/home.html",
        archive=archive(),
        overview=overview.overview(archive(), most_users=USERS_AT_HOME),
        newest=shown,
        cells=grid_pages.pictures(archive(), shown.scope, keys),
        same=remembered().slow.at_once(
            "same", lambda limit: overview.same(archive(), seconds=limit)
        ),
        charts=remembered().slow.at_once(
            "charts", lambda limit: chart_pages.drawn(archive(), seconds=limit)
        ),
        marking=Marking(locked=False),
    )


def waiting() -> int:
    """How many groups and places wait for a verdict, for the bar of each page."""
    return overview.waiting(archive())


@blueprint.get("/data/charts/")
def charts_data() -> str:
    """The charts of the overview, for its script, where the page had no time for them."""
    charts = chart_pages.drawn(archive(), seconds=PATIENCE)
    return render_template("webviewer/charts.html", charts=charts)


@blueprint.get("/data/same/")
def same_data() -> Answer:
    """How many groups differ in size and quality alone: `{groups}`; 204: that takes too long."""
    found = overview.same(archive(), seconds=PATIENCE)
    return make_response("", HTTPStatus.NO_CONTENT) if found is None else jsonify(groups=found)


@blueprint.get("/users/")
def users() -> str:
    """Everybody whose favorites are kept."""
    found = overview.users(archive())
    counted = sizes.of_users(archive()) if _with_sizes(sum(e.held.images for e in found)) else None
    quick = sum(each.held.images for each in found) <= sizes.QUICK
    cells = newest.of_users(archive(), most=NEWEST_OF_USER, seconds=AT_ONCE) if quick else None
    of_users = {
        each.user.id: _newest_of(each.user, None if cells is None else cells.get(each.user.id, ()))
        for each in found
    }
    return render_template("webviewer/users.html", users=found, sizes=counted, newest=of_users)


@blueprint.get("/data/newest/<owner:user_id>/")
def newest_data(user_id: UserId) -> Answer:
    """The newest pictures of a user, as HTML, where a page had no time for them; 204: too long."""
    user = album_pages.find_user(archive(), user_id)
    if user is None:
        abort(404, f"Unknown user {user_id}.")
    cells = newest.of_user(archive(), user.id, most=NEWEST_OF_USER, seconds=PATIENCE)
    if cells is None:
        return make_response("", HTTPStatus.NO_CONTENT)
    page = render_template("webviewer/newest.html", of_user=_newest_of(user, cells))
    return make_response(page)


def _newest_of(user: User, cells: Sequence[Cell] | None) -> NewestOf:
    view = View(Selection(dup=False, users=(f"#{user.id}",)), Order.DATE)
    return NewestOf(cells, Shown(Scope(), view), Marking(locked=False))


@blueprint.get("/favorites/<owner:user_id>/")
def albums(user_id: UserId) -> str:
    """The albums of a user, by name."""
    shown = album_pages.albums(archive(), user_id)
    if shown is None:
        abort(404, f"Unknown user {user_id}.")
    of_user = None
    if shown.held.images <= sizes.QUICK:
        of_user = newest.of_user(archive(), shown.user.id, most=NEWEST_OF_USER, seconds=AT_ONCE)
    return render_template(
        "webviewer/albums.html",
        user=shown.user,
        local=shown.user.id.source == Source.DISK,
        albums=shown.albums,
        newest={shown.user.id: _newest_of(shown.user, of_user)},
        sizes=sizes.of_albums(archive(), shown.user.id) if _with_sizes(shown.held.images) else None,
        gone=any(entry.held.gone for entry in shown.albums),
        total=shown.held,
    )


@blueprint.get("/favorite/<owner:user_id>/<id:album_id>/")
def album(user_id: UserId, album_id: int) -> str:
    """The images of an album in the site's order, and what could not be fetched.

    `?image=ID` shows the page that this image of the site is on, for links to it.
    """
    user = album_pages.find_user(archive(), user_id)
    if user is None:
        abort(404, f"Unknown user {user_id}.")
    shown = album_pages.album(archive(), user, album_id)
    if shown is None:
        abort(404, f"Unknown folder {album_id} (in known user {user.id}).")
    scope = Scope(album=(user.id, album_id))
    image = request.args.get("image", type=int)
    grid = grid_page(scope, image=image if image is not None and 0 <= image < 2**63 else None)
    gone: list[Cell] = []
    has_more = False
    if shown.held.gone and not grid.shown.has("gone"):  # else the grid shows them
        gone, has_more = grid_pages.gone(archive(), scope, grid.shown.view, size=GONE_OF_ALBUM)
    table = stretch(shown.held.failures, FAILURES, parameter="failed")
    return render_template(
        "webviewer/album.html",
        user=user,
        album=shown.album,
        places=shown.held.places,
        bytes=shown.held.bytes,
        gone=shown.held.gone,
        gone_cells=gone,
        more_gone=has_more,
        plain_marking=Marking(locked=False),
        grid=grid,
        table=table,
        failures=album_pages.failures(
            archive(), user.id, album_id, start=table.offset, size=table.size
        )
        if table.total
        else (),
    )


def _with_sizes(images: int) -> bool:
    """Whether smallest, largest and spread are counted: if `?sizes=1`, or if it is quick."""
    asked = request.args.get("sizes")
    return images <= sizes.QUICK if asked not in {"0", "1"} else asked == "1"
