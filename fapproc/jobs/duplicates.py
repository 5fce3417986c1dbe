"""Find near-duplicates: encodings -> candidates -> decision -> groups; verdicts are kept.

Only new images are compared, with everything. Many new images are compared in portions, each
recorded when it is done, so that a search can be stopped at any time. Pairs that only one method
finds get a second look before (`looking_twice`). `plan` decides and changes nothing; `recording`
carries the plan out.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from functools import partial

from sqlalchemy import Connection

from fapproc.archive import Archive
from fapproc.db import judgements, pairs, settings
from fapproc.db.pairs import UNFINISHED, PairKey
from fapproc.dedup import fusion
from fapproc.dedup.models import DEFAULT, Model
from fapproc.dedup.motion import FRAME
from fapproc.dedup.registry import VECTORS
from fapproc.dedup.regrouping import Regrouping
from fapproc.dedup.turns import TURNED
from fapproc.executors.here import Here
from fapproc.executors.outcomes import MakeExecutor
from fapproc.jobs import encodings
from fapproc.jobs.comparing import Compared, Found, Search, Tell, compare, prepare
from fapproc.jobs.forecast import GroupForecast, forecast, grouped
from fapproc.jobs.grouping import regrouping
from fapproc.jobs.looking_twice import Looked, State, look_twice
from fapproc.jobs.recording import GROUPED, Changes, decide_and_write, record
from fapproc.jobs.sameness import tell_sameness

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
    unseen: int = 0
    """Pairs that want a second look and could not be looked at: for want of thumbnails."""
    unfinished: int = 0
    """Images that have more pairs to be looked at: a later search goes on."""
    reweighed: int = 0
    """Groups of before of which a second look has taken pairs away."""


def find_duplicates(
    archive: Archive,
    *,
    rule: str = fusion.DEFAULT,
    model: Model = DEFAULT,
    dry_run: bool = False,
    executor: MakeExecutor | None = None,
    tell: Tell = lambda *_: None,
) -> DuplicatesReport:
    """Find all near-duplicates and record them; verdicts stay with their images.

    Args:
        archive: which.
        rule: a name in `fusion.RULES`.
        model: the network that the settings choose; vectors of another one of ours are held to
            that one's own sensitivities.
        dry_run: only say what would be found.
        executor: makes what compares the tiles of a search and what looks twice; None: this
            process, and worker processes for many looks.
        tell: is called with the step that is at work, and the part of it that is done; None where
            that is not known.

    Raises:
        UsageProblem: no such rule, or a sensitivity of the archive out of its bounds.
        ArchiveHeld: another search is at work.
    """
    fusion.rule(rule)
    fresh = withdrawn = unseen = 0
    how = partial(prepare, rule=rule, model=model, executor=executor or Here)
    with archive.job("dedup"):
        with archive.reading() as connection:
            began = grouped(connection)
        past: set[int] = set()
        reweighed: set[int] = set()
        more = True
        while more:
            search, found, compared = _searched(archive, how, tell, past, at_once=dry_run)
            looked = look_twice(
                archive, found, search.new, tell, keep=not dry_run, executor=executor
            )
            tell("Grouping", None)
            decide = partial(_decided, search, found, looked, compared, began)
            waiting = looked.waiting & search.new.keys()
            done = {n: UNFINISHED if n in waiting else mask for n, mask in search.new.items()}
            write = partial(record, compared=done, conditions=search.conditions, again=search.again)
            changes, (then, lost) = decide_and_write(archive, decide, None if dry_run else write)
            reweighed |= lost
            fresh, withdrawn = fresh + changes.fresh, withdrawn + len(changes.withdrawn)
            unseen += looked.unseen
            past |= search.new.keys()
            more = bool(search.waiting)
        if not dry_run:
            tell_sameness(archive, tell)
    return DuplicatesReport(
        images=then.images,
        groups=then.groups,
        need_action=then.need_action,
        new_pairs=fresh,
        withdrawn_pairs=withdrawn,
        new_images=len(then.new_digests),
        new_digests=then.new_digests,
        unseen=unseen,
        unfinished=len(waiting | (search.unfinished - search.new.keys())),
        reweighed=len(reweighed),
    )


def _decided(
    search: Search,
    found: Found,
    looked: Looked,
    compared: Compared,
    began: frozenset[int],
    connection: Connection,
) -> tuple[Changes, tuple[GroupForecast, frozenset[int]]]:
    """What follows from a search, how groups will stand then, and which a look took pairs of."""
    accepted = {**found.stands, **found.asked.scores(looked.accepted)}
    kept = looked.pairs(State.OPEN, State.LEFT)
    refused = looked.pairs(State.OTHER)
    changes = plan(connection, search, accepted, compared, kept, refused)
    lost = {key[1] for key in changes.withdrawn if key[1:] in refused}
    now = judgements.memberships(connection) if lost else {}
    reweighed = frozenset(now[image].group_id for image in lost if image in now)
    return changes, (forecast(connection, changes.groups, began), reweighed)


def _searched(
    archive: Archive,
    how: Callable[[Connection], Search],
    tell: Tell,
    past: Collection[int],
    *,
    at_once: bool,
) -> tuple[Search, Found, Compared]:
    """Read and compare a portion; its vectors, some at a time, as they are compared.

    What is `past` was compared in this run: if it waits for a look, then for that of the next run.
    """
    with archive.reading() as connection:
        search = how(connection)
        search = replace(search, new={n: m for n, m in search.new.items() if n not in past})
        if VECTORS.keys() & search.asked.keys() and not at_once:
            search = search.portion(_PORTION)
        if not search.new:
            return search, Found.nothing(), Compared()
        tell("Reading codes", None)
        known = encodings.read_all(
            connection, search.asked, without=search.waiting, later=archive.reading
        )
    seen = {name: known.with_vector(name) for name in VECTORS.keys() & search.radii.keys()}
    found = compare(known, search, tell)
    return search, found, Compared(known.ids, seen)


def plan(
    connection: Connection,
    search: Search,
    found: Mapping[PairKey, float],
    compared: Compared,
    kept: frozenset[tuple[int, int]] = frozenset(),
    refused: frozenset[tuple[int, int]] = frozenset(),
) -> Changes:
    """What follows from the pairs that were found; against those `kept` nothing speaks.

    Those `refused` were called different by a second look.

    Of an image that lacks its codes nothing is known now: its pairs and its group stay. After a
    library's update that is every image, until it is processed again; with another network its
    pairs by vectors, until it has a vector of that.
    """
    # An image may have gone since the search began.
    there = pairs.comparable(connection, {end for key in found for end in key[1:]})
    now = {key: score for key, score in found.items() if key[1] in there and key[2] in there}
    if not search.new and settings.read(connection, GROUPED) == pairs.count(connection):
        return Changes({}, 0, frozenset(), _NOTHING)
    before = pairs.pairs(connection)
    withdrawn = frozenset(
        key
        for key in before.keys() - now.keys()
        if (key[1] in search.new or key[2] in search.new)
        and compared.tells_of(key)
        and key[1:] not in kept
    )
    changed = {key: score for key, score in now.items() if before.get(key) != score}
    standing = (before.keys() | now.keys()) - withdrawn
    edges = sorted({(a, b) for name, a, b in standing if name != FRAME})
    turned = frozenset((a, b) for name, a, b in standing if name == TURNED)
    groups = regrouping(
        connection,
        edges,
        search.rule,
        search.sensitivity,
        search.encoders,
        search.methods,
        turned,
        refused,
    )
    return Changes(changed, len(now.keys() - before.keys()), withdrawn, groups)
