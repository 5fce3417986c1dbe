"""`python -m benchmarks.predecessor FOLDER COUNT`: the predecessor's way of encoding, timed.

It made a thumbnail with Pillow and called imagededup's five encoders, one file after the other, and
each of them opened and decoded the file again. Where imagededup is not installed, its four hashes
are written out below in its own steps and libraries, and its network is left out.
"""

import json
import logging
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pywt
from numpy.typing import NDArray
from PIL import Image
from scipy.fftpack import dct

from parity import weights

Encode = Callable[[Path], object]
Grey = NDArray[np.uint8]

WARM = 5
SEED = 1


@dataclass(frozen=True, slots=True)
class Took:
    """How long a picture took, in seconds of the clock and of the processors; with a network?"""

    clock: float
    processors: float
    network: bool


def main(folder: Path, count: int) -> Took:
    """Encode some pictures; of ways that differ in threads only, return the fastest."""
    files = sorted(folder.iterdir())[:count]
    with TemporaryDirectory() as home:
        thumb = Path(home, "thumbnail.jpg")
        try:
            ways, network = _imagededup(Path(home)), True
        except ImportError:
            ways, network = [_written_out], False
        return min((_timed(way, files, thumb, network) for way in ways), key=lambda t: t.clock)


def _timed(encode: Encode, files: list[Path], thumb: Path, network: bool) -> Took:
    for file in files[:WARM]:
        encode(file)
    clock, processors = time.perf_counter(), time.process_time()
    for file in files:
        with Image.open(file) as image:
            image.thumbnail((280, 280))
            image.save(thumb)
        encode(file)
    took = time.perf_counter() - clock, time.process_time() - processors
    return Took(took[0] / len(files), took[1] / len(files), network)


def _imagededup(home: Path) -> list[Encode]:
    """Its five encoders, with PyTorch's own number of threads and with one.

    More threads than idle processors wait for each other: several times as long on a busy machine.
    """
    weights.provide(home / "torch", SEED)
    import torch
    from imagededup.methods import CNN, AHash, DHash, PHash, WHash

    logging.disable(logging.INFO)
    encoders = [method(verbose=False) for method in (PHash, DHash, AHash, WHash, CNN)]

    def encode(file: Path) -> None:
        for encoder in encoders:
            encoder.encode_image(image_file=file)

    def in_one_thread(file: Path) -> None:
        torch.set_num_threads(1)
        encode(file)

    return [encode, in_one_thread]


def _written_out(file: Path) -> list[NDArray[np.bool_]]:
    average, diff = _grey(file, (8, 8)), _grey(file, (9, 8))
    frequencies = dct(dct(_grey(file, (32, 32)), axis=0), axis=1)[:8, :8]
    band = pywt.wavedec2(_grey(file, (256, 256)) / 255, "haar", level=5)[0]
    return [
        average >= average.mean(),
        diff[:, 1:] > diff[:, :-1],
        frequencies >= np.median(frequencies.ravel()[1:]),
        band >= np.median(band),
    ]


def _grey(file: Path, size: tuple[int, int]) -> Grey:
    with Image.open(file) as image:
        return np.asarray(image.convert("RGB").resize(size, Image.Resampling.LANCZOS).convert("L"))


if __name__ == "__main__":
    print(json.dumps(asdict(main(Path(sys.argv[1]), int(sys.argv[2])))))
