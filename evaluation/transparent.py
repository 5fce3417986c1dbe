"""What happens to a picture through which the ground shines: it keeps its alpha, or not."""

from collections.abc import Callable
from io import BytesIO

from PIL import Image, ImageOps

from evaluation.transformations import cropped, jpeg, on, opened, scaled


def png(image: Image.Image) -> bytes:
    """Encode as PNG, alpha included."""
    out = BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def webp(image: Image.Image) -> bytes:
    """Encode as WEBP, alpha included."""
    out = BytesIO()
    image.save(out, "WEBP", quality=80)
    return out.getvalue()


def recoloured(image: Image.Image) -> Image.Image:
    """Give what can't be seen another colour, as programs do: only the stored pixels change."""
    clear = Image.new("RGBA", image.size, (20, 160, 90, 0))
    clear.paste(image, mask=image.getchannel("A").point(lambda shade: 255 if shade else 0))
    return clear


CHANGES: dict[str, Callable[[Image.Image], bytes]] = {
    "on white": lambda image: jpeg(on(image, "white")),
    "another colour where nothing is seen": lambda image: png(recoloured(image)),
    "WEBP 80": webp,
    "half size": lambda image: png(scaled(image, 0.5, 0.5)),
    "crop 5% a side": lambda image: png(cropped(image, 0.05)),
    "mirrored": lambda image: png(ImageOps.mirror(image)),
    "mirrored, on white": lambda image: jpeg(on(ImageOps.mirror(image), "white")),
}
"""By name: what may happen to it."""


def vary(data: bytes) -> list[bytes]:
    """Make the files of a picture: itself as PNG, then each change of it. Runs in a worker process.

    Raises:
        Undecodable: the bytes are no sound picture.
    """
    image = opened(data)
    return [png(image), *(change(image) for change in CHANGES.values())]
