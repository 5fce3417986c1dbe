"""Where one picture may lie in another: affine maps as proposals, from three ways to align.

As they are, edge on edge; by features (ORB, which know turns and sizes); and by sliding the one,
smaller and smaller, over the other. Each straight, mirrored and turned by quarters. A map takes
points of the first picture to points of the second, both in pixels of `Picture.grey`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fapproc.dedup.sameness import Look, look
from fapproc.dedup.seen import Seen

cv2.setNumThreads(1)  # there is a process a processor; and its sums don't depend on threads

Grey = NDArray[Any]
"""Shades, float32."""
Map = NDArray[Any]
"""3 x 3, affine, float64."""

SIDE = 256
"""The longer side of `Picture.grey`: thumbnails have 280."""
_COARSE = 64
"""The longer side of the pictures that are slid over each other."""
_WHOLE = 0.98
"""More of a picture is all of it."""
_SMALLEST, _STEP = 0.4, 0.93
"""How much of the other's width or height a part takes, from 1 down to this, by this factor."""
_BLUR = 3.0
"""Detail is what is left when this blur is taken away, in pixels of the coarse picture."""
_FEATURES = 500
_LEAST_SIDE = 32
"""Pixels: what ORB needs around a place. Of pictures of some pixels its pyramid fails."""
_LEAST_MATCHES = 10
_RATIO = 0.8
"""A feature's match counts if its next best is so much further."""
_OFF_BY = 3.0
"""Pixels by which a match may miss its place, of `SIDE`."""
_UPRIGHT = ((0, 0, 0), (0, 1, 0))
_TURNS = tuple((swap, across, down) for swap in (0, 1) for across in (0, 1) for down in (0, 1))


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
        left, upper, right, lower = Seen(Image.fromarray(self.rgb)).inner
        whole = (lower - upper) * (right - left) > _WHOLE * self.rgb.shape[0] * self.rgb.shape[1]
        return None if whole else Picture(self.rgb[upper:lower, left:right])

    @cached_property
    def even(self) -> Look:
        """The picture as `sameness` compares it, place by place."""
        return look(Image.fromarray(self.rgb))

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


@dataclass(frozen=True, eq=False)
class Features:
    """Places of a picture, float32 x and y, and what is there: 32 bytes each."""

    places: NDArray[Any]
    codes: NDArray[Any]

    @classmethod
    def of(cls, grey: Grey) -> "Features":
        """Find the features of a picture; none in one that shows nothing, or is too narrow."""
        if min(grey.shape) < _LEAST_SIDE:
            return cls(np.zeros((0, 2), np.float32), np.zeros((0, 32), np.uint8))
        finder = cv2.ORB.create(nfeatures=_FEATURES, edgeThreshold=15, fastThreshold=7)
        points, codes = finder.detectAndCompute(np.clip(grey, 0, 255).astype(np.uint8), None)
        if not points:
            return cls(np.zeros((0, 2), np.float32), np.zeros((0, 32), np.uint8))
        return cls(np.array([p.pt for p in points], np.float32), codes)


def detail(grey: Grey, blur: float = _BLUR) -> Grey:
    """Take away what changes slowly: light and shade."""
    return grey - cv2.GaussianBlur(grey, (0, 0), blur)


def as_they_are(a: Picture, b: Picture, least: float = 0.15) -> Iterator[Map]:
    """Lay the one on the other edge on edge, as it fits best: a proposal or none."""
    likeness, turn = max((float((a.square * _turned(b.square, t)).sum()), t) for t in _TURNS)
    if likeness >= least:
        yield _frame(b.grey) @ _unit(turn) @ np.linalg.inv(_frame(a.grey))


def by_features(a: Picture, b: Picture) -> Iterator[Map]:
    """Find places of the one in the other: a proposal straight, one mirrored, or fewer."""
    width = b.grey.shape[1]
    back = np.array([[-1, 0, width - 1], [0, 1, 0], [0, 0, 1]], np.float64)
    found = []
    for there, undo in ((b.features, np.eye(3)), (b.mirrored_features, back)):
        few, matrix = _matched(a.features, there)
        if matrix is not None:
            found.append((few, undo @ matrix))
    for _, matrix in sorted(found, key=lambda each: -each[0]):
        yield matrix


def _matched(here: Features, there: Features) -> tuple[int, Map | None]:
    if min(len(here.codes), len(there.codes)) < _LEAST_MATCHES:
        return 0, None
    pairs = cv2.BFMatcher(cv2.NORM_HAMMING).knnMatch(here.codes, there.codes, k=2)
    good = [one for one, other in pairs if one.distance < _RATIO * other.distance]
    if len(good) < _LEAST_MATCHES:
        return 0, None
    source = here.places[[match.queryIdx for match in good]]
    target = there.places[[match.trainIdx for match in good]]
    matrix, inside = cv2.estimateAffinePartial2D(
        source, target, method=cv2.RANSAC, ransacReprojThreshold=_OFF_BY, maxIters=500
    )
    count = int(np.count_nonzero(inside))
    if count < _LEAST_MATCHES:  # or there is no map at all
        return 0, None
    return count, np.vstack([matrix, [0, 0, 1]])


def by_sliding(a: Picture, b: Picture, most: int = 2, least: float = 0.3) -> Iterator[Map]:
    """Slide the one, made smaller step by step, over the other, and the other over the one.

    Straight and mirrored: parts of turned ones are found by features, and this takes most time.
    """
    found: list[tuple[float, Map]] = []
    whole = detail(a.coarse)
    for turn in _UPRIGHT:
        other = np.ascontiguousarray(_turned(b.coarse, turn))
        back = _frame(b.coarse) @ _unit(turn) @ np.linalg.inv(_frame(other))
        found += [(score, back @ place) for score, place in _slid(a.coarse, detail(other))]
        found += [(score, back @ np.linalg.inv(place)) for score, place in _slid(other, whole)]
    found.sort(key=lambda each: -each[0])
    for score, matrix in found[:most]:
        if score >= least:
            yield _scaled(b.coarse, b.grey) @ matrix @ np.linalg.inv(_scaled(a.coarse, a.grey))


def _slid(part: Grey, scene: Grey) -> Iterator[tuple[float, Map]]:
    """Where a part fits best in a scene, at each size: its correlation there, and its place."""
    fits = min(scene.shape[0] / part.shape[0], scene.shape[1] / part.shape[1])
    share = 1.0
    while share >= _SMALLEST:
        factor = fits * share
        height, width = (max(1, round(side * factor)) for side in part.shape)
        small = cv2.resize(part, (width, height), interpolation=cv2.INTER_AREA)
        score = cv2.matchTemplate(scene, detail(small), cv2.TM_CCOEFF_NORMED)
        _, best, _, (x, y) = cv2.minMaxLoc(score)
        across, down = width / part.shape[1], height / part.shape[0]
        yield best, np.array([[across, 0, x], [0, down, y], [0, 0, 1]])
        share *= _STEP


def _turned(grey: Grey, turn: tuple[int, int, int]) -> Grey:
    """A picture turned: its sides swapped, then each mirrored, as the three say."""
    swap, across, down = turn
    return (grey.T if swap else grey)[:: -1 if down else 1, :: -1 if across else 1]


def _unit(turn: tuple[int, int, int]) -> Map:
    """From points of a turned square of side 1 to points of the square."""
    swap, across, down = turn
    flip = np.array(
        [[-1 if across else 1, 0, across], [0, -1 if down else 1, down], [0, 0, 1]], np.float64
    )
    return np.array([[0, 1, 0], [1, 0, 0], [0, 0, 1]], np.float64) @ flip if swap else flip


def _frame(grey: Grey) -> Map:
    """From the square of side 1 to a picture."""
    return np.diag([float(grey.shape[1]), float(grey.shape[0]), 1.0])


def _scaled(one: Grey, other: Grey) -> Map:
    """From a picture to the same in another size."""
    return np.diag([other.shape[1] / one.shape[1], other.shape[0] / one.shape[0], 1.0])


def _sized(grey: Grey, side: int) -> Grey:
    factor = side / max(grey.shape)
    height, width = (max(1, round(each * factor)) for each in grey.shape)
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
    return cv2.resize(grey, (width, height), interpolation=how)
