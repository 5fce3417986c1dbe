"""`fapproc import --process` beside `fapproc process` alone: real commands, by turns.

Both take the same JPEGs, in a new archive each time; the second one has them already. `import
--process` also reads, stores and records them, and looks for duplicates; what that has left to
`fapproc dedup` is timed after it. `COUNT` in the environment asks for fewer, and `PHOTOS` names a
folder whose JPEGs are taken instead of drawn ones, which are much alike to the network.
"""

import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import NamedTuple

from PIL import Image, ImageOps

from benchmarks.photographs import draw, row

COUNT = 5000
ROUNDS = 3
SIZE = (500, 375)


class Took(NamedTuple):
    """Seconds that a picture took: by the clock, and of all processors."""

    clock: float
    processors: float


def run() -> Iterator[str]:
    """Yield the lines of a table."""
    count, rounds = int(os.environ.get("COUNT", COUNT)), int(os.environ.get("ROUNDS", ROUNDS))
    both, alone, searched = [], [], []
    with TemporaryDirectory() as folder:
        source = Path(folder, "pictures")
        if "PHOTOS" in os.environ:
            count = _take(source, count)
        else:
            draw(source, count, SIZE)
        for number in range(rounds):
            there = Path(folder, f"there-{number}")
            _took(count, "import", source, "-d", there)
            alone.append(_took(count, "process", "-d", there))
            new = Path(folder, f"new-{number}")
            both.append(_took(count, "import", "--process", source, "-d", new))
            searched.append(_took(count, "dedup", "-d", new))
    yield f"{count:,} JPEGs of {SIZE[0]}x{SIZE[1]}; the median of {rounds} rounds (least to most)"
    yield ""
    yield "| command | pictures/s | milliseconds of a processor a picture |"
    yield "|---|---|---|"
    yield row("`process` alone", alone)
    yield row("`import --process`: stored, processed, compared", both)
    yield row("`dedup` after that: what was left", searched)
    yield ""
    for what, index in (("clock", 0), ("processors", 1)):
        share = median(one[index] / other[index] for one, other in zip(alone, both, strict=True))
        yield f"By {what} {share:.0%} of the speed of `process` alone."


def _take(folder: Path, count: int) -> int:
    """Take so many photographs, in the wanted size; how many there are."""
    folder.mkdir()
    taken = sorted(Path(os.environ["PHOTOS"]).glob("*.jpg"))[:count]
    for file in taken:
        with Image.open(file) as photo:
            ImageOps.fit(photo.convert("RGB"), SIZE).save(folder / file.name, quality=88)
    return len(taken)


def _took(count: int, *arguments: object) -> Took:
    command = [str(Path(sys.executable).with_name("fapproc")), *map(str, arguments), "-q"]
    before, clock = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    clock, after = time.perf_counter() - clock, resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Took(clock / count, spent / count)
