"""Single fields of the predecessor's records: a value of the right kind and size, or `Odd`."""

import re
import struct
from typing import Any

from fapproc.legacy.records import HASHES
from fapproc.legacy.stand_ins import Numbers
from fapproc.model import Facts, Verdict

DIMENSIONS = 576
"""Of the vectors of MobileNetV3-small."""
_REALS = {"f2": "e", "f4": "f", "f8": "d"}
_LONGEST_NAME = 4096
_FUTURE = 1 << 40
_MOST_PIXELS = 1 << 31
DIGEST = re.compile(r"[0-9a-f]{64}")
_CODE = re.compile(r"[0-9a-f]{16}")
EXTENSION = re.compile(r"[a-z0-9]{1,5}")
_VERDICTS = {"new", "false", "keep", "skip"}


class Odd(Exception):
    """One thing is not what it should be; the text says why."""


def number(value: Any) -> int:
    """An id: a number that is not negative.

    Raises:
        Odd: it is none.
    """
    if type(value) is not int or value < 0:
        raise Odd("it has an invalid id")
    return value


def count(value: Any, below: int) -> int:
    """A number of things.

    Raises:
        Odd: it is none.
    """
    if type(value) is not int or not 0 <= value < below:
        raise Odd("it has an impossible number")
    return value


def moment(value: Any) -> int:
    """A time in Unix seconds; 0 = never.

    Raises:
        Odd: it is none.
    """
    if type(value) not in (int, float) or not 0 <= value < _FUTURE:
        raise Odd("it has an invalid time")
    return int(value)


def score(value: Any) -> float:
    """A distance, a cosine, or how near is near; -1 = off.

    Raises:
        Odd: it is none.
    """
    if type(value) not in (int, float) or not -2 < value < 1000:
        raise Odd("it has an invalid score")
    return float(value)


def name(value: Any) -> str:
    """A name, or an address.

    Raises:
        Odd: it is none.
    """
    if type(value) is not str or len(value) > _LONGEST_NAME:
        raise Odd("it has an invalid name")
    return value


def name_or_none(value: Any) -> str | None:
    """A name where there is one."""
    return name(value) if value else None


def matching(value: Any, form: re.Pattern[str], what: str) -> str:
    """A text of a form.

    Raises:
        Odd: it is none.
    """
    if type(value) is not str or not form.fullmatch(value):
        raise Odd(f"it has no {what}")
    return value


def verdict(value: Any) -> Verdict:
    """What was said of an image or of a place.

    Raises:
        Odd: it is none.
    """
    if type(value) is not str or value not in _VERDICTS:
        raise Odd("it has an invalid verdict")
    return Verdict(value)


def two(ends: tuple[Any, ...]) -> tuple[str, str]:
    """The digests of a pair.

    Raises:
        Odd: it is none.
    """
    if len(ends) != 2:
        raise Odd("one of its pairs is invalid")
    one, other = (matching(each, DIGEST, "digest") for each in ends)
    return one, other


def facts(known: dict[str, Any]) -> Facts | None:
    """What a decoder said, where that can be."""
    width, height = known.get("width"), known.get("height")
    if type(width) is not int or type(height) is not int:
        return None
    if not (0 < width < _MOST_PIXELS and 0 < height < _MOST_PIXELS):
        return None
    return Facts(width, height, known.get("animated") is True, None)


def codes(known: dict[str, Any]) -> dict[str, bytes]:
    """The hashes that are there, 8 bytes each, big-endian."""
    found = {name: known.get(name) for name in HASHES}
    return {
        name: bytes.fromhex(code)
        for name, code in found.items()
        if type(code) is str and _CODE.fullmatch(code)
    }


def vector(value: Any) -> bytes:
    """A vector's float32, little-endian; empty where there is none."""
    form = _REALS.get(value.kind) if type(value) is Numbers and value.count == DIMENSIONS else None
    if form is None:
        return b""
    if value.kind == "f4" and value.order != ">":
        data: bytes = value.data
        return data
    order = ">" if value.order == ">" else "<"
    numbers = struct.unpack(f"{order}{value.count}{form}", value.data)
    return struct.pack(f"<{value.count}f", *numbers)


def said(key: Any) -> str:
    """A key of whatever kind, short, in a sentence."""
    if type(key) is str:
        return key[:16]
    return str(key) if type(key) is int else "without a key"
