"""Why a rule accepts a pair or not, in sentences for people. Arrays in, words out."""

from fapproc.dedup.evidence import Evidence
from fapproc.dedup.fusion import divide, frames, rule
from fapproc.dedup.method import Flags
from fapproc.dedup.perceptual import AVERAGE
from fapproc.dedup.sight import Sight


def explain(evidence: Evidence, row: int, name: str) -> tuple[bool, list[str]]:
    """What a rule says of one pair, and why, a sentence each.

    If the reasons end with a second look, that decides, not the rule.
    """
    accepted = bool(rule(name)(evidence)[row])
    if name == "union":
        said = _named(evidence, evidence.near[row])
        return accepted, [f"near by {said}" if said else "no method finds it near"]
    if evidence.noticed[row] & Sight.BLANK:
        return accepted, ["one of them shows nothing that could be compared, so no method counts"]
    reasons = _silences(evidence, row)
    if name == "intersection":
        near = int(evidence.counting(evidence.near)[row].sum())
        reasons.append(f"{near} methods find it near, two are needed")
    else:
        reasons.append(_witnesses(evidence, row))
    if evidence.moving[row]:
        reasons.append(evidence.goes_on.said(row))
    if evidence.mixed[row]:
        told = "a" if frames(evidence)[row] else "no"
        reasons.append(f"one is a still, the other an animation: {told} frame of it, not the same")
    divided = divide(evidence, name)
    if divided.trusted[row]:
        reasons.append("two methods agree, and a second look may still refuse it")
    elif divided.asked[row]:
        reasons.append("no second method supports that, so a second look decides")
    return accepted, reasons


def _witnesses(evidence: Evidence, row: int) -> str:
    """Which methods speak for a pair, and how strongly."""
    near, suffices = evidence.counting(evidence.near)[row], evidence.strong[row]
    strong, weak = near & suffices, near & ~suffices
    supports = evidence.counting(evidence.loose)[row] & suffices
    asking = evidence.counting(evidence.asking)[row] & evidence.is_strong
    if strong.any():
        return f"strong evidence by {_named(evidence, strong)}"
    if weak.any() and supports.any():
        by = _named(evidence, supports)
        return f"weak evidence by {_named(evidence, weak)}, supported by {by}"
    if weak.any():
        return f"weak evidence by {_named(evidence, weak)}, which nothing supports"
    if asking.any():
        return f"no method alone is enough, but {_named(evidence, asking)} proposes it"
    if evidence.may_be_turned[row]:
        return f"one may be the other turned ({evidence.turned[row]:.0f} bits of {AVERAGE.name})"
    return "no method finds it near"


def _silences(evidence: Evidence, row: int) -> list[str]:
    """Why some methods count for nothing in a pair, or for less."""
    noticed = Sight(int(evidence.noticed[row]))
    reasons = []
    if Sight.VEILED in noticed:
        reasons.append(
            "one of them is shown differently than it is stored (transparency, or more than 8 "
            "bits), so hashes don't count"
        )
    elif evidence.flat[row]:
        reasons.append("one of them has too little detail for hashes, so they don't count")
    if Sight.SPARSE in noticed and (~evidence.silent[row] & ~evidence.strong[row]).any():
        reasons.append("one of them is mostly plain background, so no hash alone is enough")
    return reasons


def _named(evidence: Evidence, chosen: Flags) -> str:
    return ", ".join(
        method.name for method, flag in zip(evidence.methods, chosen, strict=True) if flag
    )
