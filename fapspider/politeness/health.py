"""Whose failure is it? Judged over the crawl, lane by lane: a kind of page, or a host of files.

If one picture fails while others come, the failure is its own. Three in a row that fail in the same
way put the lane in doubt: then one request at a time is sent, for a picture that was fetched
before, or one elsewhere in the list. If that comes, the failures were the pictures' own; if not,
the lane is out (nothing of it works), and no picture has failed. No Scrapy, no requests: values in,
values out.
"""

from collections import defaultdict
from collections.abc import Set
from dataclasses import dataclass, field
from enum import StrEnum

IN_A_ROW = 3
"""So many pictures that fail in one way, with no good answer between them, are no coincidence."""
ELSEWHERE = 3
"""After so many more failures, asked one by one elsewhere in the list, nothing works."""


class Sign(StrEnum):
    """The way in which requests fail, as the end of a sentence about many."""

    BUSY = "answer that the site is in trouble"
    DROPPED = "break off"
    SLOW = "don't come in time"
    SILENT = "can't be reached"
    REFUSED = "are refused"
    ODD = "are not what was asked for"


@dataclass(slots=True)
class _Lane:
    """What is known of a lane since it last worked; moments are counted in requests sent."""

    failed: defaultdict[Sign, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))
    """What failed, and when, by the way of failing."""
    since: dict[str, int] = field(default_factory=dict)
    """When something failed first."""
    good: int = 0
    """When the last good answer was asked for."""
    in_vain: int = 0
    is_out: bool = False
    said: str = ""

    @property
    def sign(self) -> Sign | None:
        """The way in which enough have failed to doubt the lane, if any."""
        return next((sign for sign, keys in self.failed.items() if len(keys) >= IN_A_ROW), None)


class Health:
    """All lanes of a crawl.

    A good answer only clears what failed before it was requested: with several requests under way,
    an answer from before a ban may come after the first refusal.
    """

    def __init__(self, *, unprobed: Set[str] = frozenset()) -> None:
        """Args: unprobed: lanes about which no other picture says anything."""
        self._unprobed = unprobed
        self._lanes: defaultdict[str, _Lane] = defaultdict(_Lane)
        self._apart: set[str] = set()
        self.now = 0
        """How many requests were sent."""

    def sent(self) -> int:
        """Count a request that is sent; return the moment."""
        self.now += 1
        return self.now

    def good(self, lane: str, asked_at: int) -> None:
        """Note a good answer to what was requested at that moment."""
        state = self._lanes[lane]
        state.good = max(state.good, asked_at)
        for sign, keys in list(state.failed.items()):
            left = {key: at for key, at in keys.items() if at >= asked_at}
            state.failed[sign] = left
            if not left:
                del state.failed[sign]
        if not state.failed:
            state.in_vain, state.is_out = 0, False

    def bad(self, lane: str, sign: Sign, key: str, said: str) -> None:
        """Note a failure.

        Args:
            lane: the lane.
            sign: in which way.
            key: what failed; the same may fail often, and counts once.
            said: what happened, as a sentence without its end.
        """
        state = self._lanes[lane]
        state.failed[sign][key] = self.now
        state.since.setdefault(key, self.now)
        state.said = said

    def is_proven(self, lane: str, key: str) -> bool:
        """Whether the lane worked after this first failed, so that the failure is its own."""
        state = self._lanes[lane]
        return state.good > state.since.get(key, state.good)

    def has_failed(self, lane: str, key: str) -> bool:
        """Whether this was asked for and failed, and was not set aside since."""
        return key in self._lanes[lane].since

    def forget(self, lane: str, key: str) -> None:
        """Forget a failure that is set aside: it is judged again when it is asked for again."""
        self._lanes[lane].since.pop(key, None)

    @property
    def doubtful(self) -> str | None:
        """The first lane in doubt: nothing is asked of it until it is known whether it works."""
        lanes = (lane for lane in self._lanes if lane not in self._unprobed)
        return next((lane for lane in lanes if self.is_doubtful(lane)), None)

    def is_doubtful(self, lane: str) -> bool:
        """Whether a lane may not work, and is to be tried with one request at a time."""
        if lane not in self._lanes or lane in self._apart:
            return False
        return self._lanes[lane].is_out or self._lanes[lane].sign is not None

    def unexplained_since(self, lane: str) -> int | None:
        """When the first unexplained failure of a lane happened; no good answer has come since.

        None if no requests need to be held back; a lane in doubt is asked in another way.
        """
        if lane in self._unprobed or lane not in self._lanes or self.is_doubtful(lane):
            return None
        each = (at for keys in self._lanes[lane].failed.values() for at in keys.values())
        return min(each, default=None)

    def probed_in_vain(
        self, lane: str, *, finally_: bool = False, has_witness: bool = False
    ) -> None:
        """Note that the one request for a lane in doubt failed as well.

        Args:
            lane: the lane in doubt.
            finally_: nothing else is left to try.
            has_witness: a picture that was fetched before is asked for first (`is_at_last`).
        """
        state = self._lanes[lane]
        state.in_vain += 1
        is_enough = state.in_vain >= ELSEWHERE and not has_witness
        state.is_out = state.is_out or finally_ or is_enough

    def is_at_last(self, lane: str) -> bool:
        """Whether enough has failed elsewhere: now a picture that was fetched before decides."""
        return lane in self._lanes and self._lanes[lane].in_vain >= ELSEWHERE

    def is_out(self, lane: str) -> bool:
        """Whether nothing of a lane works."""
        return lane in self._lanes and self._lanes[lane].is_out

    def has_worked(self, lane: str) -> bool:
        """Whether a lane has given a good answer in this crawl."""
        return self._lanes[lane].good > 0

    def set_apart(self, lane: str) -> None:
        """Ask nothing of a lane for now, because others of its kind work and it does not."""
        self._apart.add(lane)

    def is_apart(self, lane: str) -> bool:
        """Whether a lane was set apart."""
        return lane in self._apart

    def rejoin(self, lane: str) -> None:
        """Give a lane that was set apart another chance, from the beginning."""
        self._apart.discard(lane)
        self._lanes[lane] = _Lane(good=self._lanes[lane].good)

    def sign(self, lane: str) -> Sign:
        """The way in which a doubtful lane fails."""
        state = self._lanes[lane]
        most = max(state.failed, key=lambda sign: len(state.failed[sign]), default=Sign.ODD)
        return state.sign or most

    def said(self, lane: str) -> str:
        """What happened last in a lane."""
        return self._lanes[lane].said
