"""A JPEG without its end marker: told from a cut one by what its pixels depend on.

libjpeg can't finish a picture whose end marker is missing, and with one appended it fills whatever
is missing with grey and doesn't say so. Markers as in ITU-T T.81, annex B.
"""

import hashlib
import re
from io import BytesIO

from PIL import Image

_END = b"\xff\xd9"
_TAILS = (b"", b"\x55" * 4096, b"\xaa" * 4096)
_MARKER = re.compile(rb"\xff([^\0\xd0-\xd7\xff])", re.DOTALL)  # of fill bytes the last
_START_OF_FRAME = {0xC0, 0xC1, 0xC2}
_START_OF_SCAN = 0xDA
_ROWS = 256


def with_end(data: bytes) -> bytes | None:
    """Complete a JPEG that only lacks its end marker.

    It does if every coefficient was sent to its last bit, and if the pixels are the same whatever
    bits follow: a missing block would take its values from them.

    Returns:
        The bytes with an end marker; None if pixels are missing.

    Raises:
        OSError: what Pillow raises for bytes that it can't decode at all.
    """
    data = data.rstrip(b"\xff")
    if not _scans_finished(data):
        return None
    pixels = {_digest_of_pixels(data + tail + _END) for tail in _TAILS}
    return data + _END if len(pixels) == 1 else None


def _scans_finished(data: bytes) -> bool:
    """Tell whether each of the 64 coefficients of each component was sent down to bit 0."""
    missing: set[tuple[int, int]] | None = None
    at = 2
    while found := _MARKER.search(data, at):
        kind, at = found[1][0], found.end()
        length = int.from_bytes(data[at : at + 2], "big")
        segment = data[at + 2 : at + length]
        if kind in _START_OF_FRAME and len(segment) > 6:
            missing = {(of, k) for of in segment[6::3] for k in range(64)}
        elif kind == _START_OF_SCAN and missing is not None and len(segment) > 5:
            first, last, bits = segment[-3:]
            if not bits & 15:
                missing -= {(of, k) for of in segment[1:-3:2] for k in range(first, last + 1)}
        at += max(length, 2)
    return missing == set()


def _digest_of_pixels(data: bytes) -> bytes:
    """Hash the pixels strip by strip: a second full copy may be more than the memory there is."""
    digest = hashlib.sha256()
    with Image.open(BytesIO(data), formats=("JPEG",)) as image:
        image.load()
        for top in range(0, image.height, _ROWS):
            box = (0, top, image.width, min(top + _ROWS, image.height))
            digest.update(image.crop(box).tobytes())
    return digest.digest()
