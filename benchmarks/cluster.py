"""A cluster of this computer beside processes of it: the same pictures encoded, by turns.

What begins a cluster is not counted; the start of the processes that decode is, on both sides.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.photographs import draw
from fapproc.archive import Archive
from fapproc.jobs import clusters, derive, import_folder
from fapproc.jobs.afar import Afar
from fapproc.jobs.derive import Part

COUNT = 2000
ROUNDS = 5
SIZE = (500, 375)
WORKERS = (1, 2)


def run(count: int = COUNT, rounds: int = ROUNDS) -> Iterator[str]:
    """Yield the lines of a table."""
    here: dict[int, list[float]] = {number: [] for number in WORKERS}
    there: dict[int, list[float]] = {number: [] for number in WORKERS}
    with TemporaryDirectory() as folder:
        source = draw(Path(folder, "pictures"), count, SIZE)
        for turn in range(rounds):
            for number in WORKERS:
                place = Path(folder, f"{turn}-{number}")
                here[number].append(_timed(place / "here", source, number, _here))
                there[number].append(_timed(place / "there", source, number, _there))
    yield f"{count} JPEGs of {SIZE[0]}x{SIZE[1]} encoded; the median of {rounds} rounds by turns"
    yield ""
    yield "| workers | processes: pictures/s | cluster: pictures/s | time, cluster to processes |"
    yield "|---|---|---|---|"
    for number in WORKERS:
        one, other = median(here[number]), median(there[number])
        yield f"| {number} | {count / one:.1f} | {count / other:.1f} | {other / one:.2f} |"
    both = [median(took[1]) / median(took[2]) for took in (here, there)]
    yield ""
    yield f"two over one: processes {both[0]:.2f}, cluster {both[1]:.2f}"


def _timed(
    folder: Path, source: Path, workers: int, encode: Callable[[Archive, int], float]
) -> float:
    with Archive.open_or_create(folder) as archive:
        import_folder.import_folder(archive, source)
        return encode(archive, workers)


def _here(archive: Archive, workers: int) -> float:
    clock = time.perf_counter()
    derive.derive(archive, parts={Part.ENCODE}, processes=workers)
    return time.perf_counter() - clock


def _there(archive: Archive, workers: int) -> float:
    begun = clusters.joined(archive, f"local[{workers}]", Path(), print)
    with begun as cluster, Afar(archive, nullcontext(cluster)) as afar:
        while len(cluster.workers()) < workers:
            cluster.watch()
            time.sleep(0.1)
        clock = time.perf_counter()
        derive.derive(archive, parts={Part.ENCODE}, elsewhere=afar.deriving)
        return time.perf_counter() - clock
