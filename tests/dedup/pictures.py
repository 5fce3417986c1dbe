"""Pictures in every format and mode that a hash may meet, drawn from a seed.

`lossless` is the same to the last pixel wherever it runs: whole numbers, the frozen generator of
NumPy, formats that lose nothing. So golden values may be kept of it by name. `lossy` depends on
the encoder at hand: of these, files are kept.
"""

import struct
import zlib
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import numpy as np
from numpy.random import RandomState
from numpy.typing import NDArray
from PIL import Image

Picture = tuple[str, bytes]
Size = tuple[int, int]

SIZES: tuple[Size, ...] = (
    *((320, 240), (240, 320), (481, 321), (100, 100), (64, 64), (33, 57), (256, 256), (257, 255)),
    *((32, 32), (31, 33), (9, 8), (8, 8), (7, 7), (640, 10), (10, 640), (1500, 3), (2, 900)),
)
TINY: tuple[Size, ...] = ((1, 1), (2, 1), (1, 2), (3, 3), (5, 2), (1, 300), (300, 1))
ORIENTATION = 0x0112


def lossless(seed: int) -> Iterator[Picture]:
    """Yield pictures by name, in formats that keep every pixel."""
    random = RandomState(seed)
    for size in SIZES + TINY:
        yield _saved(f"rgb-{size[0]}x{size[1]}", Image.fromarray(scene(random, size)), "png")
    for draw in (_stills, _transparent, _sixteen_bits, _flat, _ties, _moving, _turned):
        yield from draw(random)
    yield "interlaced.png", _interlaced(scene(random, (90, 70)))


def lossy(seed: int) -> Iterator[Picture]:
    """Yield pictures by name, in formats whose pixels depend on the encoder."""
    random = RandomState(seed)
    for quality, sampling in ((95, 0), (75, 2), (30, 2), (85, 1)):
        for mode in ("RGB", "L", "CMYK"):
            image = Image.fromarray(scene(random, (120, 90))).convert(mode)
            name = f"{mode}-{quality}-{sampling}"
            yield _saved(name, image, "jpg", quality=quality, subsampling=sampling)
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[ORIENTATION] = orientation
        image = Image.fromarray(scene(random, (72, 48)))
        yield _saved(f"exif-{orientation}", image, "jpg", exif=exif, quality=80)
    images = [Image.fromarray(scene(random, (96, 64))) for _ in range(3)]
    yield _saved("progressive", images[0], "jpg", progressive=True)
    yield _saved("tall", Image.fromarray(scene(random, (5, 400))), "jpg")
    yield _saved("one", Image.fromarray(scene(random, (1, 1))), "jpg")
    yield _saved("several", images[0], "mpo", save_all=True, append_images=images[1:])
    yield _saved("lossy-60", images[0], "webp", quality=60)
    yield _saved("lossy-alpha", _in_mode(random, "RGBA", _size(random)), "webp", quality=80)
    yield _saved("lossy-moving", images[0], "webp", save_all=True, append_images=images[1:])
    yield _saved("jpeg-inside", images[1], "tiff", compression="jpeg")
    yield _saved("dithered", images[2].quantize(16), "gif")
    yield _saved("moving", images[1], "gif", save_all=True, append_images=images[2:])


def scene(random: RandomState, size: Size) -> NDArray[np.uint8]:
    """Draw soft coloured patches, coarse ones strong, with fine grain: (height, width, 3)."""
    width, height = size
    total = random.randint(0, 40, (height, width, 3))
    for cells, weight in ((2, 6), (5, 3), (13, 1)):
        total = total + weight * _soft(random.randint(0, 256, (cells + 1, cells + 1, 3)), size)
    low, high = int(total.min()), int(total.max())
    return ((total - low) * 255 // max(1, high - low)).astype(np.uint8)


def _soft(grid: NDArray[Any], size: Size) -> NDArray[np.int64]:
    """Spread a grid of values over a picture, in between in proportion, in whole numbers."""
    cells = len(grid) - 1
    row, down = np.divmod(np.arange(size[1]) * cells * 256 // size[1], 256)
    column, right = np.divmod(np.arange(size[0]) * cells * 256 // size[0], 256)
    down, right = down[:, None, None], right[None, :, None]
    upper = grid[row][:, column] * (256 - right) + grid[row][:, column + 1] * right
    lower = grid[row + 1][:, column] * (256 - right) + grid[row + 1][:, column + 1] * right
    spread: NDArray[np.int64] = (upper * (256 - down) + lower * down) >> 16
    return spread


def _stills(random: RandomState) -> Iterator[Picture]:
    for format_, modes in _MODES.items():
        for mode in modes:
            image = _in_mode(random, mode, _size(random))
            yield _saved(f"{mode}", image, format_, **_KEEP.get(format_, {}))
    for bits in (1, 2, 4):
        image = _palette(random, _size(random), 1 << bits)
        yield _saved(f"palette-of-{1 << bits}", image, "png", bits=bits)
        yield _saved(f"palette-of-{1 << bits}", image, "gif")
        yield _saved(f"palette-of-{1 << bits}", image, "bmp")
    for compression in ("raw", "tiff_lzw", "tiff_adobe_deflate", "packbits"):
        image = _in_mode(random, "RGB", _size(random))
        yield _saved(compression, image, "tiff", compression=compression)


_MODES = {
    "png": ("1", "L", "LA", "P", "RGB", "RGBA"),
    "bmp": ("1", "L", "P", "RGB", "RGBA"),
    "tiff": ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr", "LAB"),
    "gif": ("1", "L", "P"),
    "webp": ("L", "LA", "RGB", "RGBA"),
}
_KEEP = {"webp": {"lossless": True, "exact": True}}


def _in_mode(random: RandomState, mode: str, size: Size) -> Image.Image:
    """Draw in a mode, its bands as they are: nothing converted that may round otherwise one day."""
    if mode == "P":
        return _palette(random, size, 200)
    if mode == "PA":
        image = _palette(random, size, 200).convert("PA")
        image.putalpha(Image.fromarray(scene(random, size)[:, :, 0]))
        return image
    if mode == "1":
        return Image.fromarray(scene(random, size)[:, :, 0] > 127)
    bands = np.concatenate([scene(random, size), scene(random, size)], axis=2)
    count = len(Image.new(mode, (1, 1)).getbands())
    return Image.frombytes(mode, size, bands[:, :, :count].tobytes())


def _palette(random: RandomState, size: Size, colours: int) -> Image.Image:
    shades = scene(random, size)[:, :, 0].astype(np.int64) * colours // 256
    image = Image.fromarray(shades.astype(np.uint8), "L")
    image.putpalette(random.randint(0, 256, 3 * colours).astype(np.uint8).tobytes())
    return image


def _size(random: RandomState) -> Size:
    return int(random.randint(2, 200)), int(random.randint(2, 200))


def _transparent(random: RandomState) -> Iterator[Picture]:
    """Alpha is dropped, so what is under it counts; a colour may be declared transparent."""
    size = (75, 60)
    for format_ in ("png", "gif"):
        image = _palette(random, size, 32)
        yield _saved("transparent-index", image, format_, transparency=7)
    yield _saved(
        "transparent-shades", _palette(random, size, 32), "png", transparency=b"\0\x80" * 8
    )
    yield _saved("transparent-grey", _in_mode(random, "L", size), "png", transparency=100)
    yield _saved("transparent-colour", _in_mode(random, "RGB", size), "png", transparency=(9, 9, 9))
    icon = np.zeros((48, 48, 4), np.uint8)
    icon[12:36, 12:36, 3] = 255
    for format_, keep in (("png", {}), ("tiff", {}), ("webp", _KEEP["webp"])):
        yield _saved("black-on-nothing", Image.fromarray(icon), format_, **keep)


def _sixteen_bits(random: RandomState) -> Iterator[Picture]:
    size = (85, 65)
    for name, scale in (("dark", 1), ("middle", 64), ("full", 257)):
        shades = scene(random, size)[:, :, 0].astype(np.uint16) * scale
        yield _saved(f"16-bit-{name}", Image.fromarray(shades), "png")
        yield _saved(f"16-bit-{name}", Image.fromarray(shades), "tiff")
        swapped = Image.frombytes("I;16B", size, shades.astype(">u2").tobytes())
        yield _saved(f"16-bit-big-endian-{name}", swapped, "tiff")
        whole = Image.fromarray(shades.astype(np.int32) - 100)
        yield _saved(f"32-bit-{name}", whole, "tiff")
        real = Image.fromarray(shades.astype(np.float32) / 2 - 20)
        yield _saved(f"float-{name}", real, "tiff")


def _flat(random: RandomState) -> Iterator[Picture]:
    for shade in (0, 1, 127, 128, 254, 255):
        image = Image.new("L", (50, 40), shade)
        yield _saved(f"flat-{shade}", image, "png")
        yield _saved(f"flat-{shade}", image.convert("RGB"), "bmp")
        image.putpixel((int(random.randint(50)), int(random.randint(40))), 255 - shade)
        yield _saved(f"nearly-flat-{shade}", image, "png")
    for colour in ((255, 0, 0), (3, 200, 90)):
        yield _saved(f"flat-{colour[0]}-{colour[1]}", Image.new("RGB", (30, 90), colour), "png")


def _ties(random: RandomState) -> Iterator[Picture]:
    """Many equal means, sums and coefficients: where a comparison falls is the definition's."""
    side = np.arange(256)
    shapes: dict[str, NDArray[Any]] = {
        "ramp-right": np.tile(side, (256, 1)),
        "ramp-down": np.tile(side[:, None], (1, 256)),
        "ramp-both": (side[:, None] + side) // 2,
        "half": np.tile((side >= 128) * 255, (256, 1)),
        "ring": ((side[:, None] - 128) ** 2 + (side - 128) ** 2) // 129,
    }
    for block in (1, 2, 8, 16, 32):
        shapes[f"board-{block}"] = (side[:, None] // block + side // block) % 2 * 255
        shapes[f"stripes-{block}"] = np.tile(side // block % 2 * 255, (256, 1))
    for number in range(40):
        shades, block = random.randint(2, 9), (4, 8, 16, 32)[number % 4]
        cells = random.randint(0, shades, (256 // block, 256 // block)) * (255 // shades)
        shapes[f"blocks-{number}"] = np.kron(cells, np.ones((block, block), np.int64))
    for name, values in shapes.items():
        yield _saved(name, Image.fromarray(values.astype(np.uint8)), "png")


def _moving(random: RandomState) -> Iterator[Picture]:
    """Animations: the first frame counts, or the picture that an APNG has before its first."""
    size = (64, 48)
    for mode, format_ in (("P", "gif"), ("RGB", "png"), ("RGBA", "webp")):
        first, *rest = (_in_mode(random, mode, size) for _ in range(3))
        options = {"save_all": True, "append_images": rest, "duration": 90, "loop": 0}
        yield _saved("moving", first, format_, **options, **_KEEP.get(format_, {}))
    first, *rest = (_in_mode(random, "RGB", size) for _ in range(3))
    yield _saved("before", first, "png", save_all=True, append_images=rest, default_image=True)
    first, *rest = (_in_mode(random, "CMYK", size) for _ in range(2))
    yield _saved("pages", first, "tiff", save_all=True, append_images=rest)


def _turned(random: RandomState) -> Iterator[Picture]:
    """What EXIF says of the way up is the viewer's business; libtiff's decoder minds it itself."""
    for orientation in range(2, 9):
        exif = Image.Exif()
        exif[ORIENTATION] = orientation
        image = _in_mode(random, "RGB", (60, 44))
        yield _saved(f"exif-{orientation}", image, "png", exif=exif)
        yield _saved(f"exif-{orientation}", image, "tiff", exif=exif)
        yield _saved(f"exif-{orientation}", image, "webp", exif=exif, **_KEEP["webp"])


def _interlaced(pixels: NDArray[np.uint8]) -> bytes:
    """Write an interlaced PNG, which Pillow doesn't: seven passes (PNG specification, Adam7)."""
    starts = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2))
    passes = (pixels[y::down, x::right] for y, x, down, right in (*starts, (1, 0, 2, 1)))
    rows = b"".join(b"\0" + row.tobytes() for part in passes for row in part)
    height, width, _ = pixels.shape
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 1)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    )


def _saved(name: str, image: Image.Image, ending: str, **options: Any) -> Picture:
    out = BytesIO()
    image.save(out, _FORMATS.get(ending, ending), **options)
    return f"{name}.{ending}", out.getvalue()


_FORMATS = {"jpg": "jpeg"}
