"""What a selection asks of an image's own row: its form, size, shape and date."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from enum import Flag, auto
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, not_, select, true

from fapproc.db.dialect import unindexed
from fapproc.db.schema import image
from fapproc.db.schema.kept import SHAPE, Shape
from fapproc.selections.selection import Days, Selection, Show, Span

FEW = 20_000
"""To look up as many images as this takes 40 ms; to go through a million, 150."""


class Fact(Flag):
    """What has an index by which images are sought."""

    NONE = 0
    DATE = auto()
    FORMAT = auto()
    SHAPE = auto()
    MOTION = auto()
    ANIMATION = auto()
    """As motion, but all such images are found first: else SQLite takes the order of a view."""


ANY = Fact.DATE | Fact.FORMAT | Fact.SHAPE | Fact.MOTION
"""What the first image may be sought by."""


def of_facts(said: Selection, sought: Fact) -> Iterator[ColumnElement[bool]]:
    """What must hold of a row of `image`; `sought`: by which of these it may be sought."""
    fetched = _read(image.c.fetched_at, sought=Fact.DATE in sought)
    yield from _between(image.c.bytes, said.size)
    yield from _between(image.c.width * image.c.height, said.pixels)
    yield from _between(fetched, _seconds(said.date))
    yield from (holds for _, holds in _wanted(said, sought))
    if said.animated is Show.HIDE:
        yield not_(image.c.animated.is_(true()))
    yield from shown(said.unsound, image.c.unsound.is_not(None))


def rare(connection: Connection, said: Selection) -> Fact:
    """What few images are of what is asked for: these are sooner sought than come across."""
    found = Fact.NONE
    for fact, holds in _wanted(said, ANY):
        some = select(image.c.id).where(holds).limit(FEW).subquery()
        many = connection.execute(select(func.count()).select_from(some)).scalar_one()
        found |= fact if many < FEW else Fact.NONE
    return found | (Fact.ANIMATION if Fact.MOTION in found else Fact.NONE)


def in_rows(said: Selection) -> Fact:
    """What images are sought by in the order of their rows: indexes have it for each value."""
    return Fact.MOTION | (Fact.SHAPE if len(shapes_of(said)) == 1 else Fact.NONE)


def _wanted(said: Selection, sought: Fact) -> Iterator[tuple[Fact, ColumnElement[bool]]]:
    """What an image must be of what has an index, but for its date, which may be a span of all."""
    if said.formats:
        yield Fact.FORMAT, _read(image.c.format, sought=Fact.FORMAT in sought).in_(said.formats)
    if shapes := shapes_of(said):
        shape = _read(SHAPE, sought=Fact.SHAPE in sought)
        yield Fact.SHAPE, shape == shapes[0] if len(shapes) == 1 else shape.in_(shapes)
    if said.animated is Show.ONLY and Fact.ANIMATION in sought:
        moving = image.alias("moving")
        found = select(moving.c.id).where(moving.c.animated.is_(true()))
        yield Fact.ANIMATION, image.c.id.in_(found)
    elif said.animated is Show.ONLY:
        animated = _read(image.c.animated, sought=Fact.MOTION in sought)
        yield Fact.MOTION, animated.is_(true())


def shapes_of(said: Selection) -> Sequence[int]:
    """The shapes that an image may have; none where any will do."""
    each = {
        Shape.SQUARE: Show.ALLOW,
        Shape.LANDSCAPE: said.landscape,
        Shape.PORTRAIT: said.portrait,
    }
    alone = [shape for shape, show in each.items() if show is Show.ONLY]
    found = alone or [shape for shape, show in each.items() if show is not Show.HIDE]
    return () if len(found) == len(each) else [int(shape) for shape in found]


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
