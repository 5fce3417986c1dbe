"""Find near-duplicates: encodings -> candidates -> decision -> groups, with what was judged kept.

Only what is new is compared, with everything; many new images in portions, each with what is known
by then and recorded when it is done, so that a search can be stopped at any time. What "new" means
is in the archive: an image that was not compared with the codes that it has, or any, if the rule, a
sensitivity or an encoder has changed since. `plan` decides and changes nothing; `_apply` does what
was planned.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from fapproc.archive import Archive
from fapproc.db import duplicates, judgements, pairs, settings
from fapproc.db.pairs import PairKey
from fapproc.dedup import fusion
from fapproc.dedup.candidates import candidates
from fapproc.dedup.method import HASHES, radii
from fapproc.dedup.regrouping import Regrouping
from fapproc.jobs import encodings, sensitivity
from fapproc.jobs.encodings import Known
from fapproc.jobs.grouping import regrouping
from fapproc.model import Sensitivity, Standing, Verdict
from fapproc.wording import counted

COMPARED, GROUPED = "compared", "grouped"
"""Settings: how images were compared, and of how many pairs the groups were made."""

Index = NDArray[np.int64]
Tell = Callable[[str, float | None], None]

_WEIGHED = 1 << 20
"""So many pairs are weighed at a time: a hundred megabytes."""
_PORTION = 1 << 16
"""So many new images are compared at a time: minutes of work, where a million are known."""
_NOTHING = Regrouping({}, (), frozenset())


@dataclass(frozen=True, slots=True)
class Report:
    """Images and groups now, groups that wait for a verdict, and what this search changed."""

    images: int
    groups: int
    need_action: int
    new_pairs: int
    withdrawn_pairs: int
    new_images: int
    new_digests: tuple[str, ...] = ()
    """Of the images that were in no group before."""


@dataclass(frozen=True, slots=True)
class Search:
    """How to compare, and which images are new to it, with the encoders that they have."""

    rule: str
    sensitivity: Sensitivity
    encoders: Mapping[str, int]
    new: Mapping[int, int]
    again: bool
    """Whether all images are to be compared, as they were not compared like this before."""
    waiting: frozenset[int] = frozenset()
    """New images of a later portion."""

    @property
    def asked(self) -> dict[str, int]:
        """The encoders whose codes are to be read: all hashes, and of vectors what is on."""
        on = HASHES.keys() | radii(self.sensitivity)
        return {name: number for name, number in self.encoders.items() if name in on}

    def portion(self, most: int) -> "Search":
        """The search of so many of the new images, those with the lowest numbers."""
        ordered = sorted(self.new)
        now = {number: self.new[number] for number in ordered[:most]}
        return replace(self, new=now, waiting=frozenset(ordered[most:]))

    @property
    def manner(self) -> dict[str, object]:
        """What an image was compared with: changed, it is to be compared again."""
        regular, animated = dict(self.sensitivity.regular), dict(self.sensitivity.animated)
        both = {"regular": regular, "animated": animated}
        return {"rule": self.rule, "encoders": dict(self.encoders), **both}


@dataclass(frozen=True, slots=True)
class Changes:
    """What a search changes: pairs with their scores, pairs that no longer hold, groups."""

    found: Mapping[PairKey, float]
    fresh: int
    withdrawn: frozenset[PairKey]
    groups: Regrouping


def find_duplicates(
    archive: Archive,
    *,
    rule: str = fusion.DEFAULT,
    dry_run: bool = False,
    tell: Tell = lambda *_: None,
) -> Report:
    """Find all near-duplicates and record them; verdicts stay with their images.

    Args:
        archive: which.
        rule: a name in `fusion.RULES`.
        dry_run: only say what would be found.
        tell: is called with the step that is at work, and the part of it that is done; None where
            that is not known.

    Raises:
        UsageProblem: no such rule, or a sensitivity of the archive out of its bounds.
        ArchiveHeld: another search is at work.
    """
    fusion.rule(rule)
    reports: list[Report] = []
    with archive.job("dedup"):
        waiting = True
        while waiting:
            with archive.reading() as connection:
                whole = prepare(connection, rule)
            search = whole if dry_run else whole.portion(_PORTION)
            reports.append(_find(archive, search, tell, dry_run=dry_run))
            waiting = bool(search.waiting)
    return _summed(reports)


def _find(archive: Archive, search: Search, tell: Tell, *, dry_run: bool) -> Report:
    known = None
    if search.new:
        tell("Reading codes", None)
        with archive.reading() as connection:
            known = encodings.read_all(connection, search.asked, without=search.waiting)
    found = compare(known, search, tell) if known is not None else {}
    compared = frozenset(known.ids.tolist()) if known is not None else frozenset()
    del known  # the vectors of a million images, while the groups are made
    tell("Grouping", None)
    with archive.reading() if dry_run else archive.writing() as connection:
        changes = plan(connection, search, found, compared)
        report = _outlook(connection, changes)
        if not dry_run:
            _apply(connection, search, changes)
    return report


def _summed(reports: Sequence[Report]) -> Report:
    """How things stand after the last portion, and what all of them changed."""
    fresh = tuple(digest for report in reports for digest in report.new_digests)
    return replace(
        reports[-1],
        new_pairs=sum(report.new_pairs for report in reports),
        withdrawn_pairs=sum(report.withdrawn_pairs for report in reports),
        new_images=len(fresh),
        new_digests=fresh,
    )


def prepare(connection: Connection, rule: str) -> Search:
    """Find out what there is to compare."""
    wanted = sensitivity.in_force(connection)
    sensitivity.check(wanted)
    by_method = encodings.encoders(connection)
    search = Search(rule, wanted, by_method, {}, again=False)
    mask = encodings.needed(by_method)
    if mask is None:
        return search
    again = settings.read(connection, COMPARED) != search.manner
    new = pairs.uncompared(connection, list(by_method.values()), mask, again=again)
    return replace(search, new=new, again=again)


def compare(known: Known, search: Search, tell: Tell = lambda *_: None) -> dict[PairKey, float]:
    """Which pairs with a new image are accepted, by method and row numbers, with their scores."""
    is_new = np.isin(known.ids, list(search.new))
    what = f"Comparing {len(search.new):,} of {counted(len(known.ids), 'image')} with all"
    rest = f", {len(search.waiting):,} wait" if search.waiting else ""
    i, j = candidates(
        known.encoded,
        is_new,
        search.sensitivity,
        with_flat=search.rule == "union",
        tell=lambda method, part: tell(f"{what} by {method}{rest}", part),
    )
    tell("Weighing the pairs", None)
    found: dict[PairKey, float] = {}
    for start in range(0, len(i), _WEIGHED):
        some = slice(start, start + _WEIGHED)
        found |= _accepted(known, search, i[some], j[some])
    return found


def _accepted(known: Known, search: Search, i: Index, j: Index) -> dict[PairKey, float]:
    evidence = fusion.weigh(known.encoded, i, j, search.sensitivity)
    accepted = fusion.rule(search.rule)(evidence)
    near = evidence.near if search.rule == "union" else evidence.counting(evidence.near)
    rows, columns = np.nonzero(near & accepted[:, None])
    names = [method.name for method in evidence.methods]
    ids = known.ids
    return {
        (names[column], a, b): score
        for column, a, b, score in zip(
            columns.tolist(),
            ids[i[rows]].tolist(),
            ids[j[rows]].tolist(),
            evidence.scores[rows, columns].tolist(),
            strict=True,
        )
    }


def plan(
    connection: Connection,
    search: Search,
    found: Mapping[PairKey, float],
    compared: frozenset[int],
) -> Changes:
    """What follows from the pairs that were found.

    Of an image that lacks its codes nothing is known now: its pairs and its group stay. After a
    library's update that is every image, until it is processed again.
    """
    ends = sorted({image for _, a, b in found for image in (a, b)})
    there = pairs.digests_of(connection, ends)  # an image may have gone since the search began
    now = {key: score for key, score in found.items() if key[1] in there and key[2] in there}
    if not search.new and settings.read(connection, GROUPED) == pairs.count(connection):
        return Changes({}, 0, frozenset(), _NOTHING)
    before = pairs.pairs(connection)
    withdrawn = frozenset(
        key
        for key in before.keys() - now.keys()
        if (key[1] in search.new or key[2] in search.new)
        and key[1] in compared
        and key[2] in compared
    )
    changed = {key: score for key, score in now.items() if before.get(key) != score}
    edges = sorted({(a, b) for _, a, b in (before.keys() | now.keys()) - withdrawn})
    groups = regrouping(connection, edges, search.rule, search.sensitivity, search.encoders)
    return Changes(changed, len(now.keys() - before.keys()), withdrawn, groups)


def _outlook(connection: Connection, changes: Changes) -> Report:
    """Say how things stand when the changes are made."""
    before = judgements.standings(connection)
    after = _standings(before, changes.groups)
    sizes: dict[int, int] = {}
    for standing in after.values():
        sizes[standing.group_id] = sizes.get(standing.group_id, 0) + 1
    grouped = {image: each for image, each in after.items() if sizes[each.group_id] > 1}
    waiting = {each.group_id for each in grouped.values() if each.verdict is Verdict.NEW}
    waiting |= duplicates.to_look(connection) & sizes.keys()
    waiting |= {after[group[0]].group_id for group in changes.groups.to_look}
    fresh = [image for image in grouped if image not in before or not before[image].present]
    digests = pairs.digests_of(connection, sorted(fresh))
    return Report(
        images=len(grouped),
        groups=len({each.group_id for each in grouped.values()}),
        need_action=len(waiting),
        new_pairs=changes.fresh,
        withdrawn_pairs=len(changes.withdrawn),
        new_images=len(fresh),
        new_digests=tuple(digests[image] for image in sorted(digests)),
    )


def _standings(before: Mapping[int, Standing], groups: Regrouping) -> dict[int, Standing]:
    after = {
        image: each for image, each in before.items() if each.present and image not in groups.leave
    }
    made = [*groups.into.items(), *((-n, part) for n, part in enumerate(groups.fresh, start=1))]
    for number, part in made:
        for image in part:
            verdict = before[image].verdict if image in before else Verdict.NEW
            after[image] = Standing(number, verdict)
    return after


def _apply(connection: Connection, search: Search, changes: Changes) -> None:
    pairs.withdraw_pairs(connection, changes.withdrawn)
    pairs.save_pairs(connection, changes.found)
    groups = changes.groups
    duplicates.release(connection, groups.leave)
    numbers = duplicates.new_groups(connection, len(groups.fresh))
    made = [*groups.into.items(), *zip(numbers, groups.fresh, strict=True)]
    duplicates.place(connection, {image: number for number, part in made for image in part})
    for number, part in made:
        if part in groups.to_look:
            duplicates.want_look(connection, number, wanted=True)
    duplicates.drop_small_groups(connection)
    duplicates.forget_lone_places(connection)
    if search.again:
        pairs.forget_compared(connection)
    if search.new:
        pairs.save_compared(connection, search.new)
        settings.write(connection, COMPARED, search.manner)
    settings.write(connection, GROUPED, pairs.count(connection))
