"""The backends there are, by the scheme of their URLs: one more is a module and a line here."""

from fapproc.vault.backend import HERE, Backend, Connect, Place
from fapproc.vault.local import LocalBackend

LOCAL = "file"
BACKENDS: dict[str, Connect] = {LOCAL: LocalBackend.connect}


def is_known(url: str) -> bool:
    """Whether there is a backend for what an archive says of its files.

    Of local folders only the archive's own is one; others are reached by links in it.
    """
    return url == HERE or _scheme(url) in BACKENDS.keys() - {LOCAL}


def connect(place: Place) -> Backend:
    """The backend at a place of a known scheme.

    Raises:
        StorageError: it can't be reached, or is not this archive's.
    """
    return BACKENDS[LOCAL if place.url == HERE else _scheme(place.url)](place)


def _scheme(url: str) -> str:
    return url.partition("://")[0] if "://" in url else ""
