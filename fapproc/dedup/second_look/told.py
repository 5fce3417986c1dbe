"""In what way two pictures are the same that were laid over each other. Arrays in, values out."""

from collections.abc import Sequence

import cv2
import numpy as np

from fapproc.dedup.second_look.agreement import Agreement, closely, corners, overlap
from fapproc.dedup.second_look.alignment import Map
from fapproc.dedup.second_look.picture import Picture
from fapproc.looks import Box, Look

WHOLE = 0.96
"""More of a picture is all of it: edges are blurred, and a slight turn hides corners."""
_APART, _SPOT = 0.3, 3
"""Where so many blocks beside each other agree less, something else is shown."""
_PLAIN = 20.0
"""Shades in which a border may differ."""
_GREY, _COLOURED = 3.0, 8.0  # steps between the colours of a pixel: grey is below, colours above


def told(a: Picture, b: Picture, matrix: Map, found: Agreement) -> Look:
    """Say in what way two are the same that agree as they lie."""
    in_a, in_b, shares = overlap(a, b, matrix)
    mirrored = bool(np.linalg.det(matrix[:2, :2]) < 0)
    across = matrix[:2, 0] * (-1 if mirrored else 1)
    angle = np.degrees(np.arctan2(across[1], across[0]))
    greyness = [_colour(picture) for picture in (a, b)]
    has_grey = min(greyness) < _GREY and max(greyness) > _COLOURED
    return Look(
        score=found.score,
        same=True,
        turned=round(angle / 90) * 90 % 360,
        mirrored=mirrored,
        part_of_first=in_a if shares[0] < WHOLE else None,
        part_of_second=in_b if shares[1] < WHOLE else None,
        bordered=_bordered(a, b, matrix, shares),
        differs=_differs(found, matrix, a, b),
        grey=greyness.index(min(greyness)) if has_grey else None,
    )


def _bordered(a: Picture, b: Picture, matrix: Map, shares: Sequence[float]) -> int | None:
    """Which of them shows but one colour where the other isn't."""
    if shares[1] < WHOLE and _is_plain_outside(a, b, matrix):
        return 1
    if shares[0] < WHOLE and _is_plain_outside(b, a, np.linalg.inv(matrix)):
        return 0
    return None


def _is_plain_outside(a: Picture, b: Picture, matrix: Map) -> bool:
    quad = corners(a.grey) @ matrix[:2, :2].T + matrix[:2, 2]
    covered = np.zeros(b.grey.shape, np.uint8)
    cv2.fillConvexPoly(covered, np.rint(quad).astype(np.int32), 1)
    covered = cv2.dilate(covered, np.ones((7, 7), np.uint8)).astype(np.uint8)
    outside = b.grey[covered == 0]
    if not outside.size:
        return False
    low, high = np.percentile(outside, (5, 95))
    return bool(high - low < _PLAIN)


def spot(found: Agreement) -> Box | None:
    """The largest place that shows something else, as a box in the picture that was compared."""
    apart = (np.nan_to_num(found.blocks, nan=1.0) < _APART).astype(np.uint8)
    count, _, stats, _ = cv2.connectedComponentsWithStats(apart, connectivity=4)
    if count < 2:
        return None
    left, upper, width, height, size = max(stats[1:].tolist(), key=lambda row: int(row[-1]))
    if size < _SPOT:
        return None
    rows, columns = found.blocks.shape
    return left / columns, upper / rows, (left + width) / columns, (upper + height) / rows


def _differs(found: Agreement, matrix: Map, a: Picture, b: Picture) -> Box | None:
    """The same as a box in the first picture, if it is there with as many pixels as both have."""
    there = spot(found)
    if there is None or spot(closely(a, b, matrix)) is None:
        return None
    box = np.array([there[:2], there[2:]], np.float64)
    if found.in_second:
        in_b = box * (b.grey.shape[1], b.grey.shape[0])
        back = np.linalg.inv(matrix)
        box = (in_b @ back[:2, :2].T + back[:2, 2]) / (a.grey.shape[1], a.grey.shape[0])
    (x, y), (right, lower) = box.min(axis=0).tolist(), box.max(axis=0).tolist()
    return x, y, right, lower


def _colour(picture: Picture) -> float:
    return float(np.ptp(picture.rgb.astype(np.int16), axis=2).mean())
