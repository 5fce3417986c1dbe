"""Vocabulary of a group's images that are the same but for size and quality, and of the best."""

from dataclasses import dataclass
from enum import StrEnum


class Untold(StrEnum):
    """Why no image of a group is suggested as its best."""

    UNEQUAL = "unequal"
    """No class of images that are the same but for size and quality is the largest."""
    ENLARGED = "enlarged"
    """The one with most pixels shows no finer detail than a smaller one."""
    UNSEEN = "unseen"
    """An image has no thumbnail, or can't be read now."""


@dataclass(frozen=True, slots=True)
class Sameness:
    """Images of a group that are the same but for size and quality, by class, the largest first.

    `best`: the digest of the one of the first class that holds most; None where that can't be
    told, and `untold` says why.
    """

    classes: tuple[tuple[str, ...], ...] = ()
    best: str | None = None
    untold: Untold | None = None
