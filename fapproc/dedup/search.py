"""The one way to search: every pair within a method's threshold, and no other, or the nearest few.

`plan` gives the tiles of a search as values, `compare` of the search finds what is near in one,
`gather` makes the pairs of it; who does the comparing is an executor's matter. A kind's search is
a `planned` that gives a `Search`, and one line in `_PLANNED`.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from fapproc.dedup import cosine, hamming
from fapproc.dedup.method import Kind
from fapproc.dedup.tiles import Codes, Flags, Index, Pairs, Search, held
from fapproc.errors import FapError
from fapproc.executors.here import Here
from fapproc.executors.outcomes import Broken, Done, Executor

_PLANNED: dict[Kind, Callable[..., Search[Any, Any]]] = {
    Kind.BITS: hamming.planned,
    Kind.VECTOR: cosine.planned,
}


def plan(
    kind: Kind,
    codes: Codes,
    threshold: float,
    new: Flags | None = None,
    among: Index | None = None,
    each: int | None = None,
) -> Search[Any, Any]:
    """Plan to find every pair of codes within the threshold, or only those with a new code in it.

    Args:
        kind: how codes are compared.
        codes: a row an image; uint64 for bits, int8 with a column a dimension for vectors.
        threshold: what `Method` calls a sensitivity: bits at most, or a cosine at least.
        new: for each code, whether it is new; pairs of two known ones are passed over. None: all
            are new.
        among: the rows that are compared, sorted; None: all.
        each: of vectors, only pairs in which one is among the so many nearest of the other; None:
            every pair.

    Raises:
        ValueError: codes of another shape or type, or a threshold out of bounds.
    """
    count = codes.shape[0]
    few = {"each": each} if each is not None and kind is Kind.VECTOR else {}
    return _PLANNED[kind](
        codes,
        threshold,
        np.ones(count, dtype=np.bool_) if new is None else new,
        np.arange(count) if among is None else among,
        **few,
    )


def run(
    search: Search[Any, Any],
    tell: Callable[[float], None] = lambda _: None,
    executor: Executor[Any, Any] | None = None,
) -> Pairs:
    """Have all tiles of a search compared, and gather the pairs.

    Args:
        search: what was planned.
        tell: is called with the part of the work that is done: 0, and after each tile but the last.
        executor: of `search.compare`; None: this process.

    Raises:
        FapError: a tile could not be compared.
    """
    done, whole = 0.0, sum(tile.weight for tile in search.tiles)
    found = []
    tell(0)
    tasks = ((tile.weight, tile) for tile in search.tiles)
    for weight, outcome in (executor or Here(search.compare)).map(tasks):
        if not isinstance(outcome, Done):
            why = outcome.why if isinstance(outcome, Broken) else outcome.problem
            raise FapError(f"A part of the search could not be done: {why}. Run it again.")
        found.append(outcome.value)
        done += weight
        if done < whole:
            tell(done / whole)
    return search.gather(found)


def pairs(
    kind: Kind,
    codes: Codes,
    threshold: float,
    new: Flags | None = None,
    tell: Callable[[float], None] = lambda _: None,
) -> Pairs:
    """Find what `plan` describes in this process.

    Raises:
        ValueError: codes of another shape or type, or a threshold out of bounds.
    """
    return run(plan(kind, held(codes), threshold, new), tell)
