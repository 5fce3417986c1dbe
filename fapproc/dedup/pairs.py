"""What a search finds: pairs of positions with a score. A value, whatever the method."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Index = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Pairs i < j of positions (int64) and their scores, sorted by i, j, each pair once.

    A score is a distance in bits (uint8) or a cosine (float64).
    """

    i: Index
    j: Index
    score: NDArray[Any]

    def __len__(self) -> int:
        return len(self.i)
