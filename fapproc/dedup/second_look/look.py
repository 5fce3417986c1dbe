"""Decide whether two pictures are the same where they overlap, and say in what way."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from fapproc.dedup.second_look.agreement import Agreement, Box, agreement, overlap, refined
from fapproc.dedup.second_look.alignment import Map, Picture, as_they_are, by_features, by_sliding

SAME = 0.65
"""Agreement from which on two are the same picture. Photographs: strangers come to 0.3, copies
cropped, turned, mirrored or with a caption to 0.8 and more, where they are laid precisely."""
_LEAST_SHOWN = 9
"""Blocks that show something: fewer say nothing. A line of small text on white has 8 at most, and
any two of these can be laid over each other."""
_LEAST_OF_ONE, _LEAST_OF_BOTH = 0.5, 0.1
"""How much of the one, and of each, must lie over the other."""
_HOPELESS, _PRECISE = 0.05, 0.93
"""Agreement between which a more precise map is looked for."""
_WHOLE = 0.96
"""More of a picture is all of it: edges are blurred, and a slight turn hides corners."""
_APART, _SPOT = 0.3, 3
"""Where so many blocks beside each other agree less, something else is shown."""
_PLAIN = 20.0
"""Shades in which a border may differ."""
_GREY, _COLOURED = 3.0, 8.0
"""Steps between the colours of a pixel on average: below is grey, above has colours."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a second look at two pictures saw; but for `score` and `same` it tells of same ones.

    The second is the first, `mirrored` or not, then `turned` clockwise by so many degrees. Of two
    of which nothing could be laid over each other the score is 0.
    """

    score: float
    """How well they agree as they lie best: 1 for all, about 0 for strangers."""
    same: bool
    turned: int = 0
    mirrored: bool = False
    part_of_first: Box | None = None
    """What part of the first the second shows; None where it is all."""
    part_of_second: Box | None = None
    bordered: int | None = None
    """Which of them, 0 or 1, has a border or a strip of one colour around the other."""
    differs: Box | None = None
    """Where in the first something else is shown."""
    grey: int | None = None
    """Which of them is grey while the other has colours."""

    @property
    def reasons(self) -> tuple[str, ...]:
        """In what way they are the same, in words that follow 'the same picture, '."""
        ends = ("first", "second")
        said = ["mirrored"] * self.mirrored
        said += [f"turned by {self.turned} degrees"] * (self.turned != 0)
        if self.bordered is not None:
            said.append(f"the {ends[self.bordered]} with a border or a strip around it")
        parts = (self.part_of_first, self.part_of_second)
        for which, part in enumerate(parts):
            if part is not None and self.bordered != which:
                of = f"{_share(part):.0%} of the {ends[which]}"
                said.append(f"cropped: the {ends[1 - which]} shows {of}, {_where(part, _SIDES)}")
        if self.grey is not None:
            said.append(f"the {ends[self.grey]} is grey")
        if self.differs is not None:
            said.append(f"differs in one place, {_where(self.differs, _PLACES)}")
        return tuple(said)


def look(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> Look:
    """Lay one picture over another, and say whether they are the same where they overlap.

    As they are, by features, and by sliding parts; straight, mirrored, turned by quarters. The
    first way in which they agree is taken. The same two always give the same.

    Args:
        first: uint8, height x width x 3, as large as a thumbnail.
        second: another one.
    """
    a, b = Picture(first), Picture(second)
    best = 0.0
    for propose in (as_they_are, by_features, by_sliding):
        for proposed in propose(a, b):
            matrix, found = _fitted(a, b, proposed)
            if found is None:
                continue
            best = max(best, found.score)
            if found.score >= SAME:
                return _told(a, b, matrix, found)
    return Look(best, same=False)


def _fitted(a: Picture, b: Picture, matrix: Map) -> tuple[Map, Agreement | None]:
    """A map and how well the two agree by it, moved to where they do best."""
    found = _agreed(a, b, matrix)
    if found is None or not _HOPELESS < found.score < _PRECISE:
        return matrix, found
    moved = refined(a, b, matrix)
    better = _agreed(a, b, moved)
    if better is not None and better.score > found.score:
        return moved, better
    return matrix, found


def _agreed(a: Picture, b: Picture, matrix: Map) -> Agreement | None:
    """How well they agree; None where too little lies together, or shows anything."""
    shares = overlap(a, b, matrix)[2]
    if max(shares) < _LEAST_OF_ONE or min(shares) < _LEAST_OF_BOTH:
        return None
    found = agreement(a, b, matrix)
    return found if found.shown >= _LEAST_SHOWN else None


def _told(a: Picture, b: Picture, matrix: Map, found: Agreement) -> Look:
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
        part_of_first=in_a if shares[0] < _WHOLE else None,
        part_of_second=in_b if shares[1] < _WHOLE else None,
        bordered=_bordered(a, b, matrix, shares),
        differs=_differs(found, matrix, a, b),
        grey=greyness.index(min(greyness)) if has_grey else None,
    )


def _bordered(a: Picture, b: Picture, matrix: Map, shares: Sequence[float]) -> int | None:
    """Which of them shows but one colour where the other isn't."""
    if shares[1] < _WHOLE and _is_plain_outside(a, b, matrix):
        return 1
    if shares[0] < _WHOLE and _is_plain_outside(b, a, np.linalg.inv(matrix)):
        return 0
    return None


def _is_plain_outside(a: Picture, b: Picture, matrix: Map) -> bool:
    height, width = a.grey.shape
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float64)
    quad = corners @ matrix[:2, :2].T + matrix[:2, 2]
    covered = np.zeros(b.grey.shape, np.uint8)
    cv2.fillConvexPoly(covered, np.rint(quad).astype(np.int32), 1)
    covered = cv2.dilate(covered, np.ones((7, 7), np.uint8)).astype(np.uint8)
    outside = b.grey[covered == 0]
    if not outside.size:
        return False
    low, high = np.percentile(outside, (5, 95))
    return bool(high - low < _PLAIN)


def _differs(found: Agreement, matrix: Map, a: Picture, b: Picture) -> Box | None:
    """The largest place that shows something else, as a box in the first picture."""
    apart = (np.nan_to_num(found.blocks, nan=1.0) < _APART).astype(np.uint8)
    count, _, stats, _ = cv2.connectedComponentsWithStats(apart, connectivity=4)
    if count < 2:
        return None
    left, upper, width, height, size = max(stats[1:].tolist(), key=lambda row: int(row[-1]))
    if size < _SPOT:
        return None
    rows, columns = found.blocks.shape
    box = np.array([[left, upper], [left + width, upper + height]], np.float64)
    box /= (columns, rows)
    if found.in_second:
        there = box * (b.grey.shape[1], b.grey.shape[0])
        back = np.linalg.inv(matrix)
        box = (there @ back[:2, :2].T + back[:2, 2]) / (a.grey.shape[1], a.grey.shape[0])
    (x, y), (right, lower) = box.min(axis=0).tolist(), box.max(axis=0).tolist()
    return x, y, right, lower


def _colour(picture: Picture) -> float:
    return float(np.ptp(picture.rgb.astype(np.int16), axis=2).mean())


def _share(part: Box) -> float:
    left, upper, right, lower = part
    return (right - left) * (lower - upper)


_PLACES = ("left", "right", "at the top", "at the bottom", "in the middle")
_SIDES = ("its left", "its right", "its upper part", "its lower part", "its middle")


def _where(part: Box, names: Sequence[str]) -> str:
    """Where a part lies, in words: one of a side, of two, or the middle."""
    left, upper, right, lower = part
    across = names[0] if left < 1 - right - 0.1 else names[1] if 1 - right < left - 0.1 else ""
    down = names[2] if upper < 1 - lower - 0.1 else names[3] if 1 - lower < upper - 0.1 else ""
    return " and ".join(word for word in (down, across) if word) or names[4]
