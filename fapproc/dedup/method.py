"""What a duplicate method is, and the ones there are. Names, numbers and comparisons only.

A new hash is one line in `HASHES` and one entry in `perceptual`; a new model of `cnn` is one entry
in `models.MODELS`; another measure is one member of `Kind` and its branches in `Method`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fapproc.dedup.models import DEFAULT, Model
from fapproc.errors import UsageProblem

OFF = -1


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """How near two images must be, by method: hash distances at most, cnn cosine at least.

    -1 switches a method off. `animated` is used when both images are animations.
    """

    regular: Mapping[str, float] = field(default_factory=dict)
    animated: Mapping[str, float] = field(default_factory=dict)


class Kind(StrEnum):
    """How two encodings are compared."""

    HASH = "hash"
    """64-bit codes; the score is their Hamming distance, near is small."""

    COSINE = "cosine"
    """Vectors; the score is the cosine of their angle, near is large."""


@dataclass(frozen=True, slots=True)
class Method:
    """One way to tell near images: its name outside and in the archive, and its sensitivities.

    `regular` and `animated` are the defaults, `low` and `high` the bounds of either; `OFF` is
    always allowed and switches the method off.
    """

    name: str
    kind: Kind
    regular: float
    animated: float
    low: float = 0
    high: float = 15

    def within(self, scores: NDArray[Any], sensitivity: float) -> NDArray[np.bool_]:
        """Tell which scores are near enough; none is when the method is off."""
        near: NDArray[np.bool_]
        if self.kind is Kind.COSINE:
            near = scores >= (np.inf if sensitivity == OFF else sensitivity)
        else:
            near = scores <= sensitivity
        return near

    def wider(self, one: float, other: float) -> float:
        """Return the sensitivity of the two that lets more pass."""
        if self.kind is Kind.COSINE and OFF not in {one, other}:
            return min(one, other)
        return max(one, other)

    def check(self, sensitivity: float) -> None:
        """Refuse a sensitivity that is neither off nor a number within the bounds.

        Raises:
            UsageProblem: naming the bounds.
        """
        whole = self.kind is Kind.HASH
        within = self.low <= sensitivity <= self.high
        if sensitivity != OFF and not (within and (sensitivity == int(sensitivity) or not whole)):
            raise UsageProblem(
                f"sensitivity {sensitivity} for {self.name}: give a {'whole ' * whole}number from "
                f"{self.low} to {self.high}, or {OFF} to switch it off."
            )


HASHES: dict[str, Method] = {
    method.name: method
    for method in (
        Method("percept", Kind.HASH, regular=4, animated=3),
        Method("average", Kind.HASH, regular=1, animated=OFF),
        Method("diff", Kind.HASH, regular=4, animated=1),
        Method("wavelet", Kind.HASH, regular=1, animated=OFF),
    )
}
CNN = "cnn"


def methods(model: Model = DEFAULT) -> dict[str, Method]:
    """Return every method by name; bounds and defaults of `cnn` are those of its model."""
    cnn = Method(
        CNN, Kind.COSINE, model.regular, model.animated, low=model.lowest, high=model.highest
    )
    return {**HASHES, CNN: cnn}


METHODS = methods()
"""Every method, `cnn` with the default model."""


def method(name: str) -> Method:
    """Return the method of this name, `cnn` with the default model.

    Raises:
        UsageProblem: naming the methods there are.
    """
    if name not in METHODS:
        raise UsageProblem(f"There is no method {name!r}: the methods are {', '.join(METHODS)}.")
    return METHODS[name]


def sensitivities(known: Mapping[str, Method] = METHODS) -> Sensitivity:
    """Return the default sensitivity of every method."""
    return Sensitivity(
        regular={name: one.regular for name, one in known.items()},
        animated={name: one.animated for name, one in known.items()},
    )


def radii(sensitivity: Sensitivity, known: Mapping[str, Method] = METHODS) -> dict[str, float]:
    """Return how far to search, by method that is on: the wider of its two sensitivities.

    A method that the sensitivity doesn't name is off.

    Raises:
        UsageProblem: an unknown method, or a sensitivity out of its bounds.
    """
    wanted: dict[str, float] = {}
    for given in (sensitivity.regular, sensitivity.animated):
        for name, value in given.items():
            one = known.get(name) or method(name)
            one.check(value)
            wanted[name] = one.wider(wanted.get(name, OFF), value)
    return {name: radius for name, radius in wanted.items() if radius != OFF}
