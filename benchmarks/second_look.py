"""A second look: milliseconds for two pictures that are the same, and for two that aren't.

Pictures are drawn, as large as thumbnails; what a picture costs in a search is such a time for
each of its nearest that are looked at.
"""

import time
from collections.abc import Callable, Iterator

import numpy as np
from PIL import Image, ImageOps

from fapproc.dedup.second_look.look import look
from tests.drawing import landscape

PICTURES = 30
SIZE = (280, 210)

_CHANGES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "the same, as it is": lambda image: image,
    "mirrored": ImageOps.mirror,
    "cropped by 15% a side": lambda image: image.crop((42, 32, 238, 178)),
}


def run() -> Iterator[str]:
    """Yield the lines of a table; each pair is looked at as if for the first time."""
    drawn = [landscape(seed, SIZE) for seed in range(PICTURES)]
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
