"""The faults the site can have, by kind, each with what a crawl must report for it.

`reason` and `detail` are the words of the crawl's own list of what could not be fetched; both are
None where a patient crawl still gets the picture, or where the fault is of no single picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Scope(StrEnum):
    """Which requests a fault can strike."""

    PAGE = "page"
    FILE = "file"
    PATH = "path"


@dataclass(frozen=True, slots=True)
class Fault:
    """One way of going wrong, and its truth."""

    kind: str
    scope: Scope
    reason: str | None
    detail: str | None
    built_in: int = 1
    """How many photos of the default world have it."""
    once: bool = False
    """Strikes a photo once and never again."""


_PAGE, _FILE, _PATH = Scope.PAGE, Scope.FILE, Scope.PATH

_ALL = (
    Fault("page-missing", _PAGE, "page", "missing", built_in=2),
    Fault("page-gone", _PAGE, "page", "missing"),
    Fault("page-notext", _PAGE, "page", "missing"),
    Fault("page-nolink", _PAGE, "link", "none", built_in=2),
    Fault("page-503", _PAGE, "page", "unreachable"),
    Fault("file-missing", _FILE, "file", "missing", built_in=2),
    Fault("file-expired", _FILE, "file", "expired"),
    Fault("file-expired-once", _FILE, None, None, built_in=2, once=True),
    Fault("file-503", _FILE, "file", "unreachable"),
    Fault("file-503-once", _FILE, None, None, once=True),
    Fault("drop", _FILE, "file", "unreachable"),
    Fault("drop-once", _FILE, None, None, once=True),
    Fault("short", _FILE, "damaged", "short"),
    Fault("stall", _FILE, "file", "unreachable", built_in=0),
    Fault("empty", _FILE, "damaged", "empty"),
    Fault("html", _FILE, "damaged", "not-a-picture"),
    Fault("cut", _FILE, "damaged", "truncated", built_in=2),
    Fault("bomb", _FILE, "damaged", "too-large"),
    Fault("eps", _FILE, "damaged", "format"),
    Fault("longer", _FILE, None, None, built_in=0),
    Fault("head-refused", _FILE, None, None, built_in=0),
    Fault("head-forbidden", _FILE, None, None, built_in=0),
    Fault("range-refused", _FILE, None, None, built_in=0),
    Fault("429", _PATH, None, None, built_in=0),
    Fault("503", _PATH, None, None, built_in=0),
    Fault("503-wait", _PATH, None, None, built_in=0),
    Fault("human", _PATH, None, None, built_in=0),
    Fault("landmarks", _PATH, None, None, built_in=0),
    Fault("home", _PATH, None, None, built_in=0),
    Fault("placeholder", _PATH, None, None, built_in=0),
    Fault("cloud", _PATH, None, None, built_in=0),
    Fault("reset", _PATH, None, None, built_in=0),
)

FAULTS: dict[str, Fault] = {fault.kind: fault for fault in _ALL}

# Pictures with such pages show up in no neighbour's window either.
WINDOWLESS = frozenset({"page-missing", "page-gone", "page-notext", "page-nolink"})
