"""Small things on a plain ground: of most of such a picture nothing is to be told."""

from zlib import crc32

from PIL import Image, ImageOps

from evaluation.transformations import on, opened, transformed

SHEET, THING = 400, 110
"""Pixels a side."""
_GROUNDS = ("white", "white", "black", "#f4efe0")


def vary(data: bytes) -> list[bytes]:
    """Lay a picture small on a sheet, and make the files of that. Runs in a worker process.

    Where it lies, and on which ground, is told by its bytes.

    Raises:
        Undecodable: the bytes are no sound picture.
    """
    lot = crc32(data)
    sheet = Image.new("RGBA", (SHEET, SHEET))
    thing = ImageOps.contain(opened(data), (THING, THING), Image.Resampling.LANCZOS)
    sheet.paste(thing, (110 + lot % 70, 110 + lot // 70 % 70))
    return transformed(on(sheet, _GROUNDS[lot // 4900 % len(_GROUNDS)]))
