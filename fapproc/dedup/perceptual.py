"""Four perceptual hashes, bit for bit those of imagededup 0.3.3, from one decoded frame.

Codes are compared with codes of other years and other programs, so nothing here may change a bit:
not the order of resizing and greying, not the place of the ties. A faster form is used only where
it gives the same bits; where a tie could fall otherwise, the form of the original decides.
"""

from abc import abstractmethod
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from fapproc.dedup import probes
from fapproc.dedup.colour import Colour
from fapproc.dedup.lanczos import Size
from fapproc.dedup.method import BITS, OFF, BitsMethod, Flags

Grey = NDArray[np.uint8]
Bits = NDArray[np.bool_]

_REVISION = 1
"""To be raised whenever this module is to give other codes."""
_LIBRARIES = ("pillow", "scipy", "pywavelets")
_SIDE = 8
_LEVELS = 5
_BLANK_BITS = 8
"""Codes so near to that of an empty picture say nothing: 500 photographs stay 13 bits away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hash(BitsMethod):
    """A hash of grey pixels: `size` is the width and height to which a picture is shrunk.

    The full-size RGB image itself is shrunk and then greyed, as the original does: the other order
    changes up to 4 bits of a third of images.
    """

    size: ClassVar[Size]

    @property
    def sizes(self) -> Collection[Size]:
        """The one size."""
        return (self.size,)

    @abstractmethod
    def bits(self, grey: Grey) -> Bits:
        """Return 64 bits of the shrunk picture, the first one (top left) highest."""

    def identity(self) -> str:
        """Say which codes these are, by what the libraries that are here make of the probes."""
        return _identity((self,))

    def encode(self, colour: Colour) -> bytes:
        """Encode a picture: 8 bytes, big-endian."""
        return np.packbits(self.bits(self.grey(colour))).tobytes()

    def grey(self, colour: Colour) -> Grey:
        """Return the shrunk picture, height x width."""
        return np.asarray(colour.at(self.size).convert("L"))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Original(Hash):
    """One of imagededup's four; they share an identity, for they are made and compared together."""

    def identity(self) -> str:
        """Say which codes the four are."""
        return versions()


class Average(_Original):
    """At least the mean; in whole numbers, for 64 pixels of 8 bits have an exact mean."""

    __slots__ = ()
    size = (8, 8)

    def bits(self, grey: Grey) -> Bits:
        """Compare each pixel with the mean."""
        bits: Bits = grey.size * grey.astype(np.int64) >= grey.sum(dtype=np.int64)
        return bits


class Diff(_Original):
    """Brighter than the pixel to the left."""

    __slots__ = ()
    size = (9, 8)

    def bits(self, grey: Grey) -> Bits:
        """Compare each pixel with the one to its left."""
        bits: Bits = grey[:, 1:] > grey[:, :-1]
        return bits

    def blank(self, codes: NDArray[Any]) -> Flags:
        """Of a flat picture no pixel is brighter than its left neighbour, of a shade each is."""
        ones = np.bitwise_count(codes)
        blank: Flags = (ones <= _BLANK_BITS) | (ones >= BITS - _BLANK_BITS)
        return blank


class Percept(_Original):
    """At least the median of the 63 lowest frequencies but the mean: DCT II, columns first."""

    __slots__ = ()
    size = (32, 32)

    def bits(self, grey: Grey) -> Bits:
        """Compare each frequency with the median."""
        from scipy.fftpack import dct  # a tenth of a second, which who reads codes need not wait

        low = dct(dct(grey, axis=0), axis=1)[:_SIDE, :_SIDE]
        bits: Bits = low >= np.median(low.ravel()[1:])
        return bits

    def blank(self, codes: NDArray[Any]) -> Flags:
        """Of a flat picture the frequencies are all equal, so all at least their median."""
        blank: Flags = np.bitwise_count(codes) >= BITS - _BLANK_BITS
        return blank


class Wavelet(_Original):
    """At least the median of the 8 x 8 low band of five Haar steps, which are block sums.

    The sums are whole numbers. Where one is the median, PyWavelets' rounding decides.
    """

    __slots__ = ()
    size = (256, 256)

    def bits(self, grey: Grey) -> Bits:
        """Compare each block with the median."""
        columns = grey.reshape(_SIDE, 32, _SIDE * 32).sum(axis=1, dtype=np.int64)
        sums = columns.reshape(_SIDE, _SIDE, 32).sum(axis=2)
        ordered = np.sort(sums, axis=None)
        twice_median = ordered[31] + ordered[32]
        if not (2 * sums == twice_median).any():
            bits: Bits = 2 * sums > twice_median
            return bits
        import pywt

        low = pywt.wavedec2(grey / 255, "haar", level=_LEVELS)[0]
        tied: Bits = low >= np.median(low)
        return tied


PERCEPT = Percept(name="percept", regular=4, animated=3, is_strong=True)
DIFF = Diff(name="diff", regular=4, animated=1, is_strong=True)
AVERAGE = Average(name="average", regular=1, animated=OFF)
WAVELET = Wavelet(name="wavelet", regular=1, animated=OFF)
"""Of 499,500 pairs of unrelated photographs not one came nearer than 12 bits by percept or 8 by
diff, but one came to 1 bit by average and one to 0 by wavelet: so these two are not strong."""

_ORIGINALS = (PERCEPT, DIFF, AVERAGE, WAVELET)
"""In this order they make up their identity."""


@cache
def versions() -> str:
    """Say which codes the four are: their identity, and behind it the libraries that made them.

    It takes some 20 ms, once a process.
    """
    return _identity(_ORIGINALS)


def _identity(hashes: Iterable[Hash]) -> str:
    """Sum up what the libraries make of the probes, to the last shade.

    Pillow decodes, shrinks and greys; SciPy and PyWavelets round. Codes of one identity may be
    compared, whatever the versions.
    """
    summed = sha256()
    for part in _made_of_probes(tuple(hashes)):
        summed.update(part)
    libraries = " ".join(f"{library}-{version(library)}" for library in _LIBRARIES)
    return f"{_REVISION}-{summed.hexdigest()[:16]} {libraries}"


def _made_of_probes(hashes: Iterable[Hash]) -> Iterator[bytes]:
    for image in probes.decoded():
        yield Colour(image).full.tobytes()
    for image in probes.drawn():
        for one in hashes:
            grey = one.grey(Colour(image))
            yield grey.tobytes() + np.packbits(one.bits(grey)).tobytes()
