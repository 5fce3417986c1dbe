"""Many scores, one decision: the rules that weigh what the methods say of a pair (`evidence`).

A rule is a function of the evidence and one line in `RULES`; `reasons` gives its reasons in words.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from fapproc.dedup.evidence import Evidence
from fapproc.dedup.method import Flags, Kind, Scores
from fapproc.dedup.perceptual import AVERAGE, PERCEPT
from fapproc.errors import UsageProblem
from fapproc.names import quoted


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

    Methods that can't distinguish the two from others don't count. Later frames of two animations
    must agree too, and are enough if most of them do. A still is never the same as an animation,
    though it may be a frame of it.
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


_LESS = 0.75
"""What the nearness of a turned picture is multiplied by if it shows little: then many are so
near."""

Rule = Callable[[Evidence], Flags]
RULES: dict[str, Rule] = {"hybrid": hybrid, "intersection": intersection, "union": union}
"""By name: evidence to the pairs accepted."""
DEFAULT = "hybrid"
SURE = 0.98
"""From this cosine on, a pair that two methods find near needs no second look: two buttons of other
colours came to 0.944 with no bit of `percept` between them. Two slides with other words came to
0.984, but to 8 bits of `percept`, which is no more than support."""


def rule(name: str) -> Rule:
    """Return the rule of this name.

    Raises:
        UsageProblem: naming the rules there are.
    """
    if name not in RULES:
        raise UsageProblem(f"There is no rule {quoted(name)}: the rules are {', '.join(RULES)}.")
    return RULES[name]


@dataclass(frozen=True, slots=True, eq=False)
class Divided:
    """What becomes of pairs: some stand, of others a second look is `asked`.

    Of those some are `trusted`: they stand unless the look refuses them.
    """

    stands: Flags
    asked: Flags
    trusted: Flags


def divide(evidence: Evidence, name: str) -> Divided:
    """Divide pairs by a rule: those that stand, and those that a second look decides.

    By `hybrid`, a pair is trusted if one strong method finds it near and another one at least by
    its looser bound. If the network is not `SURE` of it, or no hash finds it near, a look may still
    refuse it, because two methods find any two signs of one form near. A pair of animations stands
    if later frames are near too; if these only may be, as those of a cropped one, it is divided as
    any other: one ball on two backgrounds was one animation. A second look decides about a pair
    that only one method finds or asks for, about one of a weak method that a strong one supports,
    and about pictures that may be turned. Other rules ask for no look.
    """
    accepted = rule(name)(evidence)
    none = np.zeros_like(accepted)
    if name != DEFAULT:
        return Divided(accepted, none, none)
    near, loose = evidence.counting(evidence.near), evidence.counting(evidence.loose)
    strong, suffices = evidence.is_strong, evidence.strong
    told = (near & suffices).any(axis=1) & ((loose & suffices).sum(axis=1) >= 2)
    close = evidence.moving & evidence.goes_on.is_close
    trusted = accepted & (told | close)
    stands = trusted & (close | ~_are_unsure(evidence))
    asking: Flags = np.logical_or.reduce(evidence.counting(evidence.asking) & strong, axis=1)
    asked = evidence.in_time(asking | evidence.may_be_turned)
    return Divided(stands, (accepted | asked) & ~stands, trusted & ~stands)


def _are_unsure(evidence: Evidence) -> Flags:
    """Of which pairs a network is not sure, or alone is near; without a network, none."""
    unsure = np.zeros(len(evidence.scores), np.bool_)
    of_bits = np.array([method.kind is Kind.BITS for method in evidence.methods], np.bool_)
    near = evidence.counting(evidence.near) & evidence.strong & of_bits
    for column, method in enumerate(evidence.methods):
        if method.kind is Kind.VECTOR:
            alike = method.likeness(evidence.scores[:, column])
            unsure |= ~evidence.silent[:, column] & ((alike < SURE) | ~near.any(axis=1))
    return unsure


def nearness(evidence: Evidence) -> Scores:
    """How near pairs are by the strong method that counts and finds them nearest; 0 if none.

    As they are, or turned.
    """
    of_turned = AVERAGE.likeness(evidence.turned) * np.where(evidence.sparse, _LESS, 1)
    found = np.nan_to_num(of_turned, nan=0.0)
    for column, method in enumerate(evidence.methods):
        if method.is_strong:
            counts = ~evidence.silent[:, column] & ~np.isnan(evidence.scores[:, column])
            alike = method.likeness(evidence.scores[:, column])
            found = np.maximum(found, np.where(counts, alike, 0))
    return found


def plausible(evidence: Evidence) -> Flags:
    """Tell which pairs are no strangers: they may be one picture though no rule accepts them.

    A strong method finds them possible, and later frames of animations agree. Two copies of one
    picture that were changed in different ways are further from each other than each is from the
    picture.
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
