"""The backends there are, by the scheme of their URLs: one more is a module and a line here."""

import re

from fapproc.errors import NoArchive
from fapproc.vault.backend import HERE, Backend, Connect, Place
from fapproc.vault.local import LocalBackend

LOCAL = "file"
BACKENDS: dict[str, Connect] = {LOCAL: LocalBackend.connect}
_URL = re.compile("([a-z][a-z0-9+.-]*)://")


def is_place(url: str) -> bool:
    """Whether this may be what an archive says of its files, here or where there are more backends.

    Of local folders only the archive's own is one; others are reached by links in it.
    """
    return url == HERE or _scheme(url) not in {"", LOCAL}


def connect(place: Place) -> Backend:
    """The backend at a place.

    Raises:
        NoArchive: there is none of this scheme here.
        StorageError: it can't be reached, or is not this archive's.
    """
    scheme = LOCAL if place.url == HERE else _scheme(place.url)
    if scheme not in BACKENDS:
        raise NoArchive(
            f"The pictures of this archive are kept at {scheme}://, and this program has no "
            f"backend for that: {scheme!r} is not among {', '.join(sorted(BACKENDS))}. Add it "
            "(CONTRIBUTING.md: Add a backend), or use the program that made the archive."
        )
    return BACKENDS[scheme](place)


def _scheme(url: str) -> str:
    found = _URL.match(url)
    return found[1] if found else ""
