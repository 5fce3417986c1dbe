"""What changes while the site runs: faults set from outside, and the log of requests."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass

from tests.demosite.faults import FAULTS, Scope
from tests.demosite.model import Photo, World

ALL_PAGES = "all-pages"
_HUMAN = "/human-verification"


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """One request the site answered."""

    at: float
    method: str
    path: str
    status: int


class RequestLog:
    """All requests but those of the controls."""

    def __init__(self) -> None:
        """Start empty."""
        self._lock = threading.Lock()
        self._seen: list[LoggedRequest] = []

    def add(self, request: LoggedRequest) -> None:
        """Note one more."""
        with self._lock:
            self._seen.append(request)

    def as_data(self) -> list[dict[str, object]]:
        """All of them as values for JSON, oldest first."""
        with self._lock:
            return [asdict(request) for request in self._seen]

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._seen.clear()


@dataclass
class _Entry:
    kind: str | None
    left: int | None


class FaultBoard:
    """Which fault strikes which request; what is set here wins over what is built in."""

    def __init__(self, world: World) -> None:
        """Start with the faults built into the world."""
        self._world = world
        self._lock = threading.Lock()
        self._entries: dict[str, _Entry] = {}
        self._struck: dict[tuple[str, str], int] = {}
        self._issued: Counter[int] = Counter()

    def set(self, changes: Mapping[str, str | None]) -> None:
        """Set faults by id, path prefix or 'all-pages'; None heals. ValueError: nothing is set."""
        entries = {key: self._entry(key, value) for key, value in changes.items()}
        with self._lock:
            for key, entry in entries.items():
                if entry.kind is None and not key.isdigit():
                    self._entries.pop(key, None)
                else:
                    self._entries[key] = entry
                for known in [known for known in self._struck if known[0] == key]:
                    del self._struck[known]

    def _entry(self, key: str, value: str | None) -> _Entry:
        if key.isdigit():
            if int(key) not in self._world.photos:
                raise ValueError(f"no photo has the id {key}")
        elif key != ALL_PAGES and not key.startswith("/"):
            raise ValueError(f"{key!r} is no photo id, path prefix or {ALL_PAGES!r}")
        if value is None:
            return _Entry(None, None)
        kind, _, times = value.partition("*")
        if kind not in FAULTS or not (times or "1").isdigit():
            raise ValueError(
                f"no fault {value!r}; known: {', '.join(FAULTS)}, or one with '*TIMES'"
            )
        return _Entry(kind, int(times) if times else None)

    def issued(self, photos: Iterable[Photo]) -> None:
        """Note that fresh addresses of these photos were given out."""
        with self._lock:
            self._issued.update(photo.id for photo in photos)

    def strike(self, scope: Scope, path: str, photo: Photo | None = None) -> str | None:
        """The kind of fault that strikes this request, if one does; uses it up where it counts."""
        with self._lock:
            for key, entry in self._candidates(path, photo):
                kind = entry.kind
                if kind is None or FAULTS[kind].scope is not scope or entry.left == 0:
                    continue
                if not self._strikes(key, kind, path, photo):
                    continue
                if entry.left is not None:
                    entry.left -= 1
                return kind
        return None

    def _candidates(self, path: str, photo: Photo | None) -> Iterator[tuple[str, _Entry]]:
        if photo is not None:
            key = str(photo.id)
            yield key, self._entries.get(key) or _Entry(photo.fault, None)
        if path == _HUMAN:
            return
        prefixes = [key for key in self._entries if key.startswith("/") and path.startswith(key)]
        for key in sorted(prefixes, key=len, reverse=True):
            yield key, self._entries[key]
        if ALL_PAGES in self._entries and not path.startswith("/images/"):
            yield ALL_PAGES, self._entries[ALL_PAGES]

    def _strikes(self, key: str, kind: str, path: str, photo: Photo | None) -> bool:
        if not FAULTS[kind].once:
            return True
        mark = (key, path)
        issued = self._issued[photo.id] if photo else 0
        if mark not in self._struck:
            self._struck[mark] = issued
            return True
        # An expired address stays so until a page gives out a fresh one.
        return kind == "file-expired-once" and self._struck[mark] == issued
