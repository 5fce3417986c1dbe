"""What an animation shows after its first frame, in 32 bytes: two animations may begin alike.

All hashes of the registry see the first frame only, as those of imagededup do.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fapproc.dedup.colour import Colour
from fapproc.dedup.perceptual import PERCEPT

Later = NDArray[np.uint64]

FRAMES = 4
_BYTES = 8 * FRAMES
_NEAR_BITS = 12
"""No two of 500 unrelated photographs are nearer by percept."""
_NEAR_FRAMES = 3
"""So many of the four must be near: encoders drop frames, and the last may be black."""


def signature(frames: Sequence[Image.Image]) -> bytes:
    """Hash four frames spread over an animation, the last among them, never the first.

    Empty where only the first frame was decoded: how a very long animation goes on is not known.
    """
    last = len(frames) - 1
    if not last:
        return b""
    chosen = [-(-last * part // FRAMES) for part in range(1, FRAMES + 1)]
    codes = {number: PERCEPT.encode(Colour(frames[number])) for number in set(chosen)}
    return b"".join(codes[number] for number in chosen)


def read(signatures: Sequence[bytes | None]) -> Later:
    """Read signatures: uint64, a row each with four columns, all 0 where nothing is known."""
    rows = np.zeros((len(signatures), FRAMES), dtype=np.uint64)
    for number, one in enumerate(signatures):
        if one is not None and len(one) == _BYTES:
            rows[number] = np.frombuffer(one, dtype=">u8")
    return rows


def alike(a: Later, b: Later) -> NDArray[np.bool_]:
    """Tell which animations go on alike, row by row; of one that is not known, no."""
    close: NDArray[np.bool_] = np.bitwise_count(a ^ b) <= _NEAR_BITS
    known = (a != 0) & (b != 0)  # the first bit of a percept code is 1
    alike: NDArray[np.bool_] = (close & known).sum(axis=1) >= _NEAR_FRAMES
    return alike
