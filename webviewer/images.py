"""One picture with all that is known of it, and the ones beside it in its album."""

from dataclasses import dataclass

from flask import abort, render_template, request

from fapproc.jobs.pages import albums as album_pages
from fapproc.jobs.pages import images as image_pages
from fapproc.jobs.pages.cells import Cell
from fapproc.model import Album, Place, User
from webviewer.addresses import place_in
from webviewer.blueprint import archive, blueprint
from webviewer.showing import is_shown_whole
from webviewer.tagging import marking


@dataclass(frozen=True, slots=True)
class Beside:
    """The album that a picture was opened from, and who stands beside it there."""

    user: User
    album: Album
    place: Place
    number: int
    """Of the picture in the album, counted from 1."""
    total: int
    before: Cell | None
    after: Cell | None


@blueprint.get("/image/<sha:digest>/")
def image(digest: str) -> str:
    """A picture, its tags, facts and places; `?in=favorite/USER/ALBUM/IMAGE` is where it was."""
    shown = image_pages.image(archive(), digest)
    if shown is None:
        abort(404, f"Unknown blob {digest}: no image has this digest.")
    place = place_in(request.args.get("in", ""))
    beside = None if place is None else _beside(place)
    named = next(
        (each.sighting.name for each in shown.places if beside and each.sighting.place == place),
        next((each.sighting.name for each in shown.places), None),
    )
    return render_template(
        "webviewer/image.html",
        known=shown,
        image=shown.image,
        called=named,
        is_whole=is_shown_whole(shown.image),
        beside=beside,
        marking=marking(locked=True),
        view=request.args.get("in"),
    )


def _beside(place: Place) -> Beside | None:
    user = album_pages.find_user(archive(), place.user)
    head = user and album_pages.album(archive(), user, place.album)
    if not user or not head:
        return None
    place = Place(user.id, place.album, place.image)
    at = album_pages.position(archive(), place)
    if at is None:
        return None
    start = max(at - 1, 0)
    around = album_pages.pictures(archive(), user.id, place.album, start=start, size=at - start + 2)
    before = around[0] if at else None
    after = around[at - start + 1] if len(around) > at - start + 1 else None
    return Beside(user, head.album, place, at + 1, head.held.places, before, after)
