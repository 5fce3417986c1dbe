"""What a search is made of: tiles, how their codes are reached, and the pairs that are found.

A tile says what is compared with what in a few numbers; what all tiles of a search share is the
`Search`, which goes once to whoever compares them. Neither holds the codes: these are reached
through `Codes`, a small value too, which opens where the work is done whatever they lie in there.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NoReturn, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from fapproc.executors.outcomes import StaysHere

Index = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Pairs i < j of positions (int64) and their scores, sorted by i, j, each pair once.

    A score is a distance in bits (uint8) or a cosine (float64). `more`: positions that have other
    pairs too, where only the nearest few were asked for.
    """

    i: Index
    j: Index
    score: NDArray[Any]
    more: Index = field(default_factory=lambda: np.zeros(0, np.int64))

    def __len__(self) -> int:
        return len(self.i)


class Codes(Protocol):
    """How the codes of a search are reached: those of rows, wherever it is asked for them."""

    @property
    def shape(self) -> tuple[int, ...]:
        """As an array's: how many codes, and how many dimensions each has."""
        ...

    @property
    def dtype(self) -> np.dtype[Any]:
        """As an array's."""
        ...

    def __getitem__(self, rows: Index | slice) -> NDArray[Any]:
        """Read the codes of some rows."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """Codes that this process holds. They don't travel: a gigabyte would, with each search.

    A search that is to be compared elsewhere gets codes that are opened there: from a file, an
    archive, a store.
    """

    codes: NDArray[Any]

    @property
    def shape(self) -> tuple[int, ...]:
        """How many codes, and how many dimensions each has."""
        return self.codes.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the codes."""
        return self.codes.dtype

    def __getitem__(self, rows: Index | slice) -> NDArray[Any]:
        return self.codes[rows]

    def __reduce__(self) -> NoReturn:
        raise StaysHere(
            f"{self.codes.nbytes:,} bytes of codes are held by this process and stay in it: "
            "compare the search here, or plan it with codes that can be opened elsewhere"
        )


def held(codes: Codes) -> Codes:
    """Codes as a search takes them: those of an array stay in this process."""
    return Held(codes) if isinstance(codes, np.ndarray) else codes


class Tile(Protocol):
    """A part of a search that needs nothing of the others."""

    @property
    def weight(self) -> float:
        """How much of the work it is, beside others of the same search."""
        ...


T = TypeVar("T", bound=Tile)
F = TypeVar("F")


class Search(Protocol[T, F]):
    """A search that was planned: its tiles, and what they share."""

    @property
    def tiles(self) -> Iterator[T]:
        """All that there is to compare, each couple once: from the start whenever it is asked."""
        ...

    def compare(self, tile: T) -> F:
        """Find what is near in a tile; in any process that can reach the codes."""
        ...

    def gather(self, found: Iterable[F]) -> Pairs:
        """Make the pairs of what was found in all tiles, in whatever order that came."""
        ...
