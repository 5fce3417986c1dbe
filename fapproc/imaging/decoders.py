"""Which decoders are here: those of Pillow for the seven formats, as it was built."""

from functools import cache

from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
    __version__,
    features,
)

from fapproc.model import Format

DECODERS = {
    JpegImagePlugin.JpegImageFile.format: Format.JPG,
    PngImagePlugin.PngImageFile.format: Format.PNG,
    GifImagePlugin.GifImageFile.format: Format.GIF,
    BmpImagePlugin.BmpImageFile.format: Format.BMP,
    TiffImagePlugin.TiffImageFile.format: Format.TIFF,
    WebPImagePlugin.WebPImageFile.format: Format.WEBP,
    AvifImagePlugin.AvifImageFile.format: Format.AVIF,
}
"""By the names that Pillow gives them."""

_NEEDED = {Format.JPG: "jpg", Format.PNG: "zlib", Format.WEBP: "webp", Format.AVIF: "avif"}
_OURS = 3
"""To be raised when `decode` makes something else of what decoders give."""
_BUILT_WITH = ("jpg", "zlib", "libtiff", "webp", "avif")

# One thread a picture: images are spread over processes, and threads cost address space.
AvifImagePlugin.DEFAULT_MAX_THREADS = 1


def is_here(form: Format) -> bool:
    """Whether Pillow was built with what a format needs."""
    needed = _NEEDED.get(form)
    return needed is None or bool(features.check(needed))


@cache
def identity() -> str:
    """Name the decoders here with their versions: others may decode what these can't."""
    libraries = (f"{name}-{features.version(name)}" for name in _BUILT_WITH)
    return f"pillow-{__version__} {' '.join(libraries)} ours-{_OURS}"
