"""Many scores, one decision: what each method says of a pair, and the rules that weigh it.

A rule is a function of the evidence and one line in `RULES`; `reasons` gives its reasons in words.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fapproc.dedup import motion
from fapproc.dedup.method import OFF, Flags, Index, Kind, Method, Methods, Scores, Sensitivity
from fapproc.dedup.motion import Agreement, Reels
from fapproc.dedup.perceptual import PERCEPT
from fapproc.dedup.registry import METHODS
from fapproc.dedup.sight import Sight
from fapproc.errors import UsageProblem


@dataclass(frozen=True, slots=True, eq=False)
class Encoded:
    """What is known of some images, a row each.

    `codes` by method: uint64 for bits, int8 with a column a dimension for vectors, where a row of
    zeros is a vector that is not there. `reels` are those of animations, `sight` what was noticed
    of each, 0 where nothing was or nobody has looked yet.
    """

    codes: Mapping[str, NDArray[Any]]
    animated: Flags
    reels: Reels
    sight: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.animated)

    def rows(self, chosen: Index) -> "Encoded":
        """The same of some rows."""
        codes = {name: codes[chosen] for name, codes in self.codes.items()}
        return Encoded(codes, self.animated[chosen], self.reels.rows(chosen), self.sight[chosen])

    def noticed(self, what: Sight) -> Flags:
        """Which rows any of this was noticed of."""
        noticed: Flags = (self.sight & what) != 0
        return noticed


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What the methods say of pairs: a row a pair, a column a method of `methods` that is on.

    `scores` are NaN where a code is missing; `near` is within the sensitivity, `loose` within the
    looser bound, `asking` within the one at which a second look is asked for, `possible` within the
    one at which two of a group are no strangers. `silent`: what
    the method says of this pair counts for nothing. `noticed`: of one of the two. `flat`: one of
    them shows next to nothing to hashes. `moving`: both are animations. `goes_on`: how these go on.
    `mixed`: one is an animation and the other a still, and `frame` says how many bits that is from
    the nearest frame.
    """

    methods: Sequence[Method]
    scores: Scores
    near: Flags
    loose: Flags
    asking: Flags
    possible: Flags
    silent: Flags
    noticed: NDArray[np.uint8]
    flat: Flags
    moving: Flags
    goes_on: Agreement
    mixed: Flags
    frame: Scores

    def counting(self, found: Flags) -> Flags:
        """Take away what methods say of pictures that they can't tell apart."""
        counting: Flags = np.logical_and(found, ~self.silent)
        return counting

    @property
    def is_strong(self) -> Flags:
        """Which methods are strong."""
        return np.array([method.is_strong for method in self.methods], dtype=np.bool_)

    @property
    def strong(self) -> Flags:
        """Whose word suffices, by pair: no hash's of a picture that is little but ground."""
        of_ground = np.array([method.kind is Kind.BITS for method in self.methods], dtype=np.bool_)
        suffices: Flags = self.is_strong & ~np.outer(self.sparse, of_ground)
        return suffices

    def in_time(self, found: Flags) -> Flags:
        """Hold what was found of first frames to how animations go on."""
        agreed = found & (~self.moving | self.goes_on.agrees) & ~self.mixed
        held: Flags = agreed | self.goes_on.tells
        return held

    @property
    def sparse(self) -> Flags:
        """Of which pairs one is little but its ground, which hashes mostly tell of."""
        sparse: Flags = (self.noticed & Sight.SPARSE) != 0
        return sparse


def union(evidence: Evidence) -> Flags:
    """Accept what any method finds near: the rule of the first release."""
    accepted: Flags = np.logical_or.reduce(evidence.near, axis=1)
    return accepted | evidence.goes_on.tells


def intersection(evidence: Evidence) -> Flags:
    """Accept what at least two methods find near that can tell the two from others."""
    near = evidence.counting(evidence.near)
    told = ~evidence.sparse | (near & evidence.strong).any(axis=1)
    return evidence.in_time((near.sum(axis=1) >= 2) & told)


def hybrid(evidence: Evidence) -> Flags:
    """Accept one strong method's word, or a weak one's that a strong one supports loosely.

    What can't tell the two from others counts for nothing; animations must go on alike, and are one
    where that alone tells it. A still is no animation, though it may be a frame of it.
    """
    near, loose = evidence.counting(evidence.near), evidence.counting(evidence.loose)
    strong = evidence.strong
    supported = (near & ~strong).any(axis=1) & (loose & strong).any(axis=1)
    suffices: Flags = np.logical_or.reduce(near & strong, axis=1)
    return evidence.in_time(suffices | supported)


def frames(evidence: Evidence) -> Flags:
    """Tell which stills are a frame of an animation: near to its first one, or to a later one."""
    near = evidence.counting(evidence.near) & evidence.strong
    percept = [method is PERCEPT for method in evidence.methods]
    silent = (evidence.silent | ~evidence.strong)[:, percept].any(axis=1)
    later = (evidence.frame <= PERCEPT.regular) & ~silent
    found: Flags = evidence.mixed & (near.any(axis=1) | later)
    return found


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
    methods: Methods = METHODS,
) -> Evidence:
    """Ask every method about pairs of rows.

    A pair is held to the animated sensitivity when both images are animations, else to the regular
    one. A method that is off for these finds nothing near, loosely neither.
    """
    asked = [methods[name] for name in methods if name in encoded.codes]
    moving = encoded.animated[i] & encoded.animated[j]
    shape = (len(i), len(asked))
    scores = np.full(shape, np.nan)
    near, loose, asking, possible, mute = (np.zeros(shape, np.bool_) for _ in range(5))
    says_nothing = silent(encoded, methods)
    for column, method in enumerate(asked):
        scores[:, column] = method.score(encoded.codes[method.name], i, j)
        for rows, given in ((~moving, sensitivity.regular), (moving, sensitivity.animated)):
            bound = given.get(method.name, OFF)
            said = scores[rows, column]
            near[rows, column] = method.within(said, bound)
            loose[rows, column] = method.within(said, method.looser(bound))
            asking[rows, column] = method.within(said, method.asking(bound))
            possible[rows, column] = method.within(said, method.farthest(bound))
        mute[:, column] = says_nothing[method.name][i] | says_nothing[method.name][j]
    noticed = encoded.sight[i] | encoded.sight[j]
    blank = flat(encoded.codes, methods)
    mixed = encoded.animated[i] ^ encoded.animated[j]
    frame = np.full(len(i), np.nan)
    if PERCEPT.name in encoded.codes:
        percept = encoded.codes[PERCEPT.name]
        frame[mixed] = motion.distance(encoded.reels, percept, i[mixed], j[mixed])
    return Evidence(
        methods=asked,
        scores=scores,
        near=near,
        loose=loose,
        asking=asking,
        possible=possible,
        silent=mute,
        noticed=noticed,
        flat=blank[i] | blank[j],
        moving=moving,
        goes_on=motion.compare(encoded.reels, i, j),
        mixed=mixed,
        frame=frame,
    )


def divide(evidence: Evidence, name: str) -> tuple[Flags, Flags]:
    """Divide pairs by a rule: those that stand, and those that a second look decides.

    By `hybrid` a pair stands that two strong methods speak for, the one near and the other loosely
    at least, and one of animations, whose frames speak too. What one alone says, or asks, is looked
    at; so is a weak one's word that is supported. Other rules ask for no look.
    """
    accepted = rule(name)(evidence)
    if name != DEFAULT:
        return accepted, np.zeros_like(accepted)
    near, loose = evidence.counting(evidence.near), evidence.counting(evidence.loose)
    strong, suffices = evidence.is_strong, evidence.strong
    told = (near & suffices).any(axis=1) & ((loose & suffices).sum(axis=1) >= 2)
    stands = accepted & (told | evidence.moving)
    asking: Flags = np.logical_or.reduce(evidence.counting(evidence.asking) & strong, axis=1)
    asked = evidence.in_time(asking)
    return stands, (accepted | asked) & ~stands


def nearness(evidence: Evidence) -> Scores:
    """How near pairs are by the strong method that counts and finds them nearest; 0 if none."""
    found = np.zeros(len(evidence.scores))
    for column, method in enumerate(evidence.methods):
        if method.is_strong:
            counts = ~evidence.silent[:, column] & ~np.isnan(evidence.scores[:, column])
            alike = method.likeness(evidence.scores[:, column])
            found = np.maximum(found, np.where(counts, alike, 0))
    return found


def plausible(evidence: Evidence) -> Flags:
    """Tell which pairs may be one picture though no rule accepts them: no strangers.

    A strong method finds them possible, and animations go on alike. Two copies of one picture that
    were changed in different ways are further from each other than each is from the picture.
    """
    counting = evidence.counting(evidence.possible)
    may: Flags = np.logical_or.reduce(counting & evidence.strong, axis=1)
    return evidence.in_time(may)


def likeness(evidence: Evidence) -> Scores:
    """How alike pairs are by all methods together, 1 for equal codes; only the order counts."""
    parts = np.full(evidence.scores.shape, np.nan)
    for column, method in enumerate(evidence.methods):
        parts[:, column] = method.likeness(evidence.scores[:, column])
    known = ~np.isnan(parts)
    total: Scores = np.where(known, parts, 0).sum(axis=1) / np.maximum(1, known.sum(axis=1))
    return total


def silent(encoded: Encoded, methods: Methods = METHODS) -> dict[str, Flags]:
    """Tell, by method, of which images its code says nothing: it can't tell them from others.

    No method has a word on a picture in which there is nothing to see, and none that sees the
    stored pixels on one that is another picture as stored.
    """
    blank, veiled = encoded.noticed(Sight.BLANK), encoded.noticed(Sight.VEILED)
    none = flat(encoded.codes, methods)
    return {
        name: blank
        | (veiled & methods[name].sees_stored)
        | (none & (not methods[name].tells_of_flat))
        for name in encoded.codes
    }


def flat(codes: Mapping[str, NDArray[Any]], methods: Methods = METHODS) -> Flags:
    """Tell which images show next to nothing to hashes, one colour or a shade: any may say so."""
    blank: Flags = np.logical_or.reduce([methods[name].blank(of) for name, of in codes.items()])
    return blank
