"""A picture made ready to be looked at: its shades, its detail and its features, made when asked.

What was made of one serves all its pairs.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fapproc.dedup.sameness import Look, look
from fapproc.dedup.seen import Box, Seen

cv2.setNumThreads(1)  # there is a process a processor; and its sums don't depend on threads

Grey = NDArray[Any]
"""Shades, float32."""

SIDE = 256
"""The longer side of `Picture.grey`: thumbnails have 280."""
_COARSE = 64
"""The longer side of the pictures that are slid over each other."""
_SMALL, _FEW = 128, 200
"""The longer side of the picture in which so many features are sought at first."""
_PLACES = 8
_WHOLE = 0.98
"""More of a picture is all of it."""
_ASPECT = 0.04
"""By how much the aspects of two may differ that have one form."""
_TRACE = 0.125
"""Shades: less is nothing that anybody sees."""
_BLUR = 3.0
"""Detail is what is left when this blur is taken away, in pixels of the coarse picture."""
_ONE_SHADE = 0.3
_FEATURES = 500
_LEAST_SIDE = 32
"""Pixels: what ORB needs around a place. Of pictures of some pixels its pyramid fails."""


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture made ready to be looked at: uint8, height x width x 3."""

    rgb: NDArray[np.uint8]

    @cached_property
    def grey(self) -> Grey:
        """Its shades, the longer side `SIDE` pixels."""
        shades = cv2.cvtColor(self.rgb, cv2.COLOR_RGB2GRAY)
        return _sized(shades.astype(np.float32), SIDE)

    @cached_property
    def inside(self) -> "Picture | None":
        """What is inside its border or on its plain ground, as a picture; None if that is all."""
        left, upper, right, lower = self.inner
        whole = (lower - upper) * (right - left) > _WHOLE * self.rgb.shape[0] * self.rgb.shape[1]
        return None if whole else Picture(self.rgb[upper:lower, left:right])

    @cached_property
    def inner(self) -> Box:
        """Left, upper, right, lower of that, in pixels."""
        return Seen(Image.fromarray(self.rgb)).inner

    @cached_property
    def even(self) -> Look:
        """The picture as `sameness` compares it, place by place."""
        return look(Image.fromarray(self.rgb))

    @cached_property
    def places(self) -> Grey:
        """Its shades in a few places: what is alike in every place is alike in these."""
        return cv2.resize(self.grey, (_PLACES, _PLACES), interpolation=cv2.INTER_AREA)

    @cached_property
    def has_shades(self) -> bool:
        """Whether no shade fills much of it, as that of paper fills pages, comics and drawings."""
        counts, _ = np.histogram(self.grey, bins=32, range=(0, 256))
        return bool(counts.max() < _ONE_SHADE * self.grey.size)

    @property
    def aspect(self) -> float:
        """Width by height."""
        height, width = self.rgb.shape[:2]
        return float(width / height)

    @cached_property
    def coarse(self) -> Grey:
        """The same, much smaller."""
        return _sized(self.grey, _COARSE)

    @cached_property
    def scenes(self) -> tuple[Grey, Grey]:
        """Its coarse detail, over which parts are slid: straight, and mirrored.

        A trace of a chequered pattern is laid under it, which is like no part: of a window that
        shows nothing OpenCV's sums by IPP (5.0.0, AVX2) are rounding alone, divided by next to
        nothing. Empty corners of a frame came to 1.0 where 0.22 was right, on one processor of two.
        """
        rows, columns = np.indices(self.coarse.shape)
        trace = np.where((rows + columns) % 2, _TRACE, -_TRACE).astype(np.float32)
        whole = detail(self.coarse) + trace
        return whole, np.ascontiguousarray(whole[:, ::-1])

    def part(self, width: int, height: int) -> Grey:
        """Its detail so large, to be slid over another picture; made once for all of them."""
        size = width, height
        if size not in self._parts:
            small = cv2.resize(self.coarse, size, interpolation=cv2.INTER_AREA)
            self._parts[size] = detail(small)
        return self._parts[size]

    @cached_property
    def _parts(self) -> dict[tuple[int, int], Grey]:
        return {}

    @cached_property
    def square(self) -> Grey:
        """Its detail, stretched to a square of length 1: two such products are correlations."""
        stretched = detail(cv2.resize(self.grey, (_COARSE, _COARSE), interpolation=cv2.INTER_AREA))
        return stretched / max(1e-6, float(np.linalg.norm(stretched)))

    @cached_property
    def features(self) -> "Features":
        """Its features, straight."""
        return Features.of(self.grey)

    @cached_property
    def mirrored_features(self) -> "Features":
        """Its features, as a mirror shows them."""
        return Features.of(np.ascontiguousarray(self.grey[:, ::-1]))

    @cached_property
    def few(self) -> "Features":
        """Fewer of its features, of a smaller picture, in a third of the time."""
        return Features.of(_sized(self.grey, _SMALL), _FEW)

    @cached_property
    def few_mirrored(self) -> "Features":
        """The same as a mirror shows them."""
        return Features.of(np.ascontiguousarray(_sized(self.grey, _SMALL)[:, ::-1]), _FEW)


def have_one_form(a: Picture, b: Picture) -> bool:
    """Whether two are as wide for their height as each other."""
    return bool(abs(np.log(a.aspect / b.aspect)) <= _ASPECT)


@dataclass(frozen=True, eq=False)
class Features:
    """Places of a picture, float32 x and y, and what is there: 32 bytes each."""

    places: NDArray[Any]
    codes: NDArray[Any]

    @classmethod
    def of(cls, grey: Grey, most: int = _FEATURES) -> "Features":
        """Find the features of a picture; none in one that shows nothing, or is too narrow."""
        if min(grey.shape) < _LEAST_SIDE:
            return cls(np.zeros((0, 2), np.float32), np.zeros((0, 32), np.uint8))
        finder = cv2.ORB.create(nfeatures=most, edgeThreshold=15, fastThreshold=7)
        points, codes = finder.detectAndCompute(np.clip(grey, 0, 255).astype(np.uint8), None)
        if not points:
            return cls(np.zeros((0, 2), np.float32), np.zeros((0, 32), np.uint8))
        return cls(np.array([p.pt for p in points], np.float32), codes)


def detail(grey: Grey, blur: float = _BLUR) -> Grey:
    """Take away what changes slowly: light and shade."""
    return grey - cv2.GaussianBlur(grey, (0, 0), blur)


def _sized(grey: Grey, side: int) -> Grey:
    factor = side / max(grey.shape)
    height, width = (max(1, round(each * factor)) for each in grey.shape)
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
    return cv2.resize(grey, (width, height), interpolation=how)
