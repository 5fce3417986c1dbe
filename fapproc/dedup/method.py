"""What a duplicate method is, and the ones there are. Names, numbers and comparisons only.

A new hash is one line in `METHODS` and one entry in `perceptual`; kinds of other measures
(a cosine, at least) are one member of `Kind` and one branch in `Method.within`.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from fapproc.errors import UsageProblem
from fapproc.model import Sensitivity

OFF = -1


class Kind(StrEnum):
    """How two encodings are compared."""

    HASH = "hash"
    """64-bit codes; the score is their Hamming distance, near is small."""


@dataclass(frozen=True, slots=True)
class Method:
    """One way to tell near images: its name outside and in the archive, and its sensitivities.

    `regular` and `animated` are the defaults, `low` and `high` the bounds of either; `OFF` is
    always allowed and switches the method off.
    """

    name: str
    kind: Kind
    bits: int
    regular: int
    animated: int
    low: int = 0
    high: int = 15

    def distance(self, a: int, b: int) -> int:
        """Return in how many bits two codes differ."""
        return (a ^ b).bit_count()

    def within(self, scores: NDArray[np.uint8], sensitivity: float) -> NDArray[np.bool_]:
        """Tell which scores are near enough; none is when the method is off."""
        return np.less_equal(scores, sensitivity)

    def check(self, sensitivity: float) -> None:
        """Refuse a sensitivity that is neither off nor a whole number within the bounds.

        Raises:
            UsageProblem: naming the bounds.
        """
        if sensitivity != OFF and sensitivity not in range(self.low, self.high + 1):
            raise UsageProblem(
                f"sensitivity {sensitivity} for {self.name}: give a whole number from {self.low} "
                f"to {self.high}, or {OFF} to switch it off."
            )


METHODS: dict[str, Method] = {
    method.name: method
    for method in (
        Method("percept", Kind.HASH, bits=64, regular=4, animated=3),
        Method("average", Kind.HASH, bits=64, regular=1, animated=OFF),
        Method("diff", Kind.HASH, bits=64, regular=4, animated=1),
        Method("wavelet", Kind.HASH, bits=64, regular=1, animated=OFF),
    )
}


def method(name: str) -> Method:
    """Return the method of this name.

    Raises:
        UsageProblem: naming the methods there are.
    """
    if name not in METHODS:
        raise UsageProblem(f"no method {name!r}: the methods are {', '.join(METHODS)}.")
    return METHODS[name]


def sensitivities() -> Sensitivity:
    """Return the default sensitivity of every method."""
    return Sensitivity(
        regular={name: method.regular for name, method in METHODS.items()},
        animated={name: method.animated for name, method in METHODS.items()},
    )


def radii(sensitivity: Sensitivity) -> dict[str, int]:
    """Return how far to search, by hash method that is on: the wider of its two sensitivities.

    A method that the sensitivity doesn't name is off.

    Raises:
        UsageProblem: an unknown method, or a sensitivity out of its bounds.
    """
    wanted: dict[str, int] = {}
    for given in (sensitivity.regular, sensitivity.animated):
        for name, value in given.items():
            method(name).check(value)
            wanted[name] = max(wanted.get(name, OFF), int(value))
    return {name: radius for name, radius in wanted.items() if radius != OFF}
