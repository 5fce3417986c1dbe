"""Pictures for the tests, drawn from seeds: like photos to a hash, of nothing to a person."""

from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image

OCTAVES = (3, 6, 12, 24, 48, 96)


def landscape(seed: int, size: tuple[int, int] = (320, 240)) -> Image.Image:
    """Draw coloured noise of several octaves, coarse strong and fine weak, as in a photo."""
    random = np.random.default_rng(seed)
    total = np.zeros((size[1], size[0], 3))
    for octave in OCTAVES:
        cells = (random.random((octave, octave, 3)) * 255).astype(np.uint8)
        smooth = Image.fromarray(cells).resize(size, Image.Resampling.BICUBIC)
        total += np.asarray(smooth, dtype=float) / octave
    low, high = total.min(), total.max()
    return Image.fromarray(((total - low) / (high - low) * 255).astype(np.uint8))


def write(image: Image.Image, format_: str, **options: Any) -> bytes:
    """Encode a picture with Pillow."""
    out = BytesIO()
    image.save(out, format_, **options)
    return out.getvalue()


def film(format_: str, count: int = 5, size: tuple[int, int] = (160, 120), **options: Any) -> bytes:
    """Encode an animation of `count` different frames, 100 ms each unless told, without end."""
    first, *rest = (landscape(seed, size) for seed in range(count))
    options = {"duration": 100, "loop": 0, **options}
    return write(first, format_, save_all=True, append_images=rest, **options)
