"""Decode an image once, safely: facts, the first frame for hashes, small frames for the thumbnail.

Holds the limits on pixels and frames. Only Pillow's decoders for the seven formats see the bytes;
none of them runs another program. Time and memory are limited by the worker that it runs in. If
what stands beside the pixels (profiles, texts) prevents decoding, it is tried once more without
that.
"""

import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import BytesIO

from PIL import Image, ImageFile

from fapproc.imaging import gif, jpeg, png, variants
from fapproc.imaging.decoders import DECODERS, is_here
from fapproc.imaging.sniff import HEAD, sniff
from fapproc.imaging.undecodable import Undecodable
from fapproc.imaging.upright import mended, orientation, small, stored_size, upright
from fapproc.model import Detail, Facts, Format

__all__ = ["SIDE", "Decoded", "Frame", "Undecodable", "decode"]

SIDE = 280
"""Longest side of a thumbnail, in pixels."""
MAX_PIXELS = 178_956_970
"""Pixels of one frame; Pillow, too, takes larger pictures for decompression bombs."""
MAX_FRAMES = 2_000
MAX_PIXELS_OF_ALL_FRAMES = 1_500_000_000
MAX_SECONDS_OF_ALL_FRAMES = 25.0
"""Of processor time. An animation that takes longer has a still thumbnail: a slow computer makes no
picture unsound."""

_MPO = "MPO"
"""What the JPEG decoder calls itself for a JPEG with more pictures behind the first."""
_PLAIN_MODES = frozenset({"1", "L", "RGB", "CMYK", "YCbCr"})
_LEAN: dict[Format, Callable[[bytes], bytes]] = {Format.JPG: jpeg.lean, Format.PNG: png.lean}
_PLAIN: dict[Format, Callable[[bytes], bytes | None]] = {
    Format.PNG: png.still,
    Format.GIF: gif.without_nothing,
}


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture of an animation, or the only one: RGB, or RGBA if it has transparency.

    `duration` in milliseconds, 0 for a still.
    """

    image: Image.Image
    duration: int = 0


@dataclass(frozen=True, slots=True)
class Decoded:
    """All that one pass over an image's bytes gives.

    `first` is the first frame at full size as the decoder gives it, in its own mode and not
    rotated; `frames` are small and, if there is one only, upright. `loop` is how often an animation
    is played, 0 for ever. `unsound`: a part of the picture is missing, and the decoder made it up.
    """

    format: Format
    facts: Facts
    first: Image.Image
    frames: tuple[Frame, ...]
    loop: int = 1
    unsound: Detail | None = None

    @property
    def is_as_stored(self) -> bool:
        """Whether the stored pixels of `first` are what people see, except for turning."""
        plain = self.first.mode in _PLAIN_MODES and "transparency" not in self.first.info
        return plain and len(self.frames) == 1

    def shown(self, side: int) -> Image.Image:
        """The first frame as people see it, as `frames` are, within a square of so many pixels."""
        return self.upright(small(self.first, side))

    def upright(self, image: Image.Image) -> Image.Image:
        """Turn a picture made from `first` as the small frames are turned."""
        turn = self.facts.orientation if len(self.frames) == 1 else None
        return upright(image, self.format, turn or 1)


def decode(data: bytes, *, side: int = SIDE) -> Decoded:
    """Decode an image to its end, every frame of an animation included.

    MPO and TIFF of several pages are stills: their first picture counts. An animation over
    `MAX_FRAMES`, `MAX_PIXELS_OF_ALL_FRAMES` or `MAX_SECONDS_OF_ALL_FRAMES` is animated by its
    facts, but only its first frame is kept; so is one with a later frame that is too large. An
    animated PNG that is put together wrongly is a still where its default picture is whole. Frames
    of a GIF that have no size are passed over.

    Args:
        data: the whole file.
        side: the small frames fit in a square of this many pixels; they are never enlarged.

    Raises:
        Undecodable: no whole picture can be made of these bytes; its `detail` says why.
    """
    format_ = sniff(data[:HEAD])
    if isinstance(format_, Detail):
        raise Undecodable(format_)
    if not is_here(format_):
        raise Undecodable(Detail.FORMAT, f"the decoders here know no {format_}")
    with warnings.catch_warnings():
        # Corrupt EXIF, a palette with bytes transparency, half a bomb: the pixels are there or not.
        warnings.simplefilter("ignore")
        try:
            return _decode(data, format_, side)
        except Undecodable:
            plain = _PLAIN[format_](data) if format_ in _PLAIN else None
            if plain is None:
                raise
            return _decode(plain, format_, side)


def _decode(data: bytes, format_: Format, side: int) -> Decoded:
    with _foreign():
        image, turn, unsound = _load_first(data, format_)
        count, start = _frames(image, data, format_)
    animated = count - start > 1
    facts = Facts(*stored_size(image, format_, turn), animated, turn)
    pixels = count * image.width * image.height
    if animated and count <= MAX_FRAMES and pixels <= MAX_PIXELS_OF_ALL_FRAMES:
        first = image.copy()
        if (frames := _moving(image, start, count, side)) is not None:
            return Decoded(
                format_, facts, mended(first, data, format_), frames, _plays(image, format_)
            )
        image = first
    with _foreign():
        image = mended(image, data, format_)
        still = Frame(upright(small(image, side), format_, turn))
    return Decoded(format_, facts, image, (still,), unsound=unsound)


@contextmanager
def _foreign() -> Iterator[None]:
    """Turn whatever a decoder raises for bad bytes, which may be any exception, into ours.

    Except for a lack of memory, which says nothing about the bytes.
    """
    try:
        yield
    except (Undecodable, MemoryError):
        raise
    except Image.DecompressionBombError as problem:
        raise Undecodable(Detail.TOO_LARGE, str(problem)) from problem
    except Exception as problem:
        raise Undecodable(Detail.TRUNCATED, f"{type(problem).__name__}: {problem}") from problem


def _load_first(data: bytes, format_: Format) -> tuple[Image.Image, int, Detail | None]:
    """The first frame, how it is turned, and what is wrong with it although it was decoded."""
    try:
        return _loaded(data, format_)
    except (Undecodable, MemoryError, Image.DecompressionBombError):
        raise
    except Exception as problem:
        for attempt in _attempts(data, format_):
            try:
                return _loaded(attempt, format_)
            except (MemoryError, Undecodable):
                raise
            except Exception:  # noqa: BLE001, S112 - a decoder raises anything; the first word counts
                continue
        if format_ is Format.PNG:
            return _loaded(data, format_, partly=True)
        if variants.is_unknown(data, format_, opened=_opens(data, format_)):
            raise Undecodable(Detail.FORMAT, f"no decoder here knows this {format_}") from problem
        raise


def _opens(data: bytes, format_: Format) -> bool:
    """Whether a decoder understands the header."""
    try:
        _open(BytesIO(data), format_)
    except Exception:  # noqa: BLE001 - a decoder raises anything
        return False
    return True


def _attempts(data: bytes, format_: Format) -> Iterator[bytes]:
    """Yield the picture without what stands beside its pixels; then with what a decoder needs."""
    lean = _LEAN[format_](data) if format_ in _LEAN else data
    if lean != data:
        yield lean
    if format_ is Format.PNG and (mended := png.with_checksum(data)) is not None:
        yield mended
    if format_ is Format.JPG:
        for whole in (data, lean):
            with suppress(OSError, SyntaxError):
                if (ended := jpeg.with_end(whole)) is not None:
                    yield ended


def _loaded(
    data: bytes, format_: Format, *, partly: bool = False
) -> tuple[Image.Image, int, Detail | None]:
    """Load the first frame; `partly` as far as a PNG goes that isn't simply cut off."""
    stream = jpeg.Watched(data) if format_ is Format.JPG else BytesIO(data)
    image = _open(stream, format_)
    turn = orientation(image) if format_ is Format.TIFF else None
    if isinstance(stream, jpeg.Watched):
        stream.watch(image)
    try:
        image.load()
    except OSError:
        if not partly or (image.tile and not png.has_end(data)):
            raise
        image.tile = []  # what was decoded until then is all that there is
    is_whole = True
    if isinstance(stream, jpeg.Watched):
        is_whole = jpeg.is_whole(data, stream)
    elif format_ is Format.PNG:
        is_whole = png.is_whole(data, image, broken=partly)
    return image, turn or orientation(image), None if is_whole else Detail.TRUNCATED


def _open(stream: BytesIO, format_: Format) -> ImageFile.ImageFile:
    image = Image.open(stream, formats=tuple(DECODERS))
    decoded_as = Format.JPG if image.format == _MPO else DECODERS[image.format or ""]
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


def _moving(image: Image.Image, start: int, count: int, side: int) -> tuple[Frame, ...] | None:
    """The frames of an animation in their order, each cut to the canvas of the first.

    None where they take more time or memory than there is, or one is too large.
    """
    canvas = (0, 0, *image.size)
    until = time.process_time() + MAX_SECONDS_OF_ALL_FRAMES
    frames: list[Frame] = []
    try:
        for number in range(start, count):
            with _foreign():
                image.seek(number)
                image.load()
                whole = image if image.size == canvas[2:] else image.crop(canvas)
                frames.append(Frame(small(whole, side), round(image.info.get("duration", 0))))
            if time.process_time() > until:
                return None
    except MemoryError:
        return None
    except Undecodable as problem:
        if problem.detail is Detail.TOO_LARGE and number > start:
            return None
        raise
    return tuple(frames)


def _plays(image: Image.Image, format_: Format) -> int:
    """Return how often to play; a GIF counts repetitions, and is played once if it doesn't say."""
    if format_ is Format.GIF:
        loop = image.info.get("loop")
        return 1 if loop is None else loop and loop + 1
    return int(image.info.get("loop", 0))
