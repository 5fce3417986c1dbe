"""Give tags to pictures of a grid, or take them away: what the form shows, and what it does."""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

from flask import redirect, request, url_for
from werkzeug import Response

from fapproc.errors import FapError
from fapproc.jobs import tagging
from fapproc.model import Tag
from fapproc.selections.selection import Selection
from fapproc.wording import counted
from webviewer.answers import inside, refusal
from webviewer.blueprint import archive, blueprint

_DONE = {"apply": "given", "clear": "taken"}


@dataclass(frozen=True, slots=True)
class Marking:
    """How a grid's pictures are marked: `locked`, a click selects instead of opening."""

    locked: bool
    everything: bool = False
    """Whether all pictures of the page are selected to begin with."""
    tags: Sequence[Tag] = ()
    chosen: int | None = None
    """The tag that was used last, or that the page is about."""
    told: str | None = None

    @property
    def kept(self) -> dict[str, int]:
        """What links to other pages of the grid hold, so that it stays so."""
        return {"lock": 1} if self.locked else {}


def marking(about: int | None = None, *, locked: bool | None = None) -> Marking:
    """What the address says: `?lock=1` selects, `all=1` all of the page.

    Args:
        about: the tag that the page is about.
        locked: whether pictures are marked, where the address doesn't say it.
    """
    if not (request.args.get("lock") == "1" if locked is None else locked):
        return Marking(locked=False)
    tags = tagging.paths(archive())
    last = request.args.get("with", type=int)
    found = next((tag for tag in tags if tag.id == last), None)
    return Marking(
        locked=True,
        everything=request.args.get("all") == "1",
        tags=tags,
        chosen=about if found is None else found.id,
        told=None if found is None else _told(found),
    )


def _told(tag: Tag) -> str | None:
    """What the form before this page has done with a tag."""
    given, taken = (request.args.get(done, type=int) for done in _DONE.values())
    if given is not None:
        return f"{counted(given, 'image')} newly tagged with {tag.path}."
    return None if taken is None else f"{tag.path} removed from {counted(taken, 'image')}."


@blueprint.post("/tagging/")
def give_tag() -> Response:
    """Give a tag to the pictures that are ticked, or take it and all under it from them."""
    form = request.form
    images, tag, do = form.getlist("image"), form.get("tag", type=int), form.get("do", "")
    unsaid = [
        sentence
        for said, sentence in (
            (images, "No images are selected: go back and tick some."),
            (tag, "No tag is chosen: go back and choose one."),
            (do in _DONE, "The form says neither to tag nor to remove a tag."),
        )
        if not said
    ]
    if unsaid or tag is None:
        return refusal(HTTPStatus.UNPROCESSABLE_ENTITY, unsaid[0])
    job = tagging.apply if do == "apply" else tagging.clear
    try:
        done = job(archive(), tag, Selection(digests=tuple(images)))
    except FapError as problem:
        if type(problem) is not FapError:
            raise
        return refusal(HTTPStatus.UNPROCESSABLE_ENTITY, str(problem))  # no such tag, or image
    back = inside(form.get("back", "")) or url_for("viewer.tag", tag_id=done.tag.id, lock=1)
    told = f"{_DONE[do]}={done.changed}&with={done.tag.id}"
    return redirect(f"{back}{'&' if '?' in back else '?'}{told}", HTTPStatus.SEE_OTHER)
