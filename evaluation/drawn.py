"""Pictures drawn by code: scenes, text, and things with nothing around them."""

import math
from collections.abc import Callable, Iterator
from random import Random

from PIL import Image, ImageDraw, ImageFont

from tests.drawing import landscape, write

_VOCABULARY = """
    lake hill tree river stone cloud boat bridge garden window morning paper letter bread apple
    winter summer street market table chair lamp clock music story question answer number
    train harbour island forest meadow flower bird horse kettle pencil candle ladder basket
    north south early late green silver quiet narrow round the a of and with under over before
"""
_WORDS = _VOCABULARY.split()
_SHEET = (480, 640)
_WIDE = (640, 400)


def scenes(count: int) -> Iterator[bytes]:
    """Yield scenes as JPEG."""
    for seed in range(count):
        yield write(scene(seed, (400, 300)), "JPEG", quality=92)


def scene(seed: int, size: tuple[int, int]) -> Image.Image:
    """Draw things before a landscape: landscapes alone are all one to a network."""
    random = Random(seed)  # noqa: S311 - drawn again alike
    image = landscape(seed, size)
    for _ in range(random.randrange(3, 7)):
        side = random.randrange(size[1] // 4, size[1])
        thing = _thing(random, side)
        place = [random.randrange(-side // 3, each - side // 2) for each in size]
        image.paste(thing, (place[0], place[1]), thing.getchannel("A"))
    return image


def texts(count: int) -> Iterator[bytes]:
    """Yield pages, lines, chats, slides, codes and comic pages as PNG, each with other words."""
    for seed in range(count):
        yield write(_TEXTS[seed % len(_TEXTS)](Random(seed)), "PNG")  # noqa: S311 - drawn again alike


def things(count: int) -> Iterator[bytes]:
    """Yield things with nothing around them, as PNG."""
    for seed in range(count):
        yield write(_thing(Random(seed), 220), "PNG")  # noqa: S311 - drawn again alike


def transparent(count: int) -> Iterator[bytes]:
    """Yield things with nothing around them, as PNG; each third is black lines alone."""
    for seed in range(count):
        random = Random(seed)  # noqa: S311 - drawn again alike
        yield write(_lines(random, 300) if seed % 3 == 0 else _thing(random, 300), "PNG")


def _said(random: Random, count: int) -> str:
    return " ".join(random.choice(_WORDS) for _ in range(count))


def _page(random: Random) -> Image.Image:
    """A page of a book: a heading and lines."""
    page = Image.new("RGB", _SHEET, "white")
    draw = ImageDraw.Draw(page)
    draw.text((40, 40), _said(random, 3).title(), "black", ImageFont.load_default(22))
    for y in range(90, _SHEET[1] - 50, 20):
        draw.text((40, y), _said(random, 10)[:58], "black", ImageFont.load_default(14))
    return page


def _line(random: Random) -> Image.Image:
    """A few words in the middle."""
    page = Image.new("RGB", _WIDE, "white")
    size = random.choice((28, 36, 44))
    words, font = _said(random, random.randrange(1, 4)), ImageFont.load_default(size)
    ImageDraw.Draw(page).text((320, 200), words, "black", font, "mm")
    return page


def _chat(random: Random) -> Image.Image:
    """A conversation: what one says on the left, what the other says on the right."""
    page = Image.new("RGB", _SHEET, "#ece5dd")
    draw = ImageDraw.Draw(page)
    draw.rectangle((0, 0, _SHEET[0], 50), "#075e54")
    y = 65
    while y < _SHEET[1] - 60:
        words, own = _said(random, random.randrange(2, 6)), random.random() < 0.5
        width = 20 + 8 * len(words)
        left = _SHEET[0] - 15 - width if own else 15
        colour = "#dcf8c6" if own else "white"
        draw.rounded_rectangle((left, y, left + width, y + 38), 9, colour)
        draw.text((left + 10, y + 10), words, "black", ImageFont.load_default(15))
        y += 50
    return page


def _slide(random: Random) -> Image.Image:
    """A slide: a title, some points."""
    page = Image.new("RGB", _WIDE, "white")
    draw = ImageDraw.Draw(page)
    draw.rectangle((0, 0, _WIDE[0], 70), "#30507c")
    draw.text((30, 18), _said(random, 3).title(), "white", ImageFont.load_default(32))
    for number in range(random.randrange(3, 6)):
        y = 105 + 52 * number
        draw.ellipse((40, y + 8, 52, y + 20), "#30507c")
        draw.text((70, y), _said(random, 4), "black", ImageFont.load_default(24))
    return page


def _code(random: Random) -> Image.Image:
    """A square code of 29 x 29 modules, with the three marks that find it."""
    side, module = 29, 14
    page = Image.new("RGB", ((side + 8) * module,) * 2, "white")
    draw = ImageDraw.Draw(page)

    def square(x: int, y: int, count: int, colour: str) -> None:
        left, top = (x + 4) * module, (y + 4) * module
        draw.rectangle((left, top, left + count * module - 1, top + count * module - 1), colour)

    for y in range(side):
        for x in range(side):
            if random.random() < 0.5:
                square(x, y, 1, "black")
    for x, y in ((0, 0), (side - 7, 0), (0, side - 7)):
        for inset, count, colour in ((-1, 9, "white"), (0, 7, "black"), (1, 5, "white")):
            square(x + inset, y + inset, count, colour)
        square(x + 2, y + 2, 3, "black")
    return page


def _comic(random: Random) -> Image.Image:
    """A page of six panels: things in lines, and what they say."""
    page = Image.new("RGB", _SHEET, "white")
    draw = ImageDraw.Draw(page)
    for row in range(3):
        for column in range(2):
            left, top = 15 + 230 * column, 15 + 208 * row
            draw.rectangle((left, top, left + 220, top + 195), None, "black", 3)
            thing = _lines(random, 120)
            place = left + random.randrange(10, 90), top + random.randrange(50, 70)
            page.paste(thing, place, thing.getchannel("A"))
            draw.ellipse((left + 20, top + 8, left + 200, top + 46), "white", "black", 2)
            words = _said(random, 2)
            draw.text((left + 110, top + 27), words, "black", ImageFont.load_default(15), "mm")
    return page


_TEXTS: tuple[Callable[[Random], Image.Image], ...] = (_page, _line, _chat, _slide, _code, _comic)


def _around(random: Random, side: int, corners: int) -> list[tuple[float, float]]:
    """Draw lots for an outline around the middle."""
    middle = side / 2
    return [
        (middle + math.cos(turn) * far, middle + math.sin(turn) * far)
        for number in range(corners)
        for turn, far in [
            (2 * math.pi * number / corners, middle * random.uniform(0.35, 0.98)),
        ]
    ]


def _thing(random: Random, side: int) -> Image.Image:
    """A thing of one outline, with spots and stripes of other colours."""
    image = Image.new("RGBA", (side, side), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    colours = [tuple(random.randrange(30, 226) for _ in range(3)) for _ in range(4)]
    draw.polygon(_around(random, side, random.randrange(5, 14)), (*colours[0], 255))
    for _ in range(random.randrange(3, 9)):
        x, y, far = (random.uniform(0.25, 0.75) * side for _ in range(3))
        far *= 0.25
        colour = (*random.choice(colours[1:]), 255)
        box = (x - far, y - far, x + far, y + far)
        if random.random() < 0.5:
            draw.ellipse(box, colour, "black", max(1, side // 80))
        else:
            draw.rectangle(box, colour)
    return image


def _lines(random: Random, side: int) -> Image.Image:
    """A thing of black lines alone, with nothing inside them."""
    image = Image.new("RGBA", (side, side), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    width = max(2, side // 60)
    for _ in range(random.randrange(2, 5)):
        outline = _around(random, side, random.randrange(4, 11))
        draw.line([*outline, outline[0]], (0, 0, 0, 255), width)
    return image
