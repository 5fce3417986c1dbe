"""Methods of networks: one turns a picture into a vector, kept as whole numbers of 8 bits.

Reads the network's file and nothing else. Only what encodes or loads imports onnxruntime.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fapproc.dedup import models
from fapproc.dedup.colour import Colour
from fapproc.dedup.method import VectorMethod
from fapproc.dedup.models import Model
from fapproc.errors import UsageProblem

Vector = NDArray[np.float32]
Code = NDArray[np.int8]

_FATAL = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Embedding(VectorMethod):
    """The vectors of one network; what is near is the network's to say."""

    model: Model

    def identity(self) -> str:
        """Name the network, its weights and what it is shown."""
        return self.model.id

    def scale(self) -> str:
        """Name the network and its weights."""
        return models.scale(self.model.id)

    @property
    def sees_stored(self) -> bool:
        """Whether imagededup makes its picture of the stored pixels."""
        return self.model.is_imagededups

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
        proposing=model.proposing,
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

    What a person sees inside the border, pressed into the square.
    """
    square = colour.seen.square(model.side)
    made = np.stack([np.asarray(plane) for plane in square.split()]).astype(np.float32)
    for plane, (mean, deviation) in enumerate(zip(model.mean, model.deviation, strict=True)):
        made[plane] -= mean
        made[plane] /= deviation
    return made[None]


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
            "see FAP_CNN_MODEL and FAP_CNN_SIDE, or install fapfavorites again."
        ) from problem
    return run
