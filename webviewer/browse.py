"""Home, users, albums, and the images of an album."""

from flask import abort, render_template, request

from fapproc.jobs.pages import albums as album_pages
from fapproc.jobs.pages import charts as chart_pages
from fapproc.jobs.pages import grids as grid_pages
from fapproc.jobs.pages import overview, sizes
from fapproc.jobs.pages.grids import Part, Scope
from fapproc.model import UserId
from fapproc.sources import Source
from webviewer.blueprint import archive, blueprint
from webviewer.grids import AT_ONCE, PATIENCE, grid_page
from webviewer.paging import stretch
from webviewer.tagging import Marking
from webviewer.viewing import asked

USERS_AT_HOME = 24
NEWEST = 12
"""Pictures on the home page: rows of 2, 3, 4, 6 and 12 are full."""
FAILURES = 100


@blueprint.get("/")
def home() -> str:
    """The home page: what the archive holds, in figures, and links."""
    newest = asked(Scope(), "")
    keys = Part(newest.scope, newest.view).section(archive(), 0, NEWEST)
    return render_template(
        "webviewer/home.html",
        archive=archive(),
        overview=overview.overview(archive(), most_users=USERS_AT_HOME),
        newest=newest,
        cells=grid_pages.pictures(archive(), newest.scope, keys),
        charts=chart_pages.drawn(archive(), seconds=AT_ONCE),
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


@blueprint.get("/users/")
def users() -> str:
    """Everybody whose favorites are kept."""
    found = overview.users(archive())
    counted = sizes.of_users(archive()) if _with_sizes(sum(e.held.images for e in found)) else None
    return render_template("webviewer/users.html", users=found, sizes=counted)


@blueprint.get("/favorites/<owner:user_id>/")
def albums(user_id: UserId) -> str:
    """The albums of a user, by name."""
    shown = album_pages.albums(archive(), user_id)
    if shown is None:
        abort(404, f"Unknown user {user_id}.")
    return render_template(
        "webviewer/albums.html",
        user=shown.user,
        local=shown.user.id.source == Source.DISK,
        albums=shown.albums,
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
    gone = grid_pages.gone(archive(), scope, grid.shown.view) if shown.held.gone else []
    table = stretch(shown.held.failures, FAILURES, parameter="failed")
    return render_template(
        "webviewer/album.html",
        user=user,
        album=shown.album,
        places=shown.held.places,
        bytes=shown.held.bytes,
        gone=shown.held.gone,
        gone_cells=gone,
        plain_marking=Marking(locked=False),
        grid=grid,
        table=table,
        failures=album_pages.failures(
            archive(), user.id, album_id, start=table.offset, size=table.size
        ),
    )


def _with_sizes(images: int) -> bool:
    """Whether smallest, largest and spread are counted: if `?sizes=1`, or if it is quick."""
    asked = request.args.get("sizes")
    return images <= sizes.QUICK if asked not in {"0", "1"} else asked == "1"
