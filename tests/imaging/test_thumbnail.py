from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from fapproc.imaging.decode import decode
from fapproc.imaging.sniff import sniff
from fapproc.imaging.thumbnail import Thumbnail, thumbnail
from fapproc.model import Format
from tests.drawing import film, landscape, write

WIDE = landscape(1, (800, 500))
ANIMATED = ["GIF", "PNG", "WEBP", "AVIF"]


def small(data: bytes) -> Thumbnail:
    return thumbnail(decode(data))


def opened(thumb: Thumbnail) -> Image.Image:
    image = Image.open(BytesIO(thumb.data))
    image.load()
    return image


def shining_through() -> Image.Image:
    image = WIDE.copy()
    image.putalpha(Image.linear_gradient("L").resize(image.size))
    return image


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP", "AVIF"])
def test_an_opaque_still_has_a_small_jpeg(format_: str) -> None:
    thumb = small(write(WIDE, format_))
    assert thumb.format is sniff(thumb.data) is Format.JPG
    assert opened(thumb).size == (280, 175)
    assert len(thumb.data) < 20_000


@pytest.mark.parametrize("format_", ["PNG", "WEBP", "AVIF"])
def test_a_still_with_transparency_keeps_it(format_: str) -> None:
    thumb = small(write(shining_through(), format_))
    assert thumb.format is sniff(thumb.data) is Format.WEBP
    alpha = np.asarray(opened(thumb).convert("RGBA"))[..., 3]
    assert alpha[0].max() < 10
    assert alpha[-1].min() > 245


def test_an_alpha_channel_that_hides_nothing_makes_no_webp() -> None:
    assert small(write(WIDE.convert("RGBA"), "PNG")).format is Format.JPG


@pytest.mark.parametrize("format_", ANIMATED)
def test_an_animation_stays_animated_with_its_timing(format_: str) -> None:
    times = [50, 200, 100, 70]
    thumb = small(film(format_, 4, (400, 300), duration=times))
    assert thumb.format is sniff(thumb.data) is Format.WEBP
    again = decode(thumb.data)
    assert [frame.duration for frame in again.frames] == times
    assert {frame.image.size for frame in again.frames} == {(280, 210)}


@pytest.mark.parametrize(
    ("format_", "loop", "plays"),
    [
        ("GIF", None, 1),
        ("GIF", 0, 0),
        ("GIF", 4, 5),
        ("PNG", 0, 0),
        ("PNG", 3, 3),
        ("WEBP", 0, 0),
        ("WEBP", 2, 2),
        ("GIF", 65_534, 65_535),
    ],
)
def test_an_animation_is_played_as_often(format_: str, loop: int | None, plays: int) -> None:
    data = film(format_, 3, loop=loop)
    assert decode(data).loop == plays
    assert decode(small(data).data).loop == plays


@pytest.mark.parametrize(("format_", "loop"), [("GIF", 65_535), ("PNG", 65_536), ("PNG", 1 << 31)])
def test_an_animation_is_played_as_often_as_a_thumbnail_can(format_: str, loop: int) -> None:
    data = film(format_, 3, loop=loop)
    assert decode(data).loop >= 65_536
    assert decode(small(data).data).loop == 65_535


def test_a_frame_that_stands_for_hours_stands_as_long_as_a_thumbnail_can() -> None:
    decoded = decode(film("PNG", 3))
    long = replace(decoded, frames=tuple(replace(f, duration=1 << 30) for f in decoded.frames))
    again = decode(thumbnail(long).data)
    assert {frame.duration for frame in again.frames} == {(1 << 24) - 1}


def test_an_animation_with_transparency_keeps_it() -> None:
    frames = [Image.new("RGBA", (60, 60), (200, 0, 0, 0)) for _ in range(3)]
    for number, frame in enumerate(frames):
        frame.paste((0, 0, 200, 255), (number * 20, 0, number * 20 + 20, 60))
    data = write(frames[0], "GIF", save_all=True, append_images=frames[1:], disposal=2, loop=0)
    again = decode(small(data).data)
    for number, moving in enumerate(again.frames):
        alpha = np.asarray(moving.image)[30, :, 3]
        assert [int(alpha[at]) for at in (10, 30, 50)] == [255 * (at == number) for at in range(3)]


@pytest.mark.parametrize("image", [WIDE, shining_through()], ids=["opaque", "alpha"])
def test_nothing_but_pixels_comes_through(image: Image.Image) -> None:
    exif = Image.Exif()
    exif[0x010E] = "who and where"
    profile = b"a colour profile" * 20
    data = write(image, "PNG", exif=exif, icc_profile=profile)
    assert b"who and where" in data
    thumb = small(data)
    assert not set(opened(thumb).info) & {"exif", "icc_profile", "comment", "xmp"}
    assert b"who and where" not in thumb.data
    assert b"who and where" not in small(write(WIDE, "JPEG", comment=b"who and where")).data


@pytest.mark.parametrize(
    "data",
    [write(WIDE, "JPEG"), write(shining_through(), "PNG"), film("GIF")],
    ids=["jpeg", "alpha", "gif"],
)
def test_the_same_image_gives_the_same_bytes(data: bytes) -> None:
    assert small(data) == small(data)


def test_a_small_picture_is_not_enlarged() -> None:
    assert opened(small(write(landscape(1, (64, 48)), "PNG"))).size == (64, 48)
