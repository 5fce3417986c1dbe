"""Odd pictures of every kind that sites and cameras make, and what each is taken for."""

import struct
import zlib
from collections.abc import Callable

from PIL import Image

from fapproc.model import Detail
from tests.drawing import film, landscape, write

SIZE = (48, 32)
PLAIN = landscape(1, SIZE)
SIGNATURE = b"\x89PNG\r\n\x1a\n"


def chunk(name: bytes, body: bytes) -> bytes:
    """A part of a PNG, with its length and checksum."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(width: int, height: int, *parts: bytes) -> bytes:
    """A grey PNG of these sides, with these parts between its header and its end."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return SIGNATURE + header + b"".join(parts) + chunk(b"IEND", b"")


ROWS = chunk(b"IDAT", zlib.compress(bytes(range(9)) * 8))
"""The pixels of 8 x 8."""


def bmp(width: int, height: int, *, header: int = 40, bits: int = 24, packing: int = 0) -> bytes:
    """A BMP of these sides, with bytes for 48 x 32 pixels of 24 bits."""
    pixels = bytes(range(256)) * 18
    info = struct.pack("<IiiHHII", header, width, height, 1, bits, packing, len(pixels))
    start = 14 + header
    return (
        b"BM"
        + struct.pack("<IHHI", start + len(pixels), 0, 0, start)
        + info.ljust(header, b"\0")
        + pixels
    )


def old_bmp() -> bytes:
    """A BMP as OS/2 wrote it: a header of 12 bytes."""
    pixels = bytes(range(256)) * 18
    info = struct.pack("<IHHHH", 12, *SIZE, 1, 24)
    return b"BM" + struct.pack("<IHHI", 26 + len(pixels), 0, 0, 26) + info + pixels


def gif(*frames: tuple[int, int], canvas: tuple[int, int] = (8, 8)) -> bytes:
    """A GIF of two colours with frames of these sides, whose codes are those of 8 x 8 pixels."""
    head = b"GIF89a" + struct.pack("<HHBBB", *canvas, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    one = write(Image.linear_gradient("L").resize((8, 8)), "GIF")
    codes = one[one.rindex(b"\x2c\0\0\0\0\x08\0\x08\0") + 10 : -1]
    parts = [b"\x2c" + struct.pack("<HHHHB", 0, 0, *sides, 0) + codes for sides in frames]
    return head + b"".join(parts) + b";"


def beside(data: bytes, kind: int, body: bytes) -> bytes:
    """A JPEG with one more segment at its beginning."""
    return data[:2] + struct.pack(">BBH", 0xFF, kind, 2 + len(body)) + body + data[2:]


def webp_broken_later() -> bytes:
    """An animated WEBP whose third frame holds nothing that can be decoded."""
    data = bytearray(film("WEBP", 5, SIZE))
    at = -1
    for _ in range(3):
        at = data.index(b"ANMF", at + 1)
    length = int.from_bytes(data[at + 4 : at + 8], "little")
    data[at + 32 : at + 8 + length] = b"\xaa" * (length - 24)
    return bytes(data)


def many_frames() -> bytes:
    """A GIF of 2,001 frames."""
    whole = film("GIF", 2, (20, 16))
    first = whole[whole.index(b"\x21\xf9") : whole.rindex(b"\x21\xf9")]
    return whole[:-1] + first * 1_999 + b";"


ODD: dict[str, tuple[Callable[[], bytes], Detail | None]] = {
    "upside-down.bmp": (lambda: bmp(48, -32), None),
    "os2.bmp": (old_bmp, None),
    "os2-2.bmp": (lambda: bmp(*SIZE, header=64), None),
    "v5.bmp": (lambda: bmp(*SIZE, header=124), None),
    "no-height.bmp": (lambda: bmp(48, 0), Detail.TRUNCATED),
    "below-no-width.bmp": (lambda: bmp(-48, 32), Detail.TOO_LARGE),
    "too-wide.bmp": (lambda: bmp(1 << 30, 1 << 20), Detail.TOO_LARGE),
    "seven-bits.bmp": (lambda: bmp(*SIZE, bits=7), Detail.FORMAT),
    "unknown-packing.bmp": (lambda: bmp(*SIZE, packing=9), Detail.FORMAT),
    "no-size.gif": (lambda: gif((0, 0), canvas=(0, 0)), Detail.TRUNCATED),
    "frame-of-nothing.gif": (lambda: gif((8, 8), (0, 0), (8, 8)), None),
    "first-of-nothing.gif": (lambda: gif((0, 8), (8, 8)), None),
    "all-of-nothing.gif": (lambda: gif((0, 8), (8, 0)), Detail.TRUNCATED),
    "frame-too-large.gif": (lambda: gif((8, 8), (65535, 65535)), None),
    "frames-2001.gif": (many_frames, None),
    "canvas-65535.gif": (lambda: gif((8, 8), canvas=(65535, 65535)), Detail.TOO_LARGE),
    "broken-later.webp": (webp_broken_later, Detail.TRUNCATED),
    "no-pixels.png": (lambda: png(8, 8), Detail.TRUNCATED),
    "empty-pixels.png": (lambda: png(8, 8, chunk(b"IDAT", b"")), Detail.TRUNCATED),
    "no-sides.png": (lambda: png(0, 0, chunk(b"IDAT", zlib.compress(b""))), Detail.TRUNCATED),
    "bomb.png": (
        lambda: png(20_000, 20_000, chunk(b"IDAT", zlib.compress(bytes(9999)))),
        Detail.TOO_LARGE,
    ),
    "no-grey-is-clear.png": (lambda: png(8, 8, chunk(b"tRNS", b"\0"), ROWS), None),
    "short-adobe.jpg": (lambda: beside(write(PLAIN, "JPEG"), 0xEE, b"Adobe"), None),
    "wide-65535.png": (lambda: write(Image.new("1", (65_535, 2), 1), "PNG"), None),
    "wide-65500.jpg": (lambda: write(Image.new("L", (65_500, 1), 200), "JPEG"), None),
    "high-65535.gif": (lambda: write(Image.new("L", (1, 65_535), 9), "GIF"), None),
    "cmyk.jpg": (lambda: write(PLAIN.convert("CMYK"), "JPEG"), None),
    "profile.jpg": (lambda: write(PLAIN, "JPEG", icc_profile=bytes(2 << 20)), None),
    "one-pixel.jpg": (lambda: write(Image.new("RGB", (1, 1), (9, 99, 9)), "JPEG"), None),
    "black.jpg": (lambda: write(Image.new("RGB", (900, 600)), "JPEG", progressive=True), None),
    "pages.tiff": (
        lambda: write(PLAIN, "TIFF", save_all=True, append_images=[landscape(2)]),
        None,
    ),
    "colours.tiff": (lambda: write(PLAIN.quantize(32), "TIFF"), None),
}
"""By name, what makes the file, and why it is unsound; None where it is sound."""
NO_PICTURES: dict[str, bytes] = {
    "icon.ico": write(PLAIN, "ICO"),
    "nothing.png": b"",
    "one-byte.jpg": b"\xff",
    "two-bytes.bmp": b"BM",
    "text.gif": b"GIF: a word",
}
"""Files that are none of the seven formats by their first bytes."""
