"""How images are compared, which are new to the comparison, and which pairs it finds.

New is an image that was not compared with the codes that it has now; every image is new if the
rule, a sensitivity, an encoder or the second look has changed since. Reads rows, writes none.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from sqlalchemy import Connection

from fapproc.db import looks, pairs, settings
from fapproc.db.pairs import PairKey
from fapproc.dedup import fusion, middles, nearest, turns
from fapproc.dedup.candidates import candidates
from fapproc.dedup.evidence import weigh
from fapproc.dedup.method import DISTANT_ANGLE, Flags, Index, Methods, Scores, Sensitivity
from fapproc.dedup.models import DEFAULT, Model
from fapproc.dedup.motion import FRAME, MOTION
from fapproc.dedup.registry import HASHES, METHODS, methods, radii
from fapproc.dedup.second_look import LOOKER
from fapproc.dedup.turns import TURNED
from fapproc.executors.here import Here
from fapproc.executors.outcomes import MakeExecutor
from fapproc.jobs import encodings, sensitivity
from fapproc.jobs.encodings import Ids, Known
from fapproc.jobs.recording import COMPARED
from fapproc.wording import counted

Tell = Callable[[str, float | None], None]

_WEIGHED = 1 << 20
"""So many pairs are weighed at a time: a hundred megabytes."""
_UNFINISHED = 1 << 12
"""So many images that were compared before are gone on with at a time: minutes of looking."""


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
    unfinished: frozenset[int] = frozenset()
    """Images of which not all pairs were looked at that ask for it: new where no other image is."""
    seen: Sequence[tuple[int, int]] = ()
    """Pairs that a second look called the same: they ask for it though others are nearer now."""
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
        both = {name: dict(getattr(self.sensitivity, name)) for name in ("regular", "animated")}
        looks_at = {
            "looker": LOOKER,
            TURNED: turns.BITS,
            middles.MIDDLE: [middles.BITS, middles.AVERAGE_BITS],
            "sure": fusion.SURE,
            "distant": DISTANT_ANGLE,
        }
        asked = looks_at if self.rule == fusion.DEFAULT else {}
        makers = {name: number for name, number in self.encoders.items() if name != MOTION}
        return {"rule": self.rule, "encoders": makers, **both, **asked}


@dataclass(frozen=True, slots=True)
class Compared:
    """The images that were compared, by row number, sorted: 8 bytes each; some `in_part`.

    `by_method`: of methods whose codes not all have, those that have one.
    """

    images: Ids = field(default_factory=lambda: np.zeros(0, np.int64))
    by_method: Mapping[str, Ids] = field(default_factory=dict)
    in_part: frozenset[int] = frozenset()

    def tells_of(self, key: PairKey) -> bool:
        """Whether a pair that was not found is none: else nothing is known of it now."""
        method, *ends = key
        known = self.by_method.get(method, self.images)
        places = np.searchsorted(known, ends)
        there = (places < len(known)).all() and (known[places] == ends).all()
        return bool(there) and self.in_part.isdisjoint(ends)


@dataclass(frozen=True, slots=True, eq=False)
class Weighed:
    """Pairs a < b by row numbers, and what methods say of them: a column each.

    `nearness`: by what counts most. `says`: whose word counts that the two are near. `trusted`:
    which stand unless a look refuses them.
    """

    methods: tuple[str, ...]
    a: Index
    b: Index
    nearness: Scores
    values: Scores
    says: Flags
    trusted: Flags

    def __len__(self) -> int:
        return len(self.a)

    def scores(self, chosen: Flags) -> dict[PairKey, float]:
        """The scores of some of the pairs, by method and row numbers."""
        rows, columns = np.nonzero(self.says & chosen[:, None])
        return {
            (self.methods[column], a, b): score
            for column, a, b, score in zip(
                columns.tolist(),
                self.a[rows].tolist(),
                self.b[rows].tolist(),
                self.values[rows, columns].tolist(),
                strict=True,
            )
        }


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What a comparison finds: pairs that stand, with scores, and pairs that ask for a look."""

    stands: Mapping[PairKey, float]
    asked: Weighed
    more: frozenset[int] = frozenset()  # of which a network finds more pairs than were asked for

    @classmethod
    def nothing(cls) -> "Found":
        """Where there is nothing to compare."""
        return cls({}, _joined([]))


def configure(connection: Connection, rule: str, model: Model) -> Search:
    """How images of this archive are compared; without what there is to compare."""
    known = methods(model)
    by_method = encodings.encoders(connection, known)
    known = encodings.in_use(connection, by_method, known)
    wanted = sensitivity.in_force(connection, known)
    sensitivity.check(wanted, known)
    return Search(rule, wanted, by_method, {}, again=False, methods=known)


def prepare(
    connection: Connection,
    rule: str,
    model: Model = DEFAULT,
    executor: MakeExecutor = Here,
    past: Collection[int] = (),
) -> Search:
    """Find out what there is to compare, and how; what is `past` was compared in this run."""
    search = replace(configure(connection, rule, model), executor=executor)
    by_method = search.encoders
    mask = encodings.needed(by_method)
    if mask is None:
        return search
    again = settings.read(connection, COMPARED) != search.conditions
    moving = encodings.needed_to_move(by_method)
    numbers = list(by_method.values())
    found = pairs.uncompared(connection, numbers, mask, reels=moving, again=again)
    new = {number: mask for number, mask in found.items() if number not in past}
    unfinished = frozenset() if again else pairs.unfinished(connection) & new.keys()
    wanted = new.keys() - unfinished or sorted(unfinished)[:_UNFINISHED]
    chosen = {number: new[number] for number in wanted}
    seen = looks.same(connection, LOOKER) if rule == fusion.DEFAULT and chosen else []
    return replace(search, new=chosen, again=again, unfinished=unfinished, seen=seen)


def compare(
    known: Known,
    search: Search,
    tell: Tell = lambda *_: None,
    near: Collection[int] = (),
    each: int | None = None,
) -> Found:
    """Which pairs with a new image stand, and which a second look decides.

    Of some images, `near`, the nearest too; of what a network alone finds, so many of `each`.
    """
    is_new = np.isin(known.ids, list(search.new))
    what = f"Comparing {len(search.new):,} of {counted(len(known.ids), 'image')} with all"
    rest = f", {len(search.waiting):,} wait" * bool(search.waiting)
    found = candidates(
        known.encoded,
        is_new,
        search.sensitivity,
        with_flat=search.rule == "union",
        asking=search.rule == fusion.DEFAULT,
        tell=lambda method, part: tell(f"{what} by {method}{rest}", part),
        methods=search.methods,
        executor=search.executor,
        each=each,
    )
    nearest_, seen = _nearest_of(known, search, near, tell), _seen(known, search, is_new)
    proposals = tuple(np.concatenate(ends) for ends in zip(nearest_, seen, strict=True))
    i, j, proposed = nearest.joined(found[:2], (proposals[0], proposals[1]), len(known.ids))
    tell("Weighing the pairs", None)
    stands: dict[PairKey, float] = {}
    asked = []
    for start in range(0, len(i), _WEIGHED):
        some = slice(start, start + _WEIGHED)
        told, more = _weighed(known, search, i[some], j[some], proposed[some])
        stands |= told
        asked.append(more)
    return Found(stands, _joined(asked), frozenset(known.ids[found.more].tolist()))


def approach(known: Known, search: Search, near: Collection[int], tell: Tell) -> Found:
    """The nearest of some images, as pairs that a second look decides."""
    found = _nearest_of(known, search, near, tell)
    return Found({}, _weighed(known, search, *nearest.joined(found, found, len(known.ids)))[1])


def _nearest_of(
    known: Known, search: Search, near: Collection[int], tell: Tell
) -> tuple[Index, Index]:
    """The nearest of some images, however far they are, as rows; none by another rule."""
    if search.rule != fusion.DEFAULT or not near:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    what = f"Finding the nearest of {counted(len(near), 'image')}"
    rest = f", {len(search.waiting):,} wait" * bool(search.waiting)
    return nearest.nearest(
        known.encoded,
        np.isin(known.ids, list(near)),
        search.sensitivity,
        search.methods,
        tell=lambda method, part: tell(f"{what} by {method}{rest}", part),
    )


def _seen(known: Known, search: Search, is_new: Flags) -> tuple[Index, Index]:
    """The pairs with a new image that a look called the same before, as rows."""
    seen = np.array(search.seen, np.int64).reshape(-1, 2)
    rows = np.searchsorted(known.ids, seen[np.isin(seen, known.ids).all(axis=1)])
    rows = rows[is_new[rows].any(axis=1)]
    return rows[:, 0], rows[:, 1]


def _weighed(
    known: Known, search: Search, i: Index, j: Index, proposed: Flags
) -> tuple[dict[PairKey, float], Weighed]:
    """The scores of the pairs that stand, and the pairs that are to be looked at twice."""
    evidence = weigh(known.encoded, i, j, search.sensitivity, search.methods, proposed)
    near = evidence.near if search.rule == "union" else evidence.counting(evidence.near)
    asking = evidence.counting(evidence.asking) & evidence.is_strong
    names = (*(method.name for method in evidence.methods), TURNED)
    scores = np.column_stack([evidence.scores, evidence.turned])
    a, b, nearness = known.ids[i], known.ids[j], fusion.nearness(evidence)
    divided = fusion.divide(evidence, search.rule)
    stand, ask = divided.stands, divided.asked

    def those(rows: Flags, says: Flags) -> Weighed:
        told = nearness[rows], scores[rows], says[rows], divided.trusted[rows]
        return Weighed(names, a[rows], b[rows], *told)

    never = np.zeros(len(i), np.bool_)
    found = those(stand, np.column_stack([near, never])).scores(
        np.ones(np.count_nonzero(stand), np.bool_)
    )
    for row in np.flatnonzero(stand & evidence.goes_on.tells).tolist():
        found[MOTION, int(a[row]), int(b[row])] = float(evidence.goes_on.share[row])
    for row in np.flatnonzero(fusion.frames(evidence) & (search.rule != "union")).tolist():
        found[FRAME, int(a[row]), int(b[row])] = float(evidence.frame[row])
    return found, those(ask, np.column_stack([near | asking, evidence.may_be_turned]))


def _joined(parts: Sequence[Weighed]) -> Weighed:
    if not parts:
        none = np.zeros(0, np.int64)
        no = np.zeros(0, np.bool_)
        return Weighed((), none, none, np.zeros(0), np.zeros((0, 0)), no.reshape(0, 0), no)
    columns = ((one.a, one.b, one.nearness, one.values, one.says, one.trusted) for one in parts)
    return Weighed(parts[0].methods, *map(np.concatenate, zip(*columns, strict=True)))
