"""What a reading has piled up and remembers: a stack with marks, a memo, and the room for both."""

import sys
from typing import Any, Final

from fapproc.legacy.stand_ins import NotPlain

MOST_BEYOND_SIZE = 64 * 1024 * 1024
TIMES_SIZE = 3
"""Memory: so many times the file's size and some more is taken, and no byte above it."""
_MOST_ON_STACK = 1 << 18
_POINTER = 10
"""Bytes that a list takes for a place in it, with what it keeps free."""
MARK: Final = object()


class Stack:
    """The values of one pickle on their way; each is paid for by its size before it is kept."""

    def __init__(self, size: int) -> None:
        """Have room for what a pickle of so many bytes may make."""
        self._values: list[Any] = []
        self._memo: list[Any] = []
        self._room = MOST_BEYOND_SIZE + TIMES_SIZE * size

    def push(self, value: Any) -> None:
        """Lay a new value on top.

        Raises:
            NotPlain: more than the allowance.
        """
        self._charge(sys.getsizeof(value))
        self.lay(value)

    def lay(self, value: Any) -> None:
        """Lay on top what is there already, or a mark.

        Raises:
            NotPlain: the stack is too high.
        """
        if len(self._values) == _MOST_ON_STACK:
            raise NotPlain("it piles up more than any database does")
        self._values.append(value)

    def pop(self) -> Any:
        """Take what lies on top.

        Raises:
            NotPlain: no such value is there.
        """
        if not self._values or self._values[-1] is MARK:
            raise NotPlain("it takes what it has not made")
        return self._values.pop()

    def only(self) -> Any:
        """The one value that is left at the end.

        Raises:
            NotPlain: no such value is there.
        """
        if len(self._values) != 1 or self._values[0] is MARK:
            raise NotPlain("its end comes too early")
        return self._values[0]

    def since_mark(self) -> list[Any]:
        """What was piled up since the last mark, which is taken off with it.

        Raises:
            NotPlain: no such value is there.
        """
        stack = self._values
        place = len(stack) - 1
        while place >= 0 and stack[place] is not MARK:
            place -= 1
        if place < 0:
            raise NotPlain("it takes what it has not made")
        found = stack[place + 1 :]
        del stack[place:]
        return found

    def extend(self, kind: type[list[Any]], found: list[Any]) -> None:
        """Add to the list, set or dictionary that lies on top.

        Raises:
            NotPlain: no such value is there.
        """
        self._charge(_POINTER * len(found))
        top = self._values[-1] if self._values else None
        if type(top) is not kind:
            raise NotPlain("it adds to what takes nothing")
        top.extend(found)

    def put(self, index: int) -> None:
        """Remember what lies on top in a place: those that there are, or the next.

        Raises:
            NotPlain: no such value is there.
        """
        value = self.pop()
        self._values.append(value)
        if index > len(self._memo):
            raise NotPlain("it remembers in places that no Python begins with")
        if index == len(self._memo):
            self._charge(_POINTER)
            self._memo.append(value)
        self._memo[index] = value

    def get(self, index: int) -> None:
        """Lay on top what is remembered in a place.

        Raises:
            NotPlain: no such value is there.
        """
        if index >= len(self._memo):
            raise NotPlain("it takes what it has not made")
        self.lay(self._memo[index])

    def memoize(self) -> None:
        """Remember what lies on top, in the next place."""
        self.put(len(self._memo))

    def _charge(self, bytes_: int) -> None:
        self._room -= bytes_
        if self._room < 0:
            raise NotPlain("it makes far more of its bytes than any database does")
