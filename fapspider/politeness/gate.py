"""Where a request waits before it is sent: while the site rests, and for a place in the budget."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from fapproc.wording import duration
from fapspider.politeness.budget import SECOND, Windows
from fapspider.politeness.ledger import Entry, Ledger

STEP = 0.2
"""A wait is cut into steps of so many seconds, so that Ctrl-C doesn't wait for it."""
BETWEEN_PROBES = 0.05
"""Seconds between two looks whether the request that goes alone after a pause is answered."""
_WORTH_TELLING = 5 * SECOND
LONGEST_PAUSE = 3600.0
KEPT = "Ctrl-C stops; what was fetched is kept."
PAUSES_IN_VAIN = 3


class Pauses:
    """When the site asks to stop, all requests pause; after three pauses in vain the crawl ends.

    After a pause one request at a time is let through, until a good answer has come from each lane
    (a kind of page, or a host of files) that asked for it: so a ban gets one request a pause, not
    as many as wait.
    """

    def __init__(self, first: float = 0.0) -> None:
        """Args: first: seconds of a pause for which the site gives no time."""
        self.begun = 0
        self.in_vain = 0
        self._first = first
        self._until = 0.0
        self._unwell: set[str] = set()
        self._probe: object = None

    @property
    def left(self) -> float:
        """Seconds until requests may go out again."""
        return max(0.0, self._until - time.monotonic())

    def begin(self, lane: str, asked: float | None = None) -> float | None:
        """Begin a pause of the seconds that the site asks for, else of our own, doubled each time.

        Args:
            lane: which asked for the pause, or gave other pages than before.
            asked: seconds.

        Returns:
            Its seconds, or None after three in vain.
        """
        self.begun += 1
        self.in_vain += 1
        self._unwell.add(lane)
        self._probe = None
        if self.in_vain > PAUSES_IN_VAIN:
            return None
        doubled = min(self._first * 2.0 ** (self.in_vain - 1), LONGEST_PAUSE)
        seconds = doubled if asked is None else asked
        self._until = time.monotonic() + seconds
        return seconds

    def admits(self, asker: object) -> bool:
        """Whether this request may go out now; the first after a pause goes alone."""
        if self.left > 0:
            return False
        if not self._unwell:
            return True
        if self._probe is None:
            self._probe = asker
        return self._probe is asker

    def answered(self, asker: object) -> None:
        """Note that this request was answered, or failed: after a pause the next may go out."""
        if self._probe is asker:
            self._probe = None

    def well(self, lane: str, sent_after: int) -> None:
        """Note a good answer from a lane; when all have given one, the pause was not in vain.

        Args:
            lane: which.
            sent_after: how many pauses had begun when it was asked for; what was under way when the
                last one began says nothing of the time after it.
        """
        if sent_after == self.begun:
            self.leave_out(lane)

    def leave_out(self, lane: str) -> None:
        """Wait for no good answer from this lane: nothing is asked of it for now."""
        self._unwell.discard(lane)
        if not self._unwell:
            self.in_vain = 0


class Budget:
    """The places for page requests, shared by all runs on this computer."""

    def __init__(
        self, windows: Windows, ledger: Ledger, *, longest_answer: float, say: Callable[[str], None]
    ) -> None:
        """Say what is counted and where.

        Args:
            windows: what each request has to fit into; with none of them nothing is counted.
            ledger: where the times are.
            longest_answer: seconds after which a request is given up.
            say: tells the person something.
        """
        self.windows = windows
        self._ledger = ledger
        self._longest_answer = int(longest_answer * SECOND)
        self._say = say
        self._turn = asyncio.Lock()
        self._told: dict[int, int] = {}

    def prepare(self) -> None:
        """See that the count can be kept.

        Raises:
            StorageError: its file can't be written.
        """
        if self.windows.each:
            self._ledger.prepare()

    def left(self) -> int | None:
        """How many pages may be asked for right now; None where nothing is counted.

        Raises:
            StorageError: the count can't be read.
        """
        if not self.windows.each:
            return None
        at = now()
        return self.windows.left(self._ledger.times(self.windows, at), at)

    @asynccontextmanager
    async def place(self, ready: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
        """Wait for a place and hold it until the answer is there.

        Args:
            ready: waits until requests may go out at all; asked each time before a place is taken.

        Raises:
            StorageError: the count can't be kept.
        """
        if not self.windows.each:
            await ready()
            yield
            return
        async with self._turn:  # the first to come waits at the ledger, the others behind it
            entry = await self._enter(ready)
        try:
            yield
        finally:
            self._ledger.settle(entry, now())

    async def _enter(self, ready: Callable[[], Awaitable[None]]) -> Entry:
        while True:
            await ready()
            at = now()
            found = self._ledger.enter(self.windows, at, at + self._longest_answer)
            if isinstance(found, Entry):
                return found
            if found.window is not None and found.until - at > _WORTH_TELLING:
                self._tell(found.window.seconds, f"{found.window}", found.until - at, at)
            await asyncio.sleep(min(STEP, (found.until - at) / SECOND))

    def _tell(self, seconds: int, what: str, wait: int, at: int) -> None:
        """Tell the person why requests wait; about each window at most once in its length."""
        if at < self._told.get(seconds, 0):
            return
        self._told[seconds] = at + max(wait, seconds * SECOND)
        self._say(f"The site's budget ({what}) is used up: going on in {duration(wait / SECOND)}.")


async def nap(left: Callable[[], float], is_ending: Callable[[], bool]) -> None:
    """Sleep while seconds are left, but not beyond the crawl's end."""
    while (seconds := left()) > 0 and not is_ending():
        await asyncio.sleep(min(seconds, STEP))


def now() -> int:
    """The time of the wall clock, in microseconds."""
    return time.time_ns() // 1000
