"""`fapproc process` beside the predecessor's way: pictures a second, from file to database.

The predecessor made a thumbnail with Pillow and called imagededup's five encoders, and each of them
opened and decoded the file again. imagededup (5.7 GB) is not needed here: its four hashes are
written out below in its own steps and libraries. Its network is left out, so the predecessor's
rate is higher here than it was: ours includes a network.
"""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pywt
from numpy.typing import NDArray
from PIL import Image
from scipy.fftpack import dct

from fapproc.archive import Archive
from fapproc.jobs import derive, import_folder
from tests.drawing import landscape

COUNT = 400
SIZE = (500, 375)
Grey = NDArray[np.uint8]


def run() -> Iterator[str]:
    """Yield the lines of a table."""
    with TemporaryDirectory() as folder:
        source = Path(folder, "pictures")
        source.mkdir()
        for seed in range(COUNT):
            landscape(seed, SIZE).save(source / f"{seed}.jpg", quality=88)
        files = sorted(source.iterdir())
        former = _rate(lambda: [_former(file) for file in files])
        with ProcessPoolExecutor() as pool:
            spread = _rate(lambda: list(pool.map(_former, files)))
        with Archive.open_or_create(Path(folder, "archive")) as archive:
            imported = _rate(lambda: import_folder.import_folder(archive, source))
            processed = _rate(lambda: derive.derive(archive))
            size = archive.database_bytes
    yield f"{COUNT} JPEGs of {SIZE[0]}x{SIZE[1]}"
    yield ""
    yield "| step | pictures/s |"
    yield "|---|---|"
    yield f"| import, durably | {imported:.0f} |"
    yield f"| the predecessor's way, its network left out | {former:.1f} |"
    yield f"| the same on all processors, which it did not do | {spread:.1f} |"
    yield f"| process: facts, thumbnail, hashes, network, stored durably | {processed:.1f} |"
    yield ""
    yield f"Database: {size / COUNT / 1000:.1f} kB a picture"


def _rate(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return COUNT / (time.perf_counter() - started)


def _former(file: Path) -> list[NDArray[np.bool_]]:
    with Image.open(file) as image:
        image.thumbnail((280, 280))
        image.save(file.with_suffix(".thumb"), "JPEG")
    file.with_suffix(".thumb").unlink()
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
