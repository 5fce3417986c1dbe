"""Forms of the seven formats that the decoders here don't know, distinguished from broken files.

Reads headers only: a file is of such a form if it is complete, or says so. So a picture with 12
bits a colour isn't called damaged, and one that is cut off isn't called unusual.
"""

import struct
from collections.abc import Sequence

from fapproc.imaging import jpeg
from fapproc.model import Format

_WIDTH, _HEIGHT, _COMPRESSION = 256, 257, 259
_STRIPS, _STRIP_BYTES, _TILES, _TILE_BYTES = 273, 279, 324, 325
_PLAIN_COMPRESSIONS = frozenset({1, 2, 3, 4, 5, 7, 8, 32773, 32946})
"""Those that every build of Pillow reads."""
_SIZES = {1: 1, 3: 2, 4: 4, 13: 4, 16: 8, 18: 8}
_LETTERS = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}
_MOST_VALUES = 1 << 20
_BMP_BITS_AT, _BMP_PACKING_AT = 28, 30
_BMP_PACKED = frozenset({1, 2, 4, 5})

Tags = dict[int, Sequence[int]]


def is_unknown(data: bytes, form: Format, *, opened: bool) -> bool:
    """Whether a file that doesn't decode is of a form that no decoder here knows.

    Args:
        data: the whole file.
        form: what it is by its first bytes.
        opened: whether a decoder understood its header.
    """
    try:
        if form is Format.JPG:
            return jpeg.is_unusual(data)
        if form is Format.TIFF:
            return _is_unknown_tiff(data, opened=opened)
        if form is Format.BMP:
            return _is_whole_bmp(data, opened=opened)
    except (struct.error, IndexError):
        return False  # it ends within its header
    return False


def _is_unknown_tiff(data: bytes, *, opened: bool) -> bool:
    tags = _tags(data)
    if not _is_whole(tags, len(data)):
        return False
    return not opened or tags.get(_COMPRESSION, [1])[0] not in _PLAIN_COMPRESSIONS


def _is_whole(tags: Tags, length: int) -> bool:
    """Whether all strips or tiles that the first directory names lie within the file."""
    if not (any(tags.get(_WIDTH, ())) and any(tags.get(_HEIGHT, ()))):
        return False
    for places, sizes in ((_STRIPS, _STRIP_BYTES), (_TILES, _TILE_BYTES)):
        if tags.get(places):
            starts, counts = tags[places], tags.get(sizes, ())
            if len(counts) < len(starts):
                return len(starts) == 1 and 0 < starts[0] < length
            ends = [start + count for start, count in zip(starts, counts, strict=False) if start]
            return len(ends) == len(starts) and max(ends) <= length
    return False


def _tags(data: bytes) -> Tags:
    """The whole numbers in the first directory of a TIFF or BigTIFF, by tag (TIFF 6.0)."""
    order = "<" if data[:2] == b"II" else ">"
    big = struct.unpack_from(f"{order}H", data, 2)[0] == 43
    at = struct.unpack_from(f"{order}Q" if big else f"{order}I", data, 8 if big else 4)[0]
    count = struct.unpack_from(f"{order}Q" if big else f"{order}H", data, at)[0]
    entry, room = ("HHQ", 8) if big else ("HHI", 4)
    step = struct.calcsize(order + entry) + room
    at += 8 if big else 2
    found: Tags = {}
    for number in range(min(count, (len(data) - at) // step)):
        here = at + number * step
        tag, kind, values = struct.unpack_from(order + entry, data, here)
        if kind not in _SIZES or not 0 < values <= _MOST_VALUES:
            continue
        place = here + step - room
        if values * _SIZES[kind] > room:
            place = struct.unpack_from(f"{order}Q" if big else f"{order}I", data, place)[0]
        found[tag] = struct.unpack_from(f"{order}{values}{_LETTERS[kind]}", data, place)
    return found


def _is_whole_bmp(data: bytes, *, opened: bool) -> bool:
    """Whether a BMP has bytes for all its pixels; for compressed ones their number is unknown."""
    start, header, width, height = struct.unpack_from("<IIii", data, 10)
    bits: int = struct.unpack_from("<H", data, _BMP_BITS_AT)[0]
    packed: int = struct.unpack_from("<I", data, _BMP_PACKING_AT)[0] if header >= 40 else 0
    if width <= 0 or not height:
        return False
    if packed in _BMP_PACKED:
        return not opened
    needed = (width * bits + 31) // 32 * 4 * abs(height)
    return bool(len(data) >= start + needed)
