"""What the text of a setting means: a value that can be used, or a sentence that says what can.

Text in, values out. Each raises UsageProblem, which names the setting as it is spelled in the
environment and by `scrapy crawl -s`.
"""

import json
from collections.abc import Collection
from urllib.parse import urlsplit

from fapproc.errors import UsageProblem
from fapproc.names import quoted

_MOST_SECONDS, _MOST_REQUESTS = 31 * 86_400, 100_000

Triple = tuple[float, float, float]


def site_root(value: str, *, example: str) -> str:
    """The address of the site, without a slash at its end.

    Raises:
        UsageProblem: it is none.
    """
    try:
        parts = urlsplit(value)
        known = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        known = False
    if not known:
        raise UsageProblem(
            f"SITE_ROOT is {quoted(value)}, which is not a web address. Write it like {example}."
        )
    return value.rstrip("/")


def choice(name: str, value: str, known: Collection[str]) -> str:
    """One of the words that are known.

    Raises:
        UsageProblem: it is none.
    """
    if value not in known:
        raise UsageProblem(f"{name} is {quoted(value)}. Write one of these: {', '.join(known)}.")
    return value


def seconds(name: str, value: str) -> float:
    """A number of seconds, 0 or more.

    Raises:
        UsageProblem: it is none.
    """
    return _time(name, value, "seconds", "3.6")


def minutes(name: str, value: str) -> float:
    """A number of minutes, 0 or more.

    Raises:
        UsageProblem: it is none.
    """
    return _time(name, value, "minutes", "15, or 0 for never")


def _time(name: str, value: str, unit: str, example: str) -> float:
    found = _number(value)
    if not 0 <= found < float("inf"):
        raise UsageProblem(
            f"{name} is {quoted(value)}, which is not a number of {unit}. Write it like {example}."
        )
    return found


def budgets(value: str) -> dict[int, int]:
    """Page requests by seconds.

    Raises:
        UsageProblem: it is none.
    """
    try:
        found = json.loads(value)
    except (ValueError, RecursionError):
        found = None
    if not (isinstance(found, dict) and all(map(_is_budget, found, found.values()))):
        raise UsageProblem(
            f"SITE_BUDGETS is {quoted(value)}. Write seconds and how many pages may be asked for "
            f'in them, like {{"60": 100, "3600": 1000}}, up to {_MOST_SECONDS} seconds and '
            f"{_MOST_REQUESTS} pages; {{}} switches it off."
        )
    return {int(length): requests for length, requests in found.items()}


def _is_budget(length: str, requests: object) -> bool:
    number = length.isascii() and length.isdecimal() and length[0] != "0" and len(length) < 9
    return (
        number
        and int(length) <= _MOST_SECONDS
        and type(requests) is int
        and 0 < requests <= _MOST_REQUESTS
    )


def header(name: str, value: str) -> str:
    """What can be sent as a header of HTTP.

    Raises:
        UsageProblem: it is none.
    """
    if not (value.isprintable() and value.isascii() and value.strip()):
        raise UsageProblem(
            f"{name} is {quoted(value)}, which can't be sent. Write plain letters, signs "
            "and spaces on one line."
        )
    return value


def _shown(value: str) -> str:
    return repr(value if len(value) <= 80 else f"{value[:80]}…")


def threshold(value: str) -> float | None:
    """A cosine above 0, or None where none is given.

    Raises:
        UsageProblem: it is none.
    """
    if not value:
        return None
    cosine = _number(value)
    if not 0 < cosine <= 1:
        raise UsageProblem(
            f"FAP_CNN_THRESHOLD is {quoted(value)}, which is not a cosine. Write it like 0.9."
        )
    return cosine


def side(value: str) -> int:
    """The side of a network's input, in pixels.

    Raises:
        UsageProblem: it is none.
    """
    if not value.isdecimal() or not 8 <= int(value) <= 1024:
        raise UsageProblem(
            f"FAP_CNN_SIDE is {quoted(value)}: give a whole number of pixels from 8 to 1024."
        )
    return int(value)


def triple(name: str, value: str, *, least: float) -> Triple:
    """Three numbers, of red, green and blue, from `least` to 1000.

    Raises:
        UsageProblem: it is none.
    """
    numbers = [_number(part) for part in value.strip("[]() ").replace(",", " ").split()]
    if len(numbers) != 3 or not all(least <= number <= 1000 for number in numbers):
        raise UsageProblem(
            f"{name} is {quoted(value)}: give three numbers, of red, green and blue, "
            f"from {least:g} to 1000, like 127 127 127."
        )
    return numbers[0], numbers[1], numbers[2]


def _number(value: str) -> float:
    try:
        return float(value)
    except ValueError:
        return float("nan")
