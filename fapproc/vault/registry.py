"""The backends there are, by the scheme of their URLs: one more is a module and a line here."""

import importlib
import re

from fapproc.errors import NoArchive
from fapproc.names import quoted
from fapproc.vault.backend import HERE, Backend, BackendType, Place

LOCAL = "file"
BACKENDS = {
    LOCAL: "fapproc.vault.local:LocalBackend",
    "s3": "fapproc.vault.s3:S3Backend",
}
"""Each is imported when it is used: what it needs may be an extra that is not installed."""
_URL = re.compile("([a-z][a-z0-9+.-]*)://")


def is_place(url: str) -> bool:
    """Whether this may be what an archive says of its files, here or where there are more backends.

    Of local folders only the archive's own is one; others are reached by links in it.
    """
    return url == HERE or _scheme(url) not in {"", LOCAL}


def connect(place: Place) -> Backend:
    """The backend at a place.

    Raises:
        NoArchive: as `find`.
        StorageError: it can't be reached, or is not this archive's.
    """
    return find(place.url).connect(place)


def refuse_taken(place: Place) -> None:
    """See that a place is free for an archive.

    Raises:
        NoArchive: as `find`.
        StorageError: it can't be reached, or something else lies there.
    """
    find(place.url).refuse_taken(place)


def create(place: Place) -> None:
    """Make a place ready for the files of a new archive; again is as good as once.

    Raises:
        NoArchive: as `find`.
        StorageError: it can't be reached, or something else lies there.
    """
    find(place.url).create(place)


def find(url: str) -> BackendType:
    """The class of the backend that a URL needs.

    Raises:
        NoArchive: there is none of this scheme here, or a package that it needs is not installed.
    """
    scheme = LOCAL if url == HERE else _scheme(url)
    if scheme not in BACKENDS:
        raise NoArchive(
            f"This program has no backend for pictures at {scheme}://: {quoted(scheme)} is not "
            "among "
            f"{', '.join(sorted(BACKENDS))}. Add it (CONTRIBUTING.md: Add a backend), or use the "
            "program that made the archive."
        )
    module, _, name = BACKENDS[scheme].partition(":")
    try:
        found: BackendType = getattr(importlib.import_module(module), name)
    except ModuleNotFoundError as error:
        raise NoArchive(
            f"Pictures at {scheme}:// need the package {error.name}, which is not installed. "
            f"Install it in the project's folder: pip install '.[{scheme}]'"
        ) from error
    return found


def _scheme(url: str) -> str:
    found = _URL.match(url)
    return found[1] if found else ""
