"""The chunks of a PNG, read without decoding: what a decoder needs, and the still of an animation.

Pillow refuses a picture for what stands beside it: more than a megabyte of packed text, a colour
profile that is none. Chunks as in the PNG specification (third edition, with APNG).
"""

import struct
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from PIL import Image

from fapproc.imaging.undecodable import Undecodable
from fapproc.model import Detail

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PIXELS = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"})
_MOTION = frozenset({b"acTL", b"fcTL", b"fdAT"})
_TURN = frozenset({b"eXIf"})
_CLEAR = frozenset({b"tRNS"})
_SIDES_AT, _BIT_DEPTH_AT, _COLOUR_AT, _INTERLACED_AT = 16, 24, 25, 28
_CLEAR_BYTES = {0: 2, 2: 6}
"""By colour type, how many bytes say which grey or colour is transparent."""
_EIGHT_BITS, _SIXTEEN_BITS = 8, 16
_CHANNELS = {2: 3, 4: 2, 6: 4}
"""By colour type, how many there are; of the others, one."""
_PASSES = (
    (0, 8, 0, 8),
    (0, 8, 4, 8),
    (4, 8, 0, 4),
    (0, 4, 2, 4),
    (2, 4, 0, 2),
    (0, 2, 1, 2),
    (1, 2, 0, 1),
)
"""Of an interlaced picture: the first row, the next one, the first column, the next one."""
_ZLIB_HEAD, _ZLIB_CHECK = 2, 4
"""Bytes before and behind what is packed."""
_PIECE = 1 << 13


@dataclass(frozen=True, slots=True)
class _Chunk:
    name: bytes
    whole: bytes
    """With its length and its checksum."""

    @property
    def length(self) -> int:
        return len(self.whole) - 12

    @property
    def body(self) -> bytes:
        return self.whole[8:-4]

    @property
    def is_sound(self) -> bool:
        return zlib.crc32(self.whole[4:-4]) == int.from_bytes(self.whole[-4:], "big")


@dataclass(frozen=True, slots=True)
class _Pixels:
    """Pixels as they are packed: how many bytes there are, unpacked, and their checksum.

    `end`: where it stands, as far as they come to an end; `is_right`: it stands there.
    """

    count: int
    checksum: bytes
    end: int | None
    is_right: bool


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


def has_end(data: bytes) -> bool:
    """Whether a file comes to its end, whatever is missing before it."""
    return any(chunk.name == b"IEND" for chunk in _chunks(data))


def with_checksum(data: bytes) -> bytes | None:
    """The picture with the checksum of its pixels put right, for which a decoder would refuse them.

    None where it is right or cut off, and where the file was changed after it was written.
    """
    chunks = list(_chunks(data))
    packed = [chunk for chunk in chunks if chunk.name == b"IDAT"]
    if not packed or chunks[-1].name != b"IEND" or not all(chunk.is_sound for chunk in chunks):
        return None
    pixels = _unpacked(packed, _bytes_of_pixels(data))
    if pixels.end is None or pixels.is_right:
        return None
    body = b"".join(chunk.body for chunk in packed)[: pixels.end] + pixels.checksum
    whole = struct.pack(">I", len(body)) + b"IDAT" + body
    mended = whole + struct.pack(">I", zlib.crc32(whole[4:]))
    first = chunks.index(packed[0])
    rest = (chunk.whole for chunk in chunks[first:] if chunk.name != b"IDAT")
    return SIGNATURE + b"".join([*(chunk.whole for chunk in chunks[:first]), mended, *rest])


def is_whole(data: bytes, image: Image.Image, *, broken: bool = False) -> bool:
    """Whether the file has all pixels of a picture that was loaded, as they were written.

    Where the packed pixels end too early, the decoder says nothing and leaves the rest black, or
    clear; and it looks at no checksum of theirs. Costs little if the last row isn't black, and if
    the checksums of their chunks are right. One of these that is wrong says nothing by itself.

    Args:
        data: the file.
        image: the picture.
        broken: the decoder gave up before its end.

    Raises:
        Undecodable: TRUNCATED, if it had nothing by then.
    """
    if broken and not image.tobytes().strip(b"\0"):
        raise Undecodable(Detail.TRUNCATED, "no pixels")
    packed = [chunk for chunk in _chunks(data) if chunk.name == b"IDAT"]
    as_written = all(chunk.is_sound for chunk in packed)
    if broken or (as_written and _is_drawn(image, _last_row(data, image.height))):
        return not broken
    needed = _bytes_of_pixels(data)
    pixels = _unpacked(packed, needed)
    return pixels.count >= needed and (as_written or pixels.is_right)


def shade(data: bytes, transparent: int) -> int:
    """The 8-bit shade that a decoder makes of the transparent one in a grey picture."""
    depth = data[_BIT_DEPTH_AT]
    return transparent * 255 // ((1 << depth) - 1) if depth < _EIGHT_BITS else transparent


def has_deep_colour(data: bytes) -> bool:
    """Whether each colour has 16 bits, of which a decoder keeps 8."""
    return data[_BIT_DEPTH_AT] == _SIXTEEN_BITS


def _last_row(data: bytes, height: int) -> int:
    """Which row is sent last: of an interlaced picture every other one is, from the second."""
    interlaced = len(data) > _INTERLACED_AT and data[_INTERLACED_AT]
    return height - 1 - height % 2 if interlaced and height > 1 else height - 1


def _is_drawn(image: Image.Image, row: int) -> bool:
    return any(image.crop((0, row, image.width, row + 1)).tobytes())


def _unpacked(chunks: list[_Chunk], most: int) -> _Pixels:
    """Count the bytes of the pixels, unpacked: up to so many, or where they can't be (RFC 1950)."""
    packed = memoryview(b"".join(chunk.body for chunk in chunks))
    unpacker, count, check, end = zlib.decompressobj(-zlib.MAX_WBITS), 0, 1, None
    with suppress(zlib.error):
        for at in range(_ZLIB_HEAD, len(packed), _PIECE):
            piece: bytes | memoryview = packed[at : at + _PIECE]
            while piece and not unpacker.eof and count <= most:
                pixels = unpacker.decompress(piece, _PIECE)
                count, check = count + len(pixels), zlib.adler32(pixels, check)
                piece = unpacker.unconsumed_tail
            if unpacker.eof:
                end = min(at + _PIECE, len(packed)) - len(unpacker.unused_data)
                break
    checksum = check.to_bytes(_ZLIB_CHECK, "big")
    is_right = end is not None and packed[end : end + _ZLIB_CHECK] == checksum
    return _Pixels(count, checksum, end, is_right)


def _bytes_of_pixels(data: bytes) -> int:
    """How many bytes the pixels have, unpacked, with one more for each row of each pass."""
    width, height = struct.unpack_from(">II", data, _SIDES_AT)
    bits = data[_BIT_DEPTH_AT] * _CHANNELS.get(data[_COLOUR_AT], 1)
    passes = _PASSES if data[_INTERLACED_AT] else ((0, 1, 0, 1),)
    needed = 0
    for top, down, left, across in passes:
        columns, rows = len(range(left, width, across)), len(range(top, height, down))
        needed += rows * (1 + (columns * bits + 7) // 8) if columns else 0
    return needed


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
