"""Groups that may be one picture, images listed more than once, and either of them in full."""

from flask import abort, render_template

from fapproc.jobs.pages import duplicates as duplicate_pages
from fapproc.model import Group
from fapproc.sameness import Untold
from webviewer.blueprint import archive, blueprint
from webviewer.paging import stretch

GROUPS = 30
EXACT = 30
THUMBS = 6
"""Thumbnails of a group in the list."""
PAIRS = 200
"""Pairs shown of a group; a group of many images has more than a page should hold."""

_NONE = "None is suggested as the best:"
_UNTOLD = {
    Untold.UNEQUAL: f"{_NONE} they differ in more than size and quality.",
    Untold.ENLARGED: f"{_NONE} the largest shows no finer detail than a smaller one.",
    Untold.UNSEEN: f"{_NONE} an image can't be looked at. 'fapproc check' says more.",
}


@blueprint.get("/duplicates/", endpoint="duplicates")
def list_all() -> str:
    """Groups that may be one picture, and images listed at more than one place."""
    counts = duplicate_pages.counts(archive())
    groups = stretch(counts.groups, GROUPS)
    exact = stretch(counts.exact, EXACT, parameter="exact")
    return render_template(
        "webviewer/duplicates.html",
        counts=counts,
        groups=groups,
        group_rows=duplicate_pages.groups(
            archive(), start=groups.offset, size=groups.size, images_each=THUMBS
        ),
        exact=exact,
        exact_rows=duplicate_pages.exact(archive(), start=exact.offset, size=exact.size),
    )


@blueprint.get("/duplicate/<sha:digest>/")
def duplicate(digest: str) -> str:
    """The group that an image is in; else the places of one that is listed more than once."""
    shown = duplicate_pages.duplicate(archive(), digest)
    if shown is None:
        abort(404, f"Unknown blob {digest}: no image has this digest.")
    if shown.group is None and len(shown.members[0].details.places) < 2:
        abort(
            404,
            f"Image {digest} does not correspond to a duplicate set: nothing that the "
            "archive knows looks like it, and it is listed at one place.",
        )
    return render_template(
        "webviewer/duplicate.html",
        digest=digest,
        group=shown.group,
        untold=_untold(shown.group) if shown.group else None,
        members=shown.members,
        pairs=shown.group.pairs[:PAIRS] if shown.group else (),
        by_digest={member.details.image.digest: member.details for member in shown.members},
        before=shown.before,
        after=shown.after,
    )


def _untold(group: Group) -> str | None:
    """Why no image is suggested as the best."""
    if group.sameness is None:
        return "Which one is the best was not looked at yet. Run 'fapproc dedup'."
    return _UNTOLD.get(group.sameness.untold) if group.sameness.untold else None
