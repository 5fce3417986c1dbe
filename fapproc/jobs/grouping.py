"""Make groups of the accepted pairs of an archive; images that were judged different stay apart."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from fapproc.db import judgements, looks, pairs
from fapproc.dedup import fusion
from fapproc.dedup.evidence import Evidence, weigh
from fapproc.dedup.groups import Pair, Part, grow, parts
from fapproc.dedup.method import Methods, Sensitivity
from fapproc.dedup.registry import METHODS
from fapproc.dedup.regrouping import Regrouping, regroup
from fapproc.dedup.second_look import LOOKER
from fapproc.jobs import encodings
from fapproc.jobs.encodings import Known
from fapproc.model import Membership

_IMAGES = 2000
"""So many images' codes are read at a time; a component is never cut."""
_SMALL = 100
"""Components of so many images at most are weighed at once."""
_CROSS = 1 << 16
"""So many pairs of a larger one at a time."""


def regrouping(
    connection: Connection,
    edges: NDArray[np.int64],
    rule: str,
    sensitivity: Sensitivity,
    by_method: Mapping[str, int],
    methods: Methods,
    turned: frozenset[Pair] = frozenset(),
    refused: frozenset[Pair] = frozenset(),
) -> Regrouping:
    """Group the images of accepted pairs (int64, a row each: a < b), and say what that changes.

    Where each image of a component is paired with each other one there is nothing to weigh. The
    codes are read of the others. Of pairs that are `turned` the one is the other, turned; `refused`
    are those that a second look called different, besides what is written of such.
    """
    memberships = judgements.memberships(connection)
    judged = pairs.different(connection)
    none: frozenset[Pair] = frozenset()
    found = list(parts(edges))
    apart = {part.images[0]: _inside(part, judged) for part in found} if judged else {}
    plain = [part for part in found if part.is_whole and not apart.get(part.images[0])]
    simple = {part.images[0] for part in plain}
    groups = [part.images for part in plain]
    for some in _batches(part for part in found if part.images[0] not in simple):
        images = [image for part in some for image in part.images]
        known = encodings.read_some(connection, by_method, images)
        digests = pairs.digests_of(connection, images)
        accepted = frozenset(pair for part in some for pair in part.pairs)
        weighing = Weighing(
            known,
            memberships,
            fusion.rule(rule),
            sensitivity,
            methods,
            accepted=accepted,
            turned=turned & accepted,
            refused=refused | _refused(connection, images) if rule == fusion.DEFAULT else none,
        )
        weighing.foresee(some)
        alike = weighing.likeness([pair for part in some for pair in part.pairs])
        for part in some:
            ordered = sorted(part.pairs, key=partial(_by_likeness, alike, digests))
            groups += grow(ordered, apart.get(part.images[0], frozenset()), weighing.together)
    groups.sort()
    present = [image for image, each in memberships.items() if each.present]
    return regroup(groups, memberships, within=present)


class Weighing:
    """Weighs pairs of images whose codes were read; of others only what the archive holds counts.

    Of an image without codes it is known in which group it is: it is a stranger to the images of
    other groups and to no one else. Two of a pair that was `accepted` are no strangers, whatever
    the methods say of them: a second look may have seen that they are one picture. An image that
    was seen to be another one `turned` is no stranger to whom that one is none to: what methods say
    of a turned picture says nothing. Of a pair that a look `refused` two methods' word counts for
    nothing: signs of one form are strangers. Where methods hardly found it near the look may not
    know either: two parts of one picture may have nothing in common.
    """

    def __init__(
        self,
        known: Known,
        memberships: Mapping[int, Membership],
        rule: fusion.Rule,
        sensitivity: Sensitivity,
        methods: Methods = METHODS,
        *,
        accepted: frozenset[Pair] = frozenset(),
        turned: frozenset[Pair] = frozenset(),
        refused: frozenset[Pair] = frozenset(),
    ) -> None:
        self._accepted = accepted
        self._upright = _upright(turned)
        self._refused = refused
        self._encoded = known.encoded
        self._row = {image: row for row, image in enumerate(known.ids.tolist())}
        self._group = {image: each.group_id for image, each in memberships.items() if each.present}
        self._rule = rule
        self._sensitivity = sensitivity
        self._methods = methods
        self._foreseen: dict[Pair, bool] = {}

    def foresee(self, some: Iterable[Part]) -> None:
        """Weigh all couples of small components at once: one by one they take 100 times as long."""
        couples = [
            couple
            for part in some
            if len(part.images) <= _SMALL
            for couple in combinations(part.images, 2)
            if self._are_coded(couple)
        ]
        self._foreseen = dict(zip(couples, self._may_be_one(couples), strict=True))

    def likeness(self, couples: Sequence[Pair]) -> dict[Pair, float]:
        """How alike pairs are; of images without codes it was once known: they come first."""
        alike = dict.fromkeys(couples, 1.0)
        coded = [couple for couple in couples if self._are_coded(couple)]
        values = fusion.likeness(self._evidence(coded))
        return alike | dict(zip(coded, values.tolist(), strict=True))

    def together(self, one: Sequence[int], other: Sequence[int]) -> bool:
        """Whether all images of two groups may be one picture."""
        if any(image not in self._row for image in (*one, *other)):
            groups = {self._group[image] for image in (*one, *other) if image in self._group}
            if len(groups) > 1:
                return False
        couples = ((min(a, b), max(a, b)) for a in one for b in other)
        coded = [
            couple for couple in couples if couple not in self._accepted and self._are_coded(couple)
        ]
        unforeseen = [couple for couple in coded if couple not in self._foreseen]
        if not all(self._foreseen.get(couple, True) for couple in coded):
            return False
        return all(
            all(self._may_be_one(unforeseen[start : start + _CROSS]))
            for start in range(0, len(unforeseen), _CROSS)
        )

    def _are_coded(self, couple: Pair) -> bool:
        return couple[0] in self._row and couple[1] in self._row

    def _may_be_one(self, couples: Sequence[Pair]) -> list[bool]:
        may = self._say_so(couples)
        for at, (a, b) in enumerate(couples):
            if not may[at] and (a in self._upright or b in self._upright):
                may[at] = self._may_be_turned(a, b)
        return may

    def _say_so(self, couples: Sequence[Pair]) -> list[bool]:
        evidence = self._evidence(couples)
        may = self._rule(evidence) | fusion.plausible(evidence)
        if not self._refused.isdisjoint(couples):
            is_refused = np.array([couple in self._refused for couple in couples])
            may &= ~(is_refused & fusion.divide(evidence, fusion.DEFAULT).trusted)
        said: list[bool] = may.tolist()
        return said

    def _may_be_turned(self, a: int, b: int) -> bool:
        """Whether any image that is the one, turned, may be one with any that is the other."""
        ones, others = (self._upright.get(each, (each,)) for each in (a, b))
        couples = [(min(one, other), max(one, other)) for one in ones for other in others]
        return (
            not set(ones).isdisjoint(others)
            or not self._accepted.isdisjoint(couples)
            or any(self._say_so(list(filter(self._are_coded, couples))))
        )

    def _evidence(self, couples: Sequence[Pair]) -> Evidence:
        rows = [(self._row[a], self._row[b]) for a, b in couples]
        table = np.array(rows, dtype=np.int64).reshape(-1, 2)
        i, j = table[:, 0], table[:, 1]
        return weigh(self._encoded, i, j, self._sensitivity, self._methods)


def _refused(connection: Connection, images: Sequence[int]) -> frozenset[Pair]:
    """The pairs of these images that a second look called different."""
    known = looks.verdicts(connection, LOOKER, images)
    return frozenset(couple for couple, is_same in known.items() if not is_same)


def _upright(turned: Iterable[Pair]) -> dict[int, tuple[int, ...]]:
    """Of each image that is another one turned: itself and all that it is turned."""
    found = (part.images for part in parts(np.array(sorted(turned), dtype=np.int64).reshape(-1, 2)))
    return {image: images for images in found for image in images}


def _by_likeness(
    alike: Mapping[Pair, float], digests: Mapping[int, str], couple: Pair
) -> tuple[float, list[str]]:
    """The most alike first; equal ones by their digests, which don't depend on who came first."""
    return -alike[couple], sorted(digests[image] for image in couple)


def _batches(found: Iterable[Part]) -> Iterator[list[Part]]:
    some: list[Part] = []
    count = 0
    for part in found:
        if some and count + len(part.images) > _IMAGES:
            yield some
            some, count = [], 0
        some.append(part)
        count += len(part.images)
    if some:
        yield some


def _inside(part: Part, judged: set[Pair]) -> frozenset[Pair]:
    """The pairs of a component that were judged different."""
    if len(part.images) <= _SMALL:
        return frozenset(judged.intersection(combinations(part.images, 2)))
    inside = set(part.images)
    return frozenset(pair for pair in judged if inside.issuperset(pair))
