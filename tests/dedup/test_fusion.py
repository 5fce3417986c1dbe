"""What each method says of a pair, and what the rules make of it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from fapproc.dedup.evidence import Encoded, Evidence, flat, weigh
from fapproc.dedup.fusion import RULES, divide, frames, hybrid, likeness, plausible, rule
from fapproc.dedup.method import OFF, Kind, Sensitivity
from fapproc.dedup.motion import Reels, read
from fapproc.dedup.reasons import explain
from fapproc.dedup.registry import CNN, HASHES, METHODS, sensitivities
from fapproc.dedup.sight import Sight
from fapproc.errors import UsageProblem
from tests.drawing import landscape
from tests.hashing import all_hashed

BASE = 0x0123456789ABCDEF
FAR = 0xFFFF00000000FFFF
SIDE = 8


def apart(bits: int) -> int:
    return BASE ^ ((1 << bits) - 1)


def two(
    bits: Mapping[str, int] | None = None,
    *,
    cnn: float | None = None,
    moving: bool = False,
    first: int = 0,
    later: int = 0,
) -> Encoded:
    """Two images whose codes differ by so many bits, 32 where none is told, with this cosine."""
    codes: dict[str, NDArray[Any]] = {
        name: np.array([BASE, apart((bits or {}).get(name, 32))], dtype=np.uint64)
        for name in HASHES
    }
    if cnn is not None:
        one = np.zeros(SIDE, dtype=np.int8)
        other = np.zeros(SIDE, dtype=np.int8)
        one[0] = 100
        other[0], other[1] = round(100 * cnn), round(100 * (1 - cnn**2) ** 0.5)
        codes[CNN] = np.stack([one, other])
    reels = read([reel(0), reel(later, first)], np.arange(2), 2) if moving else Reels.none(2)
    return Encoded(codes, np.array([moving, moving]), reels, np.zeros(2, np.uint8))


def reel(later: int, first: int = 0) -> bytes:
    """One whose first frame and later ones differ from those of others by so many bits."""
    codes = [apart(first), *(apart(later) ^ (turn << 40) for turn in (0x0, 0xFFFF0, 0xFF00F))]
    return np.array([codes, codes], dtype=">u8").tobytes()


def judge(encoded: Encoded, sensitivity: Sensitivity | None = None) -> Evidence:
    i, j = np.array([0]), np.array([1])
    return weigh(encoded, i, j, sensitivity or sensitivities())


def accepts(name: str, encoded: Encoded, sensitivity: Sensitivity | None = None) -> bool:
    return bool(rule(name)(judge(encoded, sensitivity))[0])


@pytest.mark.parametrize("name", ["percept", "diff"])
def test_a_strong_hash_alone_suffices_at_its_sensitivity(name: str) -> None:
    assert accepts("hybrid", two({name: 4}))
    assert not accepts("hybrid", two({name: 5}))


def test_the_vectors_alone_suffice_at_their_sensitivity() -> None:
    sure = METHODS[CNN].regular
    assert accepts("hybrid", two(cnn=sure + 0.03))
    assert not accepts("hybrid", two(cnn=sure - 0.03))


@pytest.mark.parametrize("weak", ["average", "wavelet"])
def test_a_weak_hash_needs_a_strong_method_at_a_looser_bound(weak: str) -> None:
    assert not accepts("hybrid", two({weak: 0}))
    assert not accepts("hybrid", two({"average": 0, "wavelet": 0}))
    assert accepts("hybrid", two({weak: 1, "percept": 8}))
    assert not accepts("hybrid", two({weak: 1, "percept": 9}))
    assert not accepts("hybrid", two({weak: 2, "percept": 8}))
    assert accepts("hybrid", two({weak: 1}, cnn=METHODS[CNN].regular - 0.02))


def test_what_is_off_says_nothing_and_supports_nothing() -> None:
    for given_ in ({}, {"percept": OFF}):
        sensitivity = Sensitivity({"average": 1, **given_}, {})
        assert not accepts("hybrid", two({"percept": 0, "average": 0}), sensitivity)
    assert accepts("union", two({"percept": 0, "average": 0}), Sensitivity({"average": 1}, {}))


def asks(encoded: Encoded, name: str = "hybrid") -> tuple[bool, bool]:
    """Whether a pair stands, and whether it is to be looked at twice."""
    divided = divide(judge(encoded), name)
    assert not divided.trusted[0] or divided.asked[0]
    return bool(divided.stands[0] or divided.trusted[0]), bool(divided.asked[0])


STANDS, IS_LOOKED_AT, NOTHING = (True, False), (False, True), (False, False)
IS_TRUSTED = (True, True)
"""It stands unless a look refuses it."""


def test_a_pair_stands_by_the_word_of_two_strong_methods_and_else_is_looked_at() -> None:
    sure, asking = METHODS[CNN].regular + 0.01, 0.71
    assert asks(two({"percept": 4, "diff": 8})) == STANDS
    assert asks(two({"percept": 4, "diff": 4}, cnn=0.99)) == STANDS
    assert asks(two({"percept": 0, "diff": 0}, cnn=0.94)) == IS_TRUSTED
    assert asks(two({"percept": 8}, cnn=sure)) == IS_TRUSTED
    assert asks(two({"percept": 8}, cnn=0.99)) == IS_TRUSTED, "two slides with other words"
    assert asks(two({"percept": 4}, cnn=0.8)) == IS_TRUSTED
    assert asks(two({"percept": 4})) == IS_LOOKED_AT
    assert asks(two(cnn=sure)) == IS_LOOKED_AT
    assert asks(two({"average": 1, "percept": 8})) == IS_LOOKED_AT
    assert asks(two(cnn=asking)) == IS_LOOKED_AT
    assert asks(two({"average": 0, "wavelet": 0}, cnn=asking - 0.02)) == NOTHING


def test_what_is_little_but_its_ground_is_looked_at_and_never_stands_by_its_hashes() -> None:
    sure = METHODS[CNN].regular + 0.01
    for one in (two({"diff": 2}), two({"percept": 0, "diff": 0}), two({"percept": 0}, cnn=sure)):
        assert asks(noticed(one, Sight.SPARSE)) == IS_LOOKED_AT
        assert asks(noticed(one, Sight.BLANK)) == NOTHING


def test_no_look_is_asked_for_by_other_rules_nor_where_the_frames_of_animations_tell() -> None:
    assert asks(two({"percept": 0}), "union") == STANDS
    assert asks(two({"average": 0, "wavelet": 0}), "intersection") == STANDS
    assert asks(two(cnn=0.8), "union") == NOTHING
    assert asks(two(cnn=0.9, moving=True)) == STANDS
    assert asks(two(cnn=0.9, moving=True, later=32)) == NOTHING


def test_a_look_decides_about_animations_whose_frames_may_only_be_near() -> None:
    assert asks(two(cnn=0.9, moving=True, first=12, later=10)) == STANDS
    assert asks(two(cnn=0.9, moving=True, first=12, later=14)) == IS_LOOKED_AT
    assert asks(two(cnn=0.9, moving=True, first=12, later=17)) == NOTHING


@pytest.mark.parametrize("sensitivity", [0.99, 0.75, OFF])
def test_the_network_proposes_whatever_its_sensitivity_unless_it_is_off(sensitivity: float) -> None:
    given_ = Sensitivity({**sensitivities().regular, CNN: sensitivity}, {})
    divided = divide(judge(two(cnn=0.71), given_), "hybrid")
    assert (bool(divided.stands[0]), bool(divided.asked[0])) == (False, sensitivity != OFF)


def test_two_methods_make_an_intersection() -> None:
    assert accepts("intersection", two({"average": 1, "wavelet": 1}))
    assert not accepts("intersection", two({"percept": 0}))


def test_any_method_makes_a_union() -> None:
    assert accepts("union", two({"wavelet": 1}))
    assert not accepts("union", two({"wavelet": 2, "percept": 5}))


def test_two_animations_are_held_to_the_animated_set_and_off_is_off_there() -> None:
    assert accepts("union", two({"percept": 3}, moving=True, later=32))
    assert not accepts("union", two({"percept": 4}, moving=True, later=32))
    assert not accepts("union", two({"average": 0}, moving=True, later=32))
    sensitivity = Sensitivity({CNN: 0.8}, {CNN: OFF})
    assert accepts("union", two(cnn=0.99), sensitivity)
    assert not accepts("union", two(cnn=0.99, moving=True, later=32), sensitivity)


def test_animations_that_share_only_their_first_frame_are_not_one_picture() -> None:
    same = {"percept": 0, "diff": 0}
    for name in ("hybrid", "intersection"):
        assert accepts(name, two(same, cnn=0.99, moving=True, later=10))
        assert not accepts(name, two(same, cnn=0.99, moving=True, later=11))
    assert accepts("union", two({"percept": 0}, moving=True, later=32))


def test_animations_that_share_their_later_frames_are_one_whatever_their_first_ones_say() -> None:
    for name in RULES:
        assert accepts(name, two(moving=True, later=0))
        assert not accepts(name, two(moving=True, later=32))


def test_a_still_is_no_animation_but_may_be_a_frame_of_it() -> None:
    same = {"percept": 0, "diff": 0}
    for later, is_frame in ((0, True), (20, False)):
        known = replace(
            two(same if is_frame else None),
            animated=np.array([True, False]),
            reels=read([reel(later)], np.array([0]), 2),
        )
        evidence = judge(known)
        assert not RULES["hybrid"](evidence)[0] and not RULES["intersection"](evidence)[0]
        assert not plausible(evidence)[0]
        assert frames(evidence)[0] == is_frame
        said = "; ".join(explain(evidence, 0, "hybrid")[1])
        assert ("a frame of it" if is_frame else "no frame of it") in said


def test_a_still_like_a_later_frame_of_an_animation_is_a_frame_of_it() -> None:
    known = replace(
        two(), animated=np.array([True, False]), reels=read([reel(0)], np.array([0]), 2)
    )
    later = np.array([BASE, BASE ^ 0xFFFF0 << 40], dtype=np.uint64)
    assert frames(judge(replace(known, codes={**known.codes, "percept": later})))[0]
    assert not frames(judge(known))[0]


def drawn(draw: str) -> Image.Image:
    size = (400, 300)
    if draw in {"black", "grey", "white", "red"}:
        return Image.new("RGB", size, draw)
    if draw in {"right", "left", "down"}:
        line = np.linspace(0, 255, size[0 if draw != "down" else 1])
        shade = line[None, :].repeat(300, 0) if draw != "down" else line[:, None].repeat(400, 1)
        return Image.fromarray(shade[:, :: -1 if draw == "left" else 1].astype(np.uint8))
    image = Image.new("RGB", size, "white")
    pen = ImageDraw.Draw(image)
    if draw == "box":
        pen.rectangle((20, 20, 80, 40), fill="black")
    elif draw == "words":
        pen.text((150, 140), "Hello world", fill="black")
    elif draw == "half":
        pen.rectangle((0, 0, 200, 300), fill="black")
    return image


FLAT = ("black", "grey", "white", "red", "right", "left", "down", "box", "words", "half")


def test_flat_pictures_are_told_and_others_are_not() -> None:
    assert flat(all_hashed(*(drawn(each) for each in FLAT))).all()
    assert not flat(all_hashed(*(landscape(seed) for seed in range(40)))).any()


def test_flat_pictures_never_match_by_hash_alone_but_by_their_vectors() -> None:
    codes = all_hashed(drawn("black"), drawn("white"), drawn("grey"))
    still = np.zeros(3, dtype=bool)
    i, j = np.array([0, 0, 1]), np.array([1, 2, 2])
    evidence = weigh(
        Encoded(codes, still, Reels.none(3), np.zeros(len(still), np.uint8)), i, j, sensitivities()
    )
    assert RULES["union"](evidence).all()
    assert not RULES["hybrid"](evidence).any()
    assert not RULES["intersection"](evidence).any()
    codes[CNN] = np.array([[100, 0], [0, 100], [100, 5]], dtype=np.int8)
    evidence = weigh(
        Encoded(codes, still, Reels.none(3), np.zeros(len(still), np.uint8)), i, j, sensitivities()
    )
    assert RULES["hybrid"](evidence).tolist() == [False, True, False]


def test_an_image_without_a_vector_has_no_cosine() -> None:
    vectors = np.array([[1, 2], [0, 0], [2, 4]], dtype=np.int8)
    found = METHODS[CNN].score(vectors, np.array([0, 0]), np.array([1, 2]))
    assert np.isnan(found[0])
    assert found[1] == pytest.approx(1)


def test_the_reasons_name_what_speaks_for_and_against() -> None:
    def reasons(encoded: Encoded, name: str = "hybrid") -> str:
        return "; ".join(explain(judge(encoded), 0, name)[1])

    assert reasons(two({"percept": 4, "diff": 2})) == "strong evidence by percept, diff"
    assert "weak evidence by average, supported by percept" in reasons(
        two({"average": 1, "percept": 8})
    )
    assert "which nothing supports" in reasons(two({"average": 1}))
    assert reasons(two()) == "no method finds it near"
    assert "they are not one picture" in reasons(two({"percept": 0}, moving=True, later=40))
    assert reasons(two({"average": 0}), "union") == "near by average"
    assert "two are needed" in reasons(two({"average": 0}), "intersection")


def noticed(encoded: Encoded, what: Sight) -> Encoded:
    """The same two, of the second of which something was noticed."""
    return replace(encoded, sight=np.array([0, what], dtype=np.uint8))


@pytest.mark.parametrize("name", ["hybrid", "intersection"])
def test_nothing_is_said_of_a_picture_in_which_nothing_is_to_be_seen(name: str) -> None:
    evidence = judge(noticed(two(dict.fromkeys(HASHES, 0), cnn=1.0), Sight.BLANK))
    assert not RULES[name](evidence)[0] and not plausible(evidence)[0]
    assert evidence.silent.all()
    accepted, [reason] = explain(evidence, 0, name)
    assert not accepted and "so no method counts" in reason


def test_hashes_say_nothing_of_a_picture_that_is_seen_otherwise_than_stored() -> None:
    alike = dict.fromkeys(HASHES, 0)
    assert not hybrid(judge(noticed(two(alike, cnn=0.5), Sight.VEILED)))[0]
    assert hybrid(judge(noticed(two(cnn=0.9), Sight.VEILED)))[0]


def test_of_little_on_a_plain_ground_the_network_must_support_a_hash() -> None:
    for bits in ({"percept": 0, "diff": 0}, {"diff": 2, "average": 0}):
        alone, supported = (noticed(two(bits, cnn=cosine), Sight.SPARSE) for cosine in (0.7, 0.8))
        for name in ("hybrid", "intersection"):
            assert not RULES[name](judge(alone))[0]
        assert (
            hybrid(judge(supported))[0]
            and "supported by cnn" in explain(judge(supported), 0, "hybrid")[1][-2]
        )
        assert "no hash alone is enough" in explain(judge(alone), 0, "hybrid")[1][0]


def test_an_unknown_rule_is_refused_naming_the_known() -> None:
    with pytest.raises(UsageProblem, match="hybrid, intersection, union"):
        rule("hope")


def test_the_network_keeps_in_one_group_what_it_would_not_accept_nor_support() -> None:
    accepted = [bool(plausible(judge(two(cnn=cosine)))[0]) for cosine in (0.8, 0.6, 0.5)]
    assert accepted == [True, True, False]
    assert not judge(two(cnn=0.6)).loose.any()
    off = Sensitivity({**sensitivities().regular, CNN: OFF}, {})
    assert not plausible(judge(two(cnn=0.99), off)).any()


BITS = st.fixed_dictionaries({name: st.integers(0, 20) for name in HASHES})
LIKE = st.none() | st.floats(0.3, 1.0)


@given(BITS, LIKE, st.booleans(), st.integers(0, 30))
def test_what_hybrid_or_intersection_accepts_union_accepts_too_and_may_be_one_picture(
    bits: dict[str, int], cnn: float | None, moving: bool, later: int
) -> None:
    evidence = judge(two(bits, cnn=cnn, moving=moving, later=later))
    union = RULES["union"](evidence)
    for name in ("hybrid", "intersection"):
        assert not (RULES[name](evidence) & ~union).any()
    assert not (RULES["hybrid"](evidence) & ~plausible(evidence)).any()


@given(BITS, LIKE, st.sampled_from(sorted(METHODS)))
def test_a_stricter_sensitivity_accepts_no_more(
    bits: dict[str, int], cnn: float | None, name: str
) -> None:
    lax, encoded = sensitivities(), two(bits, cnn=cnn)
    method = METHODS[name]
    stricter = method.regular // 2 if method.kind is Kind.BITS else (1 + method.regular) / 2
    strict = Sensitivity({**lax.regular, name: stricter}, lax.animated)
    off = Sensitivity({**lax.regular, name: OFF}, lax.animated)
    for known in RULES:
        assert accepts(known, encoded, off) <= accepts(known, encoded, strict)
        assert accepts(known, encoded, strict) <= accepts(known, encoded, lax)


@given(BITS, LIKE)
def test_a_pair_is_the_same_from_both_sides(bits: dict[str, int], cnn: float | None) -> None:
    encoded = two(bits, cnn=cnn)
    one = judge(encoded)
    other = judge(encoded.rows(np.array([1, 0])))
    assert np.array_equal(one.scores, other.scores, equal_nan=True)
    assert likeness(one) == likeness(other)
    for name in RULES:
        assert (RULES[name](one) == RULES[name](other)).all()


def test_the_word_of_two_hashes_and_of_the_network_alone_suffices() -> None:
    names = ("percept", "average", "diff", "wavelet", CNN)
    assert [name for name in names if METHODS[name].is_strong] == ["percept", "diff", CNN]
