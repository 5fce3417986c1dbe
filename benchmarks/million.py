"""`fapproc dedup` on a million images: the search, and the whole command, open and sealed.

The images are rows: codes and vectors are drawn as `search` draws them, and written in batches. The
first search is made by hashes alone; by vectors it would take an hour and more, and a hundred
thousand of them are in the benchmark `search`. Then 1,000 new images are compared by all methods.
"""

import os
import resource
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from subprocess import DEVNULL, Popen
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

from numpy.typing import NDArray
from sqlalchemy import Connection

from benchmarks.search import draw_hash, draw_vectors
from fapproc import disk
from fapproc.archive import Archive
from fapproc.db import images, settings
from fapproc.db.engine import Database
from fapproc.dedup.method import OFF
from fapproc.dedup.models import DEFAULT
from fapproc.dedup.registry import CNN, HASHES, METHODS
from fapproc.jobs import comparing, encodings, recording, sensitivity
from fapproc.ours import DATABASE
from fapproc.unlocking import unlock
from fapproc.vault.keys import Purpose

COUNT = 1_000_000
NEW = 1_000
_BATCH = 20_000
_PASSWORD = "FAP_PASSWORD_FILE"
T = TypeVar("T")
Codes = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Took:
    """What a process used: seconds by the clock and of processors, and its largest memory."""

    seconds: float
    processor: float
    peak: float

    def __str__(self) -> str:
        return f"{self.seconds:.1f} | {self.processor:.1f} | {self.peak:,.0f} MiB"


def run() -> Iterator[str]:
    """Yield the lines of a table."""
    with TemporaryDirectory() as name:
        yield from _table(Path(name))


def _table(folder: Path) -> Iterator[str]:
    yield f"{COUNT:,} images with all codes, and {NEW:,} new ones that are copies of some"
    yield ""
    yield "| work | seconds | of a processor | peak memory |"
    yield "|---|---|---|---|"
    clear, sealed = folder / "open", folder / "sealed"
    password = folder / "password"
    password.write_text("benchmark\n", encoding="utf-8")
    with Archive.open_or_create(clear) as archive:
        new = _elsewhere(_make, clear)
        _switch_network(archive, on=False)
        yield f"| first `dedup`, hashes alone | {_dedup(clear)} |"
        _switch_network(archive, on=True)
    yield f"| `dedup`, nothing new | {_dedup(clear)} |"
    with _given(password):
        _seal(clear, sealed)
    for form in (clear, sealed):
        with _given(password if form == sealed else None):
            with Archive.open(form) as archive:
                _write(archive, new, COUNT)
            if form == clear:
                yield _elsewhere(_searched, form)
            yield f"| `dedup`, {NEW:,} new, {form.name} | {_dedup(form)} |"


@contextmanager
def _given(password: Path | None) -> Iterator[None]:
    """Give a password by a file, to this process and to those that it starts."""
    if password is not None:
        os.environ[_PASSWORD] = str(password)
    try:
        yield
    finally:
        os.environ.pop(_PASSWORD, None)


def _seal(clear: Path, sealed: Path) -> None:
    """Make a sealed archive with the rows of an open one."""
    with Archive.open_or_create(sealed):
        pass
    keys = unlock(sealed).keys
    if keys is None:
        raise RuntimeError("no password was given")
    copy = sealed / f"{DATABASE}.new"
    Database(clear / DATABASE).convert_to(copy, keys.subkey(Purpose.DATABASE))
    disk.replace(copy, sealed / DATABASE)


def _elsewhere(work: Callable[[Path], T], folder: Path) -> T:
    """Do it in a process of its own: the peak of a process begins with that of its parent."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(work, folder).result()


def _make(folder: Path) -> dict[str, NDArray[Any]]:
    """Draw all images, write those that are known, return the codes of the new ones."""
    codes: dict[str, NDArray[Any]] = {name: draw_hash(name, COUNT + NEW) for name in HASHES}
    codes[CNN] = draw_vectors(COUNT + NEW)
    with Archive.open(folder) as archive:
        _write(archive, {name: column[:COUNT] for name, column in codes.items()}, 0)
    return {name: column[COUNT:].copy() for name, column in codes.items()}


def _searched(folder: Path) -> str:
    """Search as the command does; the rows of all images are read before."""
    with Archive.open(folder) as archive, archive.reading() as connection:
        search = comparing.prepare(connection, "hybrid")
        known = encodings.read_all(connection, search.asked)
    started, used = time.perf_counter(), time.process_time()
    comparing.compare(known, search)
    seconds, processor = time.perf_counter() - started, time.process_time() - used
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return f"| {NEW:,} new: the search alone | {Took(seconds, processor, peak)} |"


def _dedup(folder: Path) -> Took:
    """Run the command in a process of its own."""
    called = "from fapproc.cli import main; main(prog_name='fapproc')"
    started = time.perf_counter()
    process = Popen([sys.executable, "-c", called, "dedup", "--archive", folder], stdout=DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"dedup ended with {process.returncode}")
    seconds = time.perf_counter() - started
    return Took(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def _switch_network(archive: Archive, *, on: bool) -> None:
    """Switch `cnn` off, or on again as if the images had been compared by it as well."""
    method = METHODS[CNN]
    regular, animated = (method.regular, method.animated) if on else (OFF, OFF)
    sensitivity.change(archive, regular={CNN: regular}, animated={CNN: animated})
    if on:
        with archive.writing() as connection:
            conditions = comparing.prepare(connection, "hybrid").conditions
            settings.write(connection, recording.COMPARED, conditions)


def _write(archive: Archive, codes: Codes, start: int) -> None:
    """Add images with their places and codes; the first has the row number `start` + 1."""
    with archive.writing() as connection:
        numbers = _encoders(connection)
        for first in range(0, len(codes[CNN]), _BATCH):
            some = {name: column[first : first + _BATCH] for name, column in codes.items()}
            _write_some(connection, some, numbers, start + first)


def _encoders(connection: Connection) -> dict[str, int]:
    numbers = {
        name: images.add_encoder(connection, name, one.identity()) for name, one in HASHES.items()
    }
    return {**numbers, CNN: images.add_encoder(connection, CNN, DEFAULT.id)}


def _write_some(
    connection: Connection, codes: Codes, numbers: Mapping[str, int], start: int
) -> None:
    rows = range(start, start + len(codes[CNN]))
    insert = connection.exec_driver_sql
    insert("INSERT OR IGNORE INTO user VALUES (1, 'site', 7, 'drawn', 'drawn', 1, 1, 0, NULL)")
    insert("INSERT OR IGNORE INTO album VALUES (1, 1, 'drawn', 'user', 0, 1, 1, 1)")
    insert(
        "INSERT INTO image (id, digest, bytes, format, fetched_at, width, height, animated)"
        " VALUES (?, ?, 100000, 'jpg', 1, 800, 600, 0)",
        [(row + 1, f"{row * 0x9E3779B97F4A7C15 % 2**64:064x}") for row in rows],
    )
    insert(
        "INSERT INTO listing (user_id, album_id, site_id, position, image_id, verdict)"
        " VALUES (1, 1, ?, ?, ?, 'new')",
        [(row + 1, row, row + 1) for row in rows],
    )
    for name in HASHES:
        column = [code.tobytes() for code in codes[name].astype(">u8")]
        insert(
            "INSERT INTO encoding (encoder_id, image_id, code) VALUES (?, ?, ?)",
            [(numbers[name], row + 1, code) for row, code in zip(rows, column, strict=True)],
        )
    insert(
        "INSERT INTO vector (encoder_id, image_id, code) VALUES (?, ?, ?)",
        [
            (numbers[CNN], row + 1, code.tobytes())
            for row, code in zip(rows, codes[CNN], strict=True)
        ],
    )
