"""The blueprint that every page is put on, and the archive that it shows."""

from dataclasses import dataclass, field

from flask import Blueprint, current_app, g

from fapproc.archive import Archive
from webviewer.addresses import Site
from webviewer.held import Held
from webviewer.parts import Parts
from webviewer.previews import Previews
from webviewer.told import Told

EXTENSION = "fapfavorites"

blueprint = Blueprint(
    "viewer",
    "webviewer",
    url_prefix="/viewer",
    template_folder="templates",
    static_folder="static",
)


@dataclass(frozen=True, slots=True)
class Opened:
    """What the pages of one application show."""

    held: Held
    site: Site
    told: Told = field(default_factory=Told)
    parts: Parts = field(default_factory=Parts)
    previews: Previews = field(default_factory=Previews)


def opened() -> Opened:
    """What the pages of this application show."""
    found = current_app.extensions[EXTENSION]
    assert isinstance(found, Opened)
    return found


def archive() -> Archive:
    """The archive that this request is about, borrowed until its end.

    Raises:
        Locked: it was locked.
    """
    if "archive" not in g:
        g.archive = opened().held.borrow()
    found = g.archive
    assert isinstance(found, Archive)
    return found


def give_back(_: BaseException | None) -> None:
    """End of a request: let go of the archive."""
    if "archive" in g:
        opened().held.give_back(g.pop("archive"))
