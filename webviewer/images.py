"""One picture with all that is known of it, and its neighbours in a view."""

from dataclasses import dataclass

from flask import abort, render_template, request

from fapproc.jobs.pages import grids as grid_pages
from fapproc.jobs.pages import images as image_pages
from fapproc.jobs.pages.cells import Cell
from fapproc.jobs.pages.images import NamedPlace
from fapproc.model import UserId
from webviewer.addresses import scope_in
from webviewer.blueprint import archive, blueprint
from webviewer.tagging import marking
from webviewer.viewing import Shown, asked


@dataclass(frozen=True, slots=True)
class Beside:
    """The view that a picture was opened from, and its neighbours there."""

    shown: Shown
    image: int | None
    """The id that the site gives it there, in an album."""
    number: tuple[int, int] | None
    """How many pictures come before it, and how many there are, if that is counted quickly."""
    before: Cell | None
    after: Cell | None

    @property
    def back(self) -> str:
        """The page of the view that the picture is on."""
        if self.image is None:
            return self.shown.link()
        return f"{self.shown.link(image=self.image)}#{self.image}"


@blueprint.get("/image/<sha:digest>/")
def image(digest: str) -> str:
    """A picture, its tags, facts and places; `?in=VIEW` is where it was opened from."""
    return _page(digest, "image.html")


@blueprint.get("/data/image/<sha:digest>/")
def image_data(digest: str) -> str:
    """What is known of a picture, for a page that shows it."""
    return _page(digest, "facts.html")


def _page(digest: str, template: str) -> str:
    shown = image_pages.image(archive(), digest)
    if shown is None:
        abort(404, f"Unknown image {digest}: no image has this digest.")
    view = request.args.get("in", "")
    beside = _beside(digest, view)
    place = beside and beside.shown.scope.album and (*beside.shown.scope.album, beside.image)
    here = next((each for each in shown.places if _place(each) == place), None)
    named = here or next(iter(shown.places), None)
    return render_template(
        f"webviewer/{template}",
        known=shown,
        image=shown.image,
        called=named and named.sighting.name,
        here=here,
        beside=beside,
        marking=marking(locked=True),
        view=view or None,
    )


def _place(named: NamedPlace) -> tuple[UserId, int, int]:
    place = named.sighting.place
    return place.user, place.album, place.image


def _beside(digest: str, view: str) -> Beside | None:
    text, _, query = view.partition("?")
    found = scope_in(text)
    if found is None or (found[0].album is not None and found[1] is None):
        return None
    scope, image = found
    shown = asked(scope, query)
    key = grid_pages.key_of(archive(), scope, digest if image is None else str(image))
    beside = None if key is None else grid_pages.beside(archive(), scope, shown.view, key)
    if key is None or beside is None:
        return None
    number = None
    if scope.album is not None:
        number = grid_pages.number_of(archive(), scope, shown.view, key)
    return Beside(shown, image, number, beside.before, beside.after)
