"""What a selection asks of an image's own row: its form, size, shape and date."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import Column, ColumnElement, case, false, func, not_

from fapproc.db.schema import image
from fapproc.selections.selection import Days, Selection, Show, Span


def of_facts(said: Selection, fetched: ColumnElement[int]) -> Iterator[ColumnElement[bool]]:
    """What must hold of a row of `image`; `fetched`: its date, as the query is to read it."""
    if said.formats:
        yield image.c.format.in_(said.formats)
    yield from _between(image.c.bytes, said.size)
    yield from _between(image.c.width * image.c.height, said.pixels)
    yield from _between(fetched, _seconds(said.date))
    yield from _shown(said.portrait, _is_longer(image.c.height, image.c.width))
    yield from _shown(said.landscape, _is_longer(image.c.width, image.c.height))
    yield from _shown(said.animated, image.c.animated)
    yield from shown(said.unsound, image.c.unsound.is_not(None))


def shown(show: Show, holds: ColumnElement[bool]) -> Iterator[ColumnElement[bool]]:
    """What must hold where something is to hold, or not to; nothing where either will do."""
    if show is not Show.ALLOW:
        yield holds if show is Show.ONLY else not_(holds)


def _shown(show: Show, holds: ColumnElement[bool]) -> Iterator[ColumnElement[bool]]:
    """The same of what may be unknown, which it is not to be then."""
    yield from shown(show, func.coalesce(holds, false()) if show is Show.HIDE else holds)


def _is_longer(one: Column[int | None], other: Column[int | None]) -> ColumnElement[bool]:
    """Whether a side is by a tenth longer than the other, as it is shown.

    Of a picture that is turned they change places. It is asked of a million rows: once for both.
    """
    turned = image.c.orientation > 4
    return case((turned, other * 10 > one * 11), else_=one * 10 > other * 11)


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
