"""One safe decode an image: facts, the first frame for the hashes, small frames for the thumbnail.

Holds the limits on pixels and frames. Only Pillow's decoders for the seven formats see the bytes;
none of them runs another program. Time and memory are limited by `workers`.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import BytesIO

from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    ExifTags,
    GifImagePlugin,
    Image,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from fapproc.imaging import gif, jpeg
from fapproc.imaging.sniff import HEAD, sniff
from fapproc.imaging.undecodable import Undecodable
from fapproc.model import Detail, Facts, Format

__all__ = ["SIDE", "Decoded", "Frame", "Undecodable", "decode"]

SIDE = 280
"""Longest side of a thumbnail, in pixels."""
MAX_PIXELS = 178_956_970
"""Of one frame: where Pillow too takes a picture for a decompression bomb."""
MAX_FRAMES = 2_000
MAX_PIXELS_OF_ALL_FRAMES = 1_500_000_000

_DECODERS = {
    JpegImagePlugin.JpegImageFile.format: Format.JPG,
    PngImagePlugin.PngImageFile.format: Format.PNG,
    GifImagePlugin.GifImageFile.format: Format.GIF,
    BmpImagePlugin.BmpImageFile.format: Format.BMP,
    TiffImagePlugin.TiffImageFile.format: Format.TIFF,
    WebPImagePlugin.WebPImageFile.format: Format.WEBP,
    AvifImagePlugin.AvifImageFile.format: Format.AVIF,
}
_MPO = "MPO"
"""What the JPEG decoder calls itself for a JPEG with more pictures behind the first."""
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SIXTEEN_BITS = ("I", "I;16", "I;16B", "I;16L", "I;16N")

# One thread a picture: images are spread over processes, and threads cost address space.
AvifImagePlugin.DEFAULT_MAX_THREADS = 1


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture of an animation, or the only one: RGB, or RGBA where something shines through.

    `duration` in milliseconds, 0 for a still.
    """

    image: Image.Image
    duration: int = 0


@dataclass(frozen=True, slots=True)
class Decoded:
    """All that one pass over an image's bytes gives.

    `first` is the first frame at full size as the decoder gives it, in its own mode and not
    rotated; `frames` are small and, if there is one only, upright. `loop` is how often an animation
    is played, 0 for ever.
    """

    format: Format
    facts: Facts
    first: Image.Image
    frames: tuple[Frame, ...]
    loop: int = 1


def decode(data: bytes, *, side: int = SIDE) -> Decoded:
    """Decode an image to its end, every frame of an animation included.

    MPO and TIFF of several pages are stills: their first picture counts. An animation over
    `MAX_FRAMES` or `MAX_PIXELS_OF_ALL_FRAMES` is animated by its facts, but only its first frame
    is decoded and kept.

    Args:
        data: the whole file.
        side: the small frames fit in a square of this many pixels; they are never enlarged.

    Raises:
        Undecodable: these bytes are kept as no picture; its `detail` says why.
    """
    format_ = sniff(data[:HEAD])
    if isinstance(format_, Detail):
        raise Undecodable(format_)
    with warnings.catch_warnings():
        # Corrupt EXIF, a palette with bytes transparency, half a bomb: the pixels are there or not.
        warnings.simplefilter("ignore")
        return _decode(data, format_, side)


def _decode(data: bytes, format_: Format, side: int) -> Decoded:
    with _foreign():
        image = _load_first(data, format_)
    count, start = _frames(image, data, format_)
    animated = count - start > 1
    facts = Facts(image.width, image.height, animated)
    pixels = count * image.width * image.height
    if not animated or count > MAX_FRAMES or pixels > MAX_PIXELS_OF_ALL_FRAMES:
        return Decoded(format_, facts, image, (Frame(_upright(image, _small(image, side))),))
    first = image.copy()
    frames = tuple(_moving(image, start, count, side))
    return Decoded(format_, facts, first, frames, _plays(image, format_))


@contextmanager
def _foreign() -> Iterator[None]:
    """Give what a decoder raises on bad bytes our name: it may be any exception there is."""
    try:
        yield
    except Undecodable:
        raise
    except (MemoryError, Image.DecompressionBombError) as problem:
        raise Undecodable(Detail.TOO_LARGE, str(problem)) from problem
    except Exception as problem:
        raise Undecodable(Detail.TRUNCATED, f"{type(problem).__name__}: {problem}") from problem


def _load_first(data: bytes, format_: Format) -> Image.Image:
    image = _open(data, format_)
    try:
        image.load()
    except OSError:
        whole = jpeg.with_end(data) if format_ is Format.JPG else None
        if whole is None:
            raise
        image = _open(whole, format_)
        image.load()
    return image


def _open(data: bytes, format_: Format) -> Image.Image:
    image = Image.open(BytesIO(data), formats=tuple(_DECODERS))
    decoded_as = Format.JPG if image.format == _MPO else _DECODERS[image.format or ""]
    if decoded_as is not format_:
        raise Undecodable(Detail.FORMAT, f"first bytes of {format_}, decoded as {image.format}")
    if image.width * image.height > MAX_PIXELS:
        raise Undecodable(Detail.TOO_LARGE, f"{image.width} x {image.height} pixels")
    if not image.width * image.height:
        raise Undecodable(Detail.TRUNCATED, "no pixels")
    return image


def _frames(image: Image.Image, data: bytes, format_: Format) -> tuple[int, int]:
    """Return how many frames the decoder has, and which is the first of the animation.

    An APNG may begin with a picture for viewers that don't know animations.
    """
    if format_ is Format.GIF:
        return gif.count_frames(data), 0
    if format_ in {Format.PNG, Format.WEBP, Format.AVIF}:
        return getattr(image, "n_frames", 1), int(getattr(image, "default_image", False))
    return 1, 0


def _moving(image: Image.Image, start: int, count: int, side: int) -> Iterator[Frame]:
    """Decode the frames of an animation in their order, each cut to the canvas of the first."""
    canvas = (0, 0, *image.size)
    for number in range(start, count):
        with _foreign():
            image.seek(number)
            image.load()
        whole = image if image.size == canvas[2:] else image.crop(canvas)
        yield Frame(_small(whole, side), round(image.info.get("duration", 0)))


def _plays(image: Image.Image, format_: Format) -> int:
    """Return how often to play; a GIF counts repetitions, and is played once if it doesn't say."""
    if format_ is Format.GIF:
        loop = image.info.get("loop")
        return 1 if loop is None else loop and loop + 1
    return int(image.info.get("loop", 0))


def _small(image: Image.Image, side: int) -> Image.Image:
    """Return a copy that fits the square, RGB or RGBA, with nothing but pixels."""
    scale = min(1.0, side / max(image.size))
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    # Looks like BICUBIC where a picture is shrunk, in two thirds of its time (500 x 375 to 280).
    small = _plain(image).resize(size, Image.Resampling.HAMMING, reducing_gap=2.0)
    if small.mode == "RGBA" and small.getchannel("A").getextrema() == (255, 255):
        small = small.convert("RGB")
    small.info = {}
    return small


def _plain(image: Image.Image) -> Image.Image:
    if image.mode in _SIXTEEN_BITS:
        image = image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    mode = "RGBA" if image.has_transparency_data else "RGB"
    return image if image.mode == mode else image.convert(mode)


def _upright(image: Image.Image, small: Image.Image) -> Image.Image:
    """Turn the small picture as the EXIF of the large one says; EXIF that can't be read says no."""
    orientation = 1
    with suppress(Exception):
        orientation = image.getexif().get(ExifTags.Base.Orientation, 1)
    turn = _UPRIGHT.get(orientation)
    return small if turn is None else small.transpose(turn)
