"""Many scores, one decision: what each method says of a pair, and the rules that weigh it.

A rule is a function of the evidence and one line in `RULES`; `explain` gives its reasons in words.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fapproc.dedup.method import METHODS, OFF, Kind, Method, Sensitivity
from fapproc.dedup.motion import alike
from fapproc.errors import UsageProblem

Index = NDArray[np.int64]
Flags = NDArray[np.bool_]
Scores = NDArray[np.float64]

STRONG = ("percept", "diff", "cnn")
"""Methods whose word alone suffices. Of 499,500 pairs of unrelated photographs not one came nearer
than 12 bits by percept or 8 by diff, but one came to 1 bit by average and one to 0 by wavelet."""

LOOSER_BITS = 4
"""A hash that supports another one's word, or two of a group, may be off by so many bits more."""
LOOSER_ANGLE = 1.35
"""A cosine that supports another's word may be so many times as far from 1."""
STRANGE_ANGLE = 2.5
"""Two of one group by the network may be so many times as far from 1: at 0.82 this is a cosine of
0.55. Of two copies of one photograph, each changed in another way, 0.995 are nearer, of unrelated
pairs less than 0.001."""
BLANK_BITS = 8
"""Codes so near to that of an empty picture say nothing: 500 photographs stay 13 bits away."""


@dataclass(frozen=True, slots=True, eq=False)
class Encoded:
    """What is known of some images, a row each.

    `codes` by method: uint64 for hashes, int8 with a column a dimension for cosines, where a row
    of zeros is a vector that is not there. `later` holds what `motion.read` reads of an animation.
    """

    codes: Mapping[str, NDArray[Any]]
    animated: Flags
    later: NDArray[np.uint64]

    def __len__(self) -> int:
        return len(self.animated)

    @property
    def flat(self) -> Flags:
        """Which images are flat or nearly so."""
        return flat(self.codes)

    def rows(self, chosen: Index) -> "Encoded":
        """The same of some rows."""
        codes = {name: codes[chosen] for name, codes in self.codes.items()}
        return Encoded(codes, self.animated[chosen], self.later[chosen])


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What the methods say of pairs: a row a pair, a column a method of `methods` that is on.

    `scores` are NaN where a code is missing; `near` is within the sensitivity, `loose` within the
    looser bound. `flat`: one of the two shows next to nothing. `moving`: both are animations.
    `film`: their later frames are alike; true where not both are animations.
    """

    methods: Sequence[Method]
    scores: Scores
    bounds: Scores
    near: Flags
    loose: Flags
    flat: Flags
    moving: Flags
    film: Flags

    def counting(self, found: Flags) -> Flags:
        """Take away what flat pictures' hashes say."""
        hashes = np.array([method.kind is Kind.HASH for method in self.methods], dtype=np.bool_)
        silent: Flags = np.outer(self.flat, hashes)
        counting: Flags = np.logical_and(found, ~silent)
        return counting

    @property
    def strong(self) -> Flags:
        """Which columns are of methods whose word suffices."""
        return np.array([method.name in STRONG for method in self.methods], dtype=np.bool_)


def union(evidence: Evidence) -> Flags:
    """Accept what any method finds near: the rule of the first release."""
    accepted: Flags = np.logical_or.reduce(evidence.near, axis=1)
    return accepted


def intersection(evidence: Evidence) -> Flags:
    """Accept what at least two methods find near, flat pictures' hashes not counted."""
    accepted: Flags = (evidence.counting(evidence.near).sum(axis=1) >= 2) & evidence.film
    return accepted


def hybrid(evidence: Evidence) -> Flags:
    """Accept one strong method's word, or a weak one's that a strong one supports loosely.

    A flat picture's hashes count for nothing; animations must go on alike.
    """
    near, loose = evidence.counting(evidence.near), evidence.counting(evidence.loose)
    strong = evidence.strong
    supported = (near & ~strong).any(axis=1) & (loose & strong).any(axis=1)
    accepted: Flags = ((near & strong).any(axis=1) | supported) & evidence.film
    return accepted


Rule = Callable[[Evidence], Flags]
RULES: dict[str, Rule] = {"hybrid": hybrid, "intersection": intersection, "union": union}
"""By name: evidence to the pairs accepted."""
DEFAULT = "hybrid"


def rule(name: str) -> Rule:
    """Return the rule of this name.

    Raises:
        UsageProblem: naming the rules there are.
    """
    if name not in RULES:
        raise UsageProblem(f"There is no rule {name!r}: the rules are {', '.join(RULES)}.")
    return RULES[name]


def weigh(
    encoded: Encoded,
    i: Index,
    j: Index,
    sensitivity: Sensitivity,
    methods: Mapping[str, Method] = METHODS,
) -> Evidence:
    """Ask every method about pairs of rows.

    A pair is held to the animated sensitivity when both images are animations, else to the regular
    one. A method that is off for these finds nothing near, loosely neither.
    """
    asked = [methods[name] for name in methods if name in encoded.codes]
    moving = encoded.animated[i] & encoded.animated[j]
    shape = (len(i), len(asked))
    scores, bounds = np.full(shape, np.nan), np.full(shape, float(OFF))
    near, loose = np.zeros(shape, np.bool_), np.zeros(shape, np.bool_)
    for column, method in enumerate(asked):
        scores[:, column] = score(method, encoded.codes[method.name], i, j)
        for rows, given in ((~moving, sensitivity.regular), (moving, sensitivity.animated)):
            bound = given.get(method.name, OFF)
            bounds[rows, column] = bound
            near[rows, column] = method.within(scores[rows, column], bound)
            loose[rows, column] = method.within(scores[rows, column], looser(method, bound))
    blank = encoded.flat
    film = ~moving | alike(encoded.later[i], encoded.later[j])
    return Evidence(asked, scores, bounds, near, loose, blank[i] | blank[j], moving, film)


def score(method: Method, codes: NDArray[Any], i: Index, j: Index) -> Scores:
    """How far or how like pairs are: differing bits, or a cosine; NaN where a vector is missing."""
    if method.kind is Kind.HASH:
        bits: Scores = np.bitwise_count(codes[i] ^ codes[j]).astype(np.float64)
        return bits
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


_CHUNK = 1 << 14
"""How many pairs of vectors are multiplied at a time: some hundred megabytes."""


def looser(method: Method, bound: float) -> float:
    """The bound at which a method's word still supports another's; off stays off."""
    if bound == OFF:
        return OFF
    if method.kind is Kind.HASH:
        return bound + LOOSER_BITS
    return 1 - LOOSER_ANGLE * (1 - bound)


def plausible(evidence: Evidence) -> Flags:
    """Tell which pairs may be one picture though no rule accepts them: no strangers.

    A strong hash finds them near at its looser bound, or the network at a bound wider still, and
    animations go on alike. Two copies of one picture that were changed in different ways are
    further from each other than each is from the picture.
    """
    cosines = np.array([method.kind is Kind.COSINE for method in evidence.methods], dtype=np.bool_)
    bounds = np.where(evidence.bounds == OFF, np.inf, 1 - STRANGE_ANGLE * (1 - evidence.bounds))
    found = evidence.loose | (cosines & (evidence.scores >= bounds))
    may: Flags = (evidence.counting(found) & evidence.strong).any(axis=1) & evidence.film
    return may


def likeness(evidence: Evidence) -> Scores:
    """How alike pairs are by all methods together, 1 for equal codes; only the order counts."""
    parts = np.full(evidence.scores.shape, np.nan)
    for column, method in enumerate(evidence.methods):
        score = evidence.scores[:, column]
        parts[:, column] = 1 - score / 32 if method.kind is Kind.HASH else score
    known = ~np.isnan(parts)
    total: Scores = np.where(known, parts, 0).sum(axis=1) / np.maximum(1, known.sum(axis=1))
    return total


def flat(codes: Mapping[str, NDArray[Any]]) -> Flags:
    """Tell which hash codes are of pictures that show next to nothing: one colour, or a shade.

    Of a flat picture no pixel is brighter than its left neighbour, of a shade each is, and the
    frequencies are all equal, so all at least their median.
    """
    diff, percept = np.bitwise_count(codes["diff"]), np.bitwise_count(codes["percept"])
    blank: Flags = (diff <= BLANK_BITS) | (diff >= 64 - BLANK_BITS) | (percept >= 64 - BLANK_BITS)
    return blank


def explain(evidence: Evidence, row: int, name: str) -> tuple[bool, list[str]]:
    """What a rule says of one pair, and why, a sentence each."""
    accepted = bool(rule(name)(evidence)[row])
    if name == "union":
        said = _named(evidence, evidence.near[row])
        return accepted, [f"near by {said}" if said else "no method finds it near"]
    counting = evidence.counting(evidence.near)[row]
    supports = evidence.counting(evidence.loose)[row] & evidence.strong
    reasons = []
    if evidence.flat[row]:
        reasons.append("one of them shows next to nothing, so hashes count for nothing")
    if name == "intersection":
        reasons.append(f"{int(counting.sum())} methods find it near, two are needed")
    else:
        strong, weak = counting & evidence.strong, counting & ~evidence.strong
        if strong.any():
            reasons.append(f"strong evidence by {_named(evidence, strong)}")
        elif weak.any() and supports.any():
            by = _named(evidence, supports)
            reasons.append(f"weak evidence by {_named(evidence, weak)}, supported by {by}")
        elif weak.any():
            reasons.append(f"weak evidence by {_named(evidence, weak)}, which nothing supports")
        else:
            reasons.append("no method finds it near")
    if evidence.moving[row]:
        told = "alike" if evidence.film[row] else "otherwise: they are not one picture"
        reasons.append(f"both are animations and go on {told}")
    return accepted, reasons


def _named(evidence: Evidence, chosen: Flags) -> str:
    return ", ".join(
        method.name for method, flag in zip(evidence.methods, chosen, strict=True) if flag
    )
