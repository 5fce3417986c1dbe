"""Four perceptual hashes, bit for bit those of imagededup 0.3.3, from one decoded frame.

Codes are compared with codes of other years and other programs, so nothing here may change a bit:
not the order of resizing and greying, not the place of the ties. A faster form is used only where
it gives the same bits; where a tie could fall otherwise, the form of the original decides.
"""

from collections.abc import Callable, Collection
from functools import cache
from hashlib import sha256
from importlib.metadata import version

import numpy as np
import pywt
from numpy.typing import NDArray
from PIL import Image
from scipy.fftpack import dct

from fapproc.dedup import probes
from fapproc.dedup.colour import Colour

Grey = NDArray[np.uint8]
Bits = NDArray[np.bool_]

_REVISION = 1
"""One higher whenever this module means to give other codes."""
_LIBRARIES = ("pillow", "scipy", "pywavelets")
_SIDE = 8
_LEVELS = 5


def encode(first: Image.Image) -> dict[str, int]:
    """Hash the first frame of an image, as the decoder gives it: not rotated, not composited.

    Alpha is dropped and not composited. Each hash shrinks the full-size RGB image itself, and greys
    it then, as the original does: the other order changes up to 4 bits of a third of images.

    Returns:
        By method name, a code of 64 bits, the first bit (top left) highest.
    """
    return hashes(Colour(first), _HASHES)


def hashes(colour: Colour, names: Collection[str]) -> dict[str, int]:
    """Hash an image by these methods, as `encode` does."""
    colour.make([size for name, (size, _) in _HASHES.items() if name in names])
    return {
        name: _pack(bits(_grey(colour, size)))
        for name, (size, bits) in _HASHES.items()
        if name in names
    }


def to_hex(code: int) -> str:
    """Write a code in the 16 hexadecimal digits that imagededup writes."""
    return f"{code:016x}"


@cache
def versions() -> str:
    """Say which codes these are: their identity, and behind it the libraries that made them.

    Pillow decodes, shrinks and greys; SciPy and PyWavelets round. What they make of the probes, to
    the last shade, is summed up in the identity: codes of one identity may be compared, whatever
    the versions. It takes some 20 ms, once a process.
    """
    summed = sha256()
    for image in probes.decoded():
        summed.update(Colour(image).full.tobytes())
    for image in probes.drawn():
        for size, bits in _HASHES.values():
            grey = _grey(Colour(image), size)
            summed.update(grey.tobytes() + np.packbits(bits(grey)).tobytes())
    libraries = " ".join(f"{library}-{version(library)}" for library in _LIBRARIES)
    return f"{_REVISION}-{summed.hexdigest()[:16]} {libraries}"


def _grey(colour: Colour, size: tuple[int, int]) -> Grey:
    return np.asarray(colour.at(size).convert("L"))


def _pack(bits: Bits) -> int:
    return int.from_bytes(np.packbits(bits).tobytes(), "big")


def _average(grey: Grey) -> Bits:
    """At least the mean; in whole numbers, for 64 pixels of 8 bits have an exact mean."""
    bits: Bits = grey.size * grey.astype(np.int64) >= grey.sum(dtype=np.int64)
    return bits


def _diff(grey: Grey) -> Bits:
    """Brighter than the pixel to the left."""
    bits: Bits = grey[:, 1:] > grey[:, :-1]
    return bits


def _percept(grey: Grey) -> Bits:
    """At least the median of the 63 lowest frequencies but the mean: DCT II, columns first."""
    low = dct(dct(grey, axis=0), axis=1)[:_SIDE, :_SIDE]
    bits: Bits = low >= np.median(low.ravel()[1:])
    return bits


def _wavelet(grey: Grey) -> Bits:
    """At least the median of the 8 x 8 low band of five Haar steps, which are block sums.

    The sums are whole numbers. Where one is the median, PyWavelets' rounding decides.
    """
    columns = grey.reshape(_SIDE, 32, _SIDE * 32).sum(axis=1, dtype=np.int64)
    sums = columns.reshape(_SIDE, _SIDE, 32).sum(axis=2)
    ordered = np.sort(sums, axis=None)
    twice_median = ordered[31] + ordered[32]
    if not (2 * sums == twice_median).any():
        bits: Bits = 2 * sums > twice_median
        return bits
    low = pywt.wavedec2(grey / 255, "haar", level=_LEVELS)[0]
    tied: Bits = low >= np.median(low)
    return tied


_HASHES: dict[str, tuple[tuple[int, int], Callable[[Grey], Bits]]] = {
    "percept": ((32, 32), _percept),
    "diff": ((9, 8), _diff),
    "average": ((8, 8), _average),
    "wavelet": ((256, 256), _wavelet),
}
