"""Find near-duplicates: encodings -> candidates -> decision -> groups, with what was judged kept.

Only what is new is compared, with everything; many new images in portions, each with what is known
by then and recorded when it is done, so that a search can be stopped at any time. What "new" means
is in the archive: an image that was not compared with the codes that it has, or any, if the rule, a
sensitivity or an encoder has changed since. `plan` decides and changes nothing; `recording`
does what was planned.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from fapproc.archive import Archive
from fapproc.db import pairs, settings
from fapproc.db.pairs import PairKey
from fapproc.dedup import fusion
from fapproc.dedup.candidates import candidates
from fapproc.dedup.method import Methods, Sensitivity
from fapproc.dedup.models import DEFAULT, Model
from fapproc.dedup.motion import FRAME, MOTION
from fapproc.dedup.registry import HASHES, METHODS, VECTORS, methods, radii
from fapproc.dedup.regrouping import Regrouping
from fapproc.executors.here import Here
from fapproc.executors.outcomes import MakeExecutor
from fapproc.jobs import encodings, sensitivity
from fapproc.jobs.encodings import Known
from fapproc.jobs.forecast import GroupForecast, forecast, grouped
from fapproc.jobs.grouping import regrouping
from fapproc.jobs.recording import COMPARED, GROUPED, Changes, decide_and_write, record
from fapproc.jobs.sameness import tell_sameness
from fapproc.wording import counted

Index = NDArray[np.int64]
Tell = Callable[[str, float | None], None]

_WEIGHED = 1 << 20
"""So many pairs are weighed at a time: a hundred megabytes."""
_PORTION = 1 << 17
"""So many new vectors are compared at a time: minutes of work, where a million are known. Hashes
alone are compared at once, a million in less than one."""
_NOTHING = Regrouping({}, (), frozenset())


@dataclass(frozen=True, slots=True)
class DuplicatesReport:
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
    executor: MakeExecutor = Here
    """Makes what compares."""
    methods: Methods = field(default_factory=lambda: METHODS)
    """Each with the thresholds of the codes that are compared."""

    @property
    def radii(self) -> dict[str, float]:
        """How far to search, by method that is on."""
        return radii(self.sensitivity, self.methods)

    @property
    def asked(self) -> dict[str, int]:
        """The encoders whose codes are to be read: hashes, reels, and of vectors what is on."""
        on = HASHES.keys() | self.radii | {MOTION}
        return {name: number for name, number in self.encoders.items() if name in on}

    def portion(self, most: int) -> "Search":
        """The search of so many of the new images, those with the lowest numbers."""
        ordered = sorted(self.new)
        now = {number: self.new[number] for number in ordered[:most]}
        return replace(self, new=now, waiting=frozenset(ordered[most:]))

    @property
    def conditions(self) -> dict[str, object]:
        """Under which an image was compared: after a change it is to be compared again."""
        regular, animated = dict(self.sensitivity.regular), dict(self.sensitivity.animated)
        both = {"regular": regular, "animated": animated}
        makers = {name: number for name, number in self.encoders.items() if name != MOTION}
        return {"rule": self.rule, "encoders": makers, **both}


@dataclass(frozen=True, slots=True)
class Compared:
    """The images that were compared, by row number; `blind`: by method, those without its code."""

    images: frozenset[int] = frozenset()
    blind: Mapping[str, frozenset[int]] = field(default_factory=dict)

    def tells_of(self, key: PairKey) -> bool:
        """Whether a pair that was not found is none: else nothing is known of it now."""
        method, *ends = key
        return self.images.issuperset(ends) and self.blind.get(method, frozenset()).isdisjoint(ends)


def find_duplicates(
    archive: Archive,
    *,
    rule: str = fusion.DEFAULT,
    model: Model = DEFAULT,
    dry_run: bool = False,
    executor: MakeExecutor = Here,
    tell: Tell = lambda *_: None,
) -> DuplicatesReport:
    """Find all near-duplicates and record them; verdicts stay with their images.

    Args:
        archive: which.
        rule: a name in `fusion.RULES`.
        model: the network that the settings choose; vectors of another one of ours are held to
            that one's own sensitivities.
        dry_run: only say what would be found.
        executor: makes what compares the tiles of a search.
        tell: is called with the step that is at work, and the part of it that is done; None where
            that is not known.

    Raises:
        UsageProblem: no such rule, or a sensitivity of the archive out of its bounds.
        ArchiveHeld: another search is at work.
    """
    fusion.rule(rule)
    found = withdrawn = 0
    how = partial(prepare, rule=rule, model=model, executor=executor)
    with archive.job("dedup"):
        with archive.reading() as connection:
            began = grouped(connection)
        more = True
        while more:
            search, accepted, compared = _searched(archive, how, tell, at_once=dry_run)
            tell("Grouping", None)
            decide = partial(_decided, search, accepted, compared, began)
            write = partial(
                record, compared=search.new, conditions=search.conditions, again=search.again
            )
            changes, then = decide_and_write(archive, decide, None if dry_run else write)
            found, withdrawn = found + changes.fresh, withdrawn + len(changes.withdrawn)
            more = bool(search.waiting)
        if not dry_run:
            tell_sameness(archive, tell)
    return DuplicatesReport(
        images=then.images,
        groups=then.groups,
        need_action=then.need_action,
        new_pairs=found,
        withdrawn_pairs=withdrawn,
        new_images=len(then.new_digests),
        new_digests=then.new_digests,
    )


def _decided(
    search: Search,
    accepted: Mapping[PairKey, float],
    compared: Compared,
    began: frozenset[int],
    connection: Connection,
) -> tuple[Changes, GroupForecast]:
    """What follows from a search, and how the groups will stand then."""
    changes = plan(connection, search, accepted, compared)
    return changes, forecast(connection, changes.groups, began)


def _searched(
    archive: Archive, how: Callable[[Connection], Search], tell: Tell, *, at_once: bool
) -> tuple[Search, dict[PairKey, float], Compared]:
    """Read and compare a portion; its codes, a gigabyte of a million vectors, are let go then."""
    with archive.reading() as connection:
        search = how(connection)
        if VECTORS.keys() & search.asked.keys() and not at_once:
            search = search.portion(_PORTION)
        if not search.new:
            return search, {}, Compared()
        tell("Reading codes", None)
        known = encodings.read_all(connection, search.asked, without=search.waiting)
    blind = {name: known.without(name) for name in VECTORS.keys() & search.radii.keys()}
    accepted = compare(known, search, tell)
    return search, accepted, Compared(frozenset(known.ids.tolist()), blind)


def configure(connection: Connection, rule: str, model: Model) -> Search:
    """How images of this archive are compared; without what there is to compare."""
    known = methods(model)
    by_method = encodings.encoders(connection, known)
    known = encodings.in_use(connection, by_method, known)
    wanted = sensitivity.in_force(connection, known)
    sensitivity.check(wanted, known)
    return Search(rule, wanted, by_method, {}, again=False, methods=known)


def prepare(
    connection: Connection, rule: str, model: Model = DEFAULT, executor: MakeExecutor = Here
) -> Search:
    """Find out what there is to compare, and how."""
    search = replace(configure(connection, rule, model), executor=executor)
    by_method = search.encoders
    mask = encodings.needed(by_method)
    if mask is None:
        return search
    again = settings.read(connection, COMPARED) != search.conditions
    moving = encodings.needed_to_move(by_method)
    numbers = list(by_method.values())
    new = pairs.uncompared(connection, numbers, mask, reels=moving, again=again)
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
        methods=search.methods,
        executor=search.executor,
    )
    tell("Weighing the pairs", None)
    found: dict[PairKey, float] = {}
    for start in range(0, len(i), _WEIGHED):
        some = slice(start, start + _WEIGHED)
        found |= _accepted(known, search, i[some], j[some])
    return found


def _accepted(known: Known, search: Search, i: Index, j: Index) -> dict[PairKey, float]:
    evidence = fusion.weigh(known.encoded, i, j, search.sensitivity, search.methods)
    accepted = fusion.rule(search.rule)(evidence)
    near = evidence.near if search.rule == "union" else evidence.counting(evidence.near)
    rows, columns = np.nonzero(near & accepted[:, None])
    found = [
        (evidence.methods[column].name, row, score)
        for row, column, score in zip(
            rows.tolist(), columns.tolist(), evidence.scores[rows, columns].tolist(), strict=True
        )
    ]
    alone = np.flatnonzero(accepted & evidence.goes_on.tells)
    found += [(MOTION, row, float(evidence.goes_on.share[row])) for row in alone.tolist()]
    stills = np.flatnonzero(fusion.frames(evidence) & (search.rule != "union"))
    found += [(FRAME, row, float(evidence.frame[row])) for row in stills.tolist()]
    a, b = known.ids[i].tolist(), known.ids[j].tolist()
    return {(name, a[row], b[row]): score for name, row, score in found}


def plan(
    connection: Connection,
    search: Search,
    found: Mapping[PairKey, float],
    compared: Compared,
) -> Changes:
    """What follows from the pairs that were found.

    Of an image that lacks its codes nothing is known now: its pairs and its group stay. After a
    library's update that is every image, until it is processed again; with another network its
    pairs by vectors, until it has a vector of that.
    """
    # An image may have gone since the search began.
    there = pairs.comparable(connection) if found else set()
    now = {key: score for key, score in found.items() if key[1] in there and key[2] in there}
    if not search.new and settings.read(connection, GROUPED) == pairs.count(connection):
        return Changes({}, 0, frozenset(), _NOTHING)
    before = pairs.pairs(connection)
    withdrawn = frozenset(
        key
        for key in before.keys() - now.keys()
        if (key[1] in search.new or key[2] in search.new) and compared.tells_of(key)
    )
    changed = {key: score for key, score in now.items() if before.get(key) != score}
    edges = sorted(
        {(a, b) for name, a, b in (before.keys() | now.keys()) - withdrawn if name != FRAME}
    )
    groups = regrouping(
        connection, edges, search.rule, search.sensitivity, search.encoders, search.methods
    )
    return Changes(changed, len(now.keys() - before.keys()), withdrawn, groups)
