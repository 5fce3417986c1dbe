"""Hashes of the real imagededup: the golden values of the tests, and new pictures compared."""

import json
import logging
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

from imagededup.methods import AHash, DHash, PHash, WHash

from fapproc.dedup.colour import Colour
from fapproc.dedup.registry import METHODS, encode
from fapproc.imaging.decode import decode
from tests.dedup import golden, pictures
from tests.dedup.pictures import Picture

ROUNDS = 3
"""How often all kinds of pictures are drawn anew."""
LIBRARIES = ("imagededup", "pillow", "numpy", "scipy", "pywavelets")
_REAL = {"percept": PHash, "diff": DHash, "average": AHash, "wavelet": WHash}


def compare(seed: int) -> tuple[int, list[str]]:
    """Hash new pictures by both; return how many hashes were compared, and a line for each other.

    A picture that imagededup can't read has no hash to compare with and is a line too: there is
    none among these formats and modes.
    """
    logging.disable(logging.WARNING)
    compared, others = 0, []
    for drawn in range(seed, seed + ROUNDS):
        for name, theirs, data in _hashed([*pictures.lossless(drawn), *pictures.lossy(drawn)]):
            ours = _ours(data)
            compared += len(ours)
            others += [
                f"{name}, drawn with {drawn}: {method} is {theirs[method]}, ours {code}"
                for method, code in ours.items()
                if code != theirs[method]
            ]
    return compared, others


def write_golden() -> int:
    """Write the golden values and the lossy files that they are of; return how many values."""
    golden.FILES.mkdir(exist_ok=True)
    for name, data in pictures.lossy(golden.SEED):
        (golden.FILES / name).write_bytes(data)
    values = {
        name: {"pixels": golden.pixels(data), **theirs}
        for name, theirs, data in _hashed(golden.pictures())
    }
    libraries = json.dumps({name: version(name) for name in LIBRARIES})
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(value)}" for name, value in values.items())
    text = f'{{"made with": {libraries},\n"values": {{\n{lines}\n}}}}\n'
    golden.VALUES.write_text(text, encoding="ascii")
    return sum(len(value) - 1 for value in values.values())


def _hashed(drawn: Iterable[Picture]) -> Iterator[tuple[str, dict[str, str | None], bytes]]:
    """Yield name, the real hashes by our names of the methods, and the bytes."""
    hashers = {name: real(verbose=False) for name, real in _REAL.items()}
    with TemporaryDirectory() as folder:
        for name, data in drawn:
            file = Path(folder, name.replace("/", "-"))
            file.write_bytes(data)
            yield name, {key: one.encode_image(str(file)) for key, one in hashers.items()}, data


def _ours(data: bytes) -> dict[str, str]:
    codes = encode(Colour(decode(data).first), [METHODS[name] for name in _REAL])
    return {name: code.hex() for name, code in codes.items()}
