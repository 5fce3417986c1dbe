"""The quality with which a JPEG was saved, by its tables. Reads markers only, decodes nothing."""

import re

_TABLES, _SCAN = 0xDB, 0xDA
_MARK = re.compile(rb"\xff+([^\0\xff])", re.DOTALL)
_ALONE = {0x01, *range(0xD0, 0xD9)}
"""Marks without a length: restarts, and the picture's beginning (ITU-T T.81, B.1.1.3)."""
_COUNT = 64
_SUM_AT_50 = 3687
"""Of libjpeg's table for brightness as it is at quality 50 (T.81, table K.1)."""


def jpeg_quality(data: bytes) -> float:
    """The quality, 0 to 100 as libjpeg counts it; 0 where the file doesn't say.

    Other programs have other tables; but with them, too, a smaller divisor means less loss.
    """
    at = 2
    while (mark := _MARK.match(data, at)) is not None and mark[1][0] != _SCAN:
        at = mark.end()
        if mark[1][0] in _ALONE:
            continue
        length = int.from_bytes(data[at : at + 2], "big")
        if mark[1][0] == _TABLES and (total := _brightness(data[at + 2 : at + length])) is not None:
            scale = 100 * total / _SUM_AT_50
            return (200 - scale) / 2 if scale <= 100 else 5000 / scale
        at += max(length, 2)
    return 0.0


def _brightness(segment: bytes) -> int | None:
    """The sum of the table 0 in a segment, which may hold several of 8 or 16 bits."""
    at = 0
    while at < len(segment):
        wide, number = segment[at] >> 4, segment[at] & 15
        size = 2 if wide else 1
        values = segment[at + 1 : at + 1 + size * _COUNT]
        if len(values) < size * _COUNT:
            return None
        if number == 0:
            parts = (values[n : n + size] for n in range(0, len(values), size))
            return sum(int.from_bytes(each, "big") for each in parts)
        at += 1 + size * _COUNT
    return None
