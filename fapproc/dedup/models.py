"""The networks that methods may use: names, numbers and where their files lie.

A model is a value and light to import; `embedding` runs it. Cosines of different models say nothing
to each other, so each brings its own thresholds, and its `id` is kept with every vector.
"""

from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from fapproc.config import Network, expanded
from fapproc.errors import UsageProblem
from fapproc.names import quoted

Triple = tuple[float, float, float]

FOLDER = Path(__file__).parent / "networks"
SHOWN = 6
"""To be raised whenever `seen` shows networks something else of a picture."""
PROPOSING_ANGLE = 1.75
"""How many times as far from 1 as the threshold `proposing` is, for a network that was not
measured: as for our own."""


@dataclass(frozen=True, slots=True)
class Model:
    """A network from a picture to a vector, and which cosines of its vectors mean near.

    `id` names the network, its weights and what it is shown. `regular` and `animated` are the
    default sensitivities, `lowest` and `highest` their bounds; from `proposing` on two pictures are
    worth a second look, whatever the person's settings say is near. `side` is that of its square
    input in pixels; `mean` and `deviation` bring red, green and blue of 0 to 255 to what it was
    trained with. `file` holds an ONNX network, or the weights of imagededup's.
    """

    name: str
    id: str
    regular: float
    animated: float
    proposing: float
    lowest: float
    highest: float
    side: int
    mean: Triple
    deviation: Triple
    file: Path | None
    is_set: bool = False
    """Whether the person's settings say which cosines mean near."""

    @property
    def is_imagededups(self) -> bool:
        """Whether imagededup runs it."""
        return self.name == MOBILENET_V3_SMALL.name


LITE0_SHA256 = "48ffd07c2991764881dfcc610fc2c6a4895c3d1022b937b6c6c0d947135b63ee"
EFFICIENTNET_LITE0 = Model(
    "efficientnet_lite0",
    f"efficientnet_lite0-{LITE0_SHA256[:12]}.{SHOWN}",
    regular=0.83,
    animated=0.88,
    proposing=0.7,
    lowest=0.7,
    highest=1.0,
    side=160,
    mean=(127.0, 127.0, 127.0),
    deviation=(128.0, 128.0, 128.0),
    file=FOLDER / "efficientnet_lite0.onnx",
)
MOBILENET_V3_SMALL = Model(
    "mobilenet_v3_small",
    "mobilenet_v3_small-047dcff4",
    regular=0.95,
    animated=0.97,
    proposing=0.91,
    lowest=0.9,
    highest=1.0,
    side=224,
    mean=(123.675, 116.28, 103.53),
    deviation=(58.395, 57.12, 57.375),
    file=None,
)
"""imagededup's own network, run by imagededup: square, mean and deviation are what it does itself;
its file is PyTorch's of that name unless the settings name another."""

DEFAULT = EFFICIENTNET_LITE0
MODELS = {model.name: model for model in (EFFICIENTNET_LITE0, MOBILENET_V3_SMALL)}


def chosen(network: Network) -> Model:
    """Return the model that the settings choose: by its name, or the person's own ONNX file.

    Raises:
        UsageProblem: neither a name nor a file, or a file without its threshold.
    """
    if network.model == MOBILENET_V3_SMALL.name and network.weights is not None:
        return _with_weights(network.weights)
    if network.model in MODELS:
        return MODELS[network.model]
    return _own(network)


def for_search(network: Network) -> Model:
    """Return the model that the settings choose, near from their threshold on where one is given.

    Its vectors stay the same, whatever the threshold.

    Raises:
        UsageProblem: as `chosen`, or a threshold out of the model's bounds.
    """
    model, threshold = chosen(network), network.threshold
    if threshold is None:
        return model
    if not model.lowest <= threshold <= model.highest:
        raise UsageProblem(
            f"FAP_CNN_THRESHOLD is {threshold}: for {model.name} give a number from "
            f"{model.lowest} to {model.highest}."
        )
    animated = max(threshold, model.animated)  # never laxer than for other pictures
    return replace(model, regular=threshold, animated=animated, is_set=True)


def of(identity: str, wanted: Model) -> Model:
    """Return the model that vectors are of, by its id: one of ours, else the one that is wanted.

    While `process` goes over to another network most vectors are still the former one's, and its
    cosines mean something else.
    """
    if scale(identity) == scale(wanted.id):
        return wanted
    return MODELS.get(identity.rpartition("-")[0], wanted)


def scale(identity: str) -> str:
    """Name the network of vectors, whatever it was shown: cosines of one network mean the same."""
    stem, dash, digest = identity.rpartition("-")
    return f"{stem}{dash}{digest.partition('.')[0]}"


def _with_weights(file: Path) -> Model:
    known = MOBILENET_V3_SMALL
    return Model(
        known.name,
        f"{known.name}-{_digest(file)[:12]}",
        regular=known.regular,
        animated=known.animated,
        proposing=known.proposing,
        lowest=known.lowest,
        highest=known.highest,
        side=known.side,
        mean=known.mean,
        deviation=known.deviation,
        file=file,
    )


def _own(network: Network) -> Model:
    file = expanded(network.model)
    if not file.is_file():
        raise UsageProblem(
            f"FAP_CNN_MODEL is {quoted(network.model)}: there is no such file and no such model. "
            f"Name an ONNX file, or one of {', '.join(MODELS)}."
        )
    if network.threshold is None:
        raise UsageProblem(
            f"FAP_CNN_MODEL is a file, {file}: set FAP_CNN_THRESHOLD too, the cosine from which "
            "two of its vectors mean the same picture."
        )
    numbers = repr((network.side, network.mean, network.deviation))
    made_of = sha256(f"{_digest(file)} {numbers}".encode()).hexdigest()
    return Model(
        file.stem,
        f"{'-'.join(file.stem.split())}-{made_of[:12]}.{SHOWN}",  # an id is one word
        regular=network.threshold,
        animated=network.threshold,
        proposing=max(0.01, 1 - PROPOSING_ANGLE * (1 - network.threshold)),
        lowest=0.01,
        highest=1.0,
        side=network.side,
        mean=network.mean,
        deviation=network.deviation,
        file=file,
        is_set=True,
    )


def _digest(file: Path) -> str:
    try:
        return sha256(file.read_bytes()).hexdigest()
    except OSError as error:
        raise UsageProblem(f"{file} can't be read: {error.strerror}. Name another.") from error
