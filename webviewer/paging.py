"""Long lists, a stretch at a time."""

from dataclasses import dataclass

from flask import request


@dataclass(frozen=True, slots=True)
class Stretch:
    """The page of a list that is shown; pages count from 1, and an empty list has one."""

    parameter: str
    total: int
    size: int
    number: int

    @property
    def pages(self) -> int:
        """How many pages the list has."""
        return max(1, -(-self.total // self.size))

    @property
    def offset(self) -> int:
        """How many entries come before this page."""
        return (self.number - 1) * self.size

    @property
    def first(self) -> int:
        """The first entry shown, counted from 1; 0 in an empty list."""
        return min(self.offset + 1, self.total)

    @property
    def last(self) -> int:
        """The last entry shown, counted from 1."""
        return min(self.offset + self.size, self.total)

    @property
    def near(self) -> list[int]:
        """Pages to link to: the first, the last, and those around this one."""
        around = range(self.number - 2, self.number + 3)
        return sorted({1, self.pages} | {n for n in around if 1 <= n <= self.pages})


def stretch(total: int, size: int, *, parameter: str = "page") -> Stretch:
    """The page that the request asks for; what is no page of the list becomes the nearest one.

    Args:
        total: how many entries the list has.
        size: how many a page shows.
        parameter: of the address, where the number stands.
    """
    asked = request.args.get(parameter, default=1, type=int)
    whole = Stretch(parameter, total, size, 1)
    return Stretch(parameter, total, size, min(max(asked, 1), whole.pages))
