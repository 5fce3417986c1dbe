"""The pictures of an album, of a tag or of all: in parts, whose sections come by their number."""

import threading
import time
from array import array
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection

from fapproc.archive import Archive
from fapproc.db import grids, images, in_album, mark_counts
from fapproc.db import places as place_rows
from fapproc.db.dialect.engines import TooLong, driver_of
from fapproc.db.grids import Grid
from fapproc.jobs import selection as selections
from fapproc.jobs.pages import SECTION
from fapproc.jobs.pages.cells import Cell, cells_at, cells_of
from fapproc.model import UserId
from fapproc.selections import grammar
from fapproc.selections.selection import Tagged
from fapproc.selections.view import Order, View

_MORE = 8
"""How many times as many as there are already are read when more are asked for."""
PART = 60_000
"""Pictures that a page scrolls through at most: browsers end at 33,554,432 pixels."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose pictures a view is about: those of an album, of a tag and all under it, or all."""

    album: tuple[UserId, int] | None = None
    tag: int | None = None

    @property
    def order(self) -> Order:
        """The order where none is asked for."""
        return Order.DATE if self == Scope() else Order.ALBUM


class Part:
    """Which pictures a part of a view has, as they were when they were first asked for.

    What is shown doesn't move under the person who looks at it, and a section costs the same
    wherever it stands: of each picture its number is kept, 8 bytes. More are read as they are
    asked for, few at first, as some views take as long for these as for all.
    """

    def __init__(self, scope: Scope, view: View, start: int | None = None) -> None:
        """Nothing is read yet; `start` is the key of the first picture, None for the very first."""
        self.scope = scope
        self.view = view
        self.start = start
        self._keys = array("q")
        self._last: Sequence[Any] | None = None
        self._whole = False
        self._turn = threading.Lock()

    def section(self, archive: Archive, at: int, size: int = SECTION) -> Sequence[int]:
        """Keys of the pictures from `at` on, which counts from 0; beyond the end none."""
        with self._turn:
            end = min(at + size, PART)
            if end >= len(self._keys) and not self._whole:
                self._read(archive, end + 1)
            return self._keys[at:end]

    def has(self, at: int) -> bool:
        """Whether a picture stands at this place, as far as has been read."""
        return at < len(self._keys)

    def key(self, at: int) -> int:
        """The key at a place that `has`."""
        return self._keys[at]

    @property
    def total(self) -> int | None:
        """How many there are, where that is known already."""
        return len(self._keys) if self._whole else None

    def at(self, key: int) -> int | None:
        """Where a key stands, as far as has been read."""
        try:
            return self._keys.index(key)
        except ValueError:
            return None

    def _read(self, archive: Archive, upto: int) -> None:
        wanted = min(max(upto, _MORE * len(self._keys)), PART + 1) - len(self._keys)
        with archive.reading() as connection:
            grid = grid_of(connection, self.scope, self.view)
            if self.start is not None and self._last is None:
                self._last = grids.place_of(connection, grid, self.start)
                if self._last is not None:
                    self._keys.append(self.start)
                    wanted -= 1
            found = grids.keys_from(connection, grid, after=self._last, limit=wanted)
            if found:
                self._last = grids.place_of_shown(connection, grid, found[-1])
        self._keys.extend(found)
        self._whole = len(found) < wanted


@dataclass(frozen=True, slots=True)
class Beside:
    """Who stands before and after a picture in a view."""

    before: Cell | None
    after: Cell | None


@dataclass(frozen=True, slots=True)
class Counted:
    """How many pictures a view has, and how many of them carry each mark, as far as counted."""

    total: int
    marks: Mapping[str, int]


def key_of(archive: Archive, scope: Scope, text: str) -> int | None:
    """The key that an address names: an id of the site in an album, else a digest."""
    if scope.album is not None:
        known = text.isascii() and text.isdecimal() and len(text) < 20 and int(text) < 2**63
        return int(text) if known else None
    with archive.reading() as connection:
        found = images.by_digest(connection, text.lower())
        return None if found is None else found.id


def pictures(archive: Archive, scope: Scope, keys: Iterable[int]) -> list[Cell]:
    """The cells of these pictures; one that was deleted meanwhile is left out."""
    with archive.reading() as connection:
        return _cells(connection, scope, list(keys))


def gone(archive: Archive, scope: Scope, view: View, *, size: int) -> tuple[list[Cell], bool]:
    """The first pictures of a view that are gone from their source; and whether there are more."""
    with archive.reading() as connection:
        grid = grid_of(connection, scope, marked(view, "gone"))
        keys = grids.keys_from(connection, grid, limit=size + 1)
        return _cells(connection, scope, keys[:size]), len(keys) > size


def beside(archive: Archive, scope: Scope, view: View, key: int) -> Beside | None:
    """Who stands beside a picture; None where the view hasn't it."""
    with archive.reading() as connection:
        grid = grid_of(connection, scope, view)
        here = grids.place_of(connection, grid, key)
        if here is None:
            return None
        found = [
            grids.keys_from(connection, grid, after=here, backward=back, limit=1)
            for back in (True, False)
        ]
        before, after = (_cells(connection, scope, keys) for keys in found)
        return Beside(next(iter(before), None), next(iter(after), None))


def number_of(archive: Archive, scope: Scope, view: View, key: int) -> tuple[int, int] | None:
    """How many pictures of a view stand before one, and how many there are; None if it isn't there.

    Counts them: to be asked of albums.
    """
    with archive.reading() as connection:
        grid = grid_of(connection, scope, view)
        here = grids.place_of(connection, grid, key)
        if here is None:
            return None
        return grids.count_before(connection, grid, here), grids.count(connection, grid)


def count(
    archive: Archive,
    scope: Scope,
    view: View,
    *,
    seconds: float,
    marks: Collection[str] = tuple(grammar.MARKS),
) -> Counted | None:
    """How many pictures a view has, and with each of these marks; None if that takes too long.

    Marks that were not counted in time are left out.
    """
    end = time.monotonic() + seconds
    total: int | None = None
    found: dict[str, int] = {}
    with archive.reading() as connection:
        grid = grid_of(connection, scope, view)
        together = _together(connection, grid, marks)
        try:
            with _until(connection, end):
                total, found = _counted(connection, grid, together)
            for mark in marks:
                if mark not in found:
                    with _until(connection, end):
                        other = grid_of(connection, scope, marked(view, mark))
                        found[mark] = grids.count(connection, other)
        except TooLong:
            pass
    return None if total is None else Counted(total, found)


def _together(connection: Connection, grid: Grid, marks: Collection[str]) -> list[str]:
    """The marks that are counted with the view: none of a large album, which might take too long.

    A mark that the view has a filter of is asked for in place of what that says.
    """
    if grid.album is None or not in_album.is_small(connection, grid.album):
        return []
    filtered = {key for key, _ in grammar.pairs(grid.chosen.selection)}
    return [mark for mark in marks if grammar.MARKS[mark][0] not in filtered]


def _counted(connection: Connection, grid: Grid, marks: list[str]) -> tuple[int, dict[str, int]]:
    if grid.album is None or not marks:
        return grids.count(connection, grid), {}
    meant = [grammar.parse([grammar.MARKS[mark]]) for mark in marks]
    total, *each = mark_counts.count(connection, grid.album, grid.chosen, meant)
    return total, dict(zip(marks, each, strict=True))


def _until(connection: Connection, end: float) -> AbstractContextManager[None]:
    return driver_of(connection).within(connection, end - time.monotonic())


def newest(archive: Archive) -> int:
    """The number of the image that came last, for `newer`."""
    with archive.reading() as connection:
        return grids.newest(connection)


def newer(archive: Archive, scope: Scope, view: View, since: int) -> int:
    """How many pictures of a view have come since an image was the newest, by its number."""
    with archive.reading() as connection:
        return grids.count_newer(connection, grid_of(connection, scope, view), since)


def marked(view: View, mark: str) -> View:
    """The view with nothing but what carries a mark too."""
    key, value = grammar.MARKS[mark]
    kept = [pair for pair in grammar.pairs(view.selection) if pair[0] != key]
    return replace(view, selection=grammar.parse([*kept, (key, value)]))


def grid_of(connection: Connection, scope: Scope, view: View) -> Grid:
    """What a view shows, with every name looked up.

    Raises:
        FapError: it names what isn't there.
    """
    selection = view.selection
    if scope.tag is not None:
        selection = replace(selection, tags=(*selection.tags, Tagged(scope.tag)))
    chosen = selections.resolve(connection, selection)
    return grids.of(connection, chosen, view.order, view.seed, scope.album)


def _cells(connection: Connection, scope: Scope, keys: Sequence[int]) -> list[Cell]:
    if scope.album is not None:
        shown = place_rows.sightings_at(connection, *scope.album, keys)
        return cells_at(connection, shown)
    found = images.by_ids(connection, keys)
    return cells_of(connection, [found[key] for key in keys if key in found])
