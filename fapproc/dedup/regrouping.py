"""From new groups to those of the archive: which images move or leave, what to judge again."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from fapproc.model import Membership, Verdict


@dataclass(frozen=True, slots=True)
class Regrouping:
    """Which images go where: members by present group, members of new groups, images that leave."""

    into: Mapping[int, tuple[int, ...]]
    fresh: tuple[tuple[int, ...], ...]
    leave: frozenset[int]
    to_look: frozenset[tuple[int, ...]] = frozenset()
    """Groups whose verdicts were given among other images, and may no longer fit."""


def regroup(
    groups: Iterable[tuple[int, ...]], known: Mapping[int, Membership], *, within: Iterable[int]
) -> Regrouping:
    """Give each group the oldest number of its members, so that links to groups stay true.

    A group that falls apart keeps its number for the part with its lowest image. Verdicts stay
    with their images, whatever happens to their groups.

    Args:
        groups: images by row number, each group sorted, by their lowest image.
        known: the memberships of images.
        within: the images that were grouped now; the others stay where they are.
    """
    into: dict[int, tuple[int, ...]] = {}
    fresh: list[tuple[int, ...]] = []
    grouped: set[int] = set()
    to_look: set[tuple[int, ...]] = set()
    for group in groups:
        grouped.update(group)
        here = {known[image].group_id for image in group if _is_present(known, image)}
        if numbers := here - into.keys():
            into[min(numbers)] = group
        else:
            fresh.append(group)
        if _wants_look(group, known):
            to_look.add(group)
    leave = {image for image in within if _is_present(known, image)} - grouped
    return Regrouping(into, tuple(fresh), frozenset(leave), frozenset(to_look))


def _wants_look(group: tuple[int, ...], known: Mapping[int, Membership]) -> bool:
    """Whether its verdicts come from several groups, or all of its images were to be skipped."""
    memberships = [known[image] for image in group if image in known]
    judged_in = {each.group_id for each in memberships if each.verdict is not Verdict.NEW}
    skipped = sum(each.verdict is Verdict.SKIP for each in memberships)
    return len(judged_in) > 1 or skipped == len(group)


def _is_present(known: Mapping[int, Membership], image: int) -> bool:
    return image in known and known[image].present
