"""The one way to search: every pair within a method's threshold, and no other.

A kind's search is a function of the codes, the threshold, what is new and whom to tell how far it
is, and one line in `_NEAR`.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fapproc.dedup import cosine, hamming
from fapproc.dedup.method import Kind
from fapproc.dedup.pairs import Pairs

_NEAR: dict[Kind, Callable[..., Pairs]] = {
    Kind.BITS: hamming.near,
    Kind.VECTOR: cosine.near,
}


def pairs(
    kind: Kind,
    codes: NDArray[Any],
    threshold: float,
    new: NDArray[np.bool_] | None = None,
    tell: Callable[[float], None] = lambda _: None,
) -> Pairs:
    """Find every pair of codes within the threshold, or only those with a new code in it.

    Args:
        kind: how codes are compared.
        codes: a row an image; uint64 for bits, int8 with a column a dimension for vectors.
        threshold: what `Method` calls a sensitivity: bits at most, or a cosine at least.
        new: for each code, whether it is new; pairs of two known ones are passed over. None: all
            are new.
        tell: is called with the part of the work that is done, up to 1.

    Raises:
        ValueError: codes of another shape or type, or a threshold out of bounds.
    """
    return _NEAR[kind](codes, threshold, new, tell)
