"""Groups that may be one picture, images listed more than once, and either of them in full."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import Any, TypeVar

from flask import abort, make_response, render_template, request

from fapproc.jobs import judging
from fapproc.jobs.pages import duplicates as duplicate_pages
from fapproc.jobs.pages.duplicates import Duplicate
from fapproc.jobs.ways import Way, ways
from fapproc.model import Group, Image, Place
from fapproc.queues import Kind, Order, Position, Queue
from fapproc.sameness import Untold
from fapproc.selections.grammar import not_one_of
from webviewer.answers import Answer
from webviewer.blueprint import archive, blueprint, remembered
from webviewer.paging import stretch
from webviewer.sensitivity import Panel, panel
from webviewer.showing import source, upright

W = TypeVar("W", bound=StrEnum)

GROUPS = 30
EXACT = 30
THUMBS = 6
"""Thumbnails of a group in the list."""
PAIRS = 200
"""Pairs shown of a group; a group of many images has more than a page should hold."""
WHOLE = 8
"""How many pictures of a group are shown in full; of the others, thumbnails."""

_NONE = "None is suggested as the best:"
_UNTOLD = {
    Untold.UNEQUAL: f"{_NONE} they differ in more than size and quality.",
    Untold.ENLARGED: f"{_NONE} the largest shows no finer detail than a smaller one.",
    Untold.UNSEEN: f"{_NONE} an image can't be read. 'fapproc check' shows more.",
}
_ORDERS: Mapping[Order, str] = {
    Order.FOUND: "As found",
    Order.ALIKE: "Most alike first",
    Order.SAVING: "Largest saving first",
    Order.IMAGES: "Most images first",
}
_FACTS: dict[str, Callable[[Image], object]] = {
    "pixels": upright,
    "bytes": lambda image: image.bytes,
    "format": lambda image: image.format,
}


@blueprint.get("/duplicates/", endpoint="duplicates")
def list_all() -> Answer:
    """Groups that may be one picture, and images listed at more than one place.

    `?kind=alike|places` shows one of both, `?state=waiting|look|judged|all` those of a kind,
    `?order=found|alike|saving|images` in which order.
    """
    return list_page(panel(), HTTPStatus.OK)


def list_page(shown: Panel, status: HTTPStatus) -> Answer:
    """The lists, with the form that says how near two images must be."""
    counts = duplicate_pages.counts(archive())
    asked = through(state=Queue.ALL)
    state = asked.state
    groups = stretch(counts.groups[state], GROUPS)
    exact = stretch(counts.exact[state], EXACT, parameter="exact")
    page = render_template(
        "webviewer/duplicates.html",
        finding=shown,
        counts=counts,
        verdicts=duplicate_pages.verdicts(archive()),
        state=state,
        states=list(Queue),
        kind=asked.kind,
        order=asked.order,
        orders=_ORDERS,
        onward=onward(),
        last=last_decision(),
        groups=groups,
        group_rows=duplicate_pages.groups(
            archive(),
            remembered().ranks,
            state,
            asked.order,
            start=groups.offset,
            size=groups.size,
            images_each=THUMBS,
        )
        if groups.total  # of none all are gone through to find that
        else [],
        exact=exact,
        exact_rows=duplicate_pages.exact(
            archive(), remembered().ranks, state, asked.order, start=exact.offset, size=exact.size
        )
        if exact.total
        else [],
    )
    return make_response(page, status)


@blueprint.get("/duplicate/<sha:digest>/")
def duplicate(digest: str) -> Answer:
    """The group that an image is in; else the places of one that is listed more than once."""
    return group_page(digest, HTTPStatus.OK)


def group_page(
    digest: str,
    status: HTTPStatus,
    *,
    problem: str | None = None,
    said: Mapping[str, str] | None = None,
) -> Answer:
    """The page of a group, or of an image listed more than once.

    Args:
        digest: any image of it.
        status: of the answer.
        problem: why what was said of it was not saved.
        said: what was said, by the names of the form's fields.
    """
    shown = find(digest)
    images = [member.details.image for member in shown.members]
    number = {image.digest: at for at, image in enumerate(images, 1)}
    by_digest = {image.digest: image for image in images}
    page = render_template(
        "webviewer/duplicate.html",
        digest=digest,
        shown=shown,
        neighbours=duplicate_pages.beside(archive(), shown),
        group=shown.group,
        untold=untold(shown.group) if shown.group else None,
        members=shown.members,
        sources={image.digest: source(image) for image in images[:WHOLE]},
        differs={name for name, fact in _FACTS.items() if len(set(map(fact, images))) > 1},
        by_digest=by_digest,
        number=number,
        ways=ways_of(shown.group, by_digest, number),
        place_field=place_field,
        problem=problem,
        said=said or {},
        last=last_decision(),
        onward=onward(),
    )
    return make_response(page, status)


def ways_of(
    group: Group | None, images: Mapping[str, Image], number: Mapping[str, int]
) -> Sequence[Way]:
    """In what way the images of a group are the same, two by two."""
    return ways(group, images, lambda each: f"image {number[each]}")[:PAIRS] if group else ()


def find(digest: str) -> Duplicate:
    """What there is to judge of an image; a page that says why not, if nothing."""
    shown = duplicate_pages.of_images(archive(), [digest], most_pairs=PAIRS).get(digest)
    if shown is None:
        abort(404, f"Unknown image {digest}: no image has this digest.")
    if shown.version is None:
        abort(
            404,
            f"Image {digest} does not correspond to a duplicate set: nothing that the "
            "archive knows looks like it, and it is listed at one place.",
        )
    return shown


def through(digest: str = "", state: Queue = Queue.WAITING) -> Position:
    """What the address says that one goes through; ends the request where that is nothing.

    Args:
        digest: where one is.
        state: which ones, where the address doesn't say it.
    """
    kind, asked, order = _said("kind", Kind), _said("state", Queue), _said("order", Order)
    return Position(digest, kind, asked or state, order or Order.FOUND)


def _said(key: str, words: type[W]) -> W | None:
    text = request.args.get(key)
    if text and text not in set(words):
        abort(HTTPStatus.BAD_REQUEST, str(not_one_of(key, text, words)))
    return words(text) if text else None


def onward(of: Position | None = None) -> dict[str, Any]:
    """What links between groups hold, so that one goes on through the same, or through these."""
    found = of or through()
    return {
        "kind": found.kind,
        "state": found.state if found.state in {Queue.LOOK, Queue.JUDGED} else None,
        "order": None if found.order is Order.FOUND else found.order,
    }


def place_field(place: Place) -> str:
    """The name under which a form says something of a place."""
    return f"{place.user}_{place.album}_{place.image}"


@dataclass(frozen=True, slots=True)
class Last:
    """The last decision, and notices about it if it was made just now."""

    number: int
    kind: str
    what: str
    just_saved: bool
    notices: Sequence[str]


def last_decision() -> Last | None:
    """The last decision, if it can be undone."""
    last = judging.last(archive())
    if last is None or not last.can_be_undone:
        return None
    just = request.args.get("saved", type=int) == last.id
    return Last(last.id, last.kind, last.what, just, remembered().told.of(last.id) if just else ())


def untold(group: Group) -> str | None:
    """Why no image is suggested as the best."""
    if group.sameness is None:
        return "The best was not looked for yet. Run 'fapproc dedup'."
    return _UNTOLD.get(group.sameness.untold) if group.sameness.untold else None
