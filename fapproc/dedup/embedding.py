"""Methods of networks: one turns a picture into a vector, kept as whole numbers of 8 bits.

Reads the network's file and nothing else. Only what encodes or loads imports onnxruntime.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fapproc.dedup import models
from fapproc.dedup.colour import Colour
from fapproc.dedup.lanczos import Size
from fapproc.dedup.method import VectorMethod
from fapproc.dedup.models import Model
from fapproc.errors import UsageProblem

Vector = NDArray[np.float32]
Code = NDArray[np.int8]

_SHRUNK = 256
"""The side at which the wavelet hash has the picture anyway: to shrink on from it is cheap."""
_ONE_COLOUR = 10
"""Steps of 255 in which a border may differ: what JPEG makes of one colour."""
_WIDEST_BORDER = 0.15
_BLENDED = 2
"""Lines beside a border that hold something of it after shrinking: with them, cosines to the same
picture without a border fell to 0.65 (drawings) and 0.82 (photographs); without, to 0.99 and 0.91.
"""
_FATAL = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Embedding(VectorMethod):
    """The vectors of one network; what is near is the network's to say."""

    model: Model

    def identity(self) -> str:
        """Name the network and its weights."""
        return self.model.id

    @property
    def sizes(self) -> Collection[Size]:
        """What the network's square is shrunk from."""
        return () if self.model.is_imagededups else (_source(self.model),)

    def prepare(self) -> None:
        """Fetch imagededup's weights, once on a machine.

        Raises:
            UsageProblem: they can't be loaded.
        """
        if self.model.is_imagededups:
            from fapproc.dedup import mobilenet

            mobilenet.fetch(self.model)

    def begin(self) -> None:
        """Load the network.

        Raises:
            UsageProblem: it can't be used.
        """
        load(self.model)

    def encode(self, colour: Colour) -> bytes:
        """Encode a picture: its vector's direction, a byte a dimension.

        Raises:
            UsageProblem: the network can't be used.
        """
        return quantised(load(self.model)(colour)).tobytes()

    def of(self, identity: str) -> "Embedding":
        """Return the method with the network that made codes of this identity, if it is known."""
        return embedding(self.name, models.of(identity, self.model))


def embedding(name: str, model: Model) -> Embedding:
    """Make the method of this name of a network, with the thresholds that the network brings."""
    return Embedding(
        name=name,
        regular=model.regular,
        animated=model.animated,
        low=model.lowest,
        high=model.highest,
        is_strong=True,
        is_set=model.is_set,
        network=model.name,
        model=model,
    )


def quantised(vector: Vector) -> Code:
    """Scale a vector so that its largest part is 127, and round: cosines change by 0.002 at most.

    The length is lost; of directions nothing else is asked. A vector of zeros stays one. The code
    is the encoding: what is near is told by codes alone, so any machine finds the same pairs.
    """
    wide = vector.astype(np.float64)
    largest = float(np.abs(wide).max(initial=0))
    if not (largest > 0 and np.isfinite(wide).all()):
        return np.zeros(len(vector), dtype=np.int8)
    code: Code = np.rint(wide * (127 / largest)).astype(np.int8)
    return code


@cache
def load(model: Model) -> Callable[[Colour], Vector]:
    """Load a network, once in a process.

    Raises:
        UsageProblem: no such file, none that onnxruntime can run, or of another input.
    """
    if model.is_imagededups:
        from fapproc.dedup import mobilenet

        return mobilenet.load(model)
    run = _session(model)
    return lambda colour: run(pixels(colour, model))


def pixels(colour: Colour, model: Model) -> Vector:
    """Prepare an image as a network takes it: 1 x 3 x side x side, float32.

    The whole picture is pressed into the square, but for a border of one colour: a crop at the
    edges, as imagededup makes it, would lose what a cropped picture keeps.
    """
    shrunk = colour.at(_source(model))
    square = shrunk.resize((model.side, model.side), Image.Resampling.BILINEAR, box=_inner(shrunk))
    made = _planes(square).astype(np.float32)
    for plane, (mean, deviation) in enumerate(zip(model.mean, model.deviation, strict=True)):
        made[plane] -= mean
        made[plane] /= deviation
    return made[None]


def _source(model: Model) -> Size:
    side = max(_SHRUNK, model.side)
    return side, side


def _planes(image: Image.Image) -> NDArray[np.uint8]:
    """Return red, green and blue apart, 3 x height x width: five times as fast to count on."""
    return np.stack([np.asarray(plane) for plane in image.split()])


def _inner(image: Image.Image) -> tuple[int, int, int, int]:
    """Return the box inside a border of one colour, left, upper, right, lower."""
    planes = _planes(image)
    upper, lower = _borders(planes.max(axis=2), planes.min(axis=2))
    rows = planes[:, upper : image.height - lower]
    left, right = _borders(rows.max(axis=1), rows.min(axis=1))
    return left, upper, image.width - right, image.height - lower


def _borders(high: NDArray[np.uint8], low: NDArray[np.uint8]) -> tuple[int, int]:
    """Count the lines at the beginning and at the end that together hold one colour.

    Args:
        high: the highest value of each line, 3 x lines.
        low: the lowest.
    """
    return _border(high, low), _border(high[:, ::-1], low[:, ::-1])


def _border(high: NDArray[np.uint8], low: NDArray[np.uint8]) -> int:
    most = int(high.shape[1] * _WIDEST_BORDER)
    highest = np.maximum.accumulate(high[:, :most], axis=1)
    lowest = np.minimum.accumulate(low[:, :most], axis=1)
    count = int(np.count_nonzero((highest - lowest).max(axis=0) <= _ONE_COLOUR))
    return count + _BLENDED if count else 0


def _session(model: Model) -> Callable[[Vector], Vector]:
    """Open an ONNX network in one thread, for there is a process a processor, and try it."""
    import onnxruntime

    onnxruntime.set_default_logger_severity(_FATAL)  # it warns of processors that it can't name
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = _FATAL
    try:
        session = onnxruntime.InferenceSession(
            str(model.file), options, providers=["CPUExecutionProvider"]
        )
        name = session.get_inputs()[0].name

        def run(pixels: Vector) -> Vector:
            made: list[Any] = session.run(None, {name: pixels})
            return np.asarray(made[0], dtype=np.float32).reshape(-1)

        run(np.zeros((1, 3, model.side, model.side), dtype=np.float32))
    except Exception as problem:  # its exceptions have no common parent but this
        first = (str(problem).splitlines() or [""])[0]
        raise UsageProblem(
            f"The network {model.file} can't be used ({first[:200]}). It must be an ONNX file that "
            f"takes float pictures of 1 x 3 x {model.side} x {model.side} and gives a vector each; "
            "see cnn_model and cnn_side in the settings, or install fapfavorites again."
        ) from problem
    return run
