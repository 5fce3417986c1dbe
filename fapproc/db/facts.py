"""What a selection asks of an image's own row: its form, size, shape and date."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, not_, true

from fapproc.db.dialect import unindexed
from fapproc.db.schema import image
from fapproc.db.schema.kept import LANDSCAPE, PORTRAIT
from fapproc.selections.selection import Days, Selection, Show, Span


def of_facts(
    said: Selection, *, dated: bool, shaped: bool, formed: bool
) -> Iterator[ColumnElement[bool]]:
    """What must hold of a row of `image`.

    `dated`, `shaped`, `formed`: whether it may be sought by the indexes of dates, of shapes and
    animations, of formats.
    """
    fetched = _read(image.c.fetched_at, sought=dated)
    if said.formats:
        yield _read(image.c.format, sought=formed).in_(said.formats)
    yield from _between(image.c.bytes, said.size)
    yield from _between(image.c.width * image.c.height, said.pixels)
    yield from _between(fetched, _seconds(said.date))
    yield from shown(said.portrait, _read(PORTRAIT, sought=shaped).is_(true()))
    yield from shown(said.landscape, _read(LANDSCAPE, sought=shaped).is_(true()))
    yield from shown(said.animated, _read(image.c.animated, sought=shaped).is_(true()))
    yield from shown(said.unsound, image.c.unsound.is_not(None))


def shown(show: Show, holds: ColumnElement[bool]) -> Iterator[ColumnElement[bool]]:
    """What must hold where something is to hold, or not to; nothing where either will do."""
    if show is not Show.ALLOW:
        yield holds if show is Show.ONLY else not_(holds)


def _read(what: ColumnElement[Any], *, sought: bool) -> ColumnElement[Any]:
    return what if sought else unindexed(what)


def _between(value: ColumnElement[int], span: Span | None) -> Iterator[ColumnElement[bool]]:
    if span is not None and span.low is not None:
        yield value >= span.low
    if span is not None and span.high is not None:
        yield value <= span.high


def _seconds(days: Days | None) -> Span | None:
    """The seconds of days in the person's own zone."""
    if days is None:
        return None
    first, last = days.first, days.last
    low = None if first is None else _midnight(first.year, first.month, first.day)
    if last is None or last.year >= 9999:
        return Span(low, None)
    after = last + timedelta(days=1)
    return Span(low, _midnight(after.year, after.month, after.day) - 1)


def _midnight(year: int, month: int, day: int) -> int:
    """When a day begins; before 1970, when nothing was fetched, any time will do."""
    return 0 if year < 1970 else int(datetime(year, month, day).astimezone().timestamp())
