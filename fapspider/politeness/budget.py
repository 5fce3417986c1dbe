"""How many pages the site is asked for in how much time: the arithmetic of sliding windows.

Times are whole microseconds of the wall clock, so that they mean the same to all runs and survive
a restart. A request counts from the moment it is sent until its answer is there, and from then on
for the seconds of each window: whenever the site saw it in between, no window of the site's own
clock holds more than was agreed.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Self

SECOND = 1_000_000


@dataclass(frozen=True, slots=True)
class Window:
    """At most so many requests within any span of so many seconds."""

    seconds: int
    requests: int

    @property
    def span(self) -> int:
        """Its length in microseconds."""
        return self.seconds * SECOND

    def __str__(self) -> str:
        known = {60: "a minute", 3600: "an hour", 86_400: "a day"}
        if self.seconds in known:
            return f"{self.requests:,} pages {known[self.seconds]}"
        if self.seconds % 60 == 0:
            return f"{self.requests:,} pages in {self.seconds // 60} minutes"
        return f"{self.requests:,} pages in {self.seconds} s"


@dataclass(frozen=True, slots=True)
class Windows:
    """All windows that a request must fit into; there are none if nothing is counted."""

    each: tuple[Window, ...] = ()

    @classmethod
    def of(cls, budgets: Mapping[int, int]) -> Self:
        """The windows of a setting: requests by seconds."""
        return cls(tuple(Window(seconds, most) for seconds, most in sorted(budgets.items())))

    @property
    def longest(self) -> int:
        """How long a request counts at all, in microseconds."""
        return max((window.span for window in self.each), default=0)

    @property
    def most(self) -> int:
        """The largest number of requests of one window."""
        return max((window.requests for window in self.each), default=0)

    def seconds(self, pages: int, delay: float) -> float:
        """About how long so many pages take, if there are so many seconds between two at least."""
        spans = [window.seconds * pages / window.requests for window in self.each]
        return max([pages * delay, *spans])

    def free_at(self, taken: Iterable[int], now: int) -> tuple[int, Window | None]:
        """When the next request fits, and the window that makes it wait.

        Args:
            taken: when the others were sent or answered; one that lies in the future is under way
                and counts as now.
            now: the time.

        Returns:
            `now` and None where it fits at once, else the first moment at which it may.
        """
        times = sorted(taken)
        at, why = now, None
        for window in self.each:
            if len(times) >= window.requests:
                free = min(times[-window.requests], now) + window.span
                if free > at:
                    at, why = free, window
        return at, why

    def left(self, taken: Iterable[int], now: int) -> int:
        """How many requests fit in at once; 0 if one has to wait, and if nothing is counted."""
        times = sorted(taken)
        spare = [
            window.requests - len(times) + bisect_right(times, now - window.span)
            for window in self.each
        ]
        return max(0, min(spare, default=0))
