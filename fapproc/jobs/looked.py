"""What came of pairs that ask for a second look. Values, of arrays."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from fapproc.db.looks import Pair
from fapproc.dedup.method import Flags
from fapproc.jobs.comparing import Weighed


class State(IntEnum):
    """What is known of a pair that asks for a look."""

    OPEN = 0
    """Nothing yet: a later run looks at it."""
    SAME = 1
    OTHER = 2
    """The look says that they are not one picture."""
    LEFT = 3
    """There is no need: the two stand together already, or a person judged them."""
    UNSEEN = 4
    """It was tried in vain, for want of a thumbnail: a later run tries again."""


@dataclass(frozen=True, slots=True, eq=False)
class Looked:
    """What came of pairs that ask for a look, a state each.

    `looks`: how many were chosen to be looked at.
    """

    asked: Weighed
    states: NDArray[np.int8]
    looks: int = 0

    @property
    def accepted(self) -> Flags:
        """Which pairs are one picture: seen to be, or trusted where no look is needed or possible.

        One that waits for its look is none yet: of small things with the same words around them,
        in 28 forms each, 21 of 780 pairs were grouped before they were refused.
        """
        trusted = self.asked.trusted & np.isin(self.states, (State.LEFT, State.UNSEEN))
        flags: Flags = trusted | (self.states == State.SAME)
        return flags

    @property
    def waiting(self) -> frozenset[int]:
        """The images that are not compared to the end."""
        still = np.isin(self.states, (State.OPEN, State.UNSEEN))
        return frozenset(np.concatenate([self.asked.a[still], self.asked.b[still]]).tolist())

    def pairs(self, *states: State) -> frozenset[Pair]:
        """The pairs of these states."""
        rows = np.isin(self.states, states)
        return frozenset(zip(self.asked.a[rows].tolist(), self.asked.b[rows].tolist(), strict=True))
