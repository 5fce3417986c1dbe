"""Known pictures, by which libraries are told apart that make other pixels or other codes of them.

The files were drawn by code and saved once; reading them shows the decoders. The rest is drawn
here, in whole numbers, and shows the conversion of each mode, the shrinking, and how ties fall.
"""

from collections.abc import Iterator
from importlib.resources import files
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, features

_FILES = ("colour.jpg", "cmyk.jpg", "lossy.webp")
# Not LAB: to build its transform takes longer than all the others.
_MODES = ("L", "LA", "RGBA", "CMYK", "YCbCr", "I;16", "I", "F")


def decoded() -> Iterator[Image.Image]:
    """Yield the files and a picture in each mode: their colours show decoders and conversions."""
    folder = files(__package__)
    # A Pillow that was built without AVIF makes no codes of AVIF pictures.
    for name in (*_FILES, *(["colour.avif"] if features.check("avif") else [])):
        yield Image.open(BytesIO(folder.joinpath(name).read_bytes()))
    size = (24, 18)
    for mode in _MODES:
        depth = len(Image.new(mode, (1, 1)).tobytes())
        yield Image.frombytes(mode, size, _pattern(size[0] * depth, size[1])[:, :, 0].tobytes())
    palette = Image.fromarray(_pattern(*size)[:, :, 0] % 32, "L")
    palette.putpalette(_pattern(32, 1).tobytes())
    palette.info["transparency"] = 7
    yield palette


def drawn() -> Iterator[Image.Image]:
    """Yield RGB pictures: their codes show how one is shrunk, enlarged, and where ties fall."""
    yield Image.fromarray(_pattern(211, 157))
    yield Image.fromarray(_pattern(5, 3))
    cells = np.arange(64, dtype=np.uint8).reshape(8, 8, 1) * 5 % 3 * 80
    yield Image.fromarray(np.kron(cells, np.ones((32, 32, 3), np.uint8)))


def _pattern(width: int, height: int) -> NDArray[np.uint8]:
    """Draw rings that run into noise, other ones in each band: uint8, (height, width, 3)."""
    x, y = np.arange(width), np.arange(height)[:, None]
    bands = [(x * x * (band + 2) + y * y * 3 + x * y * band) // 7 % 256 for band in range(3)]
    return np.stack(bands, axis=2).astype(np.uint8)
