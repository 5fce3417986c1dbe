"""What of a picture is looked at: on which ground, and inside which border."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageEnhance, ImageOps

from fapproc.dedup.seen import Seen, shows_nothing
from fapproc.dedup.sight import Sight, sight
from fapproc.imaging.decode import decode
from tests.drawing import landscape, write

SIZE = (280, 210)
PHOTO = landscape(1, SIZE)


def stripes(*colours: str, across: bool = False) -> Image.Image:
    flag = Image.new("RGB", SIZE)
    step = SIZE[across] // len(colours) + 1
    for number, colour in enumerate(colours):
        at = (0, number * step) if across else (number * step, 0)
        flag.paste(colour, (*at, *SIZE))
    return flag


@pytest.mark.parametrize("colour", ["black", "white", "#808a80"])
@pytest.mark.parametrize(("x", "y"), [(10, 10), (140, 0), (0, 100), (280, 0), (60, 60)])
def test_bars_and_frames_of_any_width_are_left_out(colour: str, x: int, y: int) -> None:
    left, upper, right, lower = Seen(ImageOps.expand(PHOTO, (x, y), colour)).inner
    assert x <= left <= x + 8 and y <= upper <= y + 8
    assert SIZE[0] + x - 8 <= right <= SIZE[0] + x and SIZE[1] + y - 8 <= lower <= SIZE[1] + y


@pytest.mark.parametrize("across", [False, True])
def test_stripes_of_different_colours_are_no_border(across: bool) -> None:
    flag = Seen(stripes("blue", "white", "red", across=across))
    left, upper, right, lower = flag.inner
    assert right - left > 0.65 * SIZE[0] and lower - upper > 0.65 * SIZE[1]
    assert not flag.is_blank


@pytest.mark.parametrize("image", [stripes("red", "white", "red"), stripes("black", "white")])
def test_where_nothing_is_inside_the_border_is_the_picture(image: Image.Image) -> None:
    assert Seen(image).inner == (0, 0, *SIZE)
    assert not Seen(image).is_blank


def test_a_sky_that_runs_into_the_picture_is_a_border_up_to_a_part() -> None:
    sky = np.clip(np.linspace(-60, 90, SIZE[1]), 0, None)[:, None, None]
    random = np.random.default_rng(1).random((*SIZE[::-1], 3))
    picture = Image.fromarray(np.clip(200 - sky * (0.5 + random), 0, 255).astype(np.uint8))
    _, upper, _, lower = Seen(picture).inner
    assert (upper, lower) == (int(0.15 * SIZE[1]) + 2, SIZE[1])


def test_what_jpeg_leaves_around_a_small_thing_does_not_make_it_larger() -> None:
    page = Image.new("RGB", (566, 800), "white")
    draw = ImageDraw.Draw(page)
    draw.arc((150, 310, 260, 420), 160, 20, "black", 14)
    for left in (140, 232):
        draw.ellipse((left, 360, left + 36, 450), "yellow", "black", 8)
    for turn in (None, *Image.Transpose):
        turned = page if turn is None else page.transpose(turn)
        smaller = (
            decode(write(turned, "JPEG", quality=70))
            .frames[0]
            .image.resize(
                (280, 198) if turned.width > turned.height else (198, 280), Image.Resampling.LANCZOS
            )
        )
        left, upper, right, lower = Seen(decode(write(smaller, "JPEG")).frames[0].image).inner
        assert sorted((right - left, lower - upper)) == pytest.approx([41, 46], abs=6)


def sheet(*boxes: tuple[int, int, int, int]) -> Image.Image:
    """A ring on a sheet, and boxes."""
    page = Image.new("RGB", (200, 280), "white")
    draw = ImageDraw.Draw(page)
    draw.ellipse((40, 60, 120, 140), "yellow", "black", 6)
    draw.line((60, 100, 100, 90), "red", 5)
    for box in boxes:
        draw.rectangle(box, "black")
    return page


def strokes(upper: int) -> list[tuple[int, int, int, int]]:
    return [(left, upper, left + 4, upper + 14) for left in range(110, 190, 12)]


@pytest.mark.parametrize("upper", [4, 258])
def test_a_caption_that_stands_apart_from_a_thing_is_not_shown(upper: int) -> None:
    alone, captioned = (Seen(each) for each in (sheet(), sheet(*strokes(upper))))
    assert captioned.inner != alone.inner
    assert captioned.thing == pytest.approx(alone.thing, abs=3) and alone.thing == alone.inner
    squares = (np.asarray(each.square(64), np.int16) for each in (alone, captioned))
    assert np.abs(np.subtract(*squares)).mean() < 12


@pytest.mark.parametrize(
    "box",
    [
        pytest.param((110, 160, 150, 176), id="near"),
        pytest.param((110, 190, 150, 206), id="amid the sheet"),
        pytest.param((20, 246, 180, 276), id="large"),
    ],
)
def test_what_is_near_to_a_thing_or_large_or_amid_a_sheet_is_part_of_it(
    box: tuple[int, int, int, int],
) -> None:
    both = Seen(sheet(box))
    assert both.thing == both.inner != Seen(sheet()).inner


def test_where_nothing_but_a_caption_shows_anything_it_is_shown() -> None:
    page = Image.new("RGB", (200, 280), "white")
    page.paste("#dde", (20, 20, 180, 200))
    ImageDraw.Draw(page).text((100, 262), "Notice", "black", anchor="mm", font_size=20)
    seen = Seen(page)
    assert seen.thing == seen.inner and not seen.is_blank


def test_a_small_part_is_looked_at_again_from_nearer() -> None:
    small = Image.effect_noise((240, 180), 90).convert("RGB")
    full = ImageOps.expand(small, (440, 330), "black")
    nearer = Seen(full.resize(SIZE), lambda side: ImageOps.contain(full, (side, side)))
    far = Seen(full.resize(SIZE))

    def detail(seen: Seen) -> float:
        return float(np.abs(np.diff(np.asarray(seen.square(160), float), axis=1)).mean())

    assert detail(nearer) > 1.5 * detail(far)


def test_a_dark_picture_shows_something_and_grain_and_shades_do_not() -> None:
    random = np.random.default_rng(1)
    assert not shows_nothing(ImageEnhance.Brightness(PHOTO).enhance(0.6))
    assert shows_nothing(Image.fromarray(random.integers(122, 134, (210, 280, 3), dtype=np.uint8)))
    assert shows_nothing(Image.linear_gradient("L").convert("RGB"))
    assert shows_nothing(Image.new("RGB", (1, 1), "red"))


def test_little_on_a_plain_ground_or_between_bars_is_noticed() -> None:
    sheet = Image.new("RGB", SIZE, "black")
    sheet.paste(PHOTO.resize((70, 50)), (100, 90))
    barred = ImageOps.expand(PHOTO, (140, 0), "black")
    assert [sight(Seen(each)) for each in (sheet, barred, PHOTO)] == [
        Sight.SPARSE,
        Sight.SPARSE,
        Sight(0),
    ]
