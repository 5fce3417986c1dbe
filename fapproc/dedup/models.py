"""The networks that the method `cnn` may use: names and numbers only, light to import.

A model is a value; `embedding` runs it. Cosines of different models say nothing to each other, so
each brings the thresholds that belong to it.
"""

from dataclasses import dataclass

Triple = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Model:
    """A network from a picture to a vector, and which cosines of its vectors mean near.

    `regular` and `animated` are the default sensitivities, `lowest` and `highest` their bounds.
    `side` is that of its square input in pixels; `mean` and `deviation` bring red, green and blue
    of 0 to 255 to what it was trained with.
    """

    name: str
    regular: float
    animated: float
    lowest: float
    highest: float
    side: int
    mean: Triple
    deviation: Triple


EFFICIENTNET_LITE0 = Model(
    "efficientnet_lite0",
    regular=0.80,
    animated=0.85,
    lowest=0.7,
    highest=1.0,
    side=224,
    mean=(127.0, 127.0, 127.0),
    deviation=(128.0, 128.0, 128.0),
)
MOBILENET_V3_SMALL = Model(
    "mobilenet_v3_small",
    regular=0.95,
    animated=0.97,
    lowest=0.9,
    highest=1.0,
    side=224,
    mean=(123.675, 116.28, 103.53),
    deviation=(58.395, 57.12, 57.375),
)
DEFAULT = EFFICIENTNET_LITE0
MODELS = {model.name: model for model in (EFFICIENTNET_LITE0, MOBILENET_V3_SMALL)}
