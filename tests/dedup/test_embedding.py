import sys
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image, ImageOps

from fapproc.config import Network
from fapproc.dedup import mobilenet
from fapproc.dedup.colour import Colour
from fapproc.dedup.embedding import Vector, embedding, load, pixels, quantised
from fapproc.dedup.models import (
    DEFAULT,
    FOLDER,
    LITE0_SHA256,
    MOBILENET_V3_SMALL,
    MODELS,
    chosen,
)
from fapproc.errors import UsageProblem
from tests.drawing import landscape

OWN = Network("", None, 0.9, 160, (127.0, 127.0, 127.0), (128.0, 128.0, 128.0))


def cosine(a: Image.Image, b: Image.Image) -> float:
    one, other = (
        np.frombuffer(embedding("net", DEFAULT).encode(Colour(image)), dtype=np.int8).astype(float)
        for image in (a, b)
    )
    return float(one @ other / np.sqrt((one @ one) * (other @ other)))


def test_the_network_in_the_package_is_the_one_whose_vectors_are_stored_under_its_name() -> None:
    assert DEFAULT.file is not None
    assert sha256(DEFAULT.file.read_bytes()).hexdigest() == LITE0_SHA256
    assert LITE0_SHA256[:12] in DEFAULT.id
    assert LITE0_SHA256 in (FOLDER / "README.md").read_text()
    assert "Apache License" in (FOLDER / "LICENSE").read_text()


def test_models_have_names_of_their_own_and_sensitivities_within_their_bounds() -> None:
    assert len({model.id for model in MODELS.values()}) == len(MODELS)
    for name, model in MODELS.items():
        assert model.name == name
        assert 0 < model.lowest <= model.regular <= model.animated <= model.highest <= 1


def test_mirrored_cropped_and_bordered_pictures_are_near_and_others_are_not() -> None:
    photo = landscape(1, (400, 300))
    assert cosine(photo, photo) == 1.0
    for near in (
        ImageOps.mirror(photo),
        photo.crop((20, 15, 380, 285)),
        ImageOps.expand(photo, 20, "white"),
        photo.resize((200, 150)),
    ):
        assert cosine(photo, near) >= 0.8  # a drawing: of photographs none is under the default


def test_a_border_of_one_colour_is_not_part_of_the_picture() -> None:
    photo = landscape(2, (448, 448))
    bordered = ImageOps.expand(photo, (40, 30, 20, 0), (9, 99, 199))
    inside, whole = (pixels(Colour(image), DEFAULT) for image in (bordered, photo))
    assert float(np.abs(inside - whole).mean()) < 0.05


@pytest.mark.parametrize("size", [(1, 1), (1, 500), (500, 1), (3, 2)])
@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA", "1", "P", "CMYK"])
def test_any_picture_has_a_vector(size: tuple[int, int], mode: str) -> None:
    made = pixels(Colour(Image.new(mode, size)), DEFAULT)
    assert (made.shape, made.dtype.name) == ((1, 3, 160, 160), "float32")


@given(arrays.arrays(np.float32, 40, elements=st.floats(-4, 4, width=32)))
def test_quantising_keeps_the_direction(vector: Vector) -> None:
    code = quantised(vector)
    assert code.dtype == np.int8 and len(code) == len(vector)
    largest = np.abs(vector).max()
    if largest > 1e-30:
        assert np.abs(code).max() == 127
        assert (np.abs(code.astype(float) - vector * (127 / float(largest))) <= 0.5001).all()


def test_zeros_and_what_is_no_number_are_zeros() -> None:
    assert not quantised(np.zeros(4, dtype=np.float32)).any()
    assert not quantised(np.array([1, np.nan, np.inf], dtype=np.float32)).any()


def test_a_network_of_one_s_own_is_known_by_its_bytes_and_numbers(tmp_path: Path) -> None:
    assert DEFAULT.file is not None
    file = tmp_path / "mine.onnx"
    file.write_bytes(DEFAULT.file.read_bytes())
    model = chosen(replace(OWN, model=str(file)))
    assert (model.regular, model.animated, model.file) == (0.9, 0.9, file)
    colour = Colour(landscape(1))
    one, other = (embedding("net", each).encode(colour) for each in (model, DEFAULT))
    assert one == other
    ids = {
        model.id,
        chosen(replace(OWN, model=str(file), mean=(0.0, 0.0, 0.0))).id,
        DEFAULT.id,
    }
    file.write_bytes(b"other bytes")
    assert chosen(replace(OWN, model=str(file))).id not in ids
    assert len(ids) == 3


def test_a_network_that_cannot_be_used_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UsageProblem, match="no such file and no such model"):
        chosen(replace(OWN, model="efficientnet_b7"))
    assert DEFAULT.file is not None
    with pytest.raises(UsageProblem, match="set FAP_CNN_THRESHOLD too"):
        chosen(replace(OWN, model=str(DEFAULT.file), threshold=None))
    with pytest.raises(UsageProblem, match="takes float pictures of 1 x 3 x 64 x 64"):
        load(replace(DEFAULT, side=64))
    text = tmp_path / "text.onnx"
    text.write_text("no network")
    with pytest.raises(UsageProblem, match=r"text\.onnx can't be used"):
        load(chosen(replace(OWN, model=str(text))))


def test_the_names_of_the_settings_choose_the_models(tmp_path: Path) -> None:
    assert chosen(replace(OWN, model="efficientnet_lite0")) is DEFAULT
    assert chosen(replace(OWN, model="mobilenet_v3_small")) is MOBILENET_V3_SMALL
    weights = tmp_path / "weights.pth"
    with pytest.raises(UsageProblem, match=r"weights\.pth can't be read"):
        chosen(replace(OWN, model="mobilenet_v3_small", weights=weights))
    weights.write_bytes(b"weights")
    named = chosen(replace(OWN, model="mobilenet_v3_small", weights=weights))
    assert named.file == weights and named.id != MOBILENET_V3_SMALL.id
    assert named.regular == MOBILENET_V3_SMALL.regular


def test_without_imagededup_its_model_is_refused_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "imagededup.methods", None)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    with pytest.raises(UsageProblem, match=r"pip install '\.\[imagededup\]'"):
        load(MOBILENET_V3_SMALL)


def test_without_imagededup_no_weights_are_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "imagededup", None)
    with pytest.raises(UsageProblem, match="imagededup is not installed"):
        mobilenet.fetch(MOBILENET_V3_SMALL)


def test_weights_that_are_named_or_there_are_not_fetched(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    (tmp_path / "installed" / "imagededup").mkdir(parents=True)
    monkeypatch.syspath_prepend(tmp_path / "installed")
    named = tmp_path / "weights.pth"
    mobilenet.fetch(replace(MOBILENET_V3_SMALL, file=named))
    with pytest.raises(
        UsageProblem,
        match=r"\(Connection refused\). Name a file that holds them with FAP_CNN_WEIGHTS",
    ):
        mobilenet.fetch(MOBILENET_V3_SMALL)
    place = tmp_path / "hub" / "checkpoints" / mobilenet.WEIGHTS
    place.parent.mkdir(parents=True)
    place.write_bytes(b"weights")
    mobilenet.fetch(MOBILENET_V3_SMALL)
    assert place.read_bytes() == b"weights"
