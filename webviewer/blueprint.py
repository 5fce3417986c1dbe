"""The blueprint on which every page is registered, and the archive that it shows."""

from dataclasses import dataclass

from flask import Blueprint, current_app, g

from fapproc.archive import Archive
from webviewer.addresses import Site
from webviewer.held import Held, Remembered

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


def opened() -> Opened:
    """What the pages of this application show."""
    found = current_app.extensions[EXTENSION]
    assert isinstance(found, Opened)
    return found


def remembered() -> Remembered:
    """What is kept in memory of what was shown."""
    return opened().held.remembered


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
