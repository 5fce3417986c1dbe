"""How well two pictures agree that lie over each other: a correlation of detail, block by block."""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from fapproc.dedup.second_look.alignment import Map
from fapproc.dedup.second_look.picture import SIDE, Grey, Picture, detail
from fapproc.looks import Box

Blocks = NDArray[np.float64]

_SIDE, _NARROWEST, _BLOCK = 128, 48, 16
"""Pixels of the longer side of the picture that lies within the other, of the shorter one at least,
and of a block. A strip of 128 x 30 would have eight blocks."""
_BLUR, _SMOOTH = 4.0, 0.7
"""Detail is what is finer than the one blur and coarser than the other, in pixels."""
_SHOWS = 3.0
"""A block shows something if its detail varies by so many shades; JPEG's own noise by less."""
_AGREES = 0.6
"""Correlation from which on a block agrees."""
_BANDS = 4
"""Of the height: so much at top and at bottom may words take, as those of a meme do."""
_WRITTEN = 1.7
"""So many times as much detail shows where something is written on one of the two. Two of one
template with other words show as much each."""
_GREY = 3.0
"""Shades by which the colours of a grey picture are apart on average, at most."""
_INSIDE = 0.8
"""How much of a block must lie over the other picture."""
_ROUNDS, _PRECISE = 30, 1e-3
_WIDER_BLUR = 6.0
"""What is looked at where a map is moved: from coarse detail the way to the right place is longer.
"""
_CORNER = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])


@dataclass(frozen=True, slots=True, eq=False)
class Agreement:
    """What two pictures have in common as they lie."""

    blocks: Blocks
    """The correlation of each block, NaN where there is nothing to compare."""
    in_second: bool
    """Whether the blocks are those of the second picture, as it lies within the first."""
    shares: tuple[float, float]
    """How much of each picture lies over the other."""
    details: Blocks
    """How much detail either shows in each block, 0 where they don't lie over each other."""

    @property
    def score(self) -> float:
        """The median of `blocks`: 1 where all is the same, near 0 for strangers."""
        there = self.blocks[~np.isnan(self.blocks)]
        return float(np.median(there)) if len(there) else 0.0

    @property
    def explained(self) -> float:
        """How much of their detail lies in blocks that agree, in the one of which it is less."""
        agree = self.blocks > _AGREES
        return min(float(one[agree].sum() / max(1e-9, one.sum())) for one in self.details)

    @property
    def contradicted(self) -> float:
        """How much of the detail that both show lies in blocks that don't agree."""
        both = self.details.min(axis=0)
        return float(both[self.blocks <= _AGREES].sum() / max(1e-9, both.sum()))

    @property
    def is_written_on(self) -> bool:
        """Whether the bands across top and bottom differ by what is on one of the two alone."""
        rows = self._band
        differ = np.nan_to_num(self.blocks, nan=1.0) < _AGREES
        differ[rows:-rows] = False
        one, other = (float(each[differ].sum()) for each in self.details)
        return bool(rows and differ.any()) and max(one, other) >= _WRITTEN * min(one, other)

    def between_bands(self) -> "Agreement":
        """The same of what is between the bands across top and bottom that words may take."""
        rows = self._band
        blocks, details = self.blocks.copy(), self.details.copy()
        for some in (slice(0, rows), slice(len(blocks) - rows, None)):
            blocks[some], details[:, some] = np.nan, 0
        return replace(self, blocks=blocks, details=details)

    @property
    def _band(self) -> int:
        return len(self.blocks) // _BANDS

    @property
    def quarter(self) -> float:
        """What three in four of the blocks reach."""
        there = self.blocks[~np.isnan(self.blocks)]
        return float(np.percentile(there, 25)) if len(there) else 0.0

    @property
    def shown(self) -> int:
        """How many blocks show something."""
        return int(np.count_nonzero(~np.isnan(self.blocks)))


def overlap(a: Picture, b: Picture, matrix: Map) -> tuple[Box, Box, tuple[float, float]]:
    """Where the two lie over each other: a box around it in each, and its share of each."""
    quad = corners(a.grey) @ matrix[:2, :2].T + matrix[:2, 2]
    area, points = cv2.intersectConvexConvex(
        quad.astype(np.float32), corners(b.grey).astype(np.float32)
    )
    of_a = abs(float(np.linalg.det(matrix[:2, :2]))) * a.grey.size
    nowhere = (0.0, 0.0, 0.0, 0.0)
    if area <= 0 or of_a <= 0:
        return nowhere, nowhere, (0.0, 0.0)
    there = points.reshape(-1, 2).astype(np.float64)
    back = np.linalg.inv(matrix)
    here = there @ back[:2, :2].T + back[:2, 2]
    return _box(here, a.grey), _box(there, b.grey), (area / of_a, area / b.grey.size)


def closely(a: Picture, b: Picture, matrix: Map) -> Agreement:
    """Compare with as many pixels as both have where they lie together, the map moved to that.

    Of small pixels lines of text are grey bars, and any two of them agree.
    """
    side = _most_pixels(a, b, matrix)
    found = agreement(a, b, matrix, side)
    moved = agreement(a, b, refined(a, b, matrix, side), side)
    return max(found, moved, key=lambda each: each.score)


def _most_pixels(a: Picture, b: Picture, matrix: Map) -> int:
    """How many pixels long the one within the other can be made, that neither is enlarged."""
    shares = overlap(a, b, matrix)[2]
    if shares[0] < shares[1]:
        a, b, matrix = b, a, np.linalg.inv(matrix)
    in_b = _step(matrix) * max(a.grey.shape) * max(b.rgb.shape) / max(b.grey.shape)
    return round(min(SIDE, max(_side(a.grey), min(float(max(a.rgb.shape)), float(in_b)))))


def agreement(a: Picture, b: Picture, matrix: Map, side: int = 0) -> Agreement:
    """Compare what lies together, in the picture that lies more within the other.

    It is made so long: `side` pixels, or as long as is needed.
    """
    shares = overlap(a, b, matrix)[2]
    in_second = shares[0] < shares[1]
    if in_second:
        a, b, matrix = b, a, np.linalg.inv(matrix)
    one, other, inside = laid_over(a.grey, b.grey, matrix, side or _side(a.grey))
    blocks, details = _correlations(one, other, inside)
    return Agreement(blocks, in_second, shares, details)


def colours_apart(a: Picture, b: Picture, matrix: Map, found: Agreement) -> float:
    """By how many shades their colours differ as they lie, whatever their light; 0 if one is grey.

    The median over blocks that show something.
    """
    if found.in_second:
        a, b, matrix = b, a, np.linalg.inv(matrix)
    first, second = planes_laid_over(a, b, matrix, _side(a.grey))
    if min(float(np.abs(each).mean()) for each in (first, second)) < _GREY:
        return 0.0
    apart = _cut(np.abs(first - second).max(axis=2)).mean(axis=2)
    return float(np.median(apart[~np.isnan(found.blocks)]))


def planes_laid_over(a: Picture, b: Picture, matrix: Map, side: int) -> tuple[Grey, Grey]:
    """The colours of both as they lie, without their light: height x width x 3 each."""
    planes = zip(_planes(a), _planes(b), strict=True)
    laid = [laid_over(one, other, matrix, side)[:2] for one, other in planes]
    first, second = (np.stack([plane[which] for plane in laid], axis=2) for which in (0, 1))
    return tuple(each - each.mean(axis=2, keepdims=True) for each in (first, second))


def _planes(picture: Picture) -> list[Grey]:
    """Red, green and blue, as large as its shades."""
    height, width = picture.grey.shape
    sized = cv2.resize(picture.rgb, (width, height), interpolation=cv2.INTER_AREA)
    return [np.ascontiguousarray(sized[..., each], np.float32) for each in range(3)]


def refined(a: Picture, b: Picture, matrix: Map, side: int = _SIDE) -> Map:
    """Move a map until detail fits best, by ECC; the same map where that leads nowhere."""
    shares = overlap(a, b, matrix)[2]
    if shares[0] < shares[1]:
        return np.linalg.inv(_moved(b.grey, a.grey, np.linalg.inv(matrix), side))
    return _moved(a.grey, b.grey, matrix, side)


def _moved(a: Grey, b: Grey, matrix: Map, side: int) -> Map:
    one, down = _shrunk(a, side)
    step = _step(matrix @ np.linalg.inv(down))
    height, width = (max(8, round(length / step)) for length in b.shape)
    size = np.diag([width / b.shape[1], height / b.shape[0], 1.0])
    how = cv2.INTER_AREA if step > 1 else cv2.INTER_LINEAR
    other = detail(cv2.resize(b, (width, height), interpolation=how), _WIDER_BLUR)
    start = _between_middles(size @ matrix @ np.linalg.inv(down))[:2].astype(np.float32)
    ends = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, _ROUNDS, _PRECISE)
    try:
        _, moved = cv2.findTransformECC(
            detail(one, _WIDER_BLUR), other, start, cv2.MOTION_AFFINE, ends
        )
    except cv2.error:  # it went out of the picture, or there is nothing to go by
        return matrix
    whole = np.vstack([moved.astype(np.float64), [0, 0, 1]])
    better: Map = np.linalg.inv(size) @ _CORNER @ whole @ np.linalg.inv(_CORNER) @ down
    return better


def laid_over(a: Grey, b: Grey, matrix: Map, side: int) -> tuple[Grey, Grey, NDArray[np.bool_]]:
    """The first, small; what of the second lies over it; and where any of it does."""
    one, down = _shrunk(a, side)
    back = _between_middles(matrix @ np.linalg.inv(down))
    step = _step(back)
    if step > 1:
        b = cv2.GaussianBlur(b, (0, 0), 0.45 * step)
    height, width = one.shape
    other = cv2.warpAffine(
        b,
        back[:2],
        (width, height),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    down_, across = np.mgrid[0:height, 0:width]
    x = back[0, 0] * across + back[0, 1] * down_ + back[0, 2]
    y = back[1, 0] * across + back[1, 1] * down_ + back[1, 2]
    inside = (x > -0.5) & (x < b.shape[1] - 0.5) & (y > -0.5) & (y < b.shape[0] - 0.5)
    return one, other, inside


def _correlations(one: Grey, other: Grey, inside: NDArray[np.bool_]) -> tuple[Blocks, Blocks]:
    """Of each block: NaN where neither shows anything; 0 where one alone does. And their detail."""
    fine = (detail(cv2.GaussianBlur(g, (0, 0), _SMOOTH), _BLUR) for g in (one, other))
    x, y = (_cut(each) for each in fine)
    x -= x.mean(axis=2, keepdims=True)
    y -= y.mean(axis=2, keepdims=True)
    varies_x, varies_y = (np.sqrt((each**2).mean(axis=2)) for each in (x, y))
    found: Blocks = (x * y).mean(axis=2) / np.maximum(1e-9, varies_x * varies_y)
    found[np.minimum(varies_x, varies_y) < _SHOWS / 4] = 0
    lies = _cut(inside.astype(np.float32)).mean(axis=2) > _INSIDE
    found[~((np.maximum(varies_x, varies_y) > _SHOWS) & lies)] = np.nan
    return found, np.stack([varies_x, varies_y]) ** 2 * lies


def _side(grey: Grey) -> int:
    """How long a picture is made: a narrow one longer, that it has some blocks across."""
    needed = float(_NARROWEST * max(grey.shape) / min(grey.shape))
    return round(min(SIDE, max(_SIDE, needed)))


def _cut(grey: Grey) -> NDArray[np.float64]:
    """Cut a picture into blocks: rows x columns x pixels."""
    rows, columns = (max(1, side // _BLOCK) for side in grey.shape)
    size = (columns * _BLOCK, rows * _BLOCK)
    fits = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    blocks = fits.reshape(rows, _BLOCK, columns, _BLOCK).transpose(0, 2, 1, 3)
    return blocks.reshape(rows, columns, -1).astype(np.float64)


def _shrunk(grey: Grey, side: int) -> tuple[Grey, Map]:
    """A picture of `side` pixels, and the map to it."""
    factor = side / max(grey.shape)
    height, width = (max(1, round(length * factor)) for length in grey.shape)
    small = cv2.resize(grey, (width, height), interpolation=cv2.INTER_AREA)
    return small, np.diag([width / grey.shape[1], height / grey.shape[0], 1.0])


def _between_middles(matrix: Map) -> Map:
    """The same map between middles of pixels, as OpenCV counts them."""
    moved: Map = np.linalg.inv(_CORNER) @ matrix @ _CORNER
    return moved


def _step(matrix: Map) -> float:
    """How many pixels of the second picture a pixel of the first is long."""
    return max(1e-3, float(np.sqrt(abs(np.linalg.det(matrix[:2, :2])))))


def corners(grey: Grey) -> NDArray[np.float64]:
    """The corners of a picture, x and y in pixels, around it: 4 x 2."""
    height, width = grey.shape
    return np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float64)


def _box(points: NDArray[np.float64], grey: Grey) -> Box:
    height, width = grey.shape
    shares = np.clip(points / (width, height), 0, 1)
    (left, upper), (right, lower) = shares.min(axis=0).tolist(), shares.max(axis=0).tolist()
    return left, upper, right, lower
