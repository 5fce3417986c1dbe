"""The hashes against a straightforward reading of imagededup 0.3.3's definition."""

import re
import sys
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import numpy as np
import pytest
import pywt
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image
from scipy.fftpack import dct

from fapproc.dedup import perceptual, probes
from fapproc.dedup.colour import Colour
from fapproc.dedup.perceptual import versions
from fapproc.dedup.registry import METHODS, encode
from tests.drawing import landscape

SIZES = {"average": (8, 8), "diff": (9, 8), "percept": (32, 32), "wavelet": (256, 256)}


def reference(image: Image.Image) -> dict[str, str]:
    if image.mode != "RGB":
        image = image.convert("RGBA").convert("RGB")
    grey = {
        name: np.array(image.resize(size, Image.Resampling.LANCZOS).convert("L")).astype("uint8")
        for name, size in SIZES.items()
    }
    low = dct(dct(grey["percept"], axis=0), axis=1)[:8, :8]
    haar = pywt.wavedec2(data=grey["wavelet"] / 255, wavelet="haar", level=5)[0]
    bits = {
        "average": grey["average"] >= np.mean(grey["average"]),
        "diff": grey["diff"][:, 1:] > grey["diff"][:, :-1],
        "percept": low >= np.median(np.ndarray.flatten(low)[1:]),
        "wavelet": haar >= np.median(np.ndarray.flatten(haar)),
    }
    return {
        name: "".join(f"{byte:02x}" for byte in np.packbits(mask)) for name, mask in bits.items()
    }


def ours(image: Image.Image) -> dict[str, str]:
    made = encode(Colour(image), [METHODS[name] for name in SIZES])
    return {name: code.hex() for name, code in made.items()}


@pytest.mark.parametrize("seed", range(20))
def test_photos_have_the_codes_of_the_definition(seed: int) -> None:
    image = landscape(seed, (300 + 7 * seed, 260 - 5 * seed))
    assert ours(image) == reference(image)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16", "F", "YCbCr"])
def test_every_mode_is_converted_as_the_definition_does(mode: str) -> None:
    source = landscape(3).convert("L") if mode in {"LA", "I;16", "F"} else landscape(3)
    image = source.convert(mode)
    assert ours(image) == reference(image)


def test_alpha_is_dropped_and_not_composited() -> None:
    image = landscape(4)
    hidden = image.copy()
    hidden.putalpha(0)
    assert ours(hidden) == ours(image)


@pytest.mark.parametrize("shade", [0, 1, 127, 128, 254, 255])
def test_a_flat_image_has_all_ones_and_no_differences(shade: int) -> None:
    ones = "f" * 16
    image = Image.new("RGB", (100, 80), (shade, shade, shade))
    assert ours(image)["diff"] == "0" * 16
    assert ours(image)["average"] == ours(image)["percept"] == ours(image)["wavelet"] == ones
    assert ours(image) == reference(image)


@settings(max_examples=150, deadline=None)
@given(
    arrays(
        np.uint8,
        st.tuples(st.sampled_from([1, 8, 32, 256]), st.sampled_from([1, 8, 32, 256])),
        elements=st.sampled_from([0, 1, 2, 100, 101, 254, 255]),
    )
)
def test_images_full_of_ties_have_the_codes_of_the_definition(pixels: np.ndarray) -> None:
    image = Image.fromarray(pixels)
    assert ours(image) == reference(image)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 30), st.sampled_from([1, 4, 16, 32]))
def test_blocky_noise_of_few_shades_has_the_codes_of_the_definition(
    seed: int, shades: int, block: int
) -> None:
    random = np.random.default_rng(seed)
    cells = random.integers(0, shades, (256 // block, 256 // block)).astype(np.uint8)
    image = Image.fromarray(np.kron(cells, np.ones((block, block), np.uint8)))
    assert ours(image) == reference(image)


def test_a_version_is_an_identity_and_the_libraries() -> None:
    identity, *libraries = versions().split()
    assert re.fullmatch(r"1-[0-9a-f]{16}", identity)
    assert [word.rpartition("-")[0] for word in libraries] == ["pillow", "scipy", "pywavelets"]


def test_other_versions_that_make_the_same_keep_the_identity(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = versions().split()[0]
    monkeypatch.setattr(perceptual, "version", lambda library: "99")
    identity, *libraries = versions.__wrapped__().split()
    assert identity == before
    assert libraries == ["pillow-99", "scipy-99", "pywavelets-99"]


def brighter(image: Image.Image) -> Image.Image:
    return image.point(lambda value: value + (value == 100))


def changed_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    decoded = probes.decoded

    def jpeg_otherwise() -> Iterator[Image.Image]:
        first, *rest = decoded()
        return iter([brighter(first), *rest])

    monkeypatch.setattr(probes, "decoded", jpeg_otherwise)


def changed_shrinking(monkeypatch: pytest.MonkeyPatch) -> None:
    resize = Image.Image.resize
    monkeypatch.setattr(Image.Image, "resize", lambda *a, **k: brighter(resize(*a, **k)))


def changed_rounding(monkeypatch: pytest.MonkeyPatch) -> None:
    wavelets = SimpleNamespace(wavedec2=lambda *_, **__: [np.arange(64.0).reshape(8, 8)])
    monkeypatch.setitem(sys.modules, "pywt", wavelets)


@pytest.mark.parametrize("change", [changed_reading, changed_shrinking, changed_rounding])
def test_libraries_that_make_other_pixels_or_bits_have_another_identity(
    monkeypatch: pytest.MonkeyPatch, change: Callable[[pytest.MonkeyPatch], None]
) -> None:
    before = versions().split()[0]
    change(monkeypatch)
    assert versions.__wrapped__().split()[0] != before
