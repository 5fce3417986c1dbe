"""Every file format of the demo world: one encoder each, and one table of them."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageOps

Frames = Sequence[Image.Image]


@dataclass(frozen=True, slots=True)
class Form:
    """A way of writing a picture, its honest extension, and how many frames it wants."""

    extension: str
    encode: Callable[[Frames, int], bytes]
    frames: int = 1
    """0: as many as the recipe says (an animation)."""


def _save(picture: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def _jpeg(frames: Frames, quality: int) -> bytes:
    return _save(frames[0], "JPEG", quality=quality)


def _progressive(frames: Frames, quality: int) -> bytes:
    return _save(frames[0], "JPEG", quality=quality, progressive=True)


def _mpo(frames: Frames, quality: int) -> bytes:
    rest = list(frames[1:])
    return _save(frames[0], "MPO", quality=quality, save_all=True, append_images=rest)


def _cmyk(frames: Frames, quality: int) -> bytes:
    return _save(frames[0].convert("CMYK"), "JPEG", quality=quality)


def _exif_rotated(frames: Frames, quality: int) -> bytes:
    """Stored lying on its side; orientation 6 tells the reader to turn it upright."""
    exif = Image.Exif()
    exif[0x0112] = 6
    return _save(frames[0], "JPEG", quality=quality, exif=exif)


def _png(frames: Frames, _quality: int) -> bytes:
    return _save(frames[0], "PNG", compress_level=1)


def _png_alpha(frames: Frames, _quality: int) -> bytes:
    picture = frames[0].convert("RGBA")
    veil = Image.new("L", picture.size, 90)
    edge = min(picture.size) // 10
    ImageDraw.Draw(veil).ellipse(
        (edge, edge, picture.width - edge, picture.height - edge), fill=255
    )
    picture.putalpha(veil)
    return _save(picture, "PNG", compress_level=1)


def _png_palette(frames: Frames, _quality: int) -> bytes:
    return _save(_quantized(frames[0]), "PNG", compress_level=1)


def _png_grey16(frames: Frames, _quality: int) -> bytes:
    deep = np.asarray(ImageOps.grayscale(frames[0])).astype(np.uint16) * np.uint16(255)
    deep += np.arange(deep.shape[1], dtype=np.uint16) % np.uint16(200)
    return _save(Image.fromarray(deep), "PNG", compress_level=1)


def _quantized(picture: Image.Image, palette: Image.Image | None = None) -> Image.Image:
    if palette is None:
        return picture.quantize(128, Image.Quantize.FASTOCTREE)
    return picture.quantize(palette=palette, dither=Image.Dither.NONE)


def _gif(frames: Frames, _quality: int) -> bytes:
    first = _quantized(frames[0])
    if len(frames) == 1:
        return _save(first, "GIF")
    rest = [_quantized(frame, first) for frame in frames[1:]]
    return _save(first, "GIF", save_all=True, append_images=rest, duration=80, loop=0)


def _bmp(frames: Frames, _quality: int) -> bytes:
    return _save(frames[0], "BMP")


def _tiff(frames: Frames, _quality: int) -> bytes:
    return _save(frames[0], "TIFF")


def _tiff_lzw(frames: Frames, _quality: int) -> bytes:
    return _save(frames[0], "TIFF", compression="tiff_lzw")


def _webp(frames: Frames, quality: int) -> bytes:
    return _save(frames[0], "WEBP", quality=quality, method=0)


def _webp_animated(frames: Frames, quality: int) -> bytes:
    rest = list(frames[1:])
    return _save(
        frames[0], "WEBP", quality=quality, method=0, save_all=True, append_images=rest, duration=90
    )


def _avif(frames: Frames, quality: int) -> bytes:
    return _save(frames[0], "AVIF", quality=quality, speed=10, max_threads=1)


def _flat(frames: Frames, _quality: int) -> bytes:
    colour = frames[0].getpixel((0, 0))
    assert isinstance(colour, tuple)
    return _save(Image.new("RGB", frames[0].size, colour), "PNG")


FORMS: dict[str, Form] = {
    "jpeg": Form("jpg", _jpeg),
    "progressive": Form("jpg", _progressive),
    "mpo": Form("jpg", _mpo, frames=2),
    "cmyk": Form("jpg", _cmyk),
    "exif-rotated": Form("jpg", _exif_rotated),
    "png": Form("png", _png),
    "png-alpha": Form("png", _png_alpha),
    "png-palette": Form("png", _png_palette),
    "png-grey16": Form("png", _png_grey16),
    "gif": Form("gif", _gif),
    "gif-animated": Form("gif", _gif, frames=0),
    "bmp": Form("bmp", _bmp),
    "tiff": Form("tif", _tiff),
    "tiff-lzw": Form("tif", _tiff_lzw),
    "webp": Form("webp", _webp),
    "webp-animated": Form("webp", _webp_animated, frames=0),
    "avif": Form("avif", _avif),
    "flat": Form("png", _flat),
    "pixel": Form("png", _flat),
}
