"""A cluster of this computer beside processes of it: the same work, by turns.

Pictures are encoded, and vectors compared each with each. What begins a cluster is not counted; the
start of the processes that decode is where there is none. The processor time is that of all
processes: of a cluster its scheduler, the command and its workers.
"""

import os
import resource
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from benchmarks.photographs import draw
from benchmarks.search import WIDTH, draw_vectors
from fapproc.archive import Archive
from fapproc.db import images
from fapproc.dedup import search
from fapproc.dedup.method import Kind
from fapproc.dedup.models import DEFAULT
from fapproc.dedup.registry import CNN, METHODS
from fapproc.executors.here import Here
from fapproc.executors.joined import Cluster
from fapproc.executors.local import ONE_THREAD
from fapproc.executors.outcomes import MakeExecutor
from fapproc.jobs import clusters, derive, import_folder
from fapproc.jobs.afar import Afar
from fapproc.jobs.derive import Part
from fapproc.jobs.deriving import Deriving
from fapproc.jobs.encodings import Vectors
from fapproc.jobs.station import Job

PICTURES = int(os.environ.get("PICTURES", "2000"))
VECTORS = int(os.environ.get("VECTORS", "100000"))
ROUNDS = int(os.environ.get("ROUNDS", "5"))
SIZE = (500, 375)
WORKERS = (1, 2)
_BATCH = 20_000
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Took:
    """Seconds by the clock, and of a processor in all processes."""

    clock: float
    processor: float


Turn = Callable[[Path, int], Took]
"""Does the work of an archive with so many workers."""


def run() -> Iterator[str]:
    """Yield the lines of a table."""
    with TemporaryDirectory() as folder:
        pictures, vectors = Path(folder, "pictures"), Path(folder, "vectors")
        make_pictures(pictures)
        make_vectors(vectors)
        yield f"The median of {ROUNDS} rounds, by turns"
        yield ""
        yield from HEAD
        yield from rows("pictures encoded", _rounds(pictures, encode_here, encode_there))
        yield from rows("vectors compared", _rounds(vectors, compare_here, compare_there))


HEAD = (
    "| work | workers | seconds: processes | cluster | | of a processor: processes | cluster | |",
    "|---|---|---|---|---|---|---|---|",
)
Rounds = dict[tuple[str, int], list[Took]]
"""By `here` or `there`, and how many workers."""


def rows(what: str, rounds: Rounds) -> Iterator[str]:
    """Yield the lines of one work; a ratio is the middle one of those of the rounds.

    A machine that does other things too is slower in one round than in another.
    """
    for number in WORKERS:
        here, there = rounds["here", number], rounds["there", number]
        clock = [[took.clock for took in each] for each in (here, there)]
        spent = [[took.processor for took in each] for each in (here, there)]
        columns = (f"{median(a):.1f} | {median(b):.1f} | {_ratio(b, a)}" for a, b in (clock, spent))
        yield f"| {what} | {number} | {' | '.join(columns)} |"
    one, two = (
        [[took.clock for took in rounds[where, n]] for where in ("here", "there")] for n in WORKERS
    )
    over = (_ratio(a, b) for a, b in zip(one, two, strict=True))
    yield f"| {what}: one over two | | {next(over)} | {next(over)} | | | | |"


def _ratio(some: Sequence[float], others: Sequence[float]) -> str:
    return f"{median(a / b for a, b in zip(some, others, strict=True)):.2f}"


def _rounds(folder: Path, here: Turn, there: Turn) -> Rounds:
    found: Rounds = {(where, n): [] for where in ("here", "there") for n in WORKERS}
    for _ in range(ROUNDS):
        for number in WORKERS:
            for where, turn in (("here", here), ("there", there)):
                found[where, number].append(taken(turn, folder, number))
    return found


def taken(turn: Turn, folder: Path, workers: int) -> Took:
    """What a turn takes, on a copy, in a process of its own: it counts in as many threads.

    Those of a cluster's workers count in one, as they always do.
    """
    before = {name: os.environ.get(name) for name in ONE_THREAD}
    os.environ.update(dict.fromkeys(ONE_THREAD, str(workers)))
    copy = folder.with_name("copy")
    try:
        shutil.copytree(folder, copy)
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            return pool.submit(turn, copy, workers).result()
    finally:
        shutil.rmtree(copy, ignore_errors=True)
        for name, value in before.items():
            os.environ.pop(name)
            os.environ |= {name: value} if value else {}


def make_pictures(folder: Path) -> None:
    """Make an archive with drawn pictures that nobody has processed."""
    source = draw(folder.with_name("source"), PICTURES, SIZE)
    with Archive.open_or_create(folder) as archive:
        import_folder.import_folder(archive, source)
    shutil.rmtree(source)


def make_vectors(folder: Path) -> None:
    """Make an archive with drawn vectors."""
    vectors = draw_vectors(VECTORS)
    with Archive.open_or_create(folder) as archive, archive.writing() as connection:
        encoder = images.add_encoder(connection, CNN, DEFAULT.id)
        insert = connection.exec_driver_sql
        for start in range(0, VECTORS, _BATCH):
            numbers = range(start + 1, min(start + _BATCH, VECTORS) + 1)
            insert(
                "INSERT INTO image (id, digest, bytes, format, fetched_at)"
                " VALUES (?, ?, 100000, 'jpg', 1)",
                [(number, f"{number:064x}") for number in numbers],
            )
            insert(
                "INSERT INTO vector (encoder_id, image_id, code) VALUES (?, ?, ?)",
                [(encoder, number, vectors[number - 1].tobytes()) for number in numbers],
            )


def encode_here(folder: Path, workers: int) -> Took:
    """Encode the pictures of an archive in so many processes."""
    with Archive.open(folder) as archive:
        return _timed(lambda: derive.derive(archive, parts={Part.ENCODE}, processes=workers))


def encode_there(folder: Path, workers: int) -> Took:
    """Encode them in a cluster of so many workers."""
    first = Deriving.whole(DEFAULT)
    with Archive.open(folder) as archive, _cluster(archive, workers, first) as afar:
        return _timed(lambda: derive.derive(archive, parts={Part.ENCODE}, elsewhere=afar.deriving))


def compare_here(folder: Path, workers: int) -> Took:
    """Find all near vectors of an archive in this process."""
    del workers  # so many threads count in it
    with Archive.open(folder) as archive:
        return _timed(partial(_compare, archive, Here))


def compare_there(folder: Path, workers: int) -> Took:
    """Find them in a cluster of so many workers."""
    with Archive.open(folder) as archive, _cluster(archive, workers) as afar:
        return _timed(partial(_compare, archive, afar.calling))


def _compare(archive: Archive, executor: MakeExecutor) -> None:
    with archive.reading() as connection:
        encoder = images.encoder_id(connection, CNN, DEFAULT.id) or 0
    everything = np.ones(VECTORS, np.bool_)
    numbers = np.arange(1, VECTORS + 1)
    vectors = Vectors(archive.reading, encoder, numbers, everything, WIDTH)
    least = METHODS[CNN].asking(DEFAULT.regular)
    planned = search.plan(Kind.VECTOR, vectors, least, everything)
    search.run(planned, executor=executor(planned.compare))


@contextmanager
def _cluster(archive: Archive, workers: int, first: Job | None = None) -> Iterator[Afar]:
    """A cluster all of whose workers have joined."""
    begun = clusters.joined(archive, f"local[{workers}]", Path(), print, first)
    with begun as cluster, Afar(archive, lambda _: nullcontext(cluster)) as afar:
        _complete(cluster, workers)
        yield afar


def _complete(cluster: Cluster, workers: int) -> None:
    while len(cluster.workers()) < workers:
        cluster.watch()
        time.sleep(0.1)


def _timed(work: Callable[[], Any]) -> Took:
    clock, spent = time.perf_counter(), _spent()
    work()
    return Took(time.perf_counter() - clock, _spent() - spent)


def _spent() -> float:
    """Seconds of a processor of this process and all that it has begun, by Linux's account."""
    own = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = sum(used.ru_utime + used.ru_stime for used in own)
    waiting = _children(os.getpid())
    while waiting:
        pid = waiting.pop()
        waiting += _children(pid)
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        spent += sum(map(int, fields[11:15])) / _TICKS  # its own, and of those that it waited for
    return spent


def _children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]
