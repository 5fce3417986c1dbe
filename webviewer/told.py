"""What was set besides what a person said, until the page that comes next has shown it."""

from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock

_MOST = 100


class Told:
    """Sentences by decision, in memory: a cookie would lie in the browser's folder."""

    def __init__(self) -> None:
        self._notices: OrderedDict[int, Sequence[str]] = OrderedDict()
        self._turn = Lock()

    def keep(self, decision: int | None, notices: Sequence[str]) -> None:
        """Keep what is to be told of a decision; of too many the oldest is forgotten."""
        if decision is None or not notices:
            return
        with self._turn:
            self._notices[decision] = notices
            while len(self._notices) > _MOST:
                self._notices.popitem(last=False)

    def of(self, decision: int) -> Sequence[str]:
        """What is to be told of a decision."""
        return self._notices.get(decision, ())
