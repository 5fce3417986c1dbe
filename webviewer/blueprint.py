"""The blueprint that every page is put on, and the archive that it shows."""

from dataclasses import dataclass

from flask import Blueprint, current_app

from fapproc.archive import Archive
from webviewer.addresses import Site

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

    archive: Archive
    site: Site


def archive() -> Archive:
    """The archive that this request is about."""
    opened = current_app.extensions[EXTENSION]
    assert isinstance(opened, Opened)
    return opened.archive
