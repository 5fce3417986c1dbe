"""The arithmetic: rates with bounds, who was found, who was taken for another. Arrays only."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta

Index = NDArray[np.int64]
Flags = NDArray[np.bool_]

CONFIDENCE = 0.95
MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Rate:
    """How many of how many; the bounds are one-sided, by Clopper and Pearson, 95%.

    For none of many the upper bound is the rule of three: 3 / `of`.
    """

    count: int
    of: int

    @property
    def value(self) -> float:
        """The share itself; nothing of nothing is 0."""
        return self.count / self.of if self.of else 0.0

    @property
    def at_least(self) -> float:
        """The lower bound."""
        if not self.count:
            return 0.0
        return float(beta.ppf(1 - CONFIDENCE, self.count, self.of - self.count + 1))

    @property
    def at_most(self) -> float:
        """The upper bound."""
        if self.count == self.of:
            return 1.0
        return float(beta.ppf(CONFIDENCE, self.count + 1, self.of - self.count))


@dataclass(frozen=True, slots=True, eq=False)
class Labels:
    """What each row of a collection shows: its photograph, its series, and what happened to it.

    `step` 0 is the photograph itself. `rows[photo, step]` is the row of a file; two files of the
    same bytes have the same.
    """

    photo: Index
    series: Index
    step: Index
    rows: Index

    def versions(self, step: int) -> tuple[Index, Index]:
        """Rows of every photograph and of what a step made of it."""
        return self.rows[:, 0], self.rows[:, step]


def recall(a: Index, b: Index, found: Flags) -> Rate:
    """How many of these pairs of rows were found; a row is always found to be itself."""
    return Rate(int((found | (a == b)).sum()), len(a))


@dataclass(frozen=True, slots=True)
class Mistakes:
    """Pairs of unrelated images taken for one picture.

    `images`: of all images, where pairs are not independent, as each photograph comes many times.
    `photos`: pairs of photographs of which any two images were taken for one picture; the bound is
    of these. `plain`: of the photographs as they are.
    """

    images: Rate
    photos: Rate
    plain: Rate


def mistakes(labels: Labels, i: Index, j: Index, accepted: Flags) -> Mistakes:
    """Count the accepted pairs of rows that are of different series."""
    wrong = accepted & (labels.series[i] != labels.series[j])
    a, b = labels.photo[i[wrong]], labels.photo[j[wrong]]
    photos = len({*zip(np.minimum(a, b).tolist(), np.maximum(a, b).tolist(), strict=True)})
    plain = wrong & (labels.step[i] == 0) & (labels.step[j] == 0)
    of_photos = unrelated(labels.series[labels.step == 0])
    return Mistakes(
        Rate(int(wrong.sum()), unrelated(labels.series)),
        Rate(photos, of_photos),
        Rate(int(plain.sum()), of_photos),
    )


def unrelated(series: Index) -> int:
    """How many pairs are of different series."""
    counts = np.unique(series, return_counts=True)[1]
    return (len(series) ** 2 - int((counts**2).sum())) // 2


def unrelated_pairs(series: Sequence[str]) -> int:
    """How many pairs are of different series, whose names these are."""
    return unrelated(np.unique(np.array(series), return_inverse=True)[1])


def largest_wrong(groups: Iterable[Collection[str]], series: Mapping[str, int]) -> int:
    """How many images the largest group has that mixes series; 0 if none does.

    Args:
        groups: each a collection of digests.
        series: of every digest.
    """
    mixed = [len(group) for group in groups if len({series[digest] for digest in group}) > 1]
    return max(mixed, default=0)


def widest(groups: Iterable[Collection[str]], series: Mapping[str, str]) -> int:
    """How many series the group spans that mixes most; 1 if none does.

    Args:
        groups: each a collection of digests.
        series: of every digest.
    """
    return max((len({series[digest] for digest in group}) for group in groups), default=1)
