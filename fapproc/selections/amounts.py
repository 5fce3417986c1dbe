"""Amounts and days as a person writes them: `1MB..`, `..500kB`, `2026-11`, `2026-11-01..`."""

import calendar
import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import TypeVar

from fapproc.errors import UsageProblem
from fapproc.names import quoted
from fapproc.selections.selection import Days, Span

_BETWEEN = ".."
_MOST = 2**63 - 1
_POWERS = {"": 0, "b": 0, "k": 1, "kb": 1, "m": 2, "mb": 2, "mp": 2, "g": 3, "gb": 3, "tb": 4}
_AMOUNT = re.compile(r"([0-9]{1,19}(?:\.[0-9]{1,19})?) ?([a-z]{0,2})")
_DAY = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")
T = TypeVar("T", int, date)


def span(key: str, text: str) -> Span:
    """Whole numbers between two, with units of a thousand.

    Raises:
        UsageProblem: it is none.
    """
    try:
        low, high = _ends(text.lower(), _amount, _amount)
    except ValueError as error:
        raise UsageProblem(
            f"{key} is {quoted(text)}. Write it like 100..2000, 1MB.. (so much or more) or ..500kB."
        ) from error
    return Span(low, high)


def days(key: str, text: str) -> Days:
    """Days between two; a year or a month stands for all its days.

    Raises:
        UsageProblem: they are none.
    """
    try:
        first, last = _ends(text, _first_day, _last_day)
    except ValueError as error:
        raise UsageProblem(
            f"{key} is {quoted(text)}. Write it like 2026-11-05, 2026-11, 2026-11-01.. (then or "
            "later) or ..2025."
        ) from error
    return Days(first, last)


def written(found: Span | Days) -> str:
    """A span or days in the form in which they are read back."""
    ends = (found.low, found.high) if isinstance(found, Span) else (found.first, found.last)
    low, high = ("" if end is None else str(end) for end in ends)
    return f"{low}{_BETWEEN}{high}"


def _ends(
    text: str, first: Callable[[str], T], last: Callable[[str], T]
) -> tuple[T | None, T | None]:
    low, between, high = (part.strip() for part in text.partition(_BETWEEN))
    if not between:
        high = low
    if not low and not high:
        raise ValueError("no end")
    begin, end = (first(low) if low else None, last(high) if high else None)
    if begin is not None and end is not None and begin > end:
        raise ValueError("no way from one end to the other")
    return begin, end


def _amount(text: str) -> int:
    known = _AMOUNT.fullmatch(text)
    if known is None or known[2] not in _POWERS:
        raise ValueError(text)
    amount = int(Decimal(known[1]) * 1000 ** _POWERS[known[2]])
    if amount > _MOST:
        raise ValueError(text)
    return amount


def _first_day(text: str) -> date:
    year, month, day = _parts(text)
    return date(year, month or 1, day or 1)


def _last_day(text: str) -> date:
    year, month, day = _parts(text)
    month = month or 12
    return date(year, month, day or calendar.monthrange(year, month)[1])


def _parts(text: str) -> tuple[int, int | None, int | None]:
    known = _DAY.fullmatch(text)
    if known is None:
        raise ValueError(text)
    year, month, day = (None if part is None else int(part) for part in known.groups())
    assert year is not None
    if 0 in {year, month, day}:
        raise ValueError(text)
    return year, month, day
