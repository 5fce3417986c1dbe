"""What a person sees of a picture, small: on a ground, and inside its border. In memory.

Hashes see pixels as they are stored; networks see this. After a change `models.SHOWN` goes up.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from itertools import chain

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fapproc.dedup.wedges import filled

Lines = NDArray[np.int16]
Box = tuple[int, int, int, int]
"""Left, upper, right, lower."""
Show = Callable[[int], Image.Image]
"""The picture again, as large as fits a square of so many pixels."""

_LEAST, _NEAREST = 80, 4
"""Pixels a side that a picture between bars is looked at with again, and how many times nearer."""
_FILLED = 0.9
"""So much inside a border is unlike it where that is a picture, and no thing on a plain ground.
Between bars as wide as themselves 0.97 of photographs are near to themselves, 0.73 if none is
looked at nearer. Of small drawings on a sheet and the same at half the size 0.89 are near, 0.57 if
all are looked at nearer."""
_ONE_COLOUR = 10
"""Steps of 255 in which a border may differ: what JPEG makes of one colour."""
_WIDEST_SOFT = 0.15
"""Of a side: so wide is a border that runs into the picture at most, as a sky does."""
_SHARP = 30
"""Steps from a border to the picture, from which on it is none that runs."""
_RINGING = 16
"""Lines beside a border in which JPEG may leave something of the picture: as many as a block of its
colours has. With 8, a thing on a page that was turned was found with half of the page around it."""
_BLENDED = 2
"""Lines beside a border that hold something of it after shrinking: with them, cosines to the same
picture without a border fell to 0.65 (drawings) and 0.82 (photographs); without, to 0.99 and 0.91.
"""
_APART, _AT_EDGE, _SMALL = 1 / 12, 1 / 8, 0.6
"""What stands apart above or below a thing on a plain ground, as a caption does: so much of the
height is empty between them, within so much of it at an edge it lies, and so large is its box at
most beside that of the thing. Of 699 drawings none has any; captions on 72 of 300 do, whose cosines
to their drawings were 0.46 to 0.94 with it, and are 0.92 to 0.99 without."""
_COARSE, _STRIDE, _BEND_COARSE = 32, 4, 10
FINE, _BEND_FINE = 64, 8
"""How much pictures of so few pixels a side must bend, in steps of 255, to show anything: 100
photographs in 20 forms each bend by 113 and 80 at least, a tenth as bright by 16 and 9; gradients
of any form stay below one of them, and grain that is 30 steps wide below the first."""


class Seen:
    """One picture as people see it.

    Args:
        small: RGB or RGBA, upright, of some hundred pixels.
        show: makes it larger, for a look at a part of it; None if this is all there is.
    """

    def __init__(self, small: Image.Image, show: Show | None = None) -> None:
        self._small, self._show = small, show

    @cached_property
    def small(self) -> Image.Image:
        """The picture in RGB, on the ground on which it shows something: white, or else black."""
        return _on(self._small, self._ground)

    @cached_property
    def fine(self) -> Image.Image:
        """The picture in `FINE` x `FINE` pixels, each the mean of what it covers."""
        return _boxed(self.small, FINE)

    @cached_property
    def inner(self) -> Box:
        """The box inside a border of one colour; all, where nothing is to be seen inside.

        Opposite sides that are wider than `_WIDEST_SOFT` are a border if they are of one colour and
        the picture begins sharply: a tricolour has none.
        """
        whole = (0, 0, *self.small.size)
        planes = self._planes
        upper, lower = _borders(planes)
        rows = planes[:, upper : self.small.height - lower]
        left, right = _borders(rows.transpose(0, 2, 1))
        box = left, upper, self.small.width - right, self.small.height - lower
        return whole if box != whole and shows_nothing(self.small.crop(box)) else box

    @cached_property
    def is_blank(self) -> bool:
        """Whether nothing is to be seen that a network could tell from others."""
        if self.inner == (0, 0, *self.small.size):
            return _shows_nothing(self.small, self.fine)
        return shows_nothing(self.small.crop(self.inner))

    def square(self, side: int) -> Image.Image:
        """Press what is inside the border into a square of so many pixels.

        A crop at the edges, as imagededup makes it, would lose what a cropped picture keeps. Of a
        thing on a plain ground a caption that stands apart from it is left out.
        """
        left, upper, right, lower = self.thing
        source, nearer = self.small, _LEAST / min(right - left, lower - upper)
        if nearer > 1 and self._show is not None and self._is_filled:
            closer = round(max(source.size) * min(nearer, _NEAREST))
            source = _on(self._show(closer), self._ground)
        x, y = source.width / self.small.width, source.height / self.small.height
        box = left * x, upper * y, right * x, lower * y
        return source.resize((side, side), Image.Resampling.BILINEAR, box=box)

    @cached_property
    def thing(self) -> Box:
        """The box around a thing on a plain ground, without what stands apart; else `inner`."""
        if self.inner == (0, 0, *self.small.size):
            return self.inner
        box = _largest(self._unlike > 2 * _ONE_COLOUR)
        return self.inner if box is None or shows_nothing(self.small.crop(box)) else box

    @property
    def _is_filled(self) -> bool:
        """Whether a picture of its own is inside the border, and not a thing on a ground."""
        left, upper, right, lower = self.inner
        return bool((self._unlike[upper:lower, left:right] > _SHARP).mean() >= _FILLED)

    @cached_property
    def _unlike(self) -> NDArray[np.int16]:
        """By how many steps of 255 each pixel differs from the border: height x width."""
        left, upper, _, _ = self.inner
        corner = 0 if left or upper else -1
        planes = self._planes.astype(np.int16)
        unlike: NDArray[np.int16] = np.abs(planes - planes[:, corner, corner, None, None]).max(
            axis=0
        )
        return unlike

    @cached_property
    def _planes(self) -> NDArray[np.uint8]:
        """Its colours, where borders are sought: a slight turn leaves other corners on these."""
        return filled(_planes(self.small))

    @cached_property
    def _ground(self) -> str:
        if self._small.mode == "RGBA" and shows_nothing(_on(self._small, "white")):
            return "white" if shows_nothing(_on(self._small, "black")) else "black"
        return "white"


def first_shown(frames: Iterable[Seen]) -> Seen:
    """The first frame of an animation in which there is anything to see; else the first."""
    waiting = iter(frames)
    first = next(waiting)
    return next((seen for seen in chain([first], waiting) if not seen.is_blank), first)


def shows_nothing(image: Image.Image) -> bool:
    """Tell whether an RGB picture is of one colour, but for grain, or a shade that runs evenly."""
    return _shows_nothing(image, _boxed(image, FINE))


def _shows_nothing(image: Image.Image, fine: Image.Image) -> bool:
    return not (
        _bends(_boxed(image, _COARSE), _STRIDE, _BEND_COARSE) and _bends(fine, 1, _BEND_FINE)
    )


def _boxed(image: Image.Image, side: int) -> Image.Image:
    return image.resize((side, side), Image.Resampling.BOX)


def _bends(image: Image.Image, stride: int, most: int) -> bool:
    """Whether a pixel is further than half of `most` from the middle of its two neighbours."""
    pixels = np.asarray(image).astype(np.int16)
    bends = (
        along[stride * 2 :] - 2 * along[stride:-stride] + along[: -stride * 2]
        for along in (pixels, pixels.transpose(1, 0, 2))
    )
    return any(bend.max() > most or bend.min() < -most for bend in bends)


def _on(image: Image.Image, ground: str) -> Image.Image:
    if image.mode != "RGBA":
        return image if image.mode == "RGB" else image.convert("RGB")
    lain = Image.new("RGB", image.size, ground)
    lain.paste(image, mask=image.getchannel("A"))
    return lain


def _planes(image: Image.Image) -> NDArray[np.uint8]:
    """Return red, green and blue apart, 3 x height x width: five times as fast to count on."""
    return np.stack([np.asarray(plane) for plane in image.split()])


def _largest(shown: NDArray[np.bool_]) -> Box | None:
    """The box around all that is shown but for what stands apart; None if nothing does.

    Args:
        shown: height x width.
    """
    height = len(shown)
    rows = np.flatnonzero(shown.any(axis=1))
    parts = np.split(rows, np.flatnonzero(np.diff(rows) > _APART * height) + 1)
    if len(parts) < 2:
        return None
    boxes = []
    for part in parts:
        upper, lower = int(part[0]), int(part[-1]) + 1
        columns = np.flatnonzero(shown[upper:lower].any(axis=0))
        boxes.append((int(columns[0]), upper, int(columns[-1]) + 1, lower))
    largest = max(map(_area, boxes))
    at_edge = _AT_EDGE * height, (1 - _AT_EDGE) * height
    kept = [
        box
        for box in boxes
        if _area(box) >= _SMALL * largest or (box[3] > at_edge[0] and box[1] < at_edge[1])
    ]
    if len(kept) == len(boxes):
        return None
    lefts, uppers, rights, lowers = zip(*kept, strict=True)
    left, upper = min(lefts) + _BLENDED, min(uppers) + _BLENDED
    right, lower = max(rights) - _BLENDED, max(lowers) - _BLENDED
    return (left, upper, right, lower) if left < right and upper < lower else None


def _area(box: Box) -> int:
    left, upper, right, lower = box
    return (right - left) * (lower - upper)


def _borders(planes: NDArray[np.uint8]) -> tuple[int, int]:
    """Count the lines at the beginning and at the end that are border.

    Args:
        planes: 3 x lines x pixels of a line.
    """
    if np.ptp(planes[:, [0, -1]], axis=2).max(axis=0).min() > _ONE_COLOUR:
        return 0, 0  # most pictures: neither end begins with a line of one colour
    high, low = planes.max(axis=2).astype(np.int16), planes.min(axis=2).astype(np.int16)
    count = high.shape[1]
    first, last = _plain(high, low), _plain(high[:, ::-1], low[:, ::-1])
    if first + last >= count:
        return 0, 0
    alike = not (first and last) or _are_one_colour(high, low, [*range(first), *range(-last, 0)])
    soft = int(count * _WIDEST_SOFT)
    ends = ((first, high, low), (last, high[:, ::-1], low[:, ::-1]))
    found = [
        lines if lines <= soft else (_begin(of_high, of_low, lines) if alike else None) or soft
        for lines, of_high, of_low in ends
    ]
    upper, lower = (lines + _BLENDED if lines else 0 for lines in found)
    return (upper, lower) if upper + lower < count else (0, 0)


def _plain(high: Lines, low: Lines) -> int:
    """How many lines from the first one on are of one colour together.

    Args:
        high: the highest value of each line, 3 x lines.
        low: the lowest.
    """
    apart = np.maximum.accumulate(high, axis=1) - np.minimum.accumulate(low, axis=1)
    return int(np.count_nonzero(apart.max(axis=0) <= _ONE_COLOUR))


def _are_one_colour(high: Lines, low: Lines, lines: Sequence[int]) -> bool:
    """Tell whether these lines are of one colour."""
    return bool((high[:, lines].max(axis=1) - low[:, lines].min(axis=1)).max() <= 2 * _ONE_COLOUR)


def _begin(high: Lines, low: Lines, lines: int) -> int | None:
    """Return the line at which the picture begins sharply behind a border; None if it doesn't."""
    beside = slice(lines, lines + _RINGING)
    up = (high[:, beside] - low[:, :lines].min(axis=1, keepdims=True)).max(axis=0)
    down = (high[:, :lines].max(axis=1, keepdims=True) - low[:, beside]).max(axis=0)
    sharp = np.flatnonzero(np.maximum(up, down) >= _SHARP)
    return lines + int(sharp[0]) if len(sharp) else None
