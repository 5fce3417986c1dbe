"""The chunks of a PNG, read without decoding: what a decoder needs, and the still of an animation.

Pillow refuses a picture for what stands beside it: more than a megabyte of packed text, a colour
profile that is none. Chunks as in the PNG specification (third edition, with APNG).
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PIXELS = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"})
_MOTION = frozenset({b"acTL", b"fcTL", b"fdAT"})
_TURN = frozenset({b"eXIf"})
_CLEAR = frozenset({b"tRNS"})
_BIT_DEPTH_AT, _COLOUR_AT = 24, 25
_CLEAR_BYTES = {0: 2, 2: 6}
"""By colour type, how many bytes say which grey or colour is transparent."""
_EIGHT_BITS, _SIXTEEN_BITS = 8, 16


@dataclass(frozen=True, slots=True)
class _Chunk:
    name: bytes
    whole: bytes
    """With its length and its checksum."""

    @property
    def length(self) -> int:
        return len(self.whole) - 12

    @property
    def is_sound(self) -> bool:
        return zlib.crc32(self.whole[4:-4]) == int.from_bytes(self.whole[-4:], "big")


def lean(data: bytes) -> bytes:
    """The same picture with nothing but its pixels, its frames, and how it is turned.

    What is too short to say which colour is transparent says nothing.
    """
    names = _PIXELS | _MOTION | _TURN
    least = _CLEAR_BYTES.get(data[_COLOUR_AT], 0) if len(data) > _COLOUR_AT else 0
    is_short = any(chunk.name in _CLEAR and chunk.length < least for chunk in _chunks(data))
    return _only(data, names - _CLEAR if is_short else names)


def still(data: bytes) -> bytes | None:
    """The picture of an animated PNG for viewers that know no animations.

    A file whose animation is put together wrongly is whole; of one that is cut or changed, or not
    animated, it is None.
    """
    chunks = list(_chunks(data))
    if not chunks or chunks[-1].name != b"IEND" or not all(chunk.is_sound for chunk in chunks):
        return None
    if not any(chunk.name in _MOTION for chunk in chunks):
        return None
    return _only(data, _PIXELS | _TURN)


def shade(data: bytes, transparent: int) -> int:
    """The 8-bit shade that a decoder makes of the transparent one in a grey picture."""
    depth = data[_BIT_DEPTH_AT]
    return transparent * 255 // ((1 << depth) - 1) if depth < _EIGHT_BITS else transparent


def has_deep_colour(data: bytes) -> bool:
    """Whether each colour has 16 bits, of which a decoder keeps 8."""
    return data[_BIT_DEPTH_AT] == _SIXTEEN_BITS


def _only(data: bytes, names: frozenset[bytes]) -> bytes:
    kept = (chunk.whole for chunk in _chunks(data) if chunk.name in names)
    return SIGNATURE + b"".join(kept)


def _chunks(data: bytes) -> Iterator[_Chunk]:
    """Every chunk up to the last, or to where the bytes end within one."""
    at = len(SIGNATURE)
    while at + 12 <= len(data):
        end = at + 12 + int.from_bytes(data[at : at + 4], "big")
        if end > len(data):
            return
        chunk = _Chunk(data[at + 4 : at + 8], data[at:end])
        yield chunk
        if chunk.name == b"IEND":
            return
        at = end
