"""Grids: all pictures, the sections and the counts that a page's script asks for, the search."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from urllib.parse import urlencode

from flask import abort, make_response, redirect, render_template, request
from werkzeug import Response

from fapproc.jobs import tagging as tags
from fapproc.jobs.pages import SECTION
from fapproc.jobs.pages import grids as grid_pages
from fapproc.jobs.pages.cells import Cell
from fapproc.jobs.pages.grids import PART, Counted, Part, Scope
from fapproc.model import Tag
from fapproc.selections.view import Order
from webviewer.addresses import scope_in, written
from webviewer.answers import Answer
from webviewer.blueprint import archive, blueprint, remembered
from webviewer.patience import PATIENCE
from webviewer.tagging import Marking, marking
from webviewer.viewing import Shown, arranged, asked, start_of

MARKS: Mapping[str, str] = {
    "here": "twin here",
    "elsewhere": "twin elsewhere",
    "alike": "look-alike",
    "gone": "gone",
    "moves": "moves",
    "untagged": "untagged",
}
"""Marks of pictures, in words; the first one that applies gives a cell its edge."""
ORDERS: Mapping[Order, str] = {
    Order.ALBUM: "Album order",
    Order.DATE: "Newest first",
    Order.SIZE: "Largest files first",
    Order.PIXELS: "Most pixels first",
    Order.NAME: "By name",
    Order.RANDOM: "Random",
}


@dataclass(frozen=True, slots=True)
class GridPage:
    """What a page with a grid shows."""

    shown: Shown
    cells: Sequence[Cell]
    number: int
    """Of the page in its part, counted from 1."""
    more: bool
    """Whether another page of the part follows."""
    following: str | None
    """The key that the next part begins with, on the last page of a part."""
    counted: Counted | None
    tags: Sequence[Tag]
    orders: Mapping[str, str]
    """Names of orders by what stands in the address."""
    marking: Marking
    newest: int
    """Number of the image that came last when the page was made."""

    @property
    def at(self) -> int:
        """How many pictures of the part come before these."""
        return (self.number - 1) * SECTION

    @property
    def total(self) -> int | None:
        """How many pictures the part has, where that is known."""
        if self.counted is None or self.shown.start is not None:
            return None
        return min(self.counted.total, PART)

    @property
    def pages(self) -> int | None:
        """How many pages the view has, where that is known."""
        if self.counted is None or self.shown.start is not None:
            return None
        return max(1, -(-self.counted.total // SECTION))

    @property
    def uncounted(self) -> bool:
        """Whether the page had no time for some counts."""
        return self.counted is None or len(self.counted.marks) < len(MARKS)

    @property
    def scope(self) -> str:
        """Whose pictures these are, as the script says it."""
        return written(self.shown.scope)


def grid_page(scope: Scope, *, about: int | None = None, image: int | None = None) -> GridPage:
    """The grid of the page that this request asks for.

    Args:
        scope: whose pictures.
        about: the tag that the page is about.
        image: show the page that this image of the site is on.
    """
    shown, newest = asked(scope), grid_pages.newest(archive())
    number = max(request.args.get("page", default=1, type=int), 1)
    part = _part(shown, anew=number == 1)
    found = None if image is None else grid_pages.number_of(archive(), scope, shown.view, image)
    if found is not None and found[0] < PART:
        shown, number = replace(shown, start=None), found[0] // SECTION + 1
        part = _part(shown, anew=True)
    elif found is not None:
        shown, number = replace(shown, start=str(image)), 1
        part = _part(shown, anew=True)
    number = min(number, PART // SECTION)
    keys = part.section(archive(), (number - 1) * SECTION)
    if not keys and number > 1:  # more may have come since the part was read; else the nearest
        part = _part(shown, anew=True)
        part.section(archive(), (number - 1) * SECTION)
        number = min(number, max(1, -(-(part.total or PART) // SECTION)))
        keys = part.section(archive(), (number - 1) * SECTION)
    end = number * SECTION
    return GridPage(
        shown=shown,
        cells=grid_pages.pictures(archive(), scope, keys),
        number=number,
        more=end < PART and part.has(end),
        following=_following(shown, part) if end == PART else None,
        counted=_counted_at_once(shown),
        tags=tags.paths(archive()),
        orders=_orders(shown),
        marking=marking(about),
        newest=newest,
    )


@blueprint.get("/all/")
def all_pictures() -> str:
    """Every picture of the archive, what came last first."""
    return render_template("webviewer/all.html", grid=grid_page(Scope()))


@blueprint.post("/search/")
def search() -> Response:
    """Go to a view that a form describes; of a sealed archive its words stand encrypted there."""
    scope = _scope(request.form.get("of", "all"))
    said = urlencode([pair for pair in request.form.items(multi=True) if pair[1]])
    more = {key: request.form.get(key) for key in ("lock", "filters")}
    return redirect(asked(scope, said).link(**more), HTTPStatus.SEE_OTHER)


@blueprint.get("/data/cells/")
def cells() -> Answer:
    """The cells of a view from `at` on, as HTML; `of` says whose pictures."""
    shown = asked(_scope(request.args.get("of", "all")))
    at = min(max(request.args.get("at", default=0, type=int), 0), PART)
    part = _part(shown, anew=False)
    keys = part.section(archive(), at)
    answer = make_response(
        render_template(
            "webviewer/cells.html",
            cells=grid_pages.pictures(archive(), shown.scope, keys),
            shown=shown,
            marking=marking(locked=False),
        )
    )
    if at + SECTION >= PART and (key := _following(shown, part)) is not None:
        answer.headers["Link"] = f'<{shown.link(begin=key)}>; rel="next"'
    return answer


@blueprint.get("/data/count/")
def count() -> Answer:
    """How many pictures a view has, and with each mark; 204 where that takes too long."""
    shown = asked(_scope(request.args.get("of", "all")))
    found = grid_pages.count(archive(), shown.scope, shown.view, seconds=PATIENCE)
    if found is None:
        return make_response("", HTTPStatus.NO_CONTENT)
    return make_response({"total": found.total, "marks": dict(found.marks)})


@blueprint.get("/data/newer/")
def newer() -> Answer:
    """How many pictures of a view have come since the one of the number `since` was the newest."""
    shown = asked(_scope(request.args.get("of", "all")))
    since = min(max(request.args.get("since", 0, type=int), 0), 2**62)
    return make_response({"many": grid_pages.newer(archive(), shown.scope, shown.view, since)})


def _counted_at_once(shown: Shown) -> Counted | None:
    """The counts, or the first of them, that come at once: the number of pictures, then marks."""
    slow, what = remembered().slow, (shown.scope, shown.view)

    def number(seconds: float) -> Counted | None:
        return grid_pages.count(archive(), shown.scope, shown.view, seconds=seconds, marks=())

    def marks(seconds: float) -> Counted | None:
        return grid_pages.count(archive(), shown.scope, shown.view, seconds=seconds)

    def is_whole(found: Counted) -> bool:
        return len(found.marks) == len(MARKS)

    found = slow.at_once((*what, "marks"), marks, is_whole)
    return found or slow.at_once((*what, "number"), number)


def _part(shown: Shown, *, anew: bool) -> Part:
    start = start_of(shown)
    return remembered().parts.of(shown.scope, shown.view, start, anew=anew)


def _following(shown: Shown, part: Part) -> str | None:
    """The key of the part behind this one; None where there is none."""
    if not part.has(PART):
        return None
    found = grid_pages.pictures(archive(), shown.scope, [part.key(PART)])
    place = found[0].place if found else None
    if shown.scope.album is not None:
        return str(place.image) if place else None
    return found[0].image.digest if found else None


def _scope(text: str) -> Scope:
    found = scope_in(text)
    if found is None:
        abort(HTTPStatus.BAD_REQUEST, "These are the pictures of no album, no tag, nor all.")
    return found[0]


def _orders(shown: Shown) -> dict[str, str]:
    """The orders to choose from; `random` stays the same until it is chosen again."""
    seed = shown.view.seed if shown.view.order is Order.RANDOM else secrets.randbelow(10**6)
    return {arranged(order, seed * (order is Order.RANDOM)): ORDERS[order] for order in ORDERS}
