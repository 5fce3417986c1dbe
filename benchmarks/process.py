"""`fapproc process` beside the predecessor's way: pictures a second, from file to database.

The predecessor's way runs in the environment that `make parity` makes, with the real imagededup and
its network; where that is not there, without a network, which is said. Both take turns, so that
what else the machine does meets both.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.photographs import draw, row
from benchmarks.predecessor import Took
from fapproc.archive import Archive
from fapproc.jobs import derive, import_folder

COUNT, FORMER_COUNT = 2000, 100
ROUNDS = 3
SIZE = (500, 375)


def run() -> Iterator[str]:
    """Yield the lines of a table."""
    former, ours, imported = [], [], []
    with TemporaryDirectory() as folder:
        source = draw(Path(folder, "pictures"), COUNT, SIZE)
        for number in range(ROUNDS):
            former.append(_former(source))
            with Archive.open_or_create(Path(folder, f"archive-{number}")) as archive:
                clock = time.perf_counter()
                import_folder.import_folder(archive, source)
                imported.append(time.perf_counter() - clock)
                ours.append(_ours(archive))
                size = archive.database_bytes
    ratio = median(took.clock for took in former) / median(took.clock for took in ours)
    left_out = "" if former[0].network else ", its network left out (`make parity` installs it)"
    yield f"{COUNT} JPEGs of {SIZE[0]}x{SIZE[1]}; the median of {ROUNDS} rounds (least to most)"
    yield ""
    yield "| step | pictures/s | milliseconds of a processor a picture |"
    yield "|---|---|---|"
    yield f"| import, durably | {COUNT / median(imported):.0f} | |"
    yield row(f"the predecessor's way{left_out}", former)
    yield row("process: facts, thumbnail, hashes, network, stored durably", ours)
    yield ""
    yield f"{ratio:.1f} times as fast; database: {size / COUNT / 1000:.1f} kB a picture"


def _ours(archive: Archive) -> Took:
    """Process everything as the command does, the start of its workers included."""
    clock, before = time.perf_counter(), os.times()
    derive.derive(archive)
    clock, after = time.perf_counter() - clock, os.times()
    return Took(clock / COUNT, (sum(after[:4]) - sum(before[:4])) / COUNT, network=True)


def _former(source: Path) -> Took:
    parity = Path(os.environ.get("PARITY_VENV", ".venv-parity"), "bin", "python")
    python = str(parity) if parity.is_file() else sys.executable
    command = [python, "-m", "benchmarks.predecessor", str(source), str(FORMER_COUNT)]
    ran = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return Took(**json.loads(ran.stdout.splitlines()[-1]))
