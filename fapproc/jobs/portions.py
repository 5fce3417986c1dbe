"""One search, portion by portion: each is compared, looked at twice, decided and recorded.

So a search that is stopped keeps what it has done, and the next one goes on. Last come images whose
nearest nobody has looked at yet: which these are is kept (`db.nearest`).
"""

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from sqlalchemy import Connection

from fapproc.archive import Archive
from fapproc.db import nearest
from fapproc.db.looks import Pair
from fapproc.db.pairs import UNFINISHED
from fapproc.dedup import fusion
from fapproc.dedup.registry import VECTORS
from fapproc.executors.outcomes import MakeExecutor
from fapproc.jobs import encodings
from fapproc.jobs.comparing import Compared, Found, Search, Tell, approach, compare
from fapproc.jobs.deciding import decided
from fapproc.jobs.encodings import Known
from fapproc.jobs.forecast import GroupForecast, grouped
from fapproc.jobs.looked import State
from fapproc.jobs.looking_twice import NEAREST, look_twice
from fapproc.jobs.recording import decide_and_write, record

_PORTION = 1 << 17
"""So many new vectors are compared at a time: minutes of work, where a million are known."""
_PORTION_OF_HASHES = 1 << 19
"""So many new images where hashes alone are compared: by `wavelet` 15 of a million pairs of
photographs are near, 750 million of ten million images, and each takes 33 bytes and more."""


@dataclass(frozen=True, slots=True)
class Amount:
    """How much one run looks at twice; what is left waits for a later one.

    `refusals`: looks end when `_REFUSALS` pairs were refused, and so many more for each new
    picture; they don't where the nearest of all new pictures are looked at.
    `more`: of the pairs that the methods propose, so many besides the nearest few of each picture,
    or as many as these if that is more; where it is 0 none. `near`: so many pictures' nearest are
    looked at together, as long as no more than `couples` of vectors are compared for that. `rest`:
    so many pairs are looked at of what was left before. `each`: so many pairs of each picture are
    taken that a network alone finds; None: all.
    """

    refusals: float
    more: int
    near: int
    couples: int
    rest: int
    each: int | None = None


THOROUGH = Amount(refusals=math.inf, more=10_000, near=1 << 12, couples=1 << 34, rest=1 << 18)
"""All that waits, up to some half an hour: 131,072 vectors with each other, or 17,000 with a
million, take ten minutes of a processor, and so many looks half an hour."""
BRIEF = Amount(refusals=1 / 32, more=0, near=20, couples=1 << 21, rest=0, each=16)
"""After reading or importing. To look at a pair takes half as long as to process a picture; copies
are the most similar pairs, and are looked at first."""
_REFUSALS = 16
_NOTHING = GroupForecast(0, 0, 0, ())


@dataclass(slots=True)
class Portions:
    """A search on its way; `how` says what is to be compared, and what is past in this run.

    Of the last groups `then` says how they stand, and `left` are the images that have more pairs to
    be looked at; with those whose nearest wait they are `all_left`.
    """

    archive: Archive
    how: Callable[..., Search]
    amount: Amount
    tell: Tell
    executor: MakeExecutor | None
    keeps: bool
    then: GroupForecast = _NOTHING
    fresh: int = 0
    withdrawn: int = 0
    unseen: set[Pair] = field(default_factory=set)
    left: frozenset[int] = frozenset()
    nearest_left: int = 0
    all_left: int = 0
    reweighed: set[int] = field(default_factory=set)
    _tried: set[int] = field(default_factory=set)
    _began: frozenset[int] = frozenset()
    _couples: int = 0
    _looks: int = 0

    def run(self) -> None:
        """Compare what is new, and go on with what was left."""
        with self.archive.reading() as connection:
            self._began = grouped(connection)
        past: set[int] = set()
        while True:
            search, known = self._read(past)
            found, compared, near = Found.nothing(), Compared(), frozenset[int]()
            if known is not None:
                near = self._near(search, known)
                found = compare(known, search, self.tell, near, self.amount.each)
                vectors = VECTORS.keys() & search.radii.keys()
                coded = {name: known.with_vector(name) for name in vectors}
                compared = Compared(known.ids, coded, found.more)
            waiting = self._take(search, found, compared, near, masks=search.new)
            past |= search.new.keys()
            rest = search.unfinished - past
            self.left = (self.left - search.new.keys()) | waiting
            if not (search.waiting or (rest and self._goes_on and self.keeps)):
                break
        self.left |= rest
        self.all_left = len(self.left)
        if self.keeps and search.rule == fusion.DEFAULT and VECTORS.keys() & search.asked.keys():
            self._approach(search)

    def _read(self, past: Collection[int]) -> tuple[Search, Known | None]:
        """Read a portion; its vectors, some at a time, as they are compared."""
        with self.archive.reading() as connection:
            search = self.how(connection, past=past)
            if not self._goes_on and search.new.keys() <= search.unfinished:
                search = replace(search, new={})
            if self.keeps:
                has_vectors = VECTORS.keys() & search.asked.keys()
                search = search.portion(_PORTION if has_vectors else _PORTION_OF_HASHES)
            trial = not self.keeps and bool(nearest.waiting(connection))
            return search, self._known(connection, search) if search.new or trial else None

    @property
    def _goes_on(self) -> bool:
        return self._looks < self.amount.rest

    def _refusals(self, search: Search) -> float:
        return _REFUSALS + self.amount.refusals * max(1, len(search.new))  # 0 * inf is NaN

    def _known(self, connection: Connection, search: Search) -> Known:
        self.tell("Reading codes", None)
        return encodings.read_all(
            connection, search.asked, without=search.waiting, later=self.archive.reading
        )

    def _near(self, search: Search, known: Known) -> frozenset[int]:
        """Whose nearest are looked at with the rest: of all that are new, or where many are none.

        In a trial of all that wait: nothing is written that could be gone on with.
        """
        new = search.new.keys() - search.unfinished
        if not self.keeps:
            with self.archive.reading() as connection:
                new |= set(nearest.waiting(connection)) & set(known.ids.tolist())
        may = (len(new) <= self.amount.near or not self.keeps) and self._may(new, known)
        return frozenset(new) if may else frozenset()

    def _may(self, some: Collection[int], known: Known) -> bool:
        """Whether the nearest of some may be sought in this run, too; then that counts."""
        couples = self._couples + len(some) * len(known.ids)
        if couples > self.amount.couples:
            return False
        self._couples = couples
        return True

    def _approach(self, search: Search) -> None:
        """Look at the nearest of images that wait for it, the newest first."""
        with self.archive.reading() as connection:
            waiting = nearest.waiting(connection)
            known = self._known(connection, search) if waiting and self._goes_on else None
        if known is not None:
            there = set(known.ids.tolist())
            ordered = [n for n in waiting if n in there and n not in self._tried]
            for start in range(0, len(ordered), self.amount.near):
                some = ordered[start : start + self.amount.near]
                if not (self._goes_on and self._may(some, known)):
                    break
                later = frozenset(ordered[start + len(some) :])
                these = replace(search, new=dict.fromkeys(some, UNFINISHED), waiting=later)
                found = approach(known, these, some, self.tell)
                self._take(these, found, Compared(), some, masks={})
        with self.archive.reading() as connection:
            waiting = nearest.waiting(connection)
        self.nearest_left, self.all_left = len(waiting), len(self.left.union(waiting))

    def _take(
        self,
        search: Search,
        found: Found,
        compared: Compared,
        near: Collection[int],
        *,
        masks: Mapping[int, int],
    ) -> frozenset[int]:
        """Look twice, decide and record; the images of which pairs are left.

        `masks`: the images that were compared with all, each with its encoders.
        """
        looked = look_twice(
            self.archive,
            found,
            search.new.keys() | set(near),
            self.tell,
            keep=self.keeps,
            refusals=self._refusals(search) if not near else math.inf,
            more=self.amount.more and max(self.amount.more, NEAREST * len(search.new)),
            executor=self.executor,
        )
        self.tell("Grouping", None)
        waiting = (looked.waiting | found.more) & search.new.keys()
        write = partial(
            record,
            compared={n: UNFINISHED if n in waiting else mask for n, mask in masks.items()},
            renewed=masks.keys() - search.unfinished,
            nearest=frozenset(near) - looked.waiting - found.more,
            conditions=search.conditions,
            again=search.again and bool(masks),
        )
        decide = partial(decided, search, found, looked, compared, self._began)
        changes, (self.then, lost) = decide_and_write(
            self.archive, decide, write if self.keeps else None
        )
        self._tried |= set(near)
        if masks.keys() <= search.unfinished:
            self._looks += looked.looks
        self.reweighed |= lost
        self.fresh += changes.fresh
        self.withdrawn += len(changes.withdrawn)
        self.unseen |= looked.pairs(State.UNSEEN)
        return waiting
