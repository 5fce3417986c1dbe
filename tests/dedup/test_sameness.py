from io import BytesIO

import pytest
from PIL import Image, ImageOps

from evaluation import transformations as made
from fapproc.dedup.sameness import Classes, are_same, classes, classes_of, is_enlarged, look
from tests.drawing import landscape, write

SEEDS = (1, 2, 3)
LARGE = (640, 480)


def thumbnail(image: Image.Image, quality: int = 80) -> Image.Image:
    """As it lies in an archive."""
    small = ImageOps.contain(image.convert("RGB"), (280, 280), Image.Resampling.HAMMING)
    return Image.open(BytesIO(write(small, "JPEG", quality=quality)))


def same(a: Image.Image, b: Image.Image) -> bool:
    aspects = (a.width / a.height, b.width / b.height)
    return are_same(look(thumbnail(a)), look(thumbnail(b)), aspects)


def opened(data: bytes) -> Image.Image:
    return Image.open(BytesIO(data)).convert("RGB")


@pytest.mark.parametrize("seed", SEEDS)
def test_size_and_quality_make_no_other_picture(seed: int) -> None:
    whole = landscape(seed, LARGE)
    for copy in (
        whole.resize((320, 240), Image.Resampling.LANCZOS),
        whole.resize((213, 160), Image.Resampling.LANCZOS),
        whole.resize((1280, 960), Image.Resampling.BICUBIC),
        opened(made.jpeg(whole, 75)),
        opened(made.jpeg(whole, 30)),
        opened(made.webp(whole, 60)),
    ):
        assert same(whole, copy)


@pytest.mark.parametrize("seed", SEEDS)
def test_whatever_else_is_done_makes_another_picture(seed: int) -> None:
    whole = landscape(seed, LARGE)
    for copy in (
        made.captioned(whole),
        made.bordered(whole),
        ImageOps.mirror(whole),
        made.grey(whole),
        made.cropped(whole, 0.02),
        made.cropped(whole, 0.1),
        whole.rotate(180),
        whole.resize((640, 440)),
        landscape(seed + 10, LARGE),
    ):
        assert not same(whole, copy)


def test_what_shines_through_is_not_the_same_as_what_lies_on_white() -> None:
    clear = Image.new("RGBA", (64, 64))
    clear.paste((200, 30, 30, 255), (16, 16, 48, 48))
    flat = Image.alpha_composite(Image.new("RGBA", clear.size, "white"), clear).convert("RGB")
    assert not are_same(look(clear), look(flat), (1, 1))
    assert are_same(look(clear), look(clear.copy()), (1, 1))


def test_an_image_without_a_look_is_in_no_class() -> None:
    one = look(thumbnail(landscape(1)))
    assert classes([one, None, one], [1.0] * 3) == Classes(((0, 2),), is_told=True)
    assert classes([None, None], [1.0] * 2) == Classes((), is_told=False)
    assert classes([], []) == Classes((), is_told=False)


def beside(*pairs: tuple[int, int]) -> dict[int, set[int]]:
    found: dict[int, set[int]] = {}
    for a, b in pairs:
        found.setdefault(a, set()).add(b)
        found.setdefault(b, set()).add(a)
    return found


def test_of_two_classes_as_large_as_each_other_none_is_the_largest() -> None:
    assert classes_of(beside((0, 1), (2, 3))) == Classes(((0, 1), (2, 3)), is_told=False)
    assert classes_of(beside((0, 1), (1, 2))) == Classes(((0, 1),), is_told=False)
    three = beside((0, 1), (1, 2), (0, 2), (2, 3))
    assert classes_of(three) == Classes(((0, 1, 2),), is_told=True)


def test_a_large_group_of_which_most_are_the_same_comes_to_an_end() -> None:
    every = [(a, b) for a in range(150) for b in range(a)]
    assert classes_of(beside(*every)).is_told
    assert not classes_of(beside(*every[:-1])).is_told


def test_a_group_of_more_classes_than_can_be_tried_comes_to_an_end() -> None:
    """Each is the same as all but its neighbour: 60 have 2 ** 30 largest classes."""
    every = [(a, b) for a in range(60) for b in range(a) if a // 2 != b // 2]
    apart = [(100, 101), (101, 102), (100, 102)]
    assert classes_of(beside(*every, *apart)) == Classes(((100, 101, 102),), is_told=False)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("by", [1.1, 1.25, 1.5, 2.0, 3.0])
def test_an_enlarged_picture_shows_no_finer_detail(seed: int, by: float) -> None:
    small = landscape(seed, (320, 240)).convert("L")
    for way in (Image.Resampling.BICUBIC, Image.Resampling.LANCZOS, Image.Resampling.BILINEAR):
        large = small.resize((round(320 * by), round(240 * by)), way)
        assert is_enlarged(opened(made.jpeg(large)).convert("L"), [1 / by])


def test_a_picture_with_fine_detail_is_not_enlarged() -> None:
    fine = Image.effect_noise((320, 240), 60)
    assert not is_enlarged(fine, [0.5, 0.67])
    assert not is_enlarged(fine, [])


def test_one_that_was_enlarged_from_any_of_them_is_enlarged() -> None:
    large = Image.effect_noise((320, 240), 60).resize((640, 480), Image.Resampling.BICUBIC)
    assert is_enlarged(large, [0.2, 0.5])
