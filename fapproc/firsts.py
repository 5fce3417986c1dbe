"""The first of many things, and how many there are: what a person is told of faults stays short.

An archive of a million pictures on a bad disk has a million faults. Some are named, all are
counted, and no more than that is held in memory.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")

MOST = 20
"""So many things of a kind are named at most."""


@dataclass(slots=True)
class Firsts(Generic[T]):
    """Things as they come: the first of them, and the number of all."""

    named: list[T] = field(default_factory=list)
    count: int = 0
    _last: T | None = field(default=None, compare=False)

    def add(self, things: Iterable[T]) -> None:
        """Take some more; one that is named already, or came just before, is the same one."""
        for thing in things:
            if thing == self._last or thing in self.named:
                continue
            self._last = thing
            self.count += 1
            if len(self.named) < MOST:
                self.named.append(thing)

    def __bool__(self) -> bool:
        """Whether there is any."""
        return self.count > 0

    @property
    def more(self) -> int:
        """How many are not named."""
        return self.count - len(self.named)


def listed(words: Iterable[str]) -> str:
    """Words in a row, and how many more there are behind the first: `a, b and 2 more`."""
    some = Firsts[str]()
    some.add(words)
    return ", ".join(some.named) + (f" and {some.more:,} more" if some.more else "")
