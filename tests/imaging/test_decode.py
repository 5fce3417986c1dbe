import struct
import warnings
import zlib
from collections.abc import Callable
from contextlib import suppress
from functools import cache

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from PIL import Image

from fapproc.imaging import decode as module
from fapproc.imaging.decode import Undecodable, decode
from fapproc.model import Detail, Facts, Format
from tests.drawing import film, landscape, write

SIZE = (320, 240)
STILL = landscape(1, SIZE)
NEXT_FRAME = b"\x21\xf9\x04"
"""With what a GIF announces one."""


def interlaced_png() -> bytes:
    """Pillow writes none: seven passes, one after the other (PNG specification, Adam7)."""
    pixels = np.asarray(STILL)
    passes = [(0, 8, 0, 8), (0, 8, 4, 8), (4, 8, 0, 4), (0, 4, 2, 4), (2, 4, 0, 2), (0, 2, 1, 2)]
    passes.append((1, 2, 0, 1))
    rows = b"".join(
        b"\0" + row.tobytes()
        for top, down, left, across in passes
        for row in pixels[top::down, left::across]
    )
    header = struct.pack(">IIBBBBB", *SIZE, 8, 2, 0, 0, 1)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in chunks
    )


def tiff_with_directory_first(compression: int, pack: Callable[[bytes], bytes]) -> bytes:
    """Pillow writes it last where libtiff compresses; written first, a cut leaves it whole."""
    strip = pack(np.asarray(STILL).tobytes())
    fields = [(256, SIZE[0]), (257, SIZE[1]), (258, 8), (259, compression), (262, 2)]
    fields += [(273, 8 + 2 + 9 * 12 + 4), (277, 3), (278, SIZE[1]), (279, len(strip))]
    directory = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in fields)
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(fields)) + directory + bytes(4) + strip


SAMPLES: dict[str, Callable[[], bytes]] = {
    "jpeg": lambda: write(STILL, "JPEG"),
    "jpeg-progressive": lambda: write(STILL, "JPEG", progressive=True),
    "jpeg-grey": lambda: write(STILL.convert("L"), "JPEG"),
    "png": lambda: write(STILL, "PNG"),
    "png-interlaced": interlaced_png,
    "apng": lambda: film("PNG"),
    "gif": lambda: write(STILL, "GIF"),
    "gif-animated": lambda: film("GIF"),
    "bmp": lambda: write(STILL, "BMP"),
    "bmp-palette": lambda: write(STILL.quantize(64), "BMP"),
    "tiff-raw": lambda: write(STILL, "TIFF"),
    "tiff-lzw": lambda: write(STILL, "TIFF", compression="tiff_lzw"),
    "tiff-deflate": lambda: write(STILL, "TIFF", compression="tiff_adobe_deflate"),
    "tiff-jpeg": lambda: write(STILL, "TIFF", compression="jpeg"),
    "tiff-deflate-directory-first": lambda: tiff_with_directory_first(8, zlib.compress),
    "tiff-raw-directory-first": lambda: tiff_with_directory_first(1, bytes),
    "webp": lambda: write(STILL, "WEBP"),
    "webp-lossless": lambda: write(STILL, "WEBP", lossless=True),
    "webp-animated": lambda: film("WEBP"),
    "avif": lambda: write(STILL, "AVIF"),
    "avif-animated": lambda: film("AVIF"),
}


@cache
def sample(name: str) -> bytes:
    return SAMPLES[name]()


NAMES = list(SAMPLES)
ANIMATED = [name for name in NAMES if name.endswith("animated") or name == "apng"]


def detail(data: bytes) -> Detail:
    with pytest.raises(Undecodable) as caught:
        decode(data)
    return caught.value.detail


@pytest.mark.parametrize("name", NAMES)
def test_a_whole_picture_decodes(name: str) -> None:
    decoded = decode(sample(name))
    animated = name in ANIMATED
    size = (160, 120) if animated else SIZE
    assert decoded.facts == Facts(*size, animated)
    assert decoded.first.size == size
    assert len(decoded.frames) == (5 if animated else 1)
    assert {frame.image.size for frame in decoded.frames} == {size if animated else (280, 210)}
    assert {frame.duration for frame in decoded.frames} == {100 if animated else 0}
    assert decoded.loop == (0 if animated else 1)
    pixels = np.asarray(decoded.first.convert("RGB"), dtype=int)
    drawn = np.asarray(landscape(0, (160, 120)) if animated else STILL, dtype=int)
    if name != "jpeg-grey":
        assert np.abs(pixels - drawn).mean() < 8


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_cut_anywhere_is_truncated(name: str) -> None:
    data = sample(name)
    for percent in [*range(5, 96, 3), 95]:
        assert detail(data[: len(data) * percent // 100]) is Detail.TRUNCATED, f"{percent} %"


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=20, deadline=None)
@given(st.floats(0.05, 0.95))
def test_a_cut_at_any_byte_is_truncated(name: str, fraction: float) -> None:
    data = sample(name)
    cut = int(len(data) * fraction)
    # Behind a whole frame nobody can know of another one.
    assume(NEXT_FRAME not in (data[cut : cut + 3], data[cut + 1 : cut + 4]))
    assert detail(data[:cut]) is Detail.TRUNCATED


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_cut_in_its_header_is_truncated(name: str) -> None:
    assert detail(sample(name)[:30]) is Detail.TRUNCATED


@pytest.mark.parametrize("name", NAMES)
def test_garbage_behind_a_whole_picture_does_not_matter(name: str) -> None:
    whole = decode(sample(name))
    more = decode(sample(name) + b"garbage \xff\xd8\xff" * 100)
    assert more.first.tobytes() == whole.first.tobytes()
    assert len(more.frames) == len(whole.frames)


@pytest.mark.parametrize("name", ["jpeg", "jpeg-progressive", "jpeg-grey"])
@pytest.mark.parametrize("missing", [1, 2])
def test_a_jpeg_that_lacks_its_end_marker_is_kept(name: str, missing: int) -> None:
    data = sample(name)
    assert decode(data[:-missing]).first.tobytes() == decode(data).first.tobytes()


@pytest.mark.parametrize("name", ["jpeg", "jpeg-progressive", "jpeg-grey"])
@pytest.mark.parametrize("missing", range(4, 12))
def test_a_jpeg_that_lacks_its_last_pixels_is_truncated(name: str, missing: int) -> None:
    assert detail(sample(name)[:-missing]) is Detail.TRUNCATED


def test_a_progressive_jpeg_cut_between_two_scans_is_truncated() -> None:
    data = sample("jpeg-progressive")
    scans = [at for at in range(len(data)) if data.startswith(b"\xff\xda", at)]
    tables = [at for at in range(len(data)) if data.startswith(b"\xff\xc4", at)]
    assert len(scans) > 2
    for cut in [at for at in [*scans, *tables] if at > scans[0]]:
        assert detail(data[:cut]) is Detail.TRUNCATED
        assert detail(data[:cut] + b"\xff") is Detail.TRUNCATED


@pytest.mark.parametrize("name", ["gif", "gif-animated"])
def test_a_gif_that_lacks_its_trailer_is_kept(name: str) -> None:
    assert sample(name).endswith(b"\0;")
    assert len(decode(sample(name)[:-1]).frames) == len(decode(sample(name)).frames)


def test_a_gif_cut_behind_the_announcement_of_a_frame_is_truncated() -> None:
    data = sample("gif-animated")
    announced = data.rindex(NEXT_FRAME)
    assert detail(data[: announced + 8]) is Detail.TRUNCATED


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", Detail.EMPTY),
        (b"<html>", Detail.NOT_A_PICTURE),
        (write(STILL, "PPM"), Detail.FORMAT),
        (write(STILL, "EPS"), Detail.FORMAT),
    ],
)
def test_what_the_first_bytes_refuse_no_decoder_sees(data: bytes, expected: Detail) -> None:
    assert detail(data) is expected


def png_header(width: int, height: int) -> bytes:
    data = bytearray(write(STILL, "PNG"))
    data[16:24] = struct.pack(">II", width, height)
    data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
    return bytes(data)


def test_over_179_million_pixels_a_frame_is_too_large() -> None:
    assert detail(png_header(20_000, 10_000)) is Detail.TOO_LARGE
    assert detail(png_header(178_956_971, 1)) is Detail.TOO_LARGE


def test_half_of_that_is_decoded_without_a_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        decoded = decode(write(Image.new("1", (9_500, 9_500)), "PNG"))
    assert decoded.facts == Facts(9_500, 9_500, animated=False)


@pytest.mark.parametrize("name", ANIMATED)
@pytest.mark.parametrize("limit", ["MAX_FRAMES", "MAX_PIXELS_OF_ALL_FRAMES"])
def test_an_animation_over_a_limit_keeps_a_still_of_its_first_frame(
    name: str, limit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = decode(sample(name))
    monkeypatch.setattr(module, limit, 4 if limit == "MAX_FRAMES" else 5 * 160 * 120 - 1)
    decoded = decode(sample(name))
    assert decoded.facts == whole.facts
    assert len(decoded.frames) == 1
    assert decoded.frames[0].image.tobytes() == whole.frames[0].image.tobytes()


def test_a_gif_of_20_000_frames_is_not_decoded_to_its_end() -> None:
    whole = film("GIF", 2, (30, 20))
    first = whole[whole.index(b"\x21\xf9") : whole.rindex(b"\x21\xf9")]
    decoded = decode(whole[:-1] + first * 20_000 + b";")
    assert decoded.facts.animated
    assert len(decoded.frames) == 1


@pytest.mark.parametrize("format_", ["MPO", "TIFF"])
def test_several_pictures_in_a_still_format_are_a_still(format_: str) -> None:
    data = write(STILL, format_, save_all=True, append_images=[landscape(2), landscape(3)])
    decoded = decode(data)
    assert decoded.facts == Facts(*SIZE, animated=False)
    assert decoded.format is (Format.JPG if format_ == "MPO" else Format.TIFF)


@pytest.mark.parametrize("format_", ["GIF", "PNG", "WEBP", "AVIF"])
def test_an_animation_of_one_frame_is_a_still(format_: str) -> None:
    assert not decode(film(format_, 1)).facts.animated


def test_a_picture_for_viewers_without_animation_is_no_frame_of_an_apng() -> None:
    decoded = decode(film("PNG", 4, default_image=True))
    assert decoded.facts.animated
    assert len(decoded.frames) == 3


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP"])
def test_the_small_frame_is_upright_and_the_first_is_not(format_: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    decoded = decode(write(STILL, format_, exif=exif))
    assert decoded.facts == Facts(*SIZE, animated=False, orientation=orientation)
    assert decoded.facts.turned == (orientation > 4)
    assert decoded.first.size == SIZE
    assert decoded.frames[0].image.size == ((280, 210) if orientation < 5 else (210, 280))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("compression", ["raw", "tiff_lzw"])
def test_a_turned_tiff_has_the_sides_that_are_stored_and_is_shown_upright(
    compression: str, orientation: int
) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    facts = decode(write(STILL, "TIFF", exif=exif, compression=compression))
    as_jpeg = decode(write(STILL, "JPEG", exif=exif, quality=95))
    assert facts.facts == as_jpeg.facts == Facts(*SIZE, False, orientation)
    shown = [np.asarray(each.frames[0].image, int) for each in (facts, as_jpeg)]
    assert shown[0].shape == shown[1].shape
    assert np.abs(shown[0] - shown[1]).mean() < 4


def test_corrupt_exif_costs_no_picture() -> None:
    data = write(STILL, "JPEG", exif=b"Exif\0\0II*\0\x08\0\0\0\xff\xff\x12")
    assert decode(data).frames[0].image.size == (280, 210)


@pytest.mark.parametrize(
    ("kind", "value"), [(5, b"\x1a\0\0\0"), (11, struct.pack("<f", 6)), (2, b"6\0"), (0, b"\6")]
)
def test_how_a_picture_is_turned_is_a_whole_number_however_it_was_written(
    kind: int, value: bytes
) -> None:
    field = struct.pack("<HHII", 0x112, kind, 1, 0)[:8] + value.ljust(4, b"\0")
    fraction = struct.pack("<II", 6, 1)
    exif = b"Exif\0\0II*\0\x08\0\0\0\1\0" + field + bytes(4) + fraction
    turned = decode(write(STILL, "JPEG", exif=exif)).facts.orientation
    assert type(turned) is int
    assert turned == (6 if kind in {5, 11} else 1)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16", "CMYK", "F", "YCbCr", "PA"])
def test_every_kind_of_pixels_becomes_rgb_or_rgba(mode: str) -> None:
    format_ = "TIFF" if mode in {"CMYK", "F", "YCbCr"} else "PNG"
    source = STILL.convert("L") if mode in {"I;16", "F", "LA"} else STILL
    image = source.convert(mode) if mode != "PA" else source.convert("RGBA").quantize(16)
    decoded = decode(write(image, format_))
    assert decoded.frames[0].image.mode == "RGB"


def test_sixteen_bits_of_grey_keep_their_shades() -> None:
    grey = np.asarray(STILL.convert("L")).astype(np.uint16) * 257
    small = decode(write(Image.fromarray(grey), "PNG")).frames[0].image
    expected = decode(write(STILL.convert("L"), "PNG")).frames[0].image
    assert np.abs(np.asarray(small, int) - np.asarray(expected, int)).max() <= 2


def test_a_small_picture_is_not_enlarged_and_a_narrow_one_keeps_a_pixel() -> None:
    assert decode(write(landscape(1, (20, 10)), "PNG")).frames[0].image.size == (20, 10)
    assert decode(write(landscape(1, (3000, 2)), "PNG")).frames[0].image.size == (280, 1)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(NAMES), st.integers(0, 10_000), st.binary(min_size=1, max_size=8))
def test_damaged_bytes_are_a_picture_or_undecodable(name: str, at: int, damage: bytes) -> None:
    data = bytearray(sample(name))
    at %= len(data)
    data[at : at + len(damage)] = damage
    with suppress(Undecodable):
        decode(bytes(data))


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def with_chunks(data: bytes, *chunks: bytes) -> bytes:
    """A PNG with chunks put in after its header."""
    return data[:33] + b"".join(chunks) + data[33:]


@pytest.mark.parametrize(
    "odd",
    [
        chunk(b"zTXt", b"k\0\0" + zlib.compress(bytes(3 << 20))),
        chunk(b"iCCP", b"name\0\0no profile"),
        chunk(b"cHRM", b""),
        chunk(b"pHYs", b"1"),
    ],
    ids=["much text", "no profile", "no colours", "half a size"],
)
def test_what_stands_beside_the_pixels_of_a_png_costs_no_picture(odd: bytes) -> None:
    whole = decode(sample("png"))
    decoded = decode(with_chunks(sample("png"), odd))
    assert decoded.facts == whole.facts
    assert decoded.first.tobytes() == whole.first.tobytes()


@pytest.mark.parametrize("marker", [0xE0, 0xE1, 0xE2, 0xED, 0xFE])
@pytest.mark.parametrize(
    "body", [b"", b"JFIF\0", b"Exif\0\0", b"ICC_PROFILE\0", b"Photoshop 3.0\0"]
)
def test_segments_beside_the_pixels_of_a_jpeg_cost_no_picture(marker: int, body: bytes) -> None:
    data = sample("jpeg")
    odd = bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body
    for decoded in (decode(data[:2] + odd + data[2:]), decode(data[:20] + odd + data[20:])):
        assert decoded.facts == Facts(*SIZE, animated=False)
        assert decoded.unsound is None


JPEGS: dict[str, dict[str, object]] = {
    "plain": {},
    "optimized": {"optimize": True},
    "every pixel": {"subsampling": 0},
}


@pytest.mark.parametrize("kind", JPEGS)
@pytest.mark.parametrize("part", [0.2, 0.5, 0.8, 0.95])
def test_a_jpeg_that_was_cut_and_closed_is_seen_and_marked(kind: str, part: float) -> None:
    data = write(STILL, "JPEG", **JPEGS[kind])
    assert decode(data).unsound is None
    cut = data[: int(len(data) * part)]
    for closed in (cut + b"\xff\xd9", cut + b"\xff\xd9" + PREVIEW):
        decoded = decode(closed)
        assert decoded.unsound is Detail.TRUNCATED
        assert decoded.facts == Facts(*SIZE, animated=False)
        assert decoded.frames[0].image.size == (280, 210)


@pytest.mark.parametrize("kind", JPEGS)
def test_a_jpeg_with_bytes_that_were_zeroed_is_marked(kind: str) -> None:
    data = write(STILL, "JPEG", **JPEGS[kind])
    at, length = len(data) // 2, len(data) // 20
    assert decode(data[:at] + bytes(length) + data[at + length :]).unsound is Detail.TRUNCATED


def test_a_progressive_jpeg_without_its_last_scans_is_marked() -> None:
    data = sample("jpeg-progressive")
    last = data.rindex(b"\xff\xda")
    assert decode(data).unsound is None
    assert decode(data[:last] + b"\xff\xd9").unsound is Detail.TRUNCATED


PREVIEW = write(landscape(2, (40, 30)), "JPEG")
"""What cameras and phones put behind a picture, with an end of its own."""


@pytest.mark.parametrize(
    "behind", [b"", bytes(500), b"more of something else " * 20, b"\xff" * 30, PREVIEW]
)
def test_what_stands_behind_a_whole_jpeg_makes_it_no_less(behind: bytes) -> None:
    for name in ("jpeg", "jpeg-progressive", "jpeg-grey"):
        assert decode(sample(name) + behind).unsound is None
    grey = write(Image.new("RGB", SIZE, (128, 128, 128)), "JPEG")
    black = write(Image.new("RGB", SIZE), "JPEG")
    assert decode(grey + behind).unsound is decode(black + behind).unsound is None


FLAT: list[tuple[str, int | tuple[int, ...]]] = [
    *(("RGB", colour) for colour in [(0, 0, 0), (128, 128, 128), (255, 255, 255), (90, 140, 60)]),
    *(("L", shade) for shade in (0, 128, 77)),
    ("CMYK", (0, 0, 0, 0)),
]
WAYS: list[dict[str, object]] = [{}, {"optimize": True}, {"progressive": True}, {"quality": 100}]


@pytest.mark.parametrize("size", [(1, 1), (8, 8), (17, 5), (48, 64), (320, 240)])
def test_a_jpeg_of_one_colour_is_whole_however_few_codes_it_has(size: tuple[int, int]) -> None:
    for mode, colour in FLAT:
        for options in WAYS:
            data = write(Image.new(mode, size, colour), "JPEG", **options)
            assert decode(data).unsound is None, (colour, options)


@pytest.mark.parametrize("size", [(64, 48), (320, 240)])
@pytest.mark.parametrize("options", [{}, {"optimize": True}])
def test_a_jpeg_of_one_colour_that_is_cut_is_not_whole(
    options: dict[str, bool], size: tuple[int, int]
) -> None:
    data = write(Image.new("RGB", size, (90, 140, 60)), "JPEG", **options)
    codes = data.rindex(b"\xff\xda") + 14
    half = codes + (len(data) - codes) // 2
    assert detail(data[:half]) is Detail.TRUNCATED
    assert decode(data[:half] + b"\xff\xd9").unsound is Detail.TRUNCATED


def test_an_animated_png_that_is_put_together_wrongly_is_a_still() -> None:
    data = film("PNG")
    second = data.index(b"fdAT")
    length = struct.unpack(">I", data[second - 4 : second])[0]
    wrong = chunk(b"fdAT", b"\0\0\0\x63" + data[second + 8 : second + 4 + length])
    odd = data[: second - 4] + wrong + data[second + 8 + length :]
    decoded = decode(odd)
    assert decoded.facts == Facts(160, 120, animated=False)
    assert decoded.first.tobytes() == decode(data).first.tobytes()


def test_an_animation_that_takes_too_long_keeps_a_still_of_its_first_frame(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = decode(sample("gif-animated"))
    monkeypatch.setattr(module, "MAX_SECONDS_OF_ALL_FRAMES", 0.0)
    decoded = decode(sample("gif-animated"))
    assert decoded.facts == whole.facts
    assert len(decoded.frames) == 1
    assert decoded.first.tobytes() == whole.first.tobytes()


def tiff(bits: int, pixels: bytes, *, sample: int = 1, colours: int = 1) -> bytes:
    """A picture of 16 x 16 of such shades."""
    fields = [(256, 16), (257, 16), (258, bits), (259, 1), (262, 1 if colours == 1 else 2)]
    fields += [(273, 8 + 2 + 10 * 12 + 4), (277, colours), (278, 16), (279, len(pixels))]
    fields += [(339, sample)]
    directory = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in fields)
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(fields)) + directory + bytes(4) + pixels


RAMP = np.arange(256).reshape(16, 16)
DEEP = {
    "half of 16 bits": tiff(16, (RAMP * 128).astype("<u2").tobytes()),
    "dark 16 bits": tiff(16, RAMP.astype("<u2").tobytes()),
    "signed": tiff(16, (RAMP - 128).astype("<i2").tobytes(), sample=2),
    "signed, far": tiff(32, (RAMP * 10_000 - 9).astype("<i4").tobytes(), sample=2),
    "to 1": tiff(32, (RAMP / 255).astype("<f4").tobytes(), sample=3),
    "below 0": tiff(32, (RAMP - 128).astype("<f4").tobytes(), sample=3),
    **{
        f"with {odd}": tiff(32, np.where(RAMP == 9, odd, RAMP).astype("<f4").tobytes(), sample=3)
        for odd in (np.nan, np.inf, -np.inf)
    },
}


@pytest.mark.parametrize("kind", DEEP)
def test_shades_of_more_than_eight_bits_are_seen(kind: str) -> None:
    seen = np.asarray(decode(DEEP[kind]).frames[0].image, int)[..., 0].ravel()
    assert (np.diff(np.delete(seen, [8, 9, 10])) >= 0).all()
    assert seen[0] < 10
    assert seen[-1] > (120 if kind == "half of 16 bits" else 245)


@pytest.mark.parametrize(
    "data",
    [
        tiff(64, np.zeros((16, 16)).tobytes(), sample=3),
        tiff(5, bytes(160)),
        tiff(24, bytes(768)),
    ],
    ids=["64 bits", "5 bits", "24 bits"],
)
def test_a_tiff_of_a_form_that_no_decoder_knows_is_a_format_and_cut_it_is_truncated(
    data: bytes,
) -> None:
    assert detail(data) is Detail.FORMAT
    assert detail(data[:-9]) is Detail.TRUNCATED


def test_a_bmp_of_a_form_that_no_decoder_knows_is_a_format() -> None:
    header = struct.pack("<IiiHHIIiiII", 40, 16, 16, 1, 16, 3, 0, 0, 0, 0, 0)
    masks = struct.pack("<III", 0xF00, 0x0F0, 0x00F)
    data = b"BM" + struct.pack("<IHHI", 66 + 512, 0, 0, 66) + header + masks + bytes(512)
    assert detail(data) is Detail.FORMAT
    assert detail(data[:-9]) is Detail.TRUNCATED


def test_a_jpeg_of_twelve_bits_or_without_loss_is_a_format() -> None:
    data = bytearray(sample("jpeg"))
    frame = data.index(b"\xff\xc0")
    data[frame + 4] = 12
    assert detail(bytes(data)) is Detail.FORMAT
    data[frame + 4], data[frame + 1] = 8, 0xC3
    assert detail(bytes(data)) is Detail.FORMAT


def test_grey_of_four_bits_keeps_its_transparency() -> None:
    rows = b"".join(b"\0" + bytes([0x00, 0x55, 0xAA, 0xFF] * 2) for _ in range(16))
    header = struct.pack(">IIBBBBB", 16, 16, 4, 0, 0, 0, 0)
    parts = [chunk(b"IHDR", header), chunk(b"tRNS", b"\0\x05"), chunk(b"IDAT", zlib.compress(rows))]
    data = b"\x89PNG\r\n\x1a\n" + b"".join(parts) + chunk(b"IEND", b"")
    alpha = np.asarray(decode(data).frames[0].image.getchannel("A"))
    assert set(alpha[:, 2:4].ravel()) == {0}
    assert set(alpha[:, 4:8].ravel()) == {255}


@pytest.mark.parametrize("most", [255, 65_535])
def test_colours_of_a_tiff_are_seen_whether_written_in_8_bits_or_16(most: int) -> None:
    fields = [(256, 4, 1, 16), (257, 4, 1, 16), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 3)]
    at = 8 + 2 + 9 * 12 + 4
    fields += [(273, 4, 1, at + 1536), (278, 4, 1, 16), (279, 4, 1, 256), (320, 3, 768, at)]
    directory = b"".join(struct.pack("<HHII", *field) for field in fields)
    map_ = (np.tile(np.arange(256) * most // 255, 3)).astype("<u2").tobytes()
    head = b"II*\0\x08\0\0\0" + struct.pack("<H", len(fields)) + directory + bytes(4)
    seen = decode(head + map_ + bytes(range(256))).frames[0].image
    assert (np.asarray(seen)[..., 1].ravel() == np.arange(256)).all()


def test_alpha_that_was_multiplied_in_is_no_reason_to_end() -> None:
    grey = np.stack([np.full((8, 8), 60, np.uint8), np.full((8, 8), 120, np.uint8)], axis=-1)
    fields = [(256, 4, 8), (257, 4, 8), (258, 3, 8 | 8 << 16), (259, 3, 1), (262, 3, 1)]
    fields += [(273, 4, 8 + 2 + 10 * 12 + 4), (277, 3, 2), (278, 4, 8), (279, 4, 128), (338, 3, 1)]
    directory = b"".join(
        struct.pack("<HHII", tag, kind, 2 if tag == 258 else 1, value)
        for tag, kind, value in fields
    )
    data = b"II*\0\x08\0\0\0" + struct.pack("<H", 10) + directory + bytes(4) + grey.tobytes()
    frame = decode(data).frames[0].image
    assert frame.mode == "RGBA"
    assert frame.getpixel((4, 4)) == (127, 127, 127, 120)
