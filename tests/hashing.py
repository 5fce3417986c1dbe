"""Pictures hashed by every method of bits that there is."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fapproc.dedup.colour import Colour
from fapproc.dedup.registry import HASHES, encode


def hashed(image: Image.Image) -> dict[str, int]:
    """The codes of one picture, as it is decoded."""
    made = encode(Colour(image), HASHES.values())
    return {name: int.from_bytes(code, "big") for name, code in made.items()}


def all_hashed(*images: Image.Image) -> dict[str, NDArray[Any]]:
    """The codes of some, a row each."""
    codes = [hashed(image) for image in images]
    return {name: np.array([each[name] for each in codes], np.uint64) for name in HASHES}
