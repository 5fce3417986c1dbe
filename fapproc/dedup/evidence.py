"""What each method says of pairs of images, as arrays: the evidence that rules weigh."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fapproc.dedup import middles, motion, turns
from fapproc.dedup.method import OFF, Flags, Index, Kind, Method, Methods, Scores, Sensitivity
from fapproc.dedup.motion import Agreement, Reels
from fapproc.dedup.perceptual import DIFF, PERCEPT
from fapproc.dedup.registry import METHODS
from fapproc.dedup.sight import Sight
from fapproc.dedup.tiles import Codes
from fapproc.dedup.turns import Turnable


@dataclass(frozen=True, slots=True, eq=False)
class Encoded:
    """What is known of some images, a row each.

    `codes` by method: uint64 for bits, an array; int8 with a column a dimension for vectors, which
    may be read when they are asked for, and where a row of zeros is one that is not there. `reels`
    are those of animations, `sight` what was noticed of each, 0 where nothing was or nobody has
    looked yet.
    """

    codes: Mapping[str, Codes]
    animated: Flags
    reels: Reels
    sight: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.animated)

    def rows(self, chosen: Index) -> "Encoded":
        """The same of some rows."""
        codes = {name: codes[chosen] for name, codes in self.codes.items()}
        return Encoded(codes, self.animated[chosen], self.reels.rows(chosen), self.sight[chosen])

    @property
    def hashes(self) -> dict[str, NDArray[Any]]:
        """The codes of bits, by method."""
        return {
            name: codes
            for name, codes in self.codes.items()
            if isinstance(codes, np.ndarray) and codes.ndim == 1
        }

    @property
    def turnable(self) -> Turnable:
        """The codes by which `turns` finds pictures that are others turned."""
        return Turnable.of(self.hashes, self.noticed(Sight.SPARSE))

    def noticed(self, what: Sight) -> Flags:
        """Which rows any of this was noticed of."""
        noticed: Flags = (self.sight & what) != 0
        return noticed


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What the methods say of pairs: a row a pair, a column a method of `methods` that is on.

    `scores` are NaN where a code is missing; `near` is within the sensitivity, `loose` within the
    looser bound, `asking` within the one at which a second look is asked for, `possible` within the
    one at which two of a group are no strangers. `silent`: the method doesn't count for this pair.
    `noticed`: flags of `Sight`, of either picture. `flat`: to hashes, one of them shows next to
    nothing. `moving`: both are animations. `goes_on`: how their later frames compare. `mixed`: one
    is an animation and the other a still, and `frame` says how many bits that is from the nearest
    frame. `turned`: in how many bits of `average` they differ where the one is turned; NaN where it
    is none.
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
    turned: Scores

    def counting(self, found: Flags) -> Flags:
        """Leave out what is said by methods that don't count for the pair."""
        counting: Flags = np.logical_and(found, ~self.silent)
        return counting

    @property
    def is_strong(self) -> Flags:
        """Which methods are strong."""
        return np.array([method.is_strong for method in self.methods], dtype=np.bool_)

    @property
    def strong(self) -> Flags:
        """Which methods suffice alone, by pair: no hash for one that is mostly background."""
        of_ground = np.array([method.kind is Kind.BITS for method in self.methods], dtype=np.bool_)
        suffices: Flags = self.is_strong & ~np.outer(self.sparse, of_ground)
        return suffices

    def in_time(self, found: Flags) -> Flags:
        """Let later frames of animations correct what first frames say; part stills from these."""
        agreed = found & (~self.moving | self.goes_on.agrees) & ~self.mixed
        held: Flags = agreed | self.goes_on.tells
        return held

    @property
    def may_be_turned(self) -> Flags:
        """Of which pairs one may be the other turned."""
        may: Flags = ~np.isnan(self.turned)
        return may

    @property
    def sparse(self) -> Flags:
        """In which pairs one picture is mostly plain background, as hashes mostly see it."""
        sparse: Flags = (self.noticed & Sight.SPARSE) != 0
        return sparse


def weigh(
    encoded: Encoded,
    i: Index,
    j: Index,
    sensitivity: Sensitivity,
    methods: Methods = METHODS,
    proposed: Flags | None = None,
) -> Evidence:
    """Ask every method about pairs of rows.

    Of the pairs in `proposed`, one picture is the nearest of all to the other by a network, or was
    in an earlier search. For these a second look is asked for at a laxer bound, and for pairs that
    are alike but for what is across top and bottom.

    A pair is held to the animated sensitivity when both images are animations, else to the regular
    one. A method that is off for these finds nothing near, not even by its looser bound.
    """
    asked = [methods[name] for name in methods if name in encoded.codes]
    moving = encoded.animated[i] & encoded.animated[j]
    shape = (len(i), len(asked))
    scores = np.full(shape, np.nan)
    near, loose, asking, possible, mute = (np.zeros(shape, np.bool_) for _ in range(5))
    says_nothing = silent(encoded, methods)
    worth = np.zeros(len(i), np.bool_) if proposed is None else proposed
    worth = worth | _alike_between(encoded, i, j, sensitivity, says_nothing)
    for column, method in enumerate(asked):
        scores[:, column] = method.score(encoded.codes[method.name], i, j)
        for rows, given in ((~moving, sensitivity.regular), (moving, sensitivity.animated)):
            bound = given.get(method.name, OFF)
            said = scores[rows, column]
            near[rows, column] = method.within(said, bound)
            loose[rows, column] = method.within(said, method.looser(bound))
            asking[rows, column] = method.within(said, method.asking(bound))
            asking[rows, column] |= worth[rows] & method.within(said, method.distant(bound))
            possible[rows, column] = method.within(said, method.farthest(bound))
        mute[:, column] = says_nothing[method.name][i] | says_nothing[method.name][j]
    noticed = encoded.sight[i] | encoded.sight[j]
    blank = np.zeros(len(encoded), np.bool_) | flat(encoded.hashes, methods)
    mixed = encoded.animated[i] ^ encoded.animated[j]
    frame = np.full(len(i), np.nan)
    turned = np.full(len(i), np.nan)
    if PERCEPT.name in encoded.codes:
        percept = encoded.hashes[PERCEPT.name]
        frame[mixed] = motion.distance(encoded.reels, percept, i[mixed], j[mixed])
        dumb = says_nothing[PERCEPT.name]
        is_on = sensitivity.regular.get(PERCEPT.name, OFF) != OFF
        told = np.flatnonzero(~(dumb[i] | dumb[j]) & is_on)
        turned[told] = turns.distance(encoded.turnable, i[told], j[told])
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
        turned=turned,
    )


def _alike_between(
    encoded: Encoded,
    i: Index,
    j: Index,
    sensitivity: Sensitivity,
    says_nothing: Mapping[str, Flags],
) -> Flags:
    """Which pairs are alike but for what is across top and bottom, if `diff` counts."""
    found = np.zeros(len(i), np.bool_)
    if DIFF.name in encoded.codes and sensitivity.regular.get(DIFF.name, OFF) != OFF:
        dumb = says_nothing[DIFF.name]
        told = np.flatnonzero(~(dumb[i] | dumb[j]))
        found[told] = middles.alike(encoded.hashes, i[told], j[told])
    return found


def silent(encoded: Encoded, methods: Methods = METHODS) -> dict[str, Flags]:
    """Tell, by method, for which images it doesn't count: it can't distinguish them from others.

    No method counts for a picture that shows nothing; none that sees the stored pixels counts for
    one that looks different from what is stored.
    """
    blank, veiled = encoded.noticed(Sight.BLANK), encoded.noticed(Sight.VEILED)
    none = flat(encoded.hashes, methods)
    return {
        name: blank
        | (veiled & methods[name].sees_stored)
        | (none & (not methods[name].tells_of_flat))
        for name in encoded.codes
    }


def flat(codes: Mapping[str, NDArray[Any]], methods: Methods = METHODS) -> Flags:
    """Tell which images show next to nothing, one colour or a gradient, to any of the hashes."""
    blank: Flags = np.logical_or.reduce([methods[name].blank(of) for name, of in codes.items()])
    return blank
