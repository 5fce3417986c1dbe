"""Pillow's LANCZOS down to a few pixels, to the last bit, as products of matrices. In memory.

Pillow (12.3, src/libImaging/Resample.c) weighs whole numbers: weights of 22 binary places, a sum,
rounded to 8 bits, first along the rows and then along the columns. float64 holds such sums exactly,
in whatever order they are added, so a product of matrices gives the same bits, in less than half
the time (500 x 375 to 32 x 32, 9 x 8 and 8 x 8). Where it might not, Pillow itself does it.
"""

from collections.abc import Collection
from functools import cache, lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Size = tuple[int, int]
Floats = NDArray[np.float64]

_LOBES = 3
_UNIT = 1 << 22
_UNSURE = 1e-6
"""Of a unit: a weight this near to the middle of two might be rounded otherwise by another libm,
for double precision is off by some 1e-9 here. One width in 200 has such a weight."""
_STRIP = 1 << 18
"""Pixels at a time, 2 MB as float64: fewer are slower, more would fill the memory."""
_LEAST, _MOST = 128, 32
"""The shorter side of a picture, and the longer of a result, for which products are faster."""
_LONGEST = 1 << 14
"""Of a picture: weights of a longer side take too much memory, and few of them are sure."""


class _Weights(NamedTuple):
    """What each pixel of a line adds to each of fewer, full x small.

    `clear`: any libm gives the same, for none lies near the middle of two.
    """

    matrix: Floats
    clear: bool


def shrink(image: Image.Image, sizes: Collection[Size]) -> dict[Size, Image.Image]:
    """Resize an RGB image to each width and height, as `Image.resize` does by LANCZOS."""
    few = [size for size in sizes if _agrees() and _is_sure(image.size, size)]
    made = _by_pillow(image, set(sizes).difference(few))
    return {**made, **_by_products(image, few)} if few else made


def _is_sure(full: Size, small: Size) -> bool:
    return (
        min(full) >= _LEAST
        and max(full) <= _LONGEST
        and max(small) <= _MOST
        # From 13 on Pillow begins with the columns of a tall picture.
        and full[1] - small[1] <= 2 * (full[0] - small[0])
        and all(_weights(*sides).clear for sides in zip(full, small, strict=True))
    )


@cache
def _agrees() -> bool:
    """Tell whether the Pillow that is here weighs as is written above. It takes a millisecond."""
    y, x = np.ogrid[:149, :211]
    waves = np.stack([(x * x * n + 3 * y * y) // 7 % 256 for n in (2, 3, 5)], axis=2)
    image, sizes = Image.fromarray(waves.astype(np.uint8)), [(32, 32), (9, 8)]
    ours, theirs = _by_products(image, sizes), _by_pillow(image, sizes)
    return all(ours[size].tobytes() == theirs[size].tobytes() for size in sizes)


def _by_pillow(image: Image.Image, sizes: Collection[Size]) -> dict[Size, Image.Image]:
    return {size: image.resize(size, Image.Resampling.LANCZOS) for size in sizes}


def _by_products(image: Image.Image, sizes: Collection[Size]) -> dict[Size, Image.Image]:
    widths = sorted({width for width, _ in sizes})
    columns = dict(zip(widths, np.cumsum([0, *widths[:-1]]), strict=True))
    narrow = _narrowed(image, widths)
    made = {}
    for width, height in sizes:
        rows = narrow[:, :, columns[width] : columns[width] + width]
        pixels = _rounded(_weights(image.height, height).matrix.T @ rows).astype(np.uint8)
        made[width, height] = Image.fromarray(np.ascontiguousarray(pixels.transpose(1, 2, 0)))
    return made


def _narrowed(image: Image.Image, widths: Collection[int]) -> Floats:
    """Shrink all rows to each of the widths, side by side: 3 x height x their sum."""
    weights = np.hstack([_weights(image.width, width).matrix for width in widths])
    narrow = np.empty((3, image.height, weights.shape[1]))
    rows = max(1, _STRIP // image.width)
    for top in range(0, image.height, rows):
        strip = image.crop((0, top, image.width, min(top + rows, image.height)))
        for plane, band in zip(narrow, strip.split(), strict=True):
            plane[top : top + rows] = np.asarray(band).astype(np.float64) @ weights
    return _rounded(narrow)


def _rounded(sums: Floats) -> Floats:
    """Round to 0 to 255, halves upwards; in place."""
    sums += 0.5
    np.floor(sums, out=sums)
    return np.clip(sums, 0, 255, out=sums)


@lru_cache(maxsize=64)
def _weights(full: int, small: int) -> _Weights:
    """Weigh as Pillow does, all columns at once: pictures come in many sizes."""
    scale = full / small
    centres = (np.arange(small)[:, None] + 0.5) * scale
    first = np.maximum(0, (centres - _LOBES * scale + 0.5).astype(np.int64))
    last = np.minimum(full, (centres + _LOBES * scale + 0.5).astype(np.int64))
    places = first + np.arange((last - first).max())
    x = (places - centres + 0.5) * (1.0 / scale)
    within = (places < last) & (x >= -_LOBES) & (x < _LOBES)
    exact = np.where(within, _sinc(x) * _sinc(x / _LOBES), 0)
    exact *= _UNIT / np.cumsum(exact, axis=1)[:, -1:]  # one after the other, as Pillow adds
    whole = np.rint(exact)
    matrix = np.zeros((small, full + places.shape[1]))
    np.put_along_axis(matrix, places, whole / _UNIT, axis=1)
    clear = bool((np.abs(exact - whole) < 0.5 - _UNSURE).all())
    return _Weights(np.ascontiguousarray(matrix[:, :full].T), clear)


def _sinc(x: Floats) -> Floats:
    turned = x * np.pi
    return np.divide(np.sin(turned), turned, out=np.ones_like(x), where=turned != 0)
