"""Whose failure is it? Judged over the crawl, lane by lane: a kind of page, or a host of files.

One picture that fails while others come is a picture's failure. Three in a row that fail in one way
put the lane in doubt: nothing more is asked of it but one request at a time, for a picture that was
had before, or elsewhere in the list. If that comes, the failures were the pictures' own; if not,
the lane is out, and no picture has failed. No Scrapy, no requests: values in, values out.
"""

from collections import defaultdict
from collections.abc import Set
from dataclasses import dataclass, field
from enum import StrEnum

IN_A_ROW = 3
"""So many pictures that fail in one way, with no good answer between them, are no chance."""
ELSEWHERE = 3
"""So many more that fail, asked one by one elsewhere in the list, and nothing works."""


class Sign(StrEnum):
    """The way in which an answer was none, as the end of a sentence about many."""

    BUSY = "answer that the site is in trouble"
    DROPPED = "break off"
    SLOW = "don't come in time"
    SILENT = "can't be reached"
    REFUSED = "are refused"
    ODD = "are not what was asked for"


@dataclass(slots=True)
class _Lane:
    """What is known of a lane since it worked last; moments are counted in requests sent."""

    failed: defaultdict[Sign, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))
    """By the way of failing what failed, and when."""
    since: dict[str, int] = field(default_factory=dict)
    """When something failed first."""
    good: int = 0
    """When the last good answer was asked for."""
    in_vain: int = 0
    is_out: bool = False
    said: str = ""

    @property
    def sign(self) -> Sign | None:
        """The way in which enough have failed to doubt the lane."""
        return next((sign for sign, keys in self.failed.items() if len(keys) >= IN_A_ROW), None)


class Health:
    """All lanes of a crawl.

    A good answer tells of what failed before it was asked for. Several are under way at once, so
    one that was asked for before a ban may come after the first refusal.
    """

    def __init__(self, *, unprobed: Set[str] = frozenset()) -> None:
        """Args: unprobed: lanes that no other picture can tell of."""
        self._unprobed = unprobed
        self._lanes: defaultdict[str, _Lane] = defaultdict(_Lane)
        self._apart: set[str] = set()
        self.now = 0
        """How many requests were sent."""

    def sent(self) -> int:
        """A request is sent; the moment."""
        self.now += 1
        return self.now

    def good(self, lane: str, asked_at: int) -> None:
        """A good answer came to what was asked for at that moment."""
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
        """An answer was none.

        Args:
            lane: whose.
            sign: in which way.
            key: of what; the same may fail often, and counts once.
            said: what happened, as a sentence without its end.
        """
        state = self._lanes[lane]
        state.failed[sign][key] = self.now
        state.since.setdefault(key, self.now)
        state.said = said

    def is_proven(self, lane: str, key: str) -> bool:
        """Whether the lane was well after this failed first, so that the failure is its own."""
        state = self._lanes[lane]
        return state.good > state.since.get(key, state.good)

    def has_failed(self, lane: str, key: str) -> bool:
        """Whether this was asked for and failed, and was not set aside since."""
        return key in self._lanes[lane].since

    def forget(self, lane: str, key: str) -> None:
        """This is set aside, to be judged anew when it is asked for again."""
        self._lanes[lane].since.pop(key, None)

    @property
    def doubtful(self) -> str | None:
        """A lane of which nothing is asked until it is known whether it works; the first."""
        lanes = (lane for lane in self._lanes if lane not in self._unprobed)
        return next((lane for lane in lanes if self.is_doubtful(lane)), None)

    def is_doubtful(self, lane: str) -> bool:
        """Whether a lane may not work, and is to be tried with one request at a time."""
        if lane not in self._lanes or lane in self._apart:
            return False
        return self._lanes[lane].is_out or self._lanes[lane].sign is not None

    def unexplained_since(self, lane: str) -> int | None:
        """When the first of what failed in a lane did so, of which no good answer tells yet.

        None where there is nothing to hold requests back for: a lane in doubt is asked otherwise.
        """
        if lane in self._unprobed or lane not in self._lanes or self.is_doubtful(lane):
            return None
        each = (at for keys in self._lanes[lane].failed.values() for at in keys.values())
        return min(each, default=None)

    def probed_in_vain(
        self, lane: str, *, finally_: bool = False, has_witness: bool = False
    ) -> None:
        """The one request failed as well.

        Args:
            lane: of which it was to tell.
            finally_: nothing else is left to try.
            has_witness: a picture that was had before is asked for first (`is_at_last`).
        """
        state = self._lanes[lane]
        state.in_vain += 1
        is_enough = state.in_vain >= ELSEWHERE and not has_witness
        state.is_out = state.is_out or finally_ or is_enough

    def is_at_last(self, lane: str) -> bool:
        """Whether enough has failed elsewhere: one that was had before has the last word."""
        return lane in self._lanes and self._lanes[lane].in_vain >= ELSEWHERE

    def is_out(self, lane: str) -> bool:
        """Whether nothing of a lane works."""
        return lane in self._lanes and self._lanes[lane].is_out

    def has_worked(self, lane: str) -> bool:
        """Whether a lane has given a good answer in this crawl."""
        return self._lanes[lane].good > 0

    def set_apart(self, lane: str) -> None:
        """Other lanes of its kind work and this one does not: nothing is asked of it for now."""
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
