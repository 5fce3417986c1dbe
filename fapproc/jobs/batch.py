"""Verdicts by rule for many groups at once: a plan that can be shown, and its execution.

Only groups that nobody has judged are decided: existing verdicts stay, and so do groups that a
person should look at again.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import islice

from fapproc.archive import Archive
from fapproc.db import duplicates, images, selected
from fapproc.jobs import judging
from fapproc.jobs import selection as selections
from fapproc.jobs.judging import Said, SavedAll
from fapproc.model import Group, Verdict
from fapproc.selections.selection import Selection

_BATCH = 500


class Stays(StrEnum):
    """Why a rule says nothing of a group."""

    JUDGED = "judged"
    LOOK = "look"
    """It has changed since a person judged it."""
    UNEXAMINED = "unexamined"
    """No search has looked yet which of its images are the same."""
    UNEQUAL = "unequal"
    ENLARGED = "enlarged"
    UNSEEN = "unseen"
    """These three as `Untold` has them; of `SAME`, one other image suffices to be unequal."""


class Rule(StrEnum):
    """Which groups are decided: all of whose images, or some of whose, are the same picture."""

    SAME = "same"
    """Groups in which all differ only in size or quality: keep the best, skip the rest."""
    BEST = "best"
    """Groups that have a best: keep it, skip those that differ from it only so; others stay."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """What stands of a group, what the rule says of some of its images, and what that saves.

    No more of the group than this is kept: there may be 100,000 of them.
    """

    stands: Mapping[str, Verdict]
    verdicts: Mapping[str, Verdict]
    bytes: int = 0
    """Of the images that would be skipped."""

    @property
    def members(self) -> tuple[str, ...]:
        """The digests of the group's images, sorted; the first one names it."""
        return tuple(sorted(self.stands))

    @property
    def skipped(self) -> list[str]:
        """What would be skipped and is not yet."""
        return [
            digest
            for digest, verdict in self.verdicts.items()
            if verdict is Verdict.SKIP and self.stands[digest] is not verdict
        ]


@dataclass(frozen=True, slots=True)
class Batch:
    """What a rule would decide; `bytes` are those of the images that would be skipped.

    `stays`: how many of the groups that were asked about stay as they are, by why.
    """

    proposals: tuple[Proposal, ...]
    skipped: int
    bytes: int
    stays: Mapping[str, int] = field(default_factory=dict)


def groups(archive: Archive, selection: Selection) -> Iterator[Group]:
    """The groups that any image of a selection is in, by number.

    Raises:
        FapError: the selection names what isn't there.
    """
    with archive.reading() as connection:
        chosen = selections.resolve(connection, selection)
        numbers = duplicates.numbers_with(connection, selected.images_of(chosen))
        for start in range(0, len(numbers), _BATCH):
            yield from duplicates.of_numbers(connection, numbers[start : start + _BATCH])


def plan(archive: Archive, rule: Rule, selection: Selection) -> Batch:
    """Decide what a rule says of the groups that images of a selection are in.

    Raises:
        FapError: the selection names what isn't there.
    """
    proposals: list[Proposal] = []
    stays = Counter[str]()
    found = groups(archive, selection)
    while stretch := list(islice(found, _BATCH)):
        said = [(group.verdicts, decided(group, rule)) for group in stretch]
        stays.update(says for _, says in said if isinstance(says, Stays))
        made = (Proposal(stands, says) for stands, says in said if not isinstance(says, Stays))
        proposals += _weighed(archive, list(made))
    return replace(_summed(proposals), stays=stays)


def _weighed(archive: Archive, proposals: Sequence[Proposal]) -> list[Proposal]:
    """The same with what each saves."""
    with archive.reading() as connection:
        skipped = [digest for each in proposals for digest in each.skipped]
        rows = images.by_digests(connection, skipped)
    sizes = {digest: stored.image.bytes for digest, stored in rows.items()}
    return [
        replace(each, bytes=sum(sizes.get(digest, 0) for digest in each.skipped))
        for each in proposals
    ]


def _summed(proposals: Sequence[Proposal]) -> Batch:
    skipped = sum(len(each.skipped) for each in proposals)
    return Batch(tuple(proposals), skipped, sum(each.bytes for each in proposals))


def without(batch: Batch, digests: Collection[str]) -> Batch:
    """The same, but for the groups whose first images these are."""
    return _summed([each for each in batch.proposals if each.members[0] not in digests])


def decided(group: Group, rule: Rule) -> dict[str, Verdict] | Stays:
    """What a rule says of a group's images; or why it says nothing."""
    told = group.sameness
    if not group.waits:
        return Stays.JUDGED
    if group.to_look:
        return Stays.LOOK
    if told is None:
        return Stays.UNEXAMINED
    if told.best is None or not told.classes:
        return Stays(told.untold or Stays.UNSEEN)
    same = told.classes[0]
    if rule is Rule.SAME and set(same) != set(group.members):
        return Stays.UNEQUAL
    says = {digest: Verdict.KEEP if digest == told.best else Verdict.SKIP for digest in same}
    stands = {digest: group.verdicts[digest] for digest in same}
    is_said = any(stands[digest] not in {Verdict.NEW, verdict} for digest, verdict in says.items())
    return Stays.JUDGED if is_said or stands == says else says


def proposed(group: Group, rule: Rule) -> dict[str, Verdict]:
    """What a rule says of a group's images; nothing where that can't be told, or was judged."""
    says = decided(group, rule)
    return {} if isinstance(says, Stays) else says


def save(archive: Archive, batch: Batch, *, merge_tags: bool = False) -> SavedAll:
    """Save what was decided, as one decision; a group that has changed since is passed over.

    With `merge_tags` what is kept gets the tags of what is skipped.

    Raises:
        StorageError, ArchiveHeld: nothing was saved.
    """
    return judging.set_all(
        archive,
        (Said(each.members[0], each.verdicts, seen=each.stands) for each in batch.proposals),
        merge_tags=merge_tags,
    )


def said_of(
    archive: Archive, selection: Selection, verdict: Verdict, *, places: bool = False
) -> list[Said]:
    """One verdict for all images of a selection, by the groups they are in.

    `places`: of their places instead, of those that the selection's users and albums have.

    Raises:
        FapError: the selection names what isn't there.
    """
    with archive.reading() as connection:
        chosen = selections.resolve(connection, selection)
        found: list[Said] = []
        by_group: dict[int, dict[str, Verdict]] = {}
        for rows in selected.read(connection, chosen):
            digests = {row[0]: row[1] for row in rows}
            if places:
                for number, listed in selected.places_chosen(connection, chosen, digests).items():
                    said = dict.fromkeys(listed, verdict)
                    found.append(Said(digests[number], {}, {digests[number]: said}))
                continue
            members = duplicates.group_numbers(connection, digests)
            for number, digest in digests.items():
                key = members.get(number, -number)  # alone: by itself, and refused with a reason
                by_group.setdefault(key, {})[digest] = verdict
        found += [Said(next(iter(said)), said) for said in by_group.values()]
        return found
