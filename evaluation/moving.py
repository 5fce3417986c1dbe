"""Animations: some drawn by code, and what may happen to one between two places."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from io import BytesIO

from PIL import Image, ImageDraw, ImageOps

from evaluation.drawn import scene
from evaluation.transformations import cropped, jpeg, scaled

COUNT = 24
"""Frames of a drawn one."""
_SIZE = (160, 120)
_WIDE = (240, 180)


@dataclass(frozen=True, slots=True)
class Film:
    """Frames in RGB, and how many milliseconds each is shown."""

    frames: Sequence[Image.Image]
    duration: int = 80


def drawn(count: int) -> Iterator[bytes]:
    """Yield animations as GIF. Each second one begins with the first frame of the one before it.

    A third are of a view that moves over a scene, a third of a thing that moves before one, a third
    of one scene after another.
    """
    first = None
    for seed in range(count):
        film = Film([_DRAW[seed // 2 % len(_DRAW)](seed, at / COUNT) for at in range(COUNT)])
        if first is not None and seed % 2:
            film = Film([first, *film.frames[1:]])
        first = film.frames[0]
        yield gif(film)


@lru_cache(maxsize=1)
def _ground(seed: int, size: tuple[int, int]) -> Image.Image:
    return scene(seed, size)


def _view(seed: int, at: float) -> Image.Image:
    """A view that goes round over a scene."""
    x = round(40 + 40 * math.cos(2 * math.pi * at + seed))
    y = round(30 + 30 * math.sin(2 * math.pi * at + seed))
    return _ground(seed, _WIDE).crop((x, y, x + _SIZE[0], y + _SIZE[1]))


def _thing(seed: int, at: float) -> Image.Image:
    """A thing that moves before a scene, there and back."""
    frame = _ground(seed, _SIZE).copy()
    x = round(80 + 55 * math.sin(2 * math.pi * at + seed))
    y = round(60 + 35 * math.sin(4 * math.pi * at + 2 * seed))
    ImageDraw.Draw(frame).ellipse((x - 24, y - 24, x + 24, y + 24), "white", "black", 3)
    return frame


def _scenes(seed: int, at: float) -> Image.Image:
    """Four scenes, each for a quarter of the time."""
    return _ground(1000 + 4 * seed + int(at * 4), _SIZE)


_DRAW = (_view, _thing, _scenes)


def gif(film: Film) -> bytes:
    """Encode as GIF that plays for ever."""
    first, *rest = film.frames
    out = BytesIO()
    first.save(out, "GIF", save_all=True, append_images=rest, duration=film.duration, loop=0)
    return out.getvalue()


def webp(film: Film) -> bytes:
    """Encode as WEBP that plays for ever."""
    first, *rest = film.frames
    out = BytesIO()
    first.save(
        out, "WEBP", save_all=True, append_images=rest, duration=film.duration, loop=0, quality=70
    )
    return out.getvalue()


def each(film: Film, change: Callable[[Image.Image], Image.Image]) -> Film:
    """Change every frame alike."""
    return replace(film, frames=[change(frame) for frame in film.frames])


def shifted(film: Film) -> Film:
    """Begin the loop a third later."""
    third = len(film.frames) // 3
    return replace(film, frames=[*film.frames[third:], *film.frames[:third]])


def begun_later(film: Film) -> Film:
    """Cut the first quarter off."""
    return replace(film, frames=film.frames[len(film.frames) // 4 :])


def sparser(film: Film) -> Film:
    """Leave out every second frame, and show the others twice as long."""
    return Film(film.frames[::2], film.duration * 2)


def still(film: Film) -> bytes:
    """Take one frame from the middle as a picture."""
    return jpeg(film.frames[len(film.frames) // 2], 92)


STILL = "a still of it"
CHANGES: dict[str, Callable[[Film], bytes]] = {
    "WEBP 70": webp,
    "half size": lambda film: gif(each(film, lambda frame: scaled(frame, 0.5, 0.5))),
    "mirrored": lambda film: gif(each(film, ImageOps.mirror)),
    "loop shifted by a third": lambda film: gif(shifted(film)),
    "crop 5% a side": lambda film: gif(each(film, lambda frame: cropped(frame, 0.05))),
    "half the frames": lambda film: gif(sparser(film)),
    "beginning cut": lambda film: gif(begun_later(film)),
    "half as fast": lambda film: gif(replace(film, duration=film.duration * 2)),
    "mirrored, half the frames": lambda film: gif(sparser(each(film, ImageOps.mirror))),
    STILL: still,
}
"""By name: what may happen to an animation."""


def vary(data: bytes) -> list[bytes]:
    """Make the files of an animation: itself, then each change of it. Runs in a worker process."""
    with Image.open(BytesIO(data)) as image:
        duration = int(image.info.get("duration", 80))
        frames = []
        for number in range(getattr(image, "n_frames", 1)):
            image.seek(number)
            frames.append(image.convert("RGB"))
    film = Film(frames, duration)
    return [data, *(change(film) for change in CHANGES.values())]
