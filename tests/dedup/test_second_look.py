"""A second look: two pictures are laid over each other, and compared where they overlap."""

import hashlib
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from io import BytesIO
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageColor, ImageDraw, ImageEnhance, ImageFont, ImageOps

from evaluation import drawn, transformations
from fapproc.dedup.second_look.agreement import agreement, refined
from fapproc.dedup.second_look.alignment import Pairing, as_they_are
from fapproc.dedup.second_look.brighter import is_brighter
from fapproc.dedup.second_look.inside import in_one_place
from fapproc.dedup.second_look.look import look
from fapproc.dedup.second_look.picture import Picture
from fapproc.dedup.second_look.written import words_on_one
from fapproc.dedup.seen import Seen
from fapproc.imaging.decode import decode
from fapproc.looks import Look
from tests.beside import CASES
from tests.drawing import landscape, write

SIZE = (270, 200)


def scene(seed: int) -> Image.Image:
    """Draw figures on a landscape."""
    random = np.random.default_rng(seed)
    drawn = landscape(seed, SIZE)
    draw = ImageDraw.Draw(drawn)
    for _ in range(14):
        x, y, w, h = random.integers((0, 0, 15, 15), (240, 170, 90, 90))
        figure = draw.rectangle if random.random() < 0.5 else draw.ellipse
        figure((x, y, x + w, y + h), tuple(random.integers(0, 256, 3).tolist()))
    return drawn


def line_art(seed: int) -> Image.Image:
    """Draw curves of a pen on white paper."""
    random = np.random.default_rng(seed)
    drawn = Image.new("RGB", SIZE, "white")
    draw = ImageDraw.Draw(drawn)
    for _ in range(16):
        x, y, w, h = random.integers((0, 0, 20, 20), (220, 160, 120, 120))
        start = int(random.integers(0, 180))
        draw.arc((x, y, x + w, y + h), start, start + 230, "black", 3)
    return drawn


def stored(image: Image.Image) -> NDArray[np.uint8]:
    """The pixels of a picture as a thumbnail keeps them."""
    frame = decode(write(image.convert("RGB"), "JPEG", quality=80)).frames[0].image
    return np.asarray(Seen(frame).small)


def seen(one: Image.Image, other: Image.Image) -> Look:
    return look(stored(one), stored(other))


def cropped(image: Image.Image, share: float) -> Image.Image:
    x, y = round(image.width * share), round(image.height * share)
    return image.crop((x, y, image.width - x, image.height - y))


def captioned(image: Image.Image) -> Image.Image:
    done = image.copy()
    draw = ImageDraw.Draw(done)
    draw.rectangle((0, 150, 150, 200), "white")
    draw.text((8, 160), "as found", fill="black", font=ImageFont.load_default(30))
    return done


def with_words(image: Image.Image) -> Image.Image:
    """Write across top and bottom, as on a meme."""
    done = image.copy()
    font = ImageFont.load_default(28)
    for words, y, anchor in (("WHEN THE BOAT", 4, "ma"), ("IS ON THE HILL", 196, "md")):
        place = (135, y)
        draw = ImageDraw.Draw(done)
        draw.text(place, words, "white", font, anchor, stroke_width=3, stroke_fill="black")
    return done


Change = Callable[[Image.Image], Image.Image]
CHANGES: dict[str, tuple[Change, str]] = {
    "nothing": (lambda image: image, ""),
    "smaller": (lambda image: image.resize((130, 96)), ""),
    "flatter": (lambda image: image.resize((270, 160)), ""),
    "grey": (lambda image: image.convert("L"), "the second is grey"),
    "mirrored": (ImageOps.mirror, "mirrored"),
    "turned": (
        lambda image: image.transpose(Image.Transpose.ROTATE_270),
        "turned by 90 degrees",
    ),
    "on its head": (lambda image: image.rotate(180), "turned by 180 degrees"),
    "a little askew": (lambda image: image.rotate(2, Image.Resampling.BICUBIC), ""),
    "cropped": (
        lambda image: cropped(image, 0.1),
        "cropped: the second shows 64% of the first, its middle",
    ),
    "hard cropped": (
        lambda image: cropped(image, 0.2),
        "cropped: the second shows 36% of the first, its middle",
    ),
    "lower third off": (
        lambda image: image.crop((0, 0, 270, 134)),
        "cropped: the second shows 67% of the first, its upper part",
    ),
    "mirrored and cropped": (
        lambda image: ImageOps.mirror(cropped(image, 0.1)),
        "mirrored; cropped: the second shows 64% of the first, its middle",
    ),
    "bordered": (
        lambda image: ImageOps.expand(image, 20, "white"),
        "the second with a border or a strip around it",
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_same_picture_is_known_and_said_in_what_way(change: str) -> None:
    changed, way = CHANGES[change]
    found = seen(scene(3), changed(scene(3)))
    assert found.same
    assert re.sub(r"\d+%", about, "; ".join(found.reasons)) == way


def about(share: re.Match[str]) -> str:
    """The share that it is but for three in a hundred: maps are known to a pixel or two."""
    percent = int(share[0][:-1])
    exact = min((36, 64, 67), key=lambda each: abs(each - percent))
    return f"{exact}%" if abs(exact - percent) <= 3 else share[0]


@pytest.mark.parametrize("change", ["smaller", "mirrored", "turned", "cropped", "bordered"])
def test_a_drawing_is_known_too(change: str) -> None:
    assert seen(line_art(3), CHANGES[change][0](line_art(3))).same


@pytest.mark.parametrize("change", ["nothing", "mirrored", "turned", "on its head"])
def test_each_turn_is_seen_edge_on_edge(change: str) -> None:
    one, other = (Picture(stored(image)) for image in (scene(3), CHANGES[change][0](scene(3))))
    (proposed,) = as_they_are(Pairing(one, other))
    assert agreement(one, other, proposed).score > 0.95


@pytest.mark.parametrize("way", [*Image.Transpose])
def test_parts_of_a_turned_picture_are_found_by_few_features(way: Image.Transpose) -> None:
    one, other = (Picture(stored(image)) for image in (scene(3), cropped(scene(3), 0.1)))
    turned = Picture(stored(cropped(scene(3), 0.1).transpose(way)))
    assert Pairing(one, other).may_agree
    assert Pairing(one, turned).may_agree


def test_most_strangers_are_told_before_they_are_laid_over_each_other() -> None:
    shown = [Picture(stored(scene(seed))) for seed in range(12)]
    told = [Pairing(one, other).may_agree for one, other in pairwise(shown)]
    assert sum(told) <= 3


def test_a_map_that_is_off_by_some_pixels_is_moved_to_where_it_fits() -> None:
    one = Picture(stored(scene(3)))
    off = np.array([[1, 0.01, 5], [0, 1, -4], [0, 0, 1]])
    assert agreement(one, one, off).score < 0.5
    assert agreement(one, one, refined(one, one, off)).score > 0.95


def test_where_something_else_is_shown_is_said() -> None:
    found = seen(scene(3), captioned(scene(3)))
    assert found.same
    assert found.differs is not None
    left, upper, right, lower = found.differs
    assert left < 0.1 < 0.4 < right < 0.7 and 0.5 < upper < 0.8 < 0.95 < lower
    assert found.reasons == ("differs in one place, at the bottom and left",)


def test_large_words_across_a_full_picture_leave_it_the_same() -> None:
    assert [seed for seed in range(6) if not seen(scene(seed), with_words(scene(seed))).same] == []
    assert not seen(with_words(scene(3)), with_words(scene(5))).same


def test_large_words_across_a_drawing_on_paper_leave_it_the_same_but_other_words_do_not() -> None:
    def template(title: str) -> Image.Image:
        """Curves between two bands, with a title in the upper one."""
        drawn = line_art(3)
        draw = ImageDraw.Draw(drawn)
        draw.rectangle((0, 0, 270, 45), "white")
        draw.rectangle((0, 155, 270, 200), "white")
        draw.text((135, 8), title, "black", ImageFont.load_default(34), "ma")
        draw.text((135, 160), title[::-1], "black", ImageFont.load_default(34), "ma")
        return drawn

    assert seen(line_art(3), with_words(line_art(3))).same
    assert not seen(template("NORTH WIND"), template("SUMMER LAKE")).same


def test_words_that_cover_most_of_what_shows_leave_a_drawing_the_same() -> None:
    def hill(symbol: str) -> Image.Image:
        """A wide sheet with little between the words."""
        drawn = Image.new("RGB", (270, 200), "white")
        draw = ImageDraw.Draw(drawn)
        draw.ellipse((40, 10, 230, 190), None, "black", 6)
        draw.text((135, 100), symbol, "black", ImageFont.load_default(40), "mm")
        return drawn

    found = seen(hill("A"), with_words(hill("A")))
    assert found.same and found.differs is not None
    assert "differs in one place, at the top" in found.reasons or "bottom" in found.reasons[0]
    assert not seen(hill("A"), with_words(hill("5"))).same
    other = hill("A")
    draw = ImageDraw.Draw(other)
    for words, y, anchor in (("SOMETHING ELSE", 4, "ma"), ("OF THE SAME", 196, "md")):
        font = ImageFont.load_default(28)
        draw.text((135, y), words, "white", font, anchor, stroke_width=3, stroke_fill="black")
    assert not seen(with_words(hill("A")), other).same


def test_the_order_of_the_two_makes_no_difference_but_in_words() -> None:
    whole, part = scene(3), cropped(scene(3), 0.15)
    forth, back = seen(whole, part), seen(part, whole)
    assert forth.same and back.same
    assert forth.part_of_first is not None and forth.part_of_second is None
    assert back.part_of_second is not None and back.part_of_first is None


@pytest.mark.parametrize("draw", [scene, line_art])
def test_strangers_are_refused(draw: Callable[[int], Image.Image]) -> None:
    drawn = [stored(draw(seed)) for seed in range(5)]
    assert not [
        pair for pair in combinations(range(5), 2) if look(drawn[pair[0]], drawn[pair[1]]).same
    ]


def flag(colour: str) -> Image.Image:
    """A flag at a pole, with folds."""
    drawn = Image.new("RGB", SIZE, "white")
    draw = ImageDraw.Draw(drawn)
    draw.polygon([(40, 20), (120, 45), (230, 15), (225, 120), (120, 150), (45, 110)], colour)
    for x in range(60, 220, 28):
        draw.line([(x, 40), (x + 8, 70), (x - 4, 110)], "black", 3)
    draw.line([(40, 20), (60, 195)], "black", 6)
    return drawn


def sign(symbol: str) -> Image.Image:
    """A road sign: the form is the same, and the symbol tells."""
    drawn = Image.new("RGB", (260, 230), "white")
    draw = ImageDraw.Draw(drawn)
    draw.polygon([(130, 8), (252, 222), (8, 222)], "white", "red", 14)
    draw.text((130, 150), symbol, "black", font=ImageFont.load_default(110), anchor="mm")
    return drawn


def arrow(colour: str) -> Image.Image:
    """A button: a thick edge, and shades of one colour inside."""
    drawn = Image.new("RGB", (150, 280), "white")
    draw = ImageDraw.Draw(drawn)
    form = [(45, 10), (105, 10), (105, 180), (140, 180), (75, 270), (10, 180), (45, 180)]
    draw.polygon(form, colour)
    draw.line([*form, form[0]], "black", 7)
    return drawn


def piece(tab: int) -> Image.Image:
    """A piece of a jigsaw: one of its tabs is outside or inside."""
    drawn = Image.new("RGB", (260, 260), "white")
    draw = ImageDraw.Draw(drawn)
    for grown, colour in ((7, "black"), (0, "green")):
        draw.rectangle((70 - grown, 70 - grown, 190 + grown, 190 + grown), colour)
        draw.ellipse((105 - grown, 25 - grown, 155 + grown, 75 + grown), colour)
        draw.ellipse((185 - grown, 105 - grown, 235 + grown, 155 + grown), colour)
    place, colour = ((25, 105, 80, 155), "green") if tab < 0 else ((65, 105, 120, 155), "white")
    draw.ellipse(place, colour, "black", 7)
    return drawn


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (flag("red"), flag("lime")),
        (sign("A"), sign("5")),
        (arrow("#c01890"), arrow("#c82010")),
        (arrow("#c01890"), arrow("black")),
        (piece(-1), piece(1)),
    ],
    ids=["another colour", "another symbol", "a button", "its shadow", "a piece of a jigsaw"],
)
def test_what_shares_an_outline_is_not_the_same(one: Image.Image, other: Image.Image) -> None:
    assert not seen(one, other).same
    assert seen(one, one.resize((200, 170))).same and seen(one, one.convert("L")).same


def fletched(feathers: int) -> Image.Image:
    """An arrow with one pair of feathers or two."""
    drawn = Image.new("RGB", (270, 270), "white")
    draw = ImageDraw.Draw(drawn)
    draw.line((135, 30, 135, 240), "black", 16)
    draw.polygon([(105, 215), (165, 215), (135, 262)], "black")
    for y, width in ((30, 12), (62, 8))[:feathers]:
        draw.line((135, y + 28, 108, y), "black", width)
        draw.line((135, y + 28, 162, y), "black", width)
    return drawn


def face(mouth: str) -> Image.Image:
    drawn = Image.new("RGB", (270, 270), "white")
    draw = ImageDraw.Draw(drawn)
    draw.ellipse((20, 20, 250, 250), "yellow", "black", 8)
    draw.ellipse((85, 80, 110, 120), "black")
    draw.ellipse((160, 80, 185, 120), "black")
    if mouth == "smiles":
        draw.arc((80, 110, 190, 210), 20, 160, "black", 5)
    else:
        draw.line((95, 190, 175, 190), "black", 4)
    return drawn


@pytest.mark.parametrize(
    ("one", "other"),
    [(fletched(1), fletched(2)), (face("smiles"), face("is straight"))],
    ids=["one more feather", "another mouth"],
)
def test_a_spot_in_the_middle_makes_another_drawing(one: Image.Image, other: Image.Image) -> None:
    assert not seen(one, other).same and not seen(other, one).same
    smaller = other.resize((130, 130))
    assert seen(other, smaller).same and not seen(one, smaller).same
    assert seen(other, cropped(other, 0.05)).same


def house() -> Image.Image:
    """A house whose window and chimney have lines that a small copy hardly shows."""
    drawn = Image.new("RGB", (270, 270), "white")
    draw = ImageDraw.Draw(drawn)
    draw.rectangle((50, 120, 220, 250), "yellow", "black", 5)
    draw.polygon([(40, 120), (135, 30), (230, 120)], "red", "black")
    draw.rectangle((80, 150, 120, 190), "white", "black", 4)
    draw.line((100, 150, 100, 190), "black", 3)
    draw.line((80, 170, 120, 170), "black", 3)
    draw.rectangle((150, 160, 190, 250), "brown", "black", 4)
    draw.line((135, 60, 135, 110), "black", 4)
    return drawn


@pytest.mark.parametrize("side", [50, 56, 62])
def test_of_a_copy_of_few_pixels_no_spot_is_told(side: int) -> None:
    assert seen(house(), house().resize((side, side))).same


def icon(symbol: str, side: int) -> Image.Image:
    """An icon of few pixels."""
    drawn = Image.new("RGB", (256, 256), "white")
    draw = ImageDraw.Draw(drawn)
    if symbol == "arrow":
        shaft, tip = [(15, 156), (15, 100), (140, 100)], [(140, 60), (240, 128), (140, 196)]
        draw.polygon([*shaft, *tip, (140, 156)], "#bcd8ee", "#7aa4c4", 6)
    if symbol == "double arrow":
        shaft, tip = [(15, 156), (15, 100), (110, 100)], [(110, 60), (180, 128), (110, 196)]
        draw.polygon([*shaft, *tip, (110, 156)], "#bcd8ee", "#7aa4c4", 6)
        draw.polygon([(150, 60), (240, 128), (150, 196)], "#bcd8ee", "#7aa4c4", 6)
    if symbol == "disk":
        draw.rectangle((40, 40, 216, 216), "#777", "#333", 8)
        draw.rectangle((80, 44, 176, 120), "#fff", "#999", 6)
        draw.rectangle((90, 150, 166, 214), "#bbb", "#555", 6)
    if symbol == "lock":
        draw.rectangle((40, 110, 216, 216), "#777", "#333", 8)
        draw.arc((80, 30, 176, 190), 180, 360, "#555", 16)
        draw.rectangle((116, 140, 140, 190), "#bbb", "#555", 6)
    return drawn.resize((side, side), Image.Resampling.LANCZOS)


ICONS = ("arrow", "double arrow", "disk", "lock")


@pytest.mark.parametrize("side", [56, 64])
@pytest.mark.parametrize("symbol", ICONS)
def test_an_icon_of_few_pixels_is_known_at_half_its_size_and_no_other_is_it(
    symbol: str, side: int
) -> None:
    half = icon(symbol, side).resize((side // 2, side // 2), Image.Resampling.LANCZOS)
    assert seen(icon(symbol, side), half).same and seen(half, icon(symbol, side)).same
    for other in set(ICONS) - {symbol}:
        assert not seen(icon(other, side), half).same


def button(symbol: str, colour: str) -> Image.Image:
    """A button, full of shades, with a wide grey rim."""
    y, x = np.mgrid[-70:70, -70:70].astype(np.float64)
    waves = 25 * np.cos(np.hypot(x, y) / 3)
    shade = 150 - 0.5 * y + waves
    shown = np.repeat(shade[..., None], 3, axis=2)
    within = np.maximum(np.abs(x), np.abs(y)) < 42
    shown[within] *= np.array(ImageColor.getrgb(colour)) / 255
    drawn = Image.fromarray(shown.clip(0, 255).astype(np.uint8))
    font = ImageFont.load_default(70)
    ImageDraw.Draw(drawn).text((70, 68), symbol, "white", font, "mm", stroke_width=4)
    return drawn


def test_buttons_of_one_form_with_another_symbol_or_colour_are_not_the_same() -> None:
    assert Picture(stored(button("A", "#e44"))).has_shades
    assert not seen(button("A", "#e44"), button("W", "#e44")).same
    assert not seen(button("", "#8e8"), button("", "#88f")).same
    assert seen(button("A", "#e44"), captioned(button("A", "#e44"))).same
    brighter = ImageEnhance.Brightness(button("A", "#e44")).enhance(1.2)
    assert seen(button("A", "#e44"), brighter).same


def waving(fields: str) -> Image.Image:
    """A flag, of one colour or of several, with a white edge to the right and below."""
    drawn = Image.new("RGB", (280, 187), "white")
    draw = ImageDraw.Draw(drawn)
    draw.rectangle((0, 0, 263, 175), "#d01020")
    if fields == "a band across":
        draw.polygon([(0, 175), (0, 0), (263, 0)], "#18a030")
        draw.polygon([(0, 175), (0, 150), (225, 0), (263, 0), (263, 25), (40, 175)], "#f8e020")
    if fields == "a star and two stripes":
        draw.rectangle((90, 0, 263, 87), "#f8e020")
        draw.rectangle((90, 88, 263, 175), "#187048")
        draw.regular_polygon((45, 88, 25), 5, 0, "#101010")
    return drawn


@pytest.mark.parametrize("fields", ["a band across", "a star and two stripes"])
def test_a_flag_of_one_colour_is_not_a_corner_of_another_flag(fields: str) -> None:
    assert not seen(waving("none"), waving(fields)).same
    assert not seen(waving(fields), waving("none")).same
    assert seen(waving(fields), cropped(waving(fields), 0.2)).same


def test_what_lies_in_another_must_be_the_same_in_all_of_it() -> None:
    def notched(out: bool, at: int) -> Image.Image:
        """A piece of a jigsaw, with a flat tab at its left that is outside or inside."""
        drawn = Image.new("RGB", (300, 260), "white")
        draw = ImageDraw.Draw(drawn)
        for more, colour in ((7, "black"), (0, "green")):
            sides = at + 70 - more, 70 - more, at + 190 + more, 190 + more
            draw.rectangle(sides, colour)
            draw.ellipse((at + 185 - more, 105 - more, at + 235 + more, 155 + more), colour)
        for y in (45, 170):
            draw.ellipse((at + 105, y, at + 155, y + 45), "white", "black", 7)
        left, right, filled = (42, 76, "green") if out else (62, 84, "white")
        draw.ellipse((at + left, 100, at + right, 160), filled, "black", 7)
        return drawn

    assert not seen(notched(True, 0), notched(False, 12)).same
    assert seen(notched(True, 0), notched(True, 12)).same


@pytest.mark.parametrize(("word", "size", "smaller"), [("flower", 30, 20), ("lamp", 28, 22)])
def test_a_word_is_not_a_part_of_two(word: str, size: int, smaller: int) -> None:
    def sheet(words: str, size: int) -> Image.Image:
        drawn = Image.new("RGB", (640, 400), "white")
        font = ImageFont.load_default(size)
        ImageDraw.Draw(drawn).text((320, 200), words, "black", font, "mm")
        return drawn

    assert not seen(sheet(f"a {word}", size), sheet(word, smaller)).same


def test_a_narrow_strip_has_enough_to_be_known_by() -> None:
    strip = scene(3).crop((0, 80, 270, 115))
    assert seen(strip, cropped(strip, 0.1)).same
    assert seen(strip, ImageOps.mirror(strip)).same
    assert not seen(strip, scene(5).crop((0, 80, 270, 115))).same


def ball(*, caption: bool = False, hat: bool = False) -> Image.Image:
    """A small thing on a sheet."""
    drawn = Image.new("RGB", (270, 380), "white")
    draw = ImageDraw.Draw(drawn)
    draw.ellipse((70, 60, 170, 160), "white", "black", 6)
    for x, y in ((90, 90), (130, 80), (110, 125), (140, 115)):
        draw.regular_polygon((x, y, 13), 5, fill="black")
    if hat:
        draw.rectangle((90, 20, 150, 62), "black")
    if caption:
        for x in range(160, 250, 16):
            draw.line((x, 352, x, 368), "black", 5)
    return drawn


def test_a_caption_beside_a_small_thing_leaves_it_the_same() -> None:
    found = seen(ball(), ball(caption=True))
    assert found.same and found.reasons == ("differs in one place, at the bottom and right",)
    one, hatted = (Picture(stored(each)) for each in (ball(), ball(hat=True)))
    assert words_on_one(one, hatted) is None, "a hat has a head below it"


def land(corners: Sequence[tuple[int, int]], *, caption: bool = False) -> Image.Image:
    """A land in its outline, as thin as a hair, on a sheet."""
    drawn = Image.new("RGB", (566, 800), "white")
    draw = ImageDraw.Draw(drawn)
    draw.polygon(corners, None, "#555")
    if caption:
        for x in range(360, 520, 32):
            draw.line((x, 740, x, 776), "black", 8)
    return ImageOps.contain(drawn, (280, 280))


COAST = (
    *((152, 264), (156, 360), (206, 402), (244, 396), (280, 434), (302, 372), (340, 350)),
    *((362, 276), (330, 268), (312, 280), (282, 268)),
)


def test_an_outline_that_a_caption_outweighs_is_known_by_what_is_beside_it() -> None:
    found = seen(land(COAST), land(COAST, caption=True))
    assert found.same and found.reasons == ("differs in one place, at the bottom and right",)
    other = [(x + (16 if at % 2 else -16), y) for at, (x, y) in enumerate(COAST)]
    assert words_on_one(
        *(Picture(stored(each)) for each in (land(other), land(COAST, caption=True)))
    )
    assert not seen(land(other), land(COAST, caption=True)).same


def folded_sheet() -> Image.Image:
    """A sheet of paper, drawn as its outline with a corner that is folded: inside it is empty."""
    paper = Image.new("RGB", (280, 280), "white")
    draw = ImageDraw.Draw(paper)
    outline = [(16, 16), (212, 16), (254, 58), (252, 255), (15, 254)]
    draw.line([*outline, *outline[:2]], "black", 8, "curve")
    draw.line([(212, 16), (212, 58), (254, 58)], "black", 7)
    return paper


def test_a_frame_lies_where_most_of_it_fits_and_not_in_a_corner_of_the_other() -> None:
    paper = folded_sheet()
    cut = cropped(paper, 0.1)
    assert seen(paper, cut).same and seen(cut, paper).same


def in_a_corner(symbol: str) -> Image.Image:
    """A sign that is at the top and left of a sheet."""
    drawn = Image.new("RGB", (566, 800), "white")
    draw = ImageDraw.Draw(drawn)
    draw.rounded_rectangle((6, 6, 240, 240), 20, "white", "#999", 3)
    draw.ellipse((14, 14, 232, 232), "white", "#c00", 26)
    draw.text((123, 123), symbol, "black", ImageFont.load_default(130), "mm")
    draw.line((50, 50, 196, 196), "#c00", 22)
    return drawn


def pill(*, gloss: float = 0.25) -> Image.Image:
    """A button in shades that run from top to bottom, and bright at so much of its height."""
    width, height, margin = 411, 139, 6
    y = np.mgrid[0:height, 0:width][0] / height
    shade = 0.6 + 0.35 * np.sin(7.13 * y + 0.6)
    rgb = np.stack([shade * each for each in (200, 10, 130)], axis=-1)
    rgb += 30 * np.exp(-(((y - gloss) / 0.08) ** 2))[..., None]
    form = Image.new("L", (width * 4, height * 4), 0)
    box = [4 * each for each in (margin, margin, width - 3 * margin, height - 2 * margin)]
    ImageDraw.Draw(form).rounded_rectangle(box, height * 1.6, 255)
    drawn = Image.new("RGB", (width, height), "white")
    drawn.paste(
        Image.fromarray(rgb.clip(0, 255).astype(np.uint8)), mask=form.resize((width, height))
    )
    return drawn


def test_where_few_blocks_agree_too_little_each_place_decides() -> None:
    assert seen(pill(), cropped(pill(), 0.1)).same
    assert not seen(pill(), cropped(pill(gloss=0.3), 0.1)).same


def rimmed_button() -> Image.Image:
    """A button with a rim of ten shades, and a bright field in it."""
    drawn = Image.new("RGB", (300, 100), "white")
    draw = ImageDraw.Draw(drawn)
    for rim in range(10):
        shade = 0.55 + 0.45 * np.sin(0.22 * rim)
        colour = tuple(int(each * shade) for each in (200, 10, 130))
        draw.rounded_rectangle((6 + rim, 4 + rim, 270 - rim, 92 - rim), 44 - rim, colour)
    draw.rounded_rectangle((30, 14, 240, 46), 16, (235, 140, 200))
    return drawn


def test_a_place_that_differs_in_small_pixels_alone_is_none() -> None:
    found = seen(rimmed_button(), cropped(rimmed_button(), 0.08))
    assert found.same and found.differs is None


def test_what_the_edge_of_a_cropped_page_cuts_off_need_not_show() -> None:
    whole, cut = in_a_corner("U"), cropped(in_a_corner("U"), 0.1)
    assert seen(whole, cut).same and seen(cut, whole).same
    assert not seen(in_a_corner("S"), cut).same
    free = ImageOps.expand(cropped(in_a_corner("U"), 0.1), 60, "white")
    assert not seen(whole, free).same, "its page has room for all of it"


def dead_end(corners: tuple[int, int, int, int]) -> Image.Image:
    """A sign of 153 pixels; `corners` move what is on it."""
    side, (x, y, a, b) = 153, corners
    drawn = Image.new("RGB", (side, side), "white")
    draw = ImageDraw.Draw(drawn)
    draw.rounded_rectangle((4, 4, 149, 148), 8, "#ccc")
    draw.rounded_rectangle((9, 9, 144, 144), 6, "#03c")
    bar = side * 0.25 + x / 3, side * 0.2 + y / 3, side * 0.7 + a / 3, side * 0.35 + b / 4
    draw.rectangle(bar, "#a00")
    draw.rectangle(
        (side * 0.45, side * 0.38 + b / 4, side * 0.45 + 8 + x / 6, side * 0.85), "white"
    )
    return drawn


def test_which_of_two_comes_first_makes_no_difference() -> None:
    sign = dead_end((5, 37, 38, 8))
    captioned = transformations.captioned(sign)
    there, back = seen(sign, captioned), seen(captioned, sign)
    assert there.same and back.same
    assert there.differs is not None and there.differs == pytest.approx(back.differs, abs=0.1)


LOOKS = st.builds(
    Look,
    st.just(1.0),
    same=st.just(True),
    turned=st.sampled_from((0, 90, 180, 270)),
    mirrored=st.booleans(),
    part_of_first=st.sampled_from((None, (0.1, 0.2, 0.5, 0.7))),
    part_of_second=st.sampled_from((None, (0.0, 0.3, 0.9, 0.8))),
    bordered=st.sampled_from((None, 0, 1)),
    differs=st.sampled_from((None, (0.2, 0.3, 0.4, 0.6))),
    grey=st.sampled_from((None, 0, 1)),
)


@given(LOOKS)
def test_a_look_reversed_twice_is_itself(found: Look) -> None:
    back = found.reversed.reversed
    assert replace(back, differs=None) == replace(found, differs=None)
    assert (back.differs is None) == (found.differs is None)
    assert back.differs is None or back.differs == pytest.approx(found.differs)


def test_a_place_that_differs_is_named_in_the_other_picture_when_a_look_is_reversed() -> None:
    found = Look(
        1.0, same=True, turned=90, part_of_first=(0.5, 0, 1, 1), differs=(0.5, 0, 0.75, 0.2)
    )
    assert found.reversed.differs == pytest.approx((0.8, 0, 1, 0.5))
    assert found.reversed.turned == 270 and found.reversed.part_of_second == (0.5, 0, 1, 1)


def moon(lit: float) -> Image.Image:
    """A dark moon on a sheet, lit to the right of a line at so much of its radius."""
    y, x = np.mgrid[-140:140, -140:140].astype(np.float64)
    far = np.hypot(x, y)
    ball = far <= 100
    shade = 8 * (np.sin(x / 5) * np.cos(y / 6) + np.sin((x + y) / 9))
    shade[x > np.sqrt(np.clip(100**2 - y**2, 0, None)) * lit] += 90
    shown = np.stack([shade + 18, shade + 18, shade + 70], axis=-1)
    shown[y < 10 * np.cos(x / 12) - 30] *= 0.6
    shown[y < 10 * np.cos(x / 12) - 30] += 90
    shown[far > 96] = 8, 8, 40
    return Image.fromarray(np.where(ball[..., None], shown, 255).clip(0, 255).astype(np.uint8))


def test_moons_of_two_phases_are_not_the_same_though_most_of_what_they_show_is() -> None:
    half, crescent = moon(0), moon(0.6)
    assert seen(half, cropped(half, 0.1)).same
    for other in (crescent, ImageOps.mirror(crescent)):
        assert not seen(half, other).same and not seen(other, half).same


def badge(symbol: str, *, caption: bool = False) -> Image.Image:
    """A still smaller thing on a sheet."""
    drawn = Image.new("RGB", (566, 800), "white")
    draw = ImageDraw.Draw(drawn)
    draw.rounded_rectangle((60, 250, 380, 350), 40, "#d33")
    draw.text((220, 300), symbol, "white", ImageFont.load_default(70), "mm")
    if caption:
        for x in range(330, 520, 32):
            draw.line((x, 740, x, 776), "black", 8)
    return ImageOps.contain(drawn, (280, 280))


def test_a_small_thing_on_a_sheet_is_known_in_few_pixels_and_another_in_its_place_is_not() -> None:
    fewer = badge("Button").resize((95, 134))
    assert seen(badge("Button"), fewer).same and seen(fewer, badge("Button")).same
    assert not seen(badge("Bottle"), fewer).same and not seen(badge("Butter"), fewer).same
    captioned = [badge(each, caption=True) for each in ("Button", "Bottle")]
    assert not seen(*captioned).same


def test_only_what_is_small_is_cut_out_of_two_pages_alike() -> None:
    small = [Picture(stored(each)) for each in (badge("Button"), badge("Button").resize((91, 128)))]
    cut = in_one_place(*small)
    assert cut is not None and cut[0].aspect == pytest.approx(cut[1].aspect, rel=0.1)
    large = Picture(stored(piece(0)))
    assert large.inside is not None and in_one_place(large, Picture(stored(piece(1)))) is None


def ball_of_glass(*, mark: bool = False, outline: bool = True) -> Image.Image:
    """A ball with pale rings, and a cross in its middle."""
    x, y = np.meshgrid(np.arange(200), np.arange(200))
    far = np.hypot(x - 100, y - 90)
    rings = np.where(far < 85, 240 + (15 if outline else 10) * np.cos(far / 4), 255)
    drawn = Image.fromarray(rings.astype(np.uint8)).convert("RGB")
    draw = ImageDraw.Draw(drawn)
    if outline:
        draw.ellipse((15, 5, 185, 175), None, "#999", 3)
    for start, end in (((82, 72), (118, 108)), ((118, 72), (82, 108))):
        draw.line((*start, *end), "black", 12)
    if mark:
        draw.line((70, 60, 90, 60), "black", 8)
    return drawn


def test_what_light_makes_white_leaves_a_drawing_the_same() -> None:
    bright = ImageEnhance.Brightness(ball_of_glass()).enhance(1.25)
    assert seen(ball_of_glass(), bright).same and seen(bright, ball_of_glass()).same
    assert not seen(ball_of_glass(mark=True), bright).same
    cross = ImageEnhance.Brightness(ball_of_glass(outline=False)).enhance(1.25)
    assert not seen(ball_of_glass(outline=False), cross).same, "a cross is left, as of many others"


def till(*, case: str = "#e6e6e8", screen: str = "#6ad", key: str = "#c55") -> Image.Image:
    """A pale till with keys, thin grey outlines and a screen."""
    drawn = Image.new("RGB", (180, 180), "white")
    draw = ImageDraw.Draw(drawn)
    for box in ((20, 100, 160, 170), (40, 60, 140, 100), (60, 10, 120, 40)):
        draw.rectangle(box, case, "#bbb")
    draw.rectangle((66, 16, 114, 34), screen)
    for x in range(50, 130, 14):
        draw.rectangle((x, 70, x + 8, 78), key)
    draw.line((90, 40, 90, 60), "#ccc", 3)
    return drawn


def brighter(image: Image.Image, light: float = 1.2) -> Image.Image:
    return ImageEnhance.Brightness(image).enhance(light)


def spotted(image: Image.Image) -> Image.Image:
    """The same with spots that are a little darker than white."""
    drawn = image.copy()
    draw = ImageDraw.Draw(drawn)
    for x in range(4, 180, 16):
        for y in (6, 50):
            draw.rectangle((x, y, x + 3, y + 3), "#d0d0d0")
    return drawn


def test_one_that_is_the_other_in_more_light_is_the_same() -> None:
    for light in (1.2, 0.8):
        assert is_brighter(*(Picture(stored(each)) for each in (till(), brighter(till(), light))))
    assert seen(till(), brighter(till())).same and seen(brighter(till()), till()).same


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(till(), id="no-other-light"),
        pytest.param(brighter(till(), 1.5), id="more-light-than-a-copy-has"),
        pytest.param(brighter(till(screen="#fff")), id="one-spot-is-gone"),
        pytest.param(brighter(till(key="#5a5")), id="small-things-of-another-colour"),
        pytest.param(brighter(till(case="#aac")), id="areas-that-are-darker"),
        pytest.param(spotted(brighter(till())), id="many-small-spots"),
        pytest.param(brighter(till()).resize((180, 150)), id="another-form"),
        pytest.param(Image.new("RGB", (180, 180), "white"), id="nothing"),
    ],
)
def test_what_light_alone_does_not_explain_is_not_told_by_it(other: Image.Image) -> None:
    one, two = Picture(stored(till())), Picture(stored(other))
    assert not is_brighter(one, two) and not is_brighter(two, one)


def test_of_a_pale_map_that_light_made_white_too_little_is_left() -> None:
    pale = Image.new("RGB", (200, 200), "white")
    draw = ImageDraw.Draw(pale)
    for at in range(10, 190, 6):
        draw.line((10, at, 190, 200 - at), "#d8d8d8", 2)
    draw.rectangle((70, 4, 100, 12), "#b8b8b8")
    one, two = Picture(stored(pale)), Picture(stored(brighter(pale)))
    assert not is_brighter(one, two)


def test_shades_that_run_evenly_say_nothing_in_more_light_either() -> None:
    run = Image.linear_gradient("L").convert("RGB").resize((180, 180)).point(lambda s: 60 + s // 2)
    assert not is_brighter(*(Picture(stored(each)) for each in (run, brighter(run))))


def test_areas_of_slightly_another_colour_are_not_told_by_light() -> None:
    one, other = till(case="#a0a0a0"), brighter(till(case="#afa091"))
    assert not is_brighter(*(Picture(stored(each)) for each in (one, other)))


def test_what_is_nearly_black_does_not_tell_of_the_light() -> None:
    def night(seed: int, light: float) -> Image.Image:
        grain = np.random.default_rng(seed).integers(3, 12, (180, 180, 3)).astype(np.uint8)
        drawn = Image.fromarray(grain)
        drawn.paste(brighter(till().resize((60, 60)), light), (20, 90))
        return drawn

    assert is_brighter(*(Picture(stored(each)) for each in (night(4, 1), night(5, 1.2))))


def test_words_may_take_three_eighths_of_a_wide_drawing() -> None:
    wide = line_art(3).resize((270, 110))
    written = wide.copy()
    draw, font = ImageDraw.Draw(written), ImageFont.load_default(30)
    for words, y, anchor in (("WHEN THE BOAT", 2, "ma"), ("IS ON THE HILL", 108, "md")):
        draw.text((135, y), words, "white", font, anchor, stroke_width=3, stroke_fill="black")
    one, other = Picture(stored(wide)), Picture(stored(written))
    assert words_on_one(one, other) is not None


def test_chats_and_comic_pages_of_one_layout_are_not_the_same() -> None:
    pages = [Image.open(BytesIO(data)).convert("RGB") for data in drawn.texts(18)]
    chats, comics = (pages[8], pages[14]), (pages[11], pages[17])
    assert not seen(*chats).same and not seen(*comics).same
    assert seen(chats[0], cropped(chats[0], 0.05)).same
    assert seen(comics[0], comics[0].resize((200, 280))).same


def test_pages_of_so_few_pixels_that_text_becomes_bars_are_not_the_same() -> None:
    """Of five pages of 128 pixels all ten pairs were: bars lie alike, whatever is written."""
    texts = list(drawn.texts(42))[::6]
    pages = [transformations.thumb(Image.open(BytesIO(data)).convert("RGB")) for data in texts]
    assert not [
        pair for pair in combinations(range(7), 2) if seen(*(pages[at] for at in pair)).same
    ]
    for page in pages:
        for copy in (Image.open(BytesIO(transformations.jpeg(page, 40))), cropped(page, 0.05)):
            assert seen(page, copy).same


def test_of_what_shows_little_a_copy_is_the_same_and_what_is_like_it_is_not() -> None:
    def sheet(word: str) -> Image.Image:
        drawn = Image.new("RGB", (400, 300), "white")
        font = ImageFont.load_default(24)
        ImageDraw.Draw(drawn).text((160, 130), word, "black", font=font)
        return drawn

    assert seen(sheet("Hello"), sheet("Hello").resize((300, 225))).same
    assert not seen(sheet("Hello"), sheet("World")).same


def test_a_picture_within_a_wide_border_is_looked_at_by_itself() -> None:
    framed = ImageOps.expand(scene(3).resize((120, 90)), (200, 150), "white")
    found = seen(scene(3), framed)
    assert found.same and found.bordered == 1


@pytest.mark.parametrize("shades", [("white", "white"), ("black", "white")])
def test_two_of_one_colour_say_nothing(shades: tuple[str, str]) -> None:
    found = seen(*(Image.new("RGB", SIZE, shade) for shade in shades))
    assert (found.same, found.score) == (False, 0)


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (300, 1), (2, 2), (3000, 3)])
def test_the_smallest_and_the_narrowest_are_looked_at_too(size: tuple[int, int]) -> None:
    tiny = stored(landscape(1, (64, 64)).resize(size))
    assert not look(tiny, stored(scene(1))).same
    assert not look(stored(scene(1)), tiny).same
    look(tiny, tiny)


KINDS = ("02_small_text_on_white", "04_text_pages", "06_screenshots_chat", "07_manga_pages")


@pytest.mark.parametrize("kind", KINDS)
def test_pages_that_only_look_alike_are_refused(kind: str) -> None:
    place = CASES / "duplicates" / kind
    if not place.is_dir():
        pytest.skip("the cases of duplicates do not lie beside the project")
    one, other = (
        np.asarray(Seen(decode(file.read_bytes()).frames[0].image).small)
        for file in sorted(place.iterdir())
    )
    assert not look(one, other).same


_AGAIN = """
import sys
import numpy as np
from fapproc.dedup.second_look.look import look
print(look(*(np.load(name) for name in sys.argv[1:])))
"""


def test_another_process_sees_the_same(tmp_path: Path) -> None:
    shown = [stored(scene(3)), stored(cropped(ImageOps.mirror(scene(3)), 0.2))]
    files = [tmp_path / f"{hashlib.sha256(each.tobytes()).hexdigest()}.npy" for each in shown]
    for file, each in zip(files, shown, strict=True):
        np.save(file, each)
    look(stored(scene(1)), stored(scene(2)))  # what was looked at before makes no difference
    words = [sys.executable, "-c", _AGAIN, *map(str, files)]
    ran = subprocess.run(words, capture_output=True, text=True, check=True, timeout=60)
    assert ran.stdout.strip() == str(look(*shown))


def test_a_bright_caption_on_a_hazy_photograph_leaves_it_the_same() -> None:
    hazy = scene(11).point(lambda shade: 60 + shade // 4)
    labelled = hazy.copy()
    draw = ImageDraw.Draw(labelled)
    draw.rectangle((160, 178, 262, 196), "white")
    for x in range(168, 256, 12):
        draw.line((x, 182, x, 192), "black", 3)
    assert seen(hazy, labelled).same
    assert not seen(scene(7).point(lambda shade: 60 + shade // 4), labelled).same
