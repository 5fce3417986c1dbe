"""From accepted pairs to groups: one an image, no strangers in one. Arrays in, values out.

Images that a chain of accepted pairs connects may have nothing in common: a series of pictures
changes step by step into another one. So within each connected component groups grow by the most
alike accepted pair first, and two of them become one only when every image of the one may be one
picture with every image of the other: complete linkage, with the accepted pairs as the only reason
to join. The result depends on the images, not on the order in which they came.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Index = NDArray[np.int64]
Pair = tuple[int, int]
Together = Callable[[Sequence[int], Sequence[int]], bool]
"""Whether all images of the one may be one picture with all of the other."""


def connected(count: int, i: Index, j: Index) -> Index:
    """Label images by the component of the pairs that they are in.

    Args:
        count: how many images there are; pairs name them by position, 0 to count - 1.
        i: one image of each pair, int64.
        j: the other.

    Returns:
        `count` labels, int64: the lowest position in the component. Order and direction of the
        pairs, and how often a pair is given, make no difference.
    """
    graph = coo_array((np.ones(len(i), dtype=np.int8), (i, j)), shape=(count, count))
    labels = connected_components(graph, directed=False)[1]
    _, lowest = np.unique(labels, return_index=True)
    named: Index = lowest.astype(np.int64)[labels]
    return named


def members(labels: Index) -> list[list[int]]:
    """List the components of two images and more, by their lowest position, each in order."""
    order = np.argsort(labels, kind="stable")
    cuts = np.flatnonzero(np.diff(labels[order])) + 1
    return [part.tolist() for part in np.split(order, cuts) if len(part) > 1]


@dataclass(frozen=True, slots=True)
class Part:
    """A component: images, and its accepted pairs, each with the lower image first."""

    images: tuple[int, ...]
    pairs: tuple[Pair, ...]

    @property
    def is_whole(self) -> bool:
        """Whether each image is paired with each other one."""
        count = len(self.images)
        return len(self.pairs) == count * (count - 1) // 2


def parts(pairs: NDArray[np.int64]) -> Iterator[Part]:
    """Split accepted pairs into components, by their lowest image.

    Args:
        pairs: int64, a row a pair of image numbers, a < b, each pair once.
    """
    if not len(pairs):
        return
    images, ends = np.unique(pairs, return_inverse=True)
    ends = ends.reshape(-1, 2)
    labels = connected(len(images), ends[:, 0], ends[:, 1])
    order = np.argsort(labels[ends[:, 0]], kind="stable")
    cuts = np.flatnonzero(np.diff(labels[ends[order, 0]])) + 1
    for rows, inside in zip(np.split(order, cuts), members(labels), strict=True):
        edges = sorted((int(a), int(b)) for a, b in pairs[rows])
        yield Part(tuple(int(images[k]) for k in inside), tuple(edges))


class Joined:
    """Images that pairs connect, of which there become more and more."""

    def __init__(self, pairs: Iterable[Pair]) -> None:
        self._over: dict[int, int] = {}
        for a, b in pairs:
            self.join(a, b)

    def join(self, a: int, b: int) -> None:
        """Connect two images, and all that each is connected with."""
        one, other = self.first(a), self.first(b)
        self._over[max(one, other)] = min(one, other)

    def are_joined(self, a: int, b: int) -> bool:
        """Whether pairs lead from the one to the other."""
        return self.first(a) == self.first(b)

    def first(self, image: int) -> int:
        """The lowest image that this one is connected with; the way there is made shorter."""
        over = self._over
        while (above := over.get(image, image)) != image:
            over[image] = over.get(above, above)
            image = above
        return image


def grow(
    pairs: Iterable[Pair], different: frozenset[Pair], together: Together
) -> list[tuple[int, ...]]:
    """Grow groups from the accepted pairs of one component.

    Two images that were judged different never come into one group, with one exception: an image
    that would be left alone stays in the group where it was judged, so that it can be judged again.

    Args:
        pairs: accepted, the most alike first; the order must not depend on that of arrival.
        different: pairs that were judged, each with the lower image first.
        together: whether all images of two groups may be one picture; what it once refuses, it
            refuses of larger groups too.

    Returns:
        The groups of two images and more, each sorted, by their lowest image.
    """
    ordered = list(pairs)
    grown = _Growing(together)
    for a, b in ordered:
        grown.join(a, b, lambda one, other: not _judged(one, other, different))
    set_aside = {image for pair in different for image in pair}
    for a, b in ordered:
        grown.join(
            a,
            b,
            lambda one, other: (
                (len(one) == 1 and one[0] in set_aside)
                or (len(other) == 1 and other[0] in set_aside)
            ),
        )
    return sorted(tuple(sorted(group)) for group in grown.groups() if len(group) > 1)


def _judged(one: Sequence[int], other: Sequence[int], different: frozenset[Pair]) -> bool:
    return bool(different) and any((min(a, b), max(a, b)) in different for a in one for b in other)


class _Growing:
    """Groups while they are joined, each named by one of its images; any two are compared once."""

    def __init__(self, together: Together) -> None:
        self._together = together
        self._name: dict[int, int] = {}
        self._members: dict[int, list[int]] = {}
        self._strange: dict[int, set[int]] = {}

    def groups(self) -> list[list[int]]:
        """The groups now."""
        return list(self._members.values())

    def join(self, a: int, b: int, may: Callable[[list[int], list[int]], bool]) -> None:
        """Join the groups of two images, if nothing forbids it."""
        one, other = self._group_of(a), self._group_of(b)
        if one == other or other in self._strange[one]:
            return
        if not may(self._members[one], self._members[other]):
            return
        if self._together(self._members[one], self._members[other]):
            self._absorb(one, other)
        else:
            self._strange[one].add(other)
            self._strange[other].add(one)

    def _group_of(self, image: int) -> int:
        if image not in self._name:
            self._name[image] = image
            self._members[image] = [image]
            self._strange[image] = set()
        return self._name[image]

    def _absorb(self, one: int, other: int) -> None:
        """Put the smaller group into the larger; strangers of either are strangers of both."""
        if len(self._members[one]) < len(self._members[other]):
            one, other = other, one
        for third in self._strange.pop(other):
            self._strange[third].discard(other)
            self._strange[third].add(one)
            self._strange[one].add(third)
        moved = self._members.pop(other)
        for image in moved:
            self._name[image] = one
        self._members[one] += moved
