"""The kinds of pictures that are measured apart: where each is from, and what is wanted of it."""

import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from evaluation import collection, drawn, moving, small, transformations, transparent
from evaluation.collection import Original

_DRAWN = 400
SAMPLE_SEED = 9


class Source(StrEnum):
    """What a folder of a person's holds."""

    PHOTOS = "photos"
    DRAWINGS = "drawings"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a kind is held to.

    `found` by change: of which share of pictures the changed one is to be found. `false_pairs` of
    a million pairs of pictures at most; `widest`: pictures in one group at most that are not one.
    `apart`: changes that make something else of a picture, never to be in one group with it.
    """

    found: Mapping[str, float] = field(default_factory=dict)
    false_pairs: float = 0
    widest: int = 1
    apart: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of pictures.

    `source`: which folder has some, if any has; else `drawn` draws so many by code. `vary` runs in
    workers: it makes of the bytes of one the files that are compared, itself and then each of
    `changes`.
    """

    name: str
    vary: Callable[[bytes], list[bytes]]
    changes: Sequence[str]
    wanted: Wanted
    source: Source | None = None
    drawn: Callable[[int], Iterable[bytes]] | None = None

    def originals(
        self, folder: Path | None, series: str | None, *, enough: int | None = None
    ) -> Iterator[Original]:
        """Yield the pictures of a folder, else drawn ones; none where neither is to be had.

        `enough`: more need not be drawn.
        """
        if folder is not None:
            yield from collection.read(folder, series)
        elif self.drawn is not None:
            for number, data in enumerate(self.drawn(min(_DRAWN, enough or _DRAWN))):
                yield Original(f"{number:05}", f"{number:05}", data)


def sample(originals: Sequence[Original], count: int | None) -> list[Original]:
    """Take so many, by lot that falls the same way every time; all if None."""
    if count is None or count >= len(originals):
        return list(originals)
    lot = random.Random(SAMPLE_SEED)  # noqa: S311 - the same ones every time
    return sorted(lot.sample(originals, count), key=lambda each: each.name)


_STILL = tuple(transformations.TRANSFORMATIONS)
_FAITHFUL = (
    *("JPEG 75", "JPEG 30", "WEBP 60", "half size", "thumbnail of 128 px", "80% of the height"),
    *("grey", "brightness +20%", "contrast +20%", "caption"),
)
_NEAR = (
    *("crop 2% a side", "crop 5% a side", "crop 10% a side", "rotation 2 degrees", "border"),
    *("mirrored", "turned by 90 degrees", "turned by 180 degrees", "turned by 270 degrees"),
    "on its side, turned by EXIF",
)
_PARTS = ("crop 15% a side", "lower third off", "words of a meme")


def _found(parts: float) -> dict[str, float]:
    """What is wanted of stills, by change."""
    shares = ((_FAITHFUL, 0.995), (_NEAR, 0.99), (_PARTS, parts), (("crop 20% a side",), 0.9))
    return {name: share for names, share in shares for name in names}


_MOVED = (
    *("mirrored", "loop shifted by a third", "crop 5% a side", "half the frames"),
    "beginning cut",
)

_ALL = (
    Kind(
        "photographs",
        transformations.vary,
        _STILL,
        Wanted(_found(parts=0.95)),
        Source.PHOTOS,
        drawn.scenes,
    ),
    Kind(
        "drawings",
        transformations.vary,
        _STILL,
        Wanted(_found(parts=0.92), false_pairs=5, widest=2),
        Source.DRAWINGS,
    ),
    Kind("text", transformations.vary, _STILL, Wanted(), drawn=drawn.texts),
    Kind("sparse", small.vary, _STILL, Wanted(), Source.DRAWINGS, drawn.things),
    Kind(
        "transparent",
        transparent.vary,
        tuple(transparent.CHANGES),
        Wanted(dict.fromkeys(transparent.CHANGES, 0.99)),
        Source.DRAWINGS,
        drawn.transparent,
    ),
    Kind(
        "animations",
        moving.vary,
        tuple(moving.CHANGES),
        Wanted(dict.fromkeys(_MOVED, 0.9), apart=frozenset({moving.STILL})),
        drawn=moving.drawn,
    ),
)
KINDS = {kind.name: kind for kind in _ALL}
"""By name. No drawings are drawn by code: docs/duplicates.md says where to get some."""
