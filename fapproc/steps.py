"""How what takes long tells that its steps begin, and how many of them are done."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

Done = Callable[[int], None]
Begin = Callable[[str, int], AbstractContextManager[Done]]
"""Told what begins and how many steps it has, gives what is called with how many more are done."""
_TOO_SMALL, _TOO_SOON = 0.01, 60.0
"""So small a part, done in fewer seconds, tells nothing of the time left: workers had to begin
first, and a search of nine minutes was said to take an hour and a half.
"""


@contextmanager
def unseen(what: str, total: int) -> Iterator[Done]:  # noqa: ARG001 - a `Begin`
    """Show nothing."""
    yield lambda _: None


def time_left(part: float | None, seconds: float) -> float | None:
    """Seconds that the rest takes at the rate of the part that is done; None if nobody knows."""
    if not part or (part < _TOO_SMALL and seconds < _TOO_SOON):
        return None
    return seconds * (1 / part - 1)
