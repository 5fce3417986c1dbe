"""From a photo to its bytes: scene, change, frames, format; the same bytes in every process."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont, ImageOps

from tests.demosite.formats import FORMS
from tests.demosite.model import Photo, Recipe
from tests.demosite.scenes import draw_scene

_CROP = 0.05
_SHRINK = 0.6


def render(photo: Photo) -> bytes:
    """The bytes of the clean full-size picture, whatever fault the photo has."""
    return draw(photo.recipe)


def digest(photo: Photo) -> str:
    """SHA-256 of the clean full-size picture, in hex."""
    return hashlib.sha256(render(photo)).hexdigest()


def frame_count(recipe: Recipe) -> int:
    """How many frames the picture has; an MPO's second view counts as one."""
    return FORMS[recipe.form].frames or 5 + recipe.tail % 8


def size(recipe: Recipe) -> tuple[int, int]:
    """Width and height as stored in the file, without drawing it."""
    width, height = recipe.width, recipe.height
    if recipe.change == "resized":
        return round(width * _SHRINK), round(height * _SHRINK)
    if recipe.change == "cropped":
        return width - round(width * _CROP), height - round(height * _CROP)
    return width, height


@lru_cache(maxsize=1024)
def draw(recipe: Recipe) -> bytes:
    """Draw and encode a recipe."""
    form = FORMS[recipe.form]
    quality = 35 if recipe.change == "recompressed" else 88
    return form.encode(_frames(recipe, frame_count(recipe)), quality)


def still(recipe: Recipe) -> Image.Image:
    """The first frame as a reader sees it, upright."""
    if recipe.form in ("flat", "pixel", "exif-rotated"):
        whole = Image.open(io.BytesIO(draw(recipe)))
        return ImageOps.exif_transpose(whole).convert("RGB")
    return _changed(recipe)


def framed(photo: Photo) -> bytes:
    """The display copy: the picture with a frame and a line of text, always a JPEG."""
    picture = ImageOps.expand(still(photo.recipe), border=14, fill=(40, 40, 48))
    _write(picture, "shown with a frame")
    return _jpeg(picture, 80)


@lru_cache(maxsize=4096)
def thumb(recipe: Recipe, side: int) -> bytes:
    """A small JPEG for listings."""
    picture = still(recipe)
    picture.thumbnail((side, side))
    return _jpeg(picture, 75)


def _jpeg(picture: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality)
    return out.getvalue()


def _write(picture: Image.Image, text: str) -> None:
    """Put a caption on a band at the lower edge."""
    pen = ImageDraw.Draw(picture)
    high = max(14, picture.height // 14)
    pen.rectangle((0, picture.height - high, picture.width, picture.height), fill=(20, 20, 20))
    font = ImageFont.load_default(high * 0.7)
    pen.text((high // 2, picture.height - high), text, fill=(240, 240, 200), font=font)


def _resized(picture: Image.Image) -> Image.Image:
    to = (round(picture.width * _SHRINK), round(picture.height * _SHRINK))
    return picture.resize(to, Image.Resampling.LANCZOS)


def _cropped(picture: Image.Image) -> Image.Image:
    away_x, away_y = round(picture.width * _CROP), round(picture.height * _CROP)
    left, top = away_x // 2, away_y // 3
    return picture.crop((left, top, left + picture.width - away_x, top + picture.height - away_y))


def _captioned(picture: Image.Image) -> Image.Image:
    _write(picture, "greetings from the lake")
    return picture


CHANGES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "resized": _resized,
    "recompressed": lambda picture: picture,
    "cropped": _cropped,
    "mirrored": ImageOps.mirror,
    "captioned": _captioned,
}


def _changed(recipe: Recipe) -> Image.Image:
    if recipe.form == "exif-rotated":
        upright = draw_scene(recipe.scene, recipe.height, recipe.width)
        picture = upright.transpose(Image.Transpose.ROTATE_90)
    else:
        picture = draw_scene(recipe.scene, recipe.width, recipe.height)
    return CHANGES[recipe.change](picture) if recipe.change else picture


def _frames(recipe: Recipe, count: int) -> list[Image.Image]:
    """The first frame is the still; what moves in the later ones is the tail's business."""
    first = _changed(recipe)
    rng = np.random.default_rng([8, recipe.scene, recipe.tail])
    step = (int(rng.integers(4, 20)), int(rng.integers(-9, 10)))
    colour = tuple(int(c) for c in rng.integers(60, 256, 3))
    frames = [first]
    for number in range(1, count):
        frame = Image.new("RGB", first.size)
        dx, dy = step[0] * number, step[1] * number
        for x in (-dx, first.width - dx):
            frame.paste(first, (x, dy))
        radius = first.height // 9
        x, y = radius + dx * 2, first.height // 2 + dy * 3
        ImageDraw.Draw(frame).ellipse((x, y, x + 2 * radius, y + 2 * radius), fill=colour)
        frames.append(frame)
    return frames
