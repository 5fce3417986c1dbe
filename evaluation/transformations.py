"""What happens to a picture between two places: each is a function of the image to a file."""

from collections.abc import Callable
from io import BytesIO

from PIL import ExifTags, Image, ImageDraw, ImageEnhance, ImageFont, ImageOps

from fapproc.imaging.decode import decode

SIDE = 800
"""Larger photographs are shrunk to this first: only the time depends on it."""
THUMB = 128
_LANCZOS = Image.Resampling.LANCZOS

Transformation = Callable[[Image.Image], bytes]


def jpeg(image: Image.Image, quality: int = 85) -> bytes:
    """Encode as JPEG."""
    return _encoded(image, "JPEG", quality)


def webp(image: Image.Image, quality: int) -> bytes:
    """Encode as WEBP."""
    return _encoded(image, "WEBP", quality)


def scaled(image: Image.Image, x: float, y: float) -> Image.Image:
    """Resize by a factor in each direction."""
    return image.resize((max(1, round(image.width * x)), max(1, round(image.height * y))), _LANCZOS)


def thumb(image: Image.Image) -> Image.Image:
    """Shrink to fit a square of 128 pixels."""
    return ImageOps.contain(image, (THUMB, THUMB), _LANCZOS)


def cropped(image: Image.Image, share: float) -> Image.Image:
    """Cut this share of width and height off each side."""
    x, y = round(image.width * share), round(image.height * share)
    return image.crop((x, y, image.width - x, image.height - y))


def turned(image: Image.Image, degrees: float) -> Image.Image:
    """Turn by a small angle; the corners become black."""
    return image.rotate(degrees, Image.Resampling.BICUBIC)


def captioned(image: Image.Image) -> Image.Image:
    """Put a white box with dark strokes on it: 40% of the width, 8% of the height, low right."""
    done = image.copy()
    width, height = round(image.width * 0.4), max(1, round(image.height * 0.08))
    left, top = image.width - width - image.width // 50, image.height - height - image.height // 50
    draw = ImageDraw.Draw(done)
    draw.rectangle((left, top, left + width, top + height), "white")
    for x in range(left + height // 2, left + width - height // 2, max(2, height // 2)):
        draw.line((x, top + height // 4, x, top + 3 * height // 4), "black", max(1, height // 8))
    return done


def bordered(image: Image.Image) -> Image.Image:
    """Put a white frame around: 4% of the longer side."""
    return ImageOps.expand(image, max(1, round(max(image.size) * 0.04)), "white")


def grey(image: Image.Image) -> Image.Image:
    """Take the colours away."""
    return image.convert("L")


def upper(image: Image.Image) -> Image.Image:
    """Cut the lower third off."""
    return image.crop((0, 0, image.width, round(image.height * 2 / 3)))


def with_words(image: Image.Image) -> Image.Image:
    """Write words across top and bottom, white with a black edge, as a meme has them."""
    done = image.copy()
    draw = ImageDraw.Draw(done)
    size = max(8, round(image.width / 9))
    font = ImageFont.load_default(size)
    for words, y, anchor in (("WHEN THE BOAT", 0.02, "ma"), ("IS ON THE HILL", 0.98, "md")):
        draw.text(
            (image.width / 2, image.height * y),
            words,
            "white",
            font,
            anchor,
            stroke_width=max(1, size // 12),
            stroke_fill="black",
        )
    return done


def on_its_side(image: Image.Image) -> bytes:
    """Store it turned by 90 degrees, with the EXIF tag by which it is shown upright."""
    out, exif = BytesIO(), Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    image.transpose(Image.Transpose.ROTATE_90).save(out, "JPEG", quality=85, exif=exif)
    return out.getvalue()


TRANSFORMATIONS: dict[str, Transformation] = {
    "JPEG 75": lambda image: jpeg(image, 75),
    "JPEG 30": lambda image: jpeg(image, 30),
    "WEBP 60": lambda image: webp(image, 60),
    "half size": lambda image: jpeg(scaled(image, 0.5, 0.5)),
    "thumbnail of 128 px": lambda image: jpeg(thumb(image), 80),
    "80% of the height": lambda image: jpeg(scaled(image, 1, 0.8)),
    "grey": lambda image: jpeg(grey(image)),
    "brightness +20%": lambda image: jpeg(ImageEnhance.Brightness(image).enhance(1.2)),
    "contrast +20%": lambda image: jpeg(ImageEnhance.Contrast(image).enhance(1.2)),
    "caption": lambda image: jpeg(captioned(image)),
    "crop 2% a side": lambda image: jpeg(cropped(image, 0.02)),
    "crop 5% a side": lambda image: jpeg(cropped(image, 0.05)),
    "rotation 2 degrees": lambda image: jpeg(turned(image, 2)),
    "border": lambda image: jpeg(bordered(image)),
    "crop 10% a side": lambda image: jpeg(cropped(image, 0.1)),
    "crop 15% a side": lambda image: jpeg(cropped(image, 0.15)),
    "crop 20% a side": lambda image: jpeg(cropped(image, 0.2)),
    "lower third off": lambda image: jpeg(upper(image)),
    "words of a meme": lambda image: jpeg(with_words(image)),
    "mirrored": lambda image: jpeg(ImageOps.mirror(image)),
    "turned by 90 degrees": lambda image: jpeg(image.transpose(Image.Transpose.ROTATE_90)),
    "turned by 180 degrees": lambda image: jpeg(image.transpose(Image.Transpose.ROTATE_180)),
    "turned by 270 degrees": lambda image: jpeg(image.transpose(Image.Transpose.ROTATE_270)),
    "on its side, turned by EXIF": on_its_side,
    "crop 5%, then JPEG 30": lambda image: jpeg(cropped(image, 0.05), 30),
    "caption, then half size": lambda image: jpeg(scaled(captioned(image), 0.5, 0.5)),
    "grey, then border": lambda image: jpeg(bordered(grey(image))),
}
"""By name: what may happen to a picture, one step or two."""


def vary(data: bytes) -> list[bytes]:
    """Make the files of a picture: itself, then each transformation of it, in their order.

    What shines through lies on white. Runs in a worker process.

    Raises:
        Undecodable: the bytes are no sound picture.
    """
    return transformed(on(opened(data), "white"))


def transformed(image: Image.Image) -> list[bytes]:
    """Encode a picture, then each transformation of it."""
    return [jpeg(image, 92), *(transform(image) for transform in TRANSFORMATIONS.values())]


def on(image: Image.Image, ground: str) -> Image.Image:
    """Lay a picture in RGBA on a ground of one colour."""
    lain = Image.new("RGB", image.size, ground)
    lain.paste(image, mask=image.getchannel("A"))
    return lain


def opened(data: bytes) -> Image.Image:
    """Decode a picture to RGBA, not larger than `SIDE`.

    Raises:
        Undecodable: the bytes are no sound picture.
    """
    image = decode(data).first.convert("RGBA")
    return ImageOps.contain(image, (SIDE, SIDE), _LANCZOS) if max(image.size) > SIDE else image


def fade(first: bytes, last: bytes, count: int) -> list[bytes]:
    """Make pictures that lead from one photograph to another, both included, step by step."""
    a, b = decode(first).first.convert("RGB"), decode(last).first.convert("RGB")
    b = b.resize(a.size, _LANCZOS)
    return [jpeg(Image.blend(a, b, number / (count - 1)), 92) for number in range(count)]


def _encoded(image: Image.Image, format_: str, quality: int) -> bytes:
    out = BytesIO()
    image.save(out, format_, quality=quality)
    return out.getvalue()
