"""Pictures whose middles are alike are proposed, whatever is across top and bottom."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from fapproc.dedup import middles
from fapproc.dedup.candidates import candidates
from fapproc.dedup.evidence import Encoded, weigh
from fapproc.dedup.fusion import divide
from fapproc.dedup.method import OFF, Sensitivity
from fapproc.dedup.motion import Reels
from fapproc.dedup.registry import CNN, sensitivities
from fapproc.dedup.sight import Sight
from fapproc.executors.here import Here
from tests.drawing import landscape
from tests.hashing import all_hashed

PICTURES = [landscape(seed, (240, 200)) for seed in (0, 2, 3, 4, 5, 7)]


def with_words(image: Image.Image) -> Image.Image:
    """Write across top and bottom, as on a meme."""
    done = image.copy()
    font = ImageFont.load_default(26)
    for words, y, anchor in (("WHEN THE BOAT", 4, "ma"), ("IS ON THE HILL", 196, "md")):
        draw = ImageDraw.Draw(done)
        draw.text((120, y), words, "white", font, anchor, stroke_width=3, stroke_fill="black")
    return done


CODES = all_hashed(*PICTURES, *(with_words(each) for each in PICTURES))
EACH_WITH_ITS_OWN = {(at, at + len(PICTURES)) for at in range(len(PICTURES))}


def found(codes: dict[str, NDArray[Any]], new: Sequence[bool]) -> set[tuple[int, int]]:
    i, j = middles.near(codes, np.array(new), np.arange(len(new)), Here)
    pairs = list(zip(i.tolist(), j.tolist(), strict=True))
    assert len(pairs) == len(set(pairs))
    return set(pairs)


def encoded(cosine: float, sight: int = 0) -> Encoded:
    """A picture and the same with words, this far from each other to the network."""
    codes = {name: some[[0, len(PICTURES)]] for name, some in CODES.items()}
    angle = np.arccos(cosine)
    vectors = np.rint([[127, 0], [127 * np.cos(angle), 127 * np.sin(angle)]]).astype(np.int8)
    still = np.zeros(2, np.bool_)
    return Encoded({**codes, CNN: vectors}, still, Reels.none(2), np.array([sight, 0], np.uint8))


def is_asked(images: Encoded, sensitivity: Sensitivity) -> bool:
    """Whether the pair is a candidate, and gets a second look."""
    new = np.ones(2, np.bool_)
    i, j, _ = candidates(images, new, sensitivity, with_flat=False, asking=True)
    return bool(len(i)) and bool(divide(weigh(images, i, j, sensitivity), "hybrid").asked[0])


def test_a_picture_with_words_is_near_to_it_and_to_no_other() -> None:
    half = len(PICTURES)
    whole = np.bitwise_count(CODES["diff"][:half] ^ CODES["diff"][half:])
    assert whole.max() > 8, "the words make another picture of some"
    assert found(CODES, [True] * half * 2) == EACH_WITH_ITS_OWN
    assert found(CODES, [False] * half + [True] * half) == EACH_WITH_ITS_OWN
    assert found(CODES, [True] + [False] * (half * 2 - 1)) == {(0, half)}
    assert found(CODES, [False] * half * 2) == set()


def test_where_much_is_proposed_it_is_done_in_portions_that_find_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    codes = {name: np.concatenate([some, some]) for name, some in CODES.items()}
    new = [at % 3 > 0 for at in range(len(codes["diff"]))]
    at_once = found(codes, new)
    monkeypatch.setattr(middles, "_PROPOSED", 5)
    assert found(codes, new) == at_once
    assert len(at_once) > len(PICTURES)


@pytest.mark.parametrize("set_bits", [0, 4, 28, 32])
def test_plain_middles_say_nothing(set_bits: int) -> None:
    shown = np.uint64(((1 << set_bits) - 1) << 16)
    codes = {"diff": np.array([shown, shown]), "average": np.zeros(2, np.uint64)}
    assert found(codes, [True, True]) == set()
    assert not middles.alike(codes, np.array([0]), np.array([1])).any()
    told = {**codes, "diff": np.array([np.uint64(0xFFFF << 16)] * 2)}
    assert found(told, [True, True]) == {(0, 1)}


@pytest.mark.parametrize(("name", "most"), [("diff", 3), ("average", 8)])
def test_few_bits_of_the_middle_may_differ(name: str, most: int) -> None:
    for bits, wanted in ((most, {(0, 1)}), (most + 1, set())):
        codes = {other: some[[0, 0]].copy() for other, some in CODES.items()}
        codes[name][1] ^= np.uint64(((1 << bits) - 1) << 20)
        assert found(codes, [True, True]) == wanted


def test_such_a_pair_gets_a_second_look_unless_a_network_calls_the_two_strangers() -> None:
    assert is_asked(encoded(0.5), sensitivities())
    assert not is_asked(encoded(0.35), sensitivities())


def test_nobody_asks_where_the_hash_says_nothing_or_is_off() -> None:
    regular = {**sensitivities().regular, "diff": OFF}
    assert not is_asked(encoded(0.5), Sensitivity(regular, sensitivities().animated))
    assert not is_asked(encoded(0.5, Sight.VEILED), sensitivities())
    without = {**sensitivities().regular, CNN: OFF}
    assert not is_asked(encoded(0.5), Sensitivity(without, sensitivities().animated))
