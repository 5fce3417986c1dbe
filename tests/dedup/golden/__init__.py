"""Golden values of the real imagededup 0.3.3, and the pictures that they are of.

`make parity` compares afresh. `.venv-parity/bin/python -m parity --golden` writes `values.json` and
`files/` anew; it is needed when the pictures change, not when a library does.
"""

import json
import zlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

from tests.dedup.pictures import Picture, lossless

SEED = 0
VALUES = Path(__file__).with_name("values.json")
FILES = Path(__file__).with_name("files")


def pictures() -> Iterator[Picture]:
    """Yield what has golden values: drawn where nothing is lost, else the files that are kept."""
    yield from lossless(SEED)
    for file in sorted(FILES.iterdir()):
        yield f"files/{file.name}", file.read_bytes()


def values() -> dict[str, dict[str, str]]:
    """Return by picture the checksum of its pixels and its hash by each method."""
    known: dict[str, Any] = json.loads(VALUES.read_text(encoding="ascii"))
    return dict(known["values"])


def pixels(data: bytes) -> str:
    """Sum up the pixels of a first frame, to tell another decoder from another hash."""
    rgb = Image.open(BytesIO(data)).convert("RGBA").convert("RGB")
    return f"{rgb.width}x{rgb.height}-{zlib.crc32(rgb.tobytes()):08x}"
