"""A second look: milliseconds for two pictures that are the same, and for two that aren't.

Pictures are drawn, as large as thumbnails; what a picture costs in a search is such a time for
each of its nearest that are looked at.
"""

import time
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from fapproc.dedup.second_look.look import look

PICTURES = 30
SIZE = (280, 210)

_CHANGES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "the same, as it is": lambda image: image,
    "mirrored": ImageOps.mirror,
    "cropped by 15% a side": lambda image: image.crop((42, 32, 238, 178)),
}


def run() -> Iterator[str]:
    """Yield the lines of a table; each pair is looked at as if for the first time."""
    drawn = [_drawn(seed) for seed in range(PICTURES)]
    yield f"{PICTURES} pairs each, of {SIZE[0]}x{SIZE[1]} pixels, one thread"
    yield ""
    yield "| second look at | milliseconds of a processor | called the same |"
    yield "|---|---|---|"
    for name, change in _CHANGES.items():
        yield _row(name, [(image, change(image)) for image in drawn])
    yield _row("strangers", list(zip(drawn, [*drawn[1:], drawn[0]], strict=True)))


def _row(name: str, pairs: list[tuple[Image.Image, Image.Image]]) -> str:
    shown = [(np.asarray(one), np.asarray(other)) for one, other in pairs]
    began = time.process_time()
    same = sum(look(*pair).same for pair in shown)
    spent = (time.process_time() - began) / len(shown)
    return f"| {name} | {spent * 1000:.0f} | {same} |"


def _drawn(seed: int) -> Image.Image:
    """Draw coloured noise of several octaves, coarse strong and fine weak, as in a photograph."""
    random = np.random.default_rng(seed)
    total: NDArray[np.float64] = np.zeros((SIZE[1], SIZE[0], 3))
    for octave in (3, 6, 12, 24, 48, 96):
        cells = random.integers(0, 256, (octave, octave, 3), dtype=np.uint8)
        smooth = Image.fromarray(cells).resize(SIZE, Image.Resampling.BICUBIC)
        total += np.asarray(smooth) / octave
    low, high = total.min(), total.max()
    return Image.fromarray(((total - low) / (high - low) * 255).astype(np.uint8))
