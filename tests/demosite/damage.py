"""Bodies that are not the picture they pretend to be, as bytes."""

from __future__ import annotations

import struct
import zlib

BOMB_SIDE = 30_000

_HTML = (
    b"<html><head><title>Sorry</title></head><body><p>This picture is not available right now."
    b"</p></body></html>"
)

_EPS = b"""%!PS-Adobe-3.0 EPSF-3.0
%%BoundingBox: 0 0 320 240
%%Title: (Hill)
%%EndComments
newpath 0 0 moveto 160 200 lineto 320 0 lineto closepath 0.3 0.6 0.3 setrgbcolor fill
showpage
%%EOF
"""


def damaged_body(kind: str, whole: bytes) -> bytes | None:
    """What a fault of this kind serves in place of a picture; None: it changes no body."""
    match kind:
        case "empty":
            return b""
        case "html":
            return _HTML
        case "longer":
            return whole + bytes(10)
        case "cut":
            return whole[: len(whole) * 3 // 5]
        case "bomb":
            return png_bomb()
        case "eps":
            return _EPS
    return None


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png_bomb(side: int = BOMB_SIDE) -> bytes:
    """Build a valid black one-bit PNG of side x side pixels without its pixels ever existing."""
    row = 1 + (side + 7) // 8
    rows_each = 300
    times, rest = divmod(side, rows_each)
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    # Blocks ending in a full flush know nothing of their neighbours: one block, repeated.
    block = packer.compress(bytes(row * rows_each)) + packer.flush(zlib.Z_FULL_FLUSH)
    last = packer.compress(bytes(row * rest)) + packer.flush(zlib.Z_FINISH)
    # Adler-32 of n zero bytes, by its definition.
    check = ((row * side) % 65_521) << 16 | 1
    stream = b"\x78\xda" + block * times + last + struct.pack(">I", check)
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    signature = b"\x89PNG\r\n\x1a\n"
    return signature + _chunk(b"IHDR", header) + _chunk(b"IDAT", stream) + _chunk(b"IEND", b"")
