"""Small frames for thumbnails: upright, eight bits a colour, RGB or RGBA, whatever is stored.

What a picture looks like, not what is hashed: the hashes take the pixels as the decoder gives them.
"""

from contextlib import suppress

import numpy as np
import numpy.typing as npt
from PIL import ExifTags, Image, TiffTags

from fapproc.imaging import png
from fapproc.model import Format

_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SIXTEEN_BITS = ("I;16", "I;16B", "I;16L", "I;16N")
_DEEP = ("I", "F", *_SIXTEEN_BITS)
_ASSOCIATED = {"La": "LA", "RGBa": "RGBA"}
"""Modes with colours multiplied by alpha, with which few things can be done."""
_TIFF_NAMES = {tag.name: number for number, tag in TiffTags.TAGS_V2.items()}
_BITS, _COLOURS = _TIFF_NAMES["BitsPerSample"], _TIFF_NAMES["ColorMap"]
_INTERPRETATION, _WHITE_IS_ZERO = _TIFF_NAMES["PhotometricInterpretation"], 0
_MOST_ALPHAS = 256
_ALL_BUT_BLACK = 16
"""Shades of which the brightest is such a part of white, or less."""


def orientation(image: Image.Image) -> int:
    """How EXIF says that a picture is to be turned, 1 to 8; EXIF that can't be read says nothing.

    To be asked before a TIFF is loaded, which is turned then, and forgets it; of any other picture
    afterwards. EXIF of a PNG may stand behind its pixels, so asking loads it, and an error of that
    would be taken for one of the EXIF.
    """
    said = None
    with suppress(Exception):
        said = image.getexif().get(ExifTags.Base.Orientation)
    return int(said) if said in _UPRIGHT else 1  # it may be a fraction


def stored_size(image: Image.Image, form: Format, turn: int) -> tuple[int, int]:
    """Width and height as stored; of a TIFF the decoder gives those after turning."""
    width, height = image.size
    return (height, width) if form is Format.TIFF and turn > 4 else (width, height)


def mended(image: Image.Image, data: bytes, form: Format) -> Image.Image:
    """The picture in a mode, and with transparency, that can be converted.

    Pixels that were hashed before are the same as before.
    """
    if image.mode in _ASSOCIATED:
        return image.convert(_ASSOCIATED[image.mode])
    if image.mode == "LAB":
        return _from_lab(image)
    clear = image.info.get("transparency")
    if isinstance(clear, bytes) and image.mode == "P":
        image.info["transparency"] = clear[:_MOST_ALPHAS]
    elif form is Format.PNG and image.mode == "L" and isinstance(clear, int):
        image.info["transparency"] = png.shade(data, clear)
    elif form is Format.PNG and isinstance(clear, tuple) and png.has_deep_colour(data):
        image.info["transparency"] = tuple(shade >> 8 for shade in clear)
    return image


def small(image: Image.Image, side: int) -> Image.Image:
    """Return a copy that fits the square, RGB or RGBA, with nothing but pixels."""
    scale = min(1.0, side / max(image.size))
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    if image.mode in _DEEP:
        return _of_deep(image, size)
    # Looks like BICUBIC where a picture is shrunk, in two thirds of its time (500 x 375 to 280).
    shrunk = _plain(image).resize(size, Image.Resampling.HAMMING, reducing_gap=2.0)
    if shrunk.mode == "RGBA" and shrunk.getchannel("A").getextrema() == (255, 255):
        shrunk = shrunk.convert("RGB")
    shrunk.info = {}
    return shrunk


def upright(small_one: Image.Image, form: Format, turn: int) -> Image.Image:
    """Turn a small picture; the decoder has turned a TIFF already."""
    turned = None if form is Format.TIFF else _UPRIGHT.get(turn)
    return small_one if turned is None else small_one.transpose(turned)


def _plain(image: Image.Image) -> Image.Image:
    if image.mode == "P" and (colours := _dark_colours(image)) is not None:
        image = image.copy()
        image.putpalette(colours)
    mode = "RGBA" if image.has_transparency_data else "RGB"
    return image if image.mode == mode else image.convert(mode)


def _of_deep(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Reduce shades of more than eight bits, by their declared range, else by their actual one.

    Sixteen bits are divided by 256, or by what a TIFF says that it uses of them. Floating-point
    numbers reach to 1, as usual in pictures, or are shades of eight bits. Any others are stretched
    from black to white: signed ones, and those of which nothing could be seen.
    """
    whole = image.convert("I") if image.mode in _SIXTEEN_BITS else image
    values = _shrunk(whole, size)
    if not np.isfinite(values).all():
        values = _shrunk(_finite(whole), size)
    low, high = float(values.min()), float(values.max())
    most = (1 << _bits(image)) - 1
    if image.mode != "F" and low >= 0 and most / _ALL_BUT_BLACK <= high <= most:
        shades = values * (255 / most)
    elif image.mode == "F" and low >= 0 and high <= 1:
        shades = values * 255
    elif image.mode == "F" and low >= 0 and high <= 255:
        shades = values
    else:
        shades = (values - low) * (255 / (high - low or 1))
    shades = np.clip(shades, 0, 255)
    if getattr(image, "tag_v2", {}).get(_INTERPRETATION) == _WHITE_IS_ZERO:
        shades = 255 - shades
    grey = Image.fromarray(shades.astype(np.uint8))
    clear = image.info.get("transparency")
    if not isinstance(clear, int):
        return grey.convert("RGB")
    seen = Image.fromarray(np.where(np.asarray(whole) == clear, 0, 255).astype(np.uint8))
    grey.putalpha(seen.resize(size, Image.Resampling.HAMMING))
    return grey.convert("RGBA")


def _shrunk(image: Image.Image, size: tuple[int, int]) -> npt.NDArray[np.float64]:
    return np.asarray(image.resize(size, Image.Resampling.HAMMING), dtype=np.float64)


def _finite(image: Image.Image) -> Image.Image:
    """Floating-point shades, with the darkest or lightest in place of NaN and infinity."""
    values = np.asarray(image)
    known = values[np.isfinite(values)]
    low, high = (known.min(), known.max()) if known.size else (0.0, 0.0)
    return Image.fromarray(np.nan_to_num(values, nan=low, posinf=high, neginf=low))


def _bits(image: Image.Image) -> int:
    """How many bits a shade has that is a whole number: 16, or what a TIFF says."""
    said = getattr(image, "tag_v2", {}).get(_BITS, (16,))[0]
    return said if isinstance(said, int) and 8 < said < 16 else 16


def _dark_colours(image: Image.Image) -> list[int] | None:
    """The palette, in threes, of a TIFF whose writer took colours of 8 bits for those of 16.

    None where it is as it should be. libtiff tells these apart in the same way.
    """
    written = getattr(image, "tag_v2", {}).get(_COLOURS)
    if not written or max(written) > 255 or not max(written):
        return None
    third = len(written) // 3
    return [shade for at in range(third) for shade in written[at::third][:3]]


def _from_lab(image: Image.Image) -> Image.Image:
    from PIL import ImageCms

    profiles = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    turned = ImageCms.profileToProfile(image, *profiles, outputMode="RGB")
    return image.convert("RGB") if turned is None else turned
