"""What a page has no time for: what took too long once is left to the page's script for a while."""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import TypeVar

T = TypeVar("T")

AT_ONCE = 0.01
"""Seconds that a page waits for its counts; after that its script asks for them."""
PATIENCE = 2.0
"""Seconds that the script's question for them may take."""
_MOST = 200
_FORGOTTEN = 60.0
"""Seconds after which a page tries again: much may have been deleted."""


class Slow:
    """Which questions took longer than a page waits, and when that was."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._known: OrderedDict[Hashable, float] = OrderedDict()
        self._turn = Lock()
        self._clock = clock

    def at_once(
        self,
        what: Hashable,
        ask: Callable[[float], T | None],
        is_whole: Callable[[T], bool] = lambda _: True,
    ) -> T | None:
        """The answer to a question, if it comes at once; None if not, and where it did not before.

        Args:
            what: names the question.
            ask: gets seconds, and gives None where they are not enough.
            is_whole: whether an answer is all that was asked for. A part of one is given now, and
                not asked for again for a while either.
        """
        now = self._clock()
        with self._turn:
            if now < self._known.get(what, 0.0):
                return None
        found = ask(AT_ONCE)
        with self._turn:
            self._known.pop(what, None)
            if found is None or not is_whole(found):
                self._known[what] = now + _FORGOTTEN
                while len(self._known) > _MOST:
                    self._known.popitem(last=False)
        return found
