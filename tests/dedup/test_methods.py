"""What every method keeps: the suite runs over the registry."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from fapproc.dedup.colour import Colour
from fapproc.dedup.method import BITS, OFF, Kind, Method, Sensitivity
from fapproc.dedup.models import EFFICIENTNET_LITE0, MOBILENET_V3_SMALL
from fapproc.dedup.registry import CNN, HASHES, METHODS, method, methods, radii, sensitivities
from fapproc.errors import UsageProblem
from tests.drawing import landscape, write
from tests.hashing import hashed

PHOTOS = [landscape(seed, (400, 300)) for seed in range(12)]


@pytest.fixture(params=METHODS)
def one(request: pytest.FixtureRequest) -> Method:
    return METHODS[request.param]


@pytest.fixture(params=HASHES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def again(image: Image.Image, format_: str, **options: object) -> Image.Image:
    return Image.open(BytesIO(write(image, format_, **options)))


def distance(a: int, b: int) -> int:
    return (a ^ b).bit_count()


def test_a_code_has_64_bits(name: str) -> None:
    for photo in PHOTOS:
        assert len(HASHES[name].encode(Colour(photo))) * 8 == BITS


def test_the_same_pixels_in_another_file_have_the_same_code(name: str) -> None:
    for photo in PHOTOS:
        assert hashed(again(photo, "PNG"))[name] == hashed(photo)[name]


def test_a_jpeg_of_quality_75_is_near(name: str) -> None:
    for photo in PHOTOS:
        jpeg = again(photo, "JPEG", quality=75)
        assert distance(hashed(jpeg)[name], hashed(photo)[name]) <= HASHES[name].regular


def test_different_photos_are_not_near(name: str) -> None:
    codes = [hashed(photo)[name] for photo in PHOTOS]
    near = HASHES[name].regular
    assert all(distance(a, b) > near for a in codes for b in codes if a is not b)


def test_what_is_as_near_as_the_sensitivity_is_within_and_with_off_nothing(one: Method) -> None:
    nearest, farthest = (0, 64) if one.kind is Kind.BITS else (1.0, 0.0)
    scores = np.array([nearest, one.regular, farthest])
    assert one.within(scores, one.regular).tolist() == [True, True, False]
    assert one.within(scores, nearest).tolist() == [True, one.regular == nearest, False]
    assert not one.within(scores, OFF).any()


def test_the_wider_of_two_sensitivities_lets_more_pass(one: Method) -> None:
    scores = np.linspace(0, 1, 21) if one.kind is Kind.VECTOR else np.arange(65)
    for a, b in [(one.low, one.high), (one.high, one.low), (OFF, one.low), (one.high, OFF)]:
        either = one.within(scores, a) | one.within(scores, b)
        assert one.within(scores, one.wider(a, b)).tolist() == either.tolist()


def test_its_own_sensitivities_and_off_are_within_its_bounds(one: Method) -> None:
    for value in (one.regular, one.animated, one.low, one.high, OFF):
        one.check(value)


@pytest.mark.parametrize("value", [-2, 16, 2.5, float("nan"), float("inf")])
def test_a_sensitivity_out_of_bounds_is_refused(one: Method, value: float) -> None:
    with pytest.raises(UsageProblem, match=f"{one.low:g} to {one.high:g},"):
        one.check(value)


def test_the_bounds_of_cnn_are_those_of_its_model() -> None:
    theirs = methods(MOBILENET_V3_SMALL)[CNN]
    assert (theirs.low, theirs.high, theirs.regular, theirs.animated) == (0.9, 1.0, 0.95, 0.97)
    assert method(CNN).low == EFFICIENTNET_LITE0.lowest < 0.9
    theirs.check(0.93)
    with pytest.raises(UsageProblem, match=r"give a number from 0\.9 to 1,"):
        theirs.check(0.89)
    with pytest.raises(UsageProblem, match=r"0\.9 to 1,"):
        radii(Sensitivity(regular={CNN: 0.85}), methods(MOBILENET_V3_SMALL))


def test_an_unknown_method_is_refused_naming_the_known() -> None:
    with pytest.raises(UsageProblem, match=", ".join(METHODS)):
        method("pdq")


def test_the_defaults_are_those_of_the_predecessor() -> None:
    theirs = ("percept", "average", "diff", "wavelet", "cnn")
    known = methods(MOBILENET_V3_SMALL)
    assert sensitivities({name: known[name] for name in theirs}) == Sensitivity(
        regular={"percept": 4, "diff": 4, "average": 1, "wavelet": 1, "cnn": 0.95},
        animated={"percept": 3, "diff": 1, "average": -1, "wavelet": -1, "cnn": 0.97},
    )


def test_the_search_reaches_as_far_as_the_wider_sensitivity() -> None:
    given = Sensitivity(
        regular={"percept": 4, "diff": -1, "average": 0, "cnn": 0.8},
        animated={"percept": 6, "diff": -1, "cnn": 0.9},
    )
    assert radii(given) == {"percept": 6, "average": 0, "cnn": 0.8}
    assert repr(radii(Sensitivity(regular={"percept": 6.0}))) == "{'percept': 6}"  # as it is kept
    assert radii(Sensitivity(animated={"cnn": 0.9}, regular={"cnn": OFF})) == {"cnn": 0.9}
    with pytest.raises(UsageProblem, match="There is no method"):
        radii(Sensitivity(regular={"pdq": 4}))
