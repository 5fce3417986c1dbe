"""Home, users, albums, and the images of an album."""

from flask import abort, render_template, request
from sqlalchemy import Connection

from fapproc.db import catalogue, duplicates, figures, observations, tags
from fapproc.db import places as place_rows
from fapproc.model import FolderKind, Place, Source, User, UserId
from webviewer.blueprint import archive, blueprint
from webviewer.paging import stretch
from webviewer.pictures import GRID, cells

USERS_AT_HOME = 24
FAILURES = 100


@blueprint.get("/")
def home() -> str:
    """What the archive holds, in figures, and the ways in."""
    from fapproc.jobs.statistics import statistics

    with archive().reading() as connection:
        exact, exact_waiting = duplicates.count_exact(connection)
        return render_template(
            "webviewer/home.html",
            archive=archive(),
            figures=statistics(archive()),
            users=catalogue.users(connection)[:USERS_AT_HOME],
            tags=tags.count(connection),
            exact=exact,
            exact_waiting=exact_waiting,
        )


@blueprint.get("/users/")
def users() -> str:
    """Everybody whose favorites are kept."""
    with archive().reading() as connection:
        return render_template(
            "webviewer/users.html",
            users=catalogue.users(connection),
            holds=figures.of_users(connection),
            nothing=figures.Figures(),
        )


@blueprint.get("/favorites/<owner:user_id>/")
def albums(user_id: UserId) -> str:
    """The albums of a user, by name."""
    with archive().reading() as connection:
        user = _owner(connection, user_id)
        user_id = user.id
        found = catalogue.albums(connection, user_id)
        return render_template(
            "webviewer/albums.html",
            user=user,
            local=user_id.source is Source.DISK,
            albums=sorted(found, key=lambda album: (album.name.casefold(), album.id)),
            holds=figures.of_albums(connection, user_id),
            nothing=figures.Figures(),
            gone=observations.count_gone_in_albums(connection, user_id),
            total=figures.of_users(connection, user_id).get(user_id, figures.Figures()),
        )


@blueprint.get("/favorite/<owner:user_id>/<id:album_id>/")
def album(user_id: UserId, album_id: int) -> str:
    """The images of an album in the site's order, and what could not be had.

    `?image=ID` shows the page that this image of the site is on, for links to it.
    """
    with archive().reading() as connection:
        user = _owner(connection, user_id)
        user_id = user.id
        shown = catalogue.album_by_id(connection, user_id, album_id)
        if shown is None or shown.kind is not FolderKind.PICTURES:
            abort(404, f"Unknown folder {album_id} (in known user {user_id}).")
        at = None
        image = request.args.get("image", type=int)
        if image is not None and 0 <= image < 2**63:
            at = place_rows.sightings_before(connection, Place(user_id, album_id, image))
        total = place_rows.count_sightings(connection, user_id, album_id)
        grid = stretch(total, GRID, at=at)
        page = place_rows.sightings_page(
            connection, user_id, album_id, offset=grid.offset, limit=grid.size
        )
        lost = place_rows.count_failures(connection, user_id, album_id)
        table = stretch(lost, FAILURES, parameter="failed")
        return render_template(
            "webviewer/album.html",
            user=user,
            album=shown,
            gone=observations.count_gone_in_albums(connection, user_id).get(album_id, 0),
            grid=grid,
            cells=cells(connection, [(stored, sighting) for sighting, stored in page]),
            table=table,
            failures=place_rows.failures(
                connection, user_id, album_id, offset=table.offset, limit=table.size
            ),
        )


def _owner(connection: Connection, user_id: UserId) -> User:
    """The user at an address; the disk's former one is good while the site has no such user."""
    if user_id.source is Source.SITE:
        user = catalogue.find_anyone(connection, user_id.number, None)
    else:
        user = catalogue.user_by_id(connection, user_id)
    if user is None:
        abort(404, f"Unknown user {user_id}.")
    return user
