"""Where one picture may lie in another: affine maps as proposals, from three ways to align.

As they are, edge on edge; by features (ORB, which know turns and sizes); and by sliding the one,
smaller and smaller, over the other. Each straight, mirrored and turned by quarters. A map takes
points of the first picture to points of the second, both in pixels of `Picture.grey`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from fapproc.dedup.second_look.picture import Features, Grey, Picture

Map = NDArray[Any]
"""3 x 3, affine, float64."""

_SMALLEST, _STEP = 0.4, 0.93
_SHARES = tuple(_STEP**step for step in range(1 + int(np.log(_SMALLEST) / np.log(_STEP))))
"""How much of the other's width or height a part takes, from 1 down to the smallest."""
_LEAST_MATCHES = 10
_LIKELY, _LIKELY_PART = 0.2, 0.5
"""Likeness of two laid edge on edge, and of a part with the place where it fits best, from which on
two may be one picture. Of 120 photographs' nearest ones 5 in 100 reach either. Copies that don't
are parts that are turned by quarters besides: these share a few features."""
_OF_LARGER = 0.1
"""What a part as large as the other gains in likeness: small parts of a frame fit in each corner of
it. A sheet of paper cropped by a tenth fits with 0.774 where it belongs, its half elsewhere with
0.788."""
_LEAST_FEW = 5
"""So many of the few features must lie as those of the other do: parts of 60 to 80% of the sides of
photographs, turned by quarters, have 12 to 60 mostly, strangers 4."""
_RATIO = 0.8
"""A feature's match counts if its next best is so much further."""
_OFF_BY = 3.0
"""Pixels by which a match may miss its place, of `SIDE`."""
Turn = tuple[int, int, int]
"""Whether the sides are swapped, then each is mirrored."""
_UPRIGHT: tuple[Turn, Turn] = ((0, 0, 0), (0, 1, 0))
_TURNS = tuple((swap, across, down) for swap in (0, 1) for across in (0, 1) for down in (0, 1))


@dataclass(frozen=True, eq=False)
class Pairing:
    """Two pictures, and what is found out of both once."""

    a: Picture
    b: Picture

    @cached_property
    def edge_on_edge(self) -> tuple[float, Turn]:
        """How alike they are, laid on each other in the best of all turns; and that turn."""
        a, b = self.a.square, self.b.square
        return max((float((a * _turned(b, turn)).sum()), turn) for turn in _TURNS)

    @cached_property
    def slid(self) -> list["Place"]:
        """Where the one fits best as a part of the other, straight and mirrored, at each size.

        The best first, larger parts before smaller ones that fit little better. Parts of turned
        ones are found by features.
        """
        found = self._slid_first + self._slide(_SHARES[1::2])
        return sorted(found, key=lambda place: -place.score - _OF_LARGER * place.share)

    @cached_property
    def may_agree(self) -> bool:
        """Whether anything speaks for the two: nothing does of most strangers.

        It takes a third of the time of a look.
        """
        likely = self.edge_on_edge[0] >= _LIKELY
        likely = likely or max(place.score for place in self._slid_first) >= _LIKELY_PART
        few = (self.b.few, self.b.few_mirrored) if not likely else ()
        return likely or any(_matched(self.a.few, there, _LEAST_FEW)[0] for there in few)

    @cached_property
    def _slid_first(self) -> list["Place"]:
        """The same at every second size."""
        return self._slide(_SHARES[::2])

    def _slide(self, shares: Sequence[float]) -> list["Place"]:
        ways = ((self.a, self.b), (self.b, self.a))
        return [
            _slid(part, scene, share, turn)
            for turn in _UPRIGHT
            for part, scene in ways
            for share in shares
        ]


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """Where a part lies in a scene that is turned so, both coarse; how well they agree there."""

    score: float
    part: Picture
    scene: Picture
    turn: Turn
    box: tuple[int, int, int, int]
    """Left, upper, width, height."""

    @property
    def share(self) -> float:
        """How much of the scene's width or height the part takes."""
        height, width = self.scene.coarse.shape
        return float(max(self.box[2] / width, self.box[3] / height))

    @property
    def map(self) -> Map:
        """From the part to the scene."""
        left, upper, width, height = self.box
        of_part, of_scene = _frame(self.part.coarse), _frame(self.scene.coarse)
        lies = np.array([[width, 0, left], [0, height, upper], [0, 0, 1]]) @ np.linalg.inv(of_part)
        back = of_scene @ _unit(self.turn) @ np.linalg.inv(of_scene)
        grown = _scaled(self.scene.coarse, self.scene.grey) @ back @ lies
        map_: Map = grown @ np.linalg.inv(_scaled(self.part.coarse, self.part.grey))
        return map_


def as_they_are(two: Pairing, least: float = 0.15) -> Iterator[Map]:
    """Lay the one on the other edge on edge, as it fits best: a proposal or none."""
    likeness, turn = two.edge_on_edge
    if likeness >= least:
        yield _frame(two.b.grey) @ _unit(turn) @ np.linalg.inv(_frame(two.a.grey))


def by_features(two: Pairing) -> Iterator[Map]:
    """Find places of the one in the other: a proposal straight, one mirrored, or fewer."""
    a, b = two.a, two.b
    width = b.grey.shape[1]
    back = np.array([[-1, 0, width - 1], [0, 1, 0], [0, 0, 1]], np.float64)
    found = []
    for there, undo in ((b.features, np.eye(3)), (b.mirrored_features, back)):
        few, matrix = _matched(a.features, there)
        if matrix is not None:
            found.append((few, undo @ matrix))
    for _, matrix in sorted(found, key=lambda each: -each[0]):
        yield matrix


def _matched(
    here: Features, there: Features, least: int = _LEAST_MATCHES
) -> tuple[int, Map | None]:
    """How many features are where they belong by one map, and that; 0 if fewer than `least`."""
    if min(len(here.codes), len(there.codes)) < least:
        return 0, None
    pairs = cv2.BFMatcher(cv2.NORM_HAMMING).knnMatch(here.codes, there.codes, k=2)
    good = [one for one, other in pairs if one.distance < _RATIO * other.distance]
    if len(good) < least:
        return 0, None
    source = here.places[[match.queryIdx for match in good]]
    target = there.places[[match.trainIdx for match in good]]
    matrix, inside = cv2.estimateAffinePartial2D(
        source, target, method=cv2.RANSAC, ransacReprojThreshold=_OFF_BY, maxIters=500
    )
    count = int(np.count_nonzero(inside))
    if count < least:  # or there is no map at all
        return 0, None
    return count, np.vstack([matrix, [0, 0, 1]])


def by_sliding(two: Pairing, most: int = 2, least: float = 0.3) -> Iterator[Map]:
    """Slide the one, made smaller step by step, over the other, and the other over the one."""
    for place in two.slid[:most]:
        if place.score >= least:
            yield place.map if place.part is two.a else np.linalg.inv(place.map)


def _slid(part: Picture, scene: Picture, share: float, turn: Turn) -> Place:
    """Where a part of this share fits best in a scene turned so."""
    sides, whole = part.coarse.shape, scene.scenes[turn[1]]
    fits = min(whole.shape[0] / sides[0], whole.shape[1] / sides[1])
    height, width = (max(1, round(side * fits * share)) for side in sides)
    score = cv2.matchTemplate(whole, part.part(width, height), cv2.TM_CCOEFF_NORMED)
    _, best, _, (left, upper) = cv2.minMaxLoc(score)
    return Place(best, part, scene, turn, (left, upper, width, height))


def _turned(grey: Grey, turn: Turn) -> Grey:
    """A picture turned: its sides swapped, then each mirrored, as the three say."""
    swap, across, down = turn
    return (grey.T if swap else grey)[:: -1 if down else 1, :: -1 if across else 1]


def _unit(turn: Turn) -> Map:
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
