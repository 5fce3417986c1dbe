"""What a person may say of a group, and what follows from it. Values in, values out.

`new`: nothing yet. `false`: not the same as any other of the group. `alternate`: not the same, but
related, like two of a series. `keep`: the same, and wanted. `skip`: the same, and not wanted. Where
an image is listed at several places, each place has a verdict too: `new`, `keep` or `skip`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from fapproc.errors import UsageProblem
from fapproc.model import Place, Verdict
from fapproc.wording import short

Places = Mapping[Place, Verdict]
"""The places of one image with the verdict of each."""

AT_A_PLACE = (Verdict.NEW, Verdict.KEEP, Verdict.SKIP)
APART = (Verdict.FALSE, Verdict.ALTERNATE)
"""What is said of another picture."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A group's verdicts and its images' places as they stand, or as they are to be.

    `verdicts` by digest is empty for an image that is in no group. `places` names every place.
    """

    verdicts: Mapping[str, Verdict]
    places: Mapping[str, Places]


@dataclass(frozen=True, slots=True)
class Settled:
    """Verdicts that fit together, the pairs that they call different, and what was set besides."""

    judged: Judged
    different: frozenset[tuple[str, str]]
    notices: tuple[str, ...]


def settle(
    before: Judged,
    verdicts: Mapping[str, Verdict],
    places: Mapping[str, Places] | None = None,
) -> Settled:
    """Take over what a person said, with its consequences, or refuse it whole.

    Args:
        before: what stands.
        verdicts: by digest, what is said of images of the group; of the others it stays.
        places: by digest and place, what is said of places; of the others it stays.

    Raises:
        UsageProblem: an image or a place that is not there, a verdict that is none for a place,
            a group or an image of which nothing would be left to be seen.
    """
    places = places or {}
    _refuse_strangers(before, verdicts, places)
    after = dict(before.verdicts) | dict(verdicts)
    notices = _in_twos(before.verdicts, after)
    if after and all(verdict is Verdict.SKIP for verdict in after.values()):
        raise UsageProblem(
            "Every image of the group would be skipped, so none would be seen. Keep one of them."
        )
    there = {
        digest: dict(known) | dict(places.get(digest, {}))
        for digest, known in before.places.items()
    }
    for digest, known in there.items():
        if len(known) > 1:
            said = digest in places
            notices += _at_places(digest, before.verdicts.get(digest), after, known, said=said)
    return Settled(Judged(after, there), different(after), tuple(notices))


def different(verdicts: Mapping[str, Verdict]) -> frozenset[tuple[str, str]]:
    """Return the pairs (a < b) of a group that its verdicts call different pictures.

    `false` and `alternate` say that an image is not the same picture as any other of the group.
    """
    return frozenset(
        (a, b)
        for a, b in combinations(sorted(verdicts), 2)
        if verdicts[a] in APART or verdicts[b] in APART
    )


def are_akin(one: Verdict, other: Verdict) -> bool:
    """Tell whether two images that were called different are alternates of each other."""
    said = {one, other}
    return Verdict.ALTERNATE in said and Verdict.FALSE not in said


def _refuse_strangers(
    before: Judged, verdicts: Mapping[str, Verdict], places: Mapping[str, Places]
) -> None:
    for digest in verdicts:
        if digest not in before.verdicts and not before.verdicts:
            raise UsageProblem(
                f"Image {short(digest)} is in no group: only its places can be judged (--places)."
            )
        if digest not in before.verdicts:
            raise UsageProblem(
                f"Image {short(digest)} is not in this group. Look at the group again: it has "
                "changed."
            )
    for digest, said in places.items():
        known = before.places.get(digest, {})
        for place, verdict in said.items():
            if place not in known:
                raise UsageProblem(
                    f"Image {short(digest)} is not listed as "
                    f"{place.user}/{place.album}/{place.image}. Look at the group again: it "
                    "has changed."
                )
            if verdict not in AT_A_PLACE:
                raise UsageProblem(
                    f"{verdict.word} is not a verdict for a place: say new, keep or skip."
                )


def _in_twos(before: Mapping[str, Verdict], after: dict[str, Verdict]) -> list[str]:
    """Make both of two images `false`, `alternate` or neither, as the one that was changed."""
    if len(after) != 2 or not set(after.values()).intersection(APART):
        return []
    changed = [digest for digest in after if after[digest] is not before[digest]]
    ordered = sorted(after, key=lambda digest: [*APART, after[digest]].index(after[digest]))
    leads = changed[0] if len(changed) == 1 else ordered[0]
    (other,) = after.keys() - {leads}
    if after[other] is after[leads]:
        return []
    said = after[leads] if after[leads] in APART else after[other]
    why = f"of two images either both are {said.word} or none"
    if after[leads] in APART:
        after[other] = said
        return [f"Image {short(other)} is {said.word} too: {why}."]
    after[other] = Verdict.NEW
    return [f"Image {short(other)} is new again: {why}."]


def _at_places(
    digest: str,
    before: Verdict | None,
    after: Mapping[str, Verdict],
    places: dict[Place, Verdict],
    *,
    said: bool,
) -> list[str]:
    """Make the places of an image agree with its verdict; one in no group counts as kept."""
    verdict = after.get(digest, Verdict.KEEP)
    skipped = [place for place, each in places.items() if each is Verdict.SKIP]
    if verdict is Verdict.SKIP:
        if len(skipped) == len(places):
            return []
        places.update(dict.fromkeys(places, Verdict.SKIP))
        return [f"Image {short(digest)} is skipped, so it is at all {len(places)} places."]
    if len(skipped) < len(places):
        return []
    if before is Verdict.SKIP and not said:
        places.update(dict.fromkeys(places, Verdict.NEW))
        return [f"Image {short(digest)} is skipped no longer, so its {len(places)} places are new."]
    raise UsageProblem(
        f"Image {short(digest)} would be skipped at every place, so it would not be seen. "
        "Keep it at one of them, or skip the image."
    )


def summary(said: Sequence[Verdict]) -> str:
    """Say how often each verdict was given: `1 keep, 2 skip`."""
    counts = {verdict: said.count(verdict) for verdict in Verdict}
    return ", ".join(f"{count} {verdict.word}" for verdict, count in counts.items() if count)
