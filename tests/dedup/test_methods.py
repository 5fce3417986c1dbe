"""What every method keeps: the suite runs over the registry."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from fapproc.dedup.method import METHODS, OFF, Method, method, radii, sensitivities
from fapproc.dedup.perceptual import encode, to_hex
from fapproc.errors import UsageProblem
from fapproc.model import Sensitivity
from tests.drawing import landscape, write

PHOTOS = [landscape(seed, (400, 300)) for seed in range(12)]


@pytest.fixture(params=METHODS)
def one(request: pytest.FixtureRequest) -> Method:
    return METHODS[request.param]


def again(image: Image.Image, format_: str, **options: object) -> Image.Image:
    return Image.open(BytesIO(write(image, format_, **options)))


def test_every_hash_of_the_registry_is_encoded() -> None:
    assert set(encode(PHOTOS[0])) == set(METHODS)


def test_a_code_has_its_bits_and_16_digits(one: Method) -> None:
    for photo in PHOTOS:
        code = encode(photo)[one.name]
        assert type(code) is int
        assert 0 <= code < 1 << one.bits
        assert int(to_hex(code), 16) == code
        assert len(to_hex(code)) == 16


def test_distance_is_symmetric_and_zero_on_self(one: Method) -> None:
    a, b = (encode(photo)[one.name] for photo in PHOTOS[:2])
    assert one.distance(a, a) == 0
    assert one.distance(a, b) == one.distance(b, a) > one.high


def test_the_same_pixels_in_another_file_have_the_same_code(one: Method) -> None:
    for photo in PHOTOS:
        assert encode(again(photo, "PNG"))[one.name] == encode(photo)[one.name]


def test_a_jpeg_of_quality_75_is_near(one: Method) -> None:
    for photo in PHOTOS:
        jpeg = again(photo, "JPEG", quality=75)
        assert one.distance(encode(jpeg)[one.name], encode(photo)[one.name]) <= one.regular


def test_different_photos_are_not_near(one: Method) -> None:
    codes = [encode(photo)[one.name] for photo in PHOTOS]
    assert all(one.distance(a, b) > one.regular for a in codes for b in codes if a is not b)


def test_within_is_at_most_and_off_is_never(one: Method) -> None:
    scores = np.array([0, 4, 5, 64], dtype=np.uint8)
    assert one.within(scores, 4).tolist() == [True, True, False, False]
    assert one.within(scores, 0).tolist() == [True, False, False, False]
    assert not one.within(scores, OFF).any()


@pytest.mark.parametrize("value", [-2, 16, 2.5, float("nan")])
def test_a_sensitivity_out_of_bounds_is_refused(one: Method, value: float) -> None:
    with pytest.raises(UsageProblem, match="0 to 15"):
        one.check(value)


def test_an_unknown_method_is_refused_naming_the_known() -> None:
    with pytest.raises(UsageProblem, match="percept, average, diff, wavelet"):
        method("pdq")


def test_the_defaults_are_those_of_the_predecessor() -> None:
    assert sensitivities() == Sensitivity(
        regular={"percept": 4, "diff": 4, "average": 1, "wavelet": 1},
        animated={"percept": 3, "diff": 1, "average": -1, "wavelet": -1},
    )


def test_the_search_reaches_as_far_as_the_wider_sensitivity() -> None:
    given = Sensitivity(
        regular={"percept": 4, "diff": -1, "average": 0}, animated={"percept": 6, "diff": -1}
    )
    assert radii(given) == {"percept": 6, "average": 0}
    with pytest.raises(UsageProblem, match="no method"):
        radii(Sensitivity(regular={"pdq": 4}))
