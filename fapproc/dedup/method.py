"""What a duplicate method is: what it makes of a picture, and when two of its codes are near.

Each method is a class, derived from `BitsMethod` (64 bits; near means a small distance) or
`VectorMethod` (a direction; near means a large cosine). `registry` lists the ones there are. Arrays
in, values out.
"""

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from fapproc.dedup.colour import Colour
from fapproc.dedup.lanczos import Size
from fapproc.dedup.tiles import Codes
from fapproc.errors import UsageProblem

Index = NDArray[np.int64]
Flags = NDArray[np.bool_]
Scores = NDArray[np.float64]

OFF = -1
BITS = 64

LOOSER_BITS = 4
"""By how many bits the bound is wider where a hash only supports another method, and within a
group."""
LOOSER_ANGLE = 1.35
"""How many times as far from 1 a cosine may be that only supports another method."""
DISTANT_ANGLE = 2
"""How many times as far from 1 as `proposing` the cosine of a picture's nearest one may be for a
second look: at 0.7 this is 0.4. Of 100 photographs under the words of a meme, of which 27 were
further than 0.7, none was further than 0.4, and each was the nearest of its own."""
STRANGE_ANGLE = 2.5
"""How many times as far from 1 a cosine may be within a group: at 0.82 this is 0.55. Of two copies
of one photograph, each changed in another way, 0.995 are nearer, of unrelated pairs less than
0.001."""
_CHUNK = 1 << 14
"""How many pairs of vectors are multiplied at a time: some hundred megabytes."""


class Kind(StrEnum):
    """What the codes of a method are, and so how they are kept and compared."""

    BITS = "bits"
    """64 of them; near is where few differ."""

    VECTOR = "vector"
    """A direction; near is where the angle between two is small."""


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """How near two images must be, by method: hash distances at most, cosines at least.

    -1 switches a method off. `animated` is used when both images are animations.
    """

    regular: Mapping[str, float] = field(default_factory=dict)
    animated: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Method(ABC):
    """One way to find near images: its name, for people and in the archive, and its sensitivities.

    `regular` and `animated` are the defaults, `low` and `high` the bounds of either; `OFF` is
    always allowed and switches the method off. A method `is_strong` if its word alone suffices.
    `is_set`: the person's settings say what is near. It goes to worker processes, so it can be
    pickled, and what it needs to encode is imported when it encodes.
    """

    kind: ClassVar[Kind]
    tells_of_flat: ClassVar[bool]
    """Whether its codes distinguish pictures that show next to nothing to hashes."""

    name: str
    regular: float
    animated: float
    low: float
    high: float
    is_strong: bool = False
    is_set: bool = False

    @abstractmethod
    def identity(self) -> str:
        """Say which codes these are: one word, and after it what makes no difference to them."""

    def scale(self) -> str:
        """Name the codes for which a sensitivity means the same: at least those of one identity."""
        return self.identity()

    @abstractmethod
    def encode(self, colour: Colour) -> bytes:
        """Encode a picture: 8 bytes, big-endian, or an int8 a dimension.

        Hashes take the first frame as the decoder gives it, with alpha dropped; networks what a
        person sees, `colour.seen`.

        Raises:
            UsageProblem: what it needs to encode can't be used.
        """

    @property
    def sizes(self) -> Collection[Size]:
        """At which sizes it looks at a picture: those of all methods are made together."""
        return ()

    @property
    def sees_stored(self) -> bool:
        """Whether it sees the pixels as stored: under alpha, cut at 8 bits; else as people do."""
        return self.kind is Kind.BITS

    def prepare(self) -> None:  # noqa: B027 - most need nothing
        """Bring what it needs to this machine; called once, before there are workers.

        Raises:
            UsageProblem: it can't be loaded.
        """

    def begin(self) -> None:  # noqa: B027 - most need nothing
        """Load what it needs to encode; called by each worker before its first picture.

        Raises:
            UsageProblem: it can't be used.
        """

    def of(self, identity: str) -> "Method":  # noqa: ARG002 - for methods whose thresholds differ by it
        """Return the method as it is for codes of this identity: they may be a former one's."""
        return self

    def blank(self, codes: NDArray[Any]) -> Flags:
        """Tell which codes are of pictures that show next to nothing; none if it can't tell."""
        return np.zeros(len(codes), dtype=np.bool_)

    @abstractmethod
    def score(self, codes: Codes, i: Index, j: Index) -> Scores:
        """How far or how like pairs of rows are; NaN where a code is missing."""

    @abstractmethod
    def within(self, scores: NDArray[Any], sensitivity: float) -> Flags:
        """Tell which scores are near enough; none is when the method is off."""

    @abstractmethod
    def wider(self, one: float, other: float) -> float:
        """Return the sensitivity of the two that lets more pass."""

    @abstractmethod
    def looser(self, bound: float) -> float:
        """Return the bound at which it still supports another method; off stays off."""

    def asking(self, bound: float) -> float:
        """Return the bound at which a second look is asked for; off stays off."""
        return bound

    def distant(self, bound: float) -> float:
        """Return the bound at which a picture's nearest one is worth a second look."""
        return self.asking(bound)

    @abstractmethod
    def farthest(self, bound: float) -> float:
        """Return the bound at which two images of a group are no strangers; off stays off."""

    @abstractmethod
    def likeness(self, scores: Scores) -> Scores:
        """Return how alike pairs are, 1 for equal codes."""

    def check(self, sensitivity: float) -> None:
        """Refuse a sensitivity that is neither off nor a number within the bounds.

        Raises:
            UsageProblem: naming the bounds.
        """
        whole = self.kind is Kind.BITS
        within = self.low <= sensitivity <= self.high
        if sensitivity != OFF and not (within and (sensitivity == int(sensitivity) or not whole)):
            raise UsageProblem(
                f"sensitivity {sensitivity:g} for {self.name}: give a {'whole ' * whole}number "
                f"from {self.low:g} to {self.high:g}, or 'off' to switch it off."
            )


Methods = Mapping[str, Method]
"""By name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BitsMethod(Method):
    """64 bits a picture, as uint64; the score is their Hamming distance.

    The bits of a flat picture are equal though the pictures are not, so they say nothing of it.
    """

    kind: ClassVar[Kind] = Kind.BITS
    tells_of_flat: ClassVar[bool] = False

    low: float = 0
    high: float = 15

    def score(self, codes: Codes, i: Index, j: Index) -> Scores:
        """How many bits differ."""
        bits: Scores = np.bitwise_count(codes[i] ^ codes[j]).astype(np.float64)
        return bits

    def within(self, scores: NDArray[Any], sensitivity: float) -> Flags:
        """Tell which scores are near enough."""
        near: Flags = scores <= sensitivity
        return near

    def wider(self, one: float, other: float) -> float:
        """Return the larger one: off is below all."""
        return max(one, other)

    def looser(self, bound: float) -> float:
        """Return some bits more."""
        return OFF if bound == OFF else bound + LOOSER_BITS

    def farthest(self, bound: float) -> float:
        """Return the looser bound."""
        return self.looser(bound)

    def likeness(self, scores: Scores) -> Scores:
        """Count from 32 bits, which unrelated pictures differ in."""
        return 1 - scores / (BITS / 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class VectorMethod(Method):
    """A vector a picture, int8 with a column a dimension; the score is the cosine of their angle.

    A row of zeros stands for a missing vector. `network` is what made the vectors, as people call
    it; `proposing` the cosine from which it asks for a second look, whatever the sensitivity.
    """

    kind: ClassVar[Kind] = Kind.VECTOR
    tells_of_flat: ClassVar[bool] = True

    network: str
    low: float = 0.01
    high: float = 1.0
    proposing: float = 1.0

    def score(self, codes: Codes, i: Index, j: Index) -> Scores:
        """The cosine; NaN where a vector is missing."""
        found = np.full(len(i), np.nan)
        for start in range(0, len(i), _CHUNK):
            some = slice(start, start + _CHUNK)
            a, b = codes[i[some]].astype(np.float32), codes[j[some]].astype(np.float32)
            product = np.einsum("pd,pd->p", a, b, dtype=np.float64)
            length = np.sqrt(
                np.einsum("pd,pd->p", a, a, dtype=np.float64)
                * np.einsum("pd,pd->p", b, b, dtype=np.float64)
            )
            there = length > 0
            found[some][there] = product[there] / length[there]
        return found

    def within(self, scores: NDArray[Any], sensitivity: float) -> Flags:
        """Tell which scores are near enough."""
        near: Flags = scores >= (np.inf if sensitivity == OFF else sensitivity)
        return near

    def wider(self, one: float, other: float) -> float:
        """Return the smaller one that is not off."""
        return max(one, other) if OFF in {one, other} else min(one, other)

    def looser(self, bound: float) -> float:
        """Return a cosine somewhat further from 1."""
        return OFF if bound == OFF else 1 - LOOSER_ANGLE * (1 - bound)

    def asking(self, bound: float) -> float:
        """Return the cosine at which the network proposes, or a laxer bound."""
        return self.wider(bound, OFF if bound == OFF else self.proposing)

    def distant(self, bound: float) -> float:
        """Return a cosine twice as far from 1 as where the network proposes."""
        return OFF if bound == OFF else 1 - DISTANT_ANGLE * (1 - self.asking(bound))

    def farthest(self, bound: float) -> float:
        """Return a cosine much further from 1."""
        return OFF if bound == OFF else 1 - STRANGE_ANGLE * (1 - bound)

    def likeness(self, scores: Scores) -> Scores:
        """The cosine itself."""
        return scores
