"""From what the methods find to what is accepted: thresholds first, then one rule for all.

A new rule is a function of the scores and one line in `RULES`.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fapproc.dedup.method import OFF, method
from fapproc.dedup.pairs import Pairs
from fapproc.errors import UsageProblem
from fapproc.model import Sensitivity

Scores = NDArray[np.float64]
Flags = NDArray[np.bool_]
Rule = Callable[[Scores], Flags]


class Accepted(NamedTuple):
    """A method's part in a pair that the rule accepts; i < j are positions."""

    method: str
    i: int
    j: int
    score: float


def union(scores: Scores) -> Flags:
    """Accept what any method finds near: the rule of the first release."""
    return np.logical_not(np.isnan(scores).all(axis=1))


RULES: dict[str, Rule] = {"union": union}
"""By name: scores, a row a pair and a column a method that is on, NaN where it is not near enough,
to the rows accepted."""


def decide(
    found: Mapping[str, Pairs], animated: Flags, sensitivity: Sensitivity, rule: str = "union"
) -> list[Accepted]:
    """Hold what was found to the sensitivity, and decide by a rule.

    A pair is held to the animated sensitivity when both images are animations, else to the
    regular one. A method that is off, or not named, for these finds nothing.

    Args:
        found: by method name, pairs of positions; wider than the sensitivity does no harm.
        animated: for every position, whether the image is an animation.
        sensitivity: by method name, `OFF` or how near.
        rule: a name in `RULES`.

    Returns:
        For every accepted pair each method that finds it near enough, by i, j and order in `found`.

    Raises:
        UsageProblem: a rule or a method that there isn't.
    """
    if rule not in RULES:
        raise UsageProblem(f"no rule {rule!r}: the rules are {', '.join(RULES)}.")
    near = {name: _near(name, pairs, animated, sensitivity) for name, pairs in found.items()}
    if not near:
        return []
    keys = np.unique(np.concatenate([_keys(pairs, len(animated)) for pairs in near.values()]))
    scores = np.full((len(keys), len(near)), np.nan)
    for column, pairs in enumerate(near.values()):
        scores[np.searchsorted(keys, _keys(pairs, len(animated))), column] = pairs.score
    accepted = RULES[rule](scores)
    scores[~accepted] = np.nan
    rows, columns = np.nonzero(~np.isnan(scores))
    i, j = np.divmod(keys[rows], max(1, len(animated)))
    names = list(near)
    return [
        Accepted(names[column], first, second, score)
        for column, first, second, score in zip(
            columns.tolist(), i.tolist(), j.tolist(), scores[rows, columns].tolist(), strict=True
        )
    ]


def _near(name: str, pairs: Pairs, animated: Flags, sensitivity: Sensitivity) -> Pairs:
    judge = method(name)
    both = animated[pairs.i] & animated[pairs.j]
    kept = np.where(
        both,
        judge.within(pairs.score, sensitivity.animated.get(name, OFF)),
        judge.within(pairs.score, sensitivity.regular.get(name, OFF)),
    )
    return Pairs(pairs.i[kept], pairs.j[kept], pairs.score[kept])


def _keys(pairs: Pairs, count: int) -> NDArray[np.int64]:
    """Number the pairs, in the order of i, then j."""
    keys: NDArray[np.int64] = pairs.i * count + pairs.j
    return keys
