"""What a second look saw of two pictures that were laid over each other: values, and their words.

`dedup/second_look` makes them; whoever reads them needs no OpenCV.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

Box = tuple[float, float, float, float]
"""Left, upper, right, lower, as shares of a picture's width and height."""
_ALL: Box = (0.0, 0.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True)
class Look:
    """What a second look at two pictures saw; but for `score` and `same` it tells of same ones.

    The second is the first, `mirrored` or not, then `turned` clockwise by so many degrees. Of two
    of which nothing could be laid over each other the score is 0.
    """

    score: float
    """How well they agree as they lie best: 1 for all, about 0 for strangers."""
    same: bool
    turned: int = 0
    mirrored: bool = False
    part_of_first: Box | None = None
    """What part of the first the second shows; None where it is all."""
    part_of_second: Box | None = None
    bordered: int | None = None
    """Which of them, 0 or 1, has a border or a strip of one colour around the other."""
    differs: Box | None = None
    """Where in the first something else is shown."""
    grey: int | None = None
    """Which of them is grey while the other has colours."""

    @property
    def shared(self) -> float:
        """How much of either the other shows, of the one of which it is less."""
        parts = (self.part_of_first, self.part_of_second)
        return min(1.0 if part is None else _share(part) for part in parts)

    @property
    def reversed(self) -> "Look":
        """The same look, with the second picture as the first."""
        return replace(
            self,
            turned=self.turned if self.mirrored else -self.turned % 360,
            part_of_first=self.part_of_second,
            part_of_second=self.part_of_first,
            bordered=None if self.bordered is None else 1 - self.bordered,
            grey=None if self.grey is None else 1 - self.grey,
            differs=None if self.differs is None else self._in_second(self.differs),
        )

    def _in_second(self, box: Box) -> Box:
        """Where a box of the first lies in the second."""
        left, upper, right, lower = self.part_of_first or _ALL
        corners = [
            ((box[at] - left) / (right - left), (box[at + 1] - upper) / (lower - upper))
            for at in (0, 2)
        ]
        if self.mirrored:
            corners = [(1 - x, y) for x, y in corners]
        for _ in range(self.turned // 90):
            corners = [(1 - y, x) for x, y in corners]
        left, upper, right, lower = self.part_of_second or _ALL
        (x0, x1), (y0, y1) = (sorted(each) for each in zip(*corners, strict=True))
        wide, high = right - left, lower - upper
        return left + x0 * wide, upper + y0 * high, left + x1 * wide, upper + y1 * high

    @property
    def reasons(self) -> tuple[str, ...]:
        """In what way they are the same, in words that follow 'the same picture, '."""
        return self.named("the first", "the second")

    def named(self, first: str, second: str) -> tuple[str, ...]:
        """The same, with names for the two."""
        ends = (first, second)
        said = ["mirrored"] * self.mirrored
        said += [f"turned by {self.turned} degrees"] * (self.turned != 0)
        if self.bordered is not None:
            said.append(f"{ends[self.bordered]} with a border or a strip around it")
        parts = (self.part_of_first, self.part_of_second)
        for which, part in enumerate(parts):
            if part is not None and self.bordered != which:
                of = f"{_share(part):.0%} of {ends[which]}"
                said.append(f"cropped: {ends[1 - which]} shows {of}, {_where(part, _SIDES)}")
        if self.grey is not None:
            said.append(f"{ends[self.grey]} is grey")
        if self.differs is not None:
            said.append(f"differs in one place, {_where(self.differs, _PLACES)}")
        return tuple(said)


@dataclass(frozen=True, slots=True)
class PairLook:
    """A look at two images, by their digests: `a` is the first."""

    a: str
    b: str
    look: Look


def _share(part: Box) -> float:
    left, upper, right, lower = part
    return (right - left) * (lower - upper)


_PLACES = ("left", "right", "at the top", "at the bottom", "in the middle")
_SIDES = ("its left", "its right", "its upper part", "its lower part", "its middle")


def _where(part: Box, names: Sequence[str]) -> str:
    """Where a part lies, in words: one of a side, of two, or the middle."""
    left, upper, right, lower = part
    across = names[0] if left < 1 - right - 0.1 else names[1] if 1 - right < left - 0.1 else ""
    down = names[2] if upper < 1 - lower - 0.1 else names[3] if 1 - lower < upper - 0.1 else ""
    return " and ".join(word for word in (down, across) if word) or names[4]
