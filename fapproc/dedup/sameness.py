"""Which images of a group are the same but for size and quality, and whether one was enlarged.

Pictures and numbers in, values out. Measured on 290 photographs that chose no bound: all of half,
third and doubled size, JPEG 75 and 30 and WEBP 60 are the same as their photograph, and none with a
caption or a border, mirrored, grey, turned by a degree or cropped by 2%.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

Look = NDArray[np.float32]
"""A picture as it is compared: (2, 64, 64, 3), on white and on black."""

DEFINITION = 1
"""To be raised when it is decided in another way what is the same, best or enlarged: then all
groups are decided again."""
_SIDE, _BLOCK = 64, 4
_MEAN, _WORST = 2.0, 6.0
"""How far two may be apart, of 255: on average, and in the worst block of 4 x 4 pixels."""
_ASPECT = 1.02
_FINER = 0.40
"""Of 3,480 enlargements each falls below it; of true ones none twice, 0.3% 1.5 times and 7.6% 1.25
times as wide. Nearer to the same size most do: then nobody can tell."""
_FINEST = 0.5
"""Shades: what a JPEG's own noise makes where a picture is smooth, 0.1 to 0.3. Of 60 photographs
none loses less than 0.86 to a smaller copy of it."""
_MOST_UNCLEAR = 100
"""The most images, partly the same as each other, among which all classes are searched."""
_MOST_STEPS = 100_000
"""The most that is tried for it in a group: where each of 40 pictures is the same as all but one,
they have a million classes, and 20 s went by; each two more doubled that."""


@dataclass(frozen=True, slots=True)
class Classes:
    """Images, by position, of which each two are the same; the largest class first.

    `is_told`: whether the first is the largest alone.
    """

    classes: tuple[tuple[int, ...], ...]
    is_told: bool


def look(thumbnail: Image.Image) -> Look:
    """What is compared of a thumbnail, RGB or RGBA."""
    shown = [thumbnail.convert("RGB")] * 2
    if "A" in thumbnail.getbands():
        grounds = (Image.new("RGBA", thumbnail.size, ground) for ground in ("white", "black"))
        shown = [Image.alpha_composite(ground, thumbnail).convert("RGB") for ground in grounds]
    small = (each.resize((_SIDE, _SIDE), Image.Resampling.HAMMING) for each in shown)
    return np.stack(
        [np.asarray(each.filter(ImageFilter.GaussianBlur(1)), dtype=np.float32) for each in small]
    )


def are_same(
    a: Look,
    b: Look,
    aspects: tuple[float, float],
    *,
    mean: float = _MEAN,
    worst: float = _WORST,
) -> bool:
    """Whether two pictures differ in size and quality alone.

    Args:
        a: one picture.
        b: the other.
        aspects: their widths by their heights.
        mean: how far they may be apart, of 255, on average.
        worst: the same in the worst block.
    """
    if max(aspects) > _ASPECT * min(aspects):
        return False
    apart = np.abs(a - b).mean(axis=-1)
    of_blocks = _blocks(apart).mean(axis=(2, 4)).max()
    return bool(apart.mean(axis=(1, 2)).max() <= mean and of_blocks <= worst)


def classes(looks: Sequence[Look | None], aspects: Sequence[float]) -> Classes:
    """Put the images of a group into classes of which each two are the same.

    Args:
        looks: of each image; None for one that is the same as no other, an animation.
        aspects: of each image.
    """
    known = {at: each for at, each in enumerate(looks) if each is not None}
    beside: dict[int, set[int]] = {at: set() for at in known}
    for a, b in _maybe_same(known):
        if are_same(known[a], known[b], (aspects[a], aspects[b])):
            beside[a].add(b)
            beside[b].add(a)
    return classes_of(beside)


def _maybe_same(looks: Mapping[int, Look]) -> Iterator[tuple[int, int]]:
    """Pairs whose blocks are near each other: no two are nearer than the means of their blocks."""
    if len(looks) < 2:
        return
    places = list(looks)
    blocks = np.stack([_blocks(each).mean(axis=(2, 4)) for each in looks.values()])
    for at in range(len(places) - 1):
        worst = np.abs(blocks[at + 1 :] - blocks[at]).mean(axis=-1).max(axis=(1, 2, 3))
        for other in np.flatnonzero(worst <= _WORST).tolist():
            yield places[at], places[at + 1 + other]


def _blocks(look: NDArray[np.float32]) -> NDArray[np.float32]:
    """The same pixels by block: (2, 16, 4, 16, 4), and the channels where there are any."""
    count = _SIDE // _BLOCK
    return look.reshape(2, count, _BLOCK, count, _BLOCK, *look.shape[3:])


def classes_of(beside: dict[int, set[int]]) -> Classes:
    """Divide images by whom each is the same as: time and again the largest class is taken out."""
    left, found = {at for at, others in beside.items() if others}, list[tuple[int, ...]]()
    is_told, is_clear, steps = True, True, iter(range(_MOST_STEPS))
    while left:
        among = {at: beside[at] & left for at in left}
        largest, clear = _largest(among, steps)
        is_clear = is_clear and clear
        if not largest or len(largest[0]) < 2:
            break
        if not found:
            is_told = len(largest) == 1
        found.append(largest[0])
        left -= set(largest[0])
    return Classes(tuple(found), is_told=bool(found) and is_told and is_clear)


def _largest(
    beside: dict[int, set[int]], steps: Iterator[int]
) -> tuple[list[tuple[int, ...]], bool]:
    """The largest classes there are, and whether every image could be looked through."""
    cliques, is_clear = set[tuple[int, ...]](), True
    rest = set(beside)
    while rest:
        part = _connected(min(rest), beside)
        rest -= part
        if all(len(beside[at]) == len(part) - 1 for at in part):
            cliques.add(tuple(sorted(part)))
        elif len(part) <= _MOST_UNCLEAR and (found := _cliques(beside, part, steps)) is not None:
            cliques |= found
        else:
            is_clear = False
    size = max(map(len, cliques), default=0)
    return sorted(clique for clique in cliques if len(clique) == size), is_clear


def _connected(start: int, beside: dict[int, set[int]]) -> set[int]:
    found, ahead = {start}, [start]
    while ahead:
        new = beside[ahead.pop()] - found
        found |= new
        ahead += new
    return found


def _cliques(
    beside: dict[int, set[int]], part: set[int], steps: Iterator[int]
) -> set[tuple[int, ...]] | None:
    """All sets of which each two are the same, and that no other image fits (Bron and Kerbosch).

    None where no more `steps` are left before all are found.
    """
    found, ahead = set[tuple[int, ...]](), [(frozenset[int](), part, set[int]())]
    while ahead:
        if next(steps, None) is None:
            return None
        held, may, done = ahead.pop()
        if not may and not done:
            found.add(tuple(sorted(held)))
            continue
        pivot = max(may | done, key=lambda at: len(beside[at] & may))
        for at in sorted(may - beside[pivot]):
            ahead.append((held | {at}, may & beside[at], done & beside[at]))
            may, done = may - {at}, done | {at}
    return found


def is_enlarged(grey: Image.Image, shares: Collection[float]) -> bool:
    """Whether a picture shows no finer detail than a smaller one does.

    Args:
        grey: the picture, in shades of grey.
        shares: how wide each smaller picture is, as a part of its width, below 1.
    """
    for share in shares:
        lost = _lost(grey, share)
        if lost < _FINEST or lost < _FINER * _lost(grey, share / 2):
            return True
    return False


def _lost(grey: Image.Image, share: float) -> float:
    """What is lost, in shades, when a picture is shrunk to a part of its width and back."""
    size = (max(1, round(grey.width * share)), max(1, round(grey.height * share)))
    small = grey.resize(size, Image.Resampling.LANCZOS)
    back = small.resize(grey.size, Image.Resampling.BICUBIC)
    return float(np.abs(np.asarray(grey, np.int16) - np.asarray(back, np.int16)).mean())
