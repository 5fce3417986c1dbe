"""What ten million images would take: rows, the viewer's questions, searches of codes and vectors.

The images are rows and drawn codes. By hashes one portion of a first search is compared with all,
as `dedup` does it, and where few pairs come of it all with all. Ten million vectors are 12.5 GB: of
a search of fewer some tiles are compared, and what the rest would take follows from the couples in
it. `COUNT` in the environment asks for fewer images, `VECTORS` for fewer vectors.
"""

import os
import resource
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Engine, event

from benchmarks import selections, viewer
from benchmarks.search import draw_hash, draw_vectors
from fapproc.archive import Archive
from fapproc.db import images
from fapproc.dedup import cosine, nearest, search, turns
from fapproc.dedup.evidence import Encoded
from fapproc.dedup.method import Kind, Sensitivity
from fapproc.dedup.models import DEFAULT
from fapproc.dedup.motion import Reels
from fapproc.dedup.registry import CNN, HASHES, METHODS
from fapproc.dedup.tiles import held
from fapproc.executors.here import Here
from fapproc.ours import DATABASE

COUNT = 10_000_000
VECTORS = 1_000_000
PORTION = 1 << 17
"""So many new images `dedup` compares at a time."""
TILES = 32
NEAR = 1 << 10
_SECTIONS = 5
_BATCH = 100_000
_LISTS = {
    "stats": ("stats",),
    "list --album": ("list", *selections.ALBUM),
    "list --tag": ("list", "--tag", "eleventh"),
    "list --query size=900kB..": ("list", "--query", "size=900kB.."),
}


def run() -> Iterator[str]:
    """Yield the lines of some tables."""
    count, vectors = (int(os.environ.get(n, globals()[n])) for n in ("COUNT", "VECTORS"))
    yield f"{count:,} images; a portion is {PORTION:,}"
    yield ""
    yield "| search by codes | seconds of a processor | pairs | peak memory of the process |"
    yield "|---|---|---|---|"
    for name, method in HASHES.items():
        yield _elsewhere(_by_codes, name, count, PORTION)
        if method.is_strong:
            yield _elsewhere(_by_codes, name, count, count)
    yield _elsewhere(_turned, count)
    yield ""
    yield f"| {vectors:,} vectors | couples a second of a processor | pairs in a million | peak |"
    yield "|---|---|---|---|"
    yield _elsewhere(_by_vectors, vectors)
    yield _elsewhere(_nearest_by_vectors, vectors)
    yield ""
    with TemporaryDirectory() as name:
        yield from _rows(Path(name), count)


def _elsewhere(work: Callable[..., str], *arguments: object) -> str:
    """Do it in a process of its own: the peak of a process begins with that of its parent."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(work, *arguments).result()


def _by_codes(name: str, count: int, new: int) -> str:
    codes = draw_hash(name, count)
    radius = HASHES[name].asking(int(HASHES[name].regular))
    is_new = np.arange(count) >= count - new
    began = time.process_time()
    found = search.pairs(Kind.BITS, codes, radius, is_new)
    spent = time.process_time() - began
    what = "all with all" if new == count else "a portion with all"
    return f"| {name} within {radius} bits: {what} | {spent:,.1f} | {len(found):,} | {_peak()} |"


def _by_vectors(count: int) -> str:
    """Some tiles, each of them rows of the first block and columns behind it."""
    least = METHODS[CNN].asking(DEFAULT.regular)
    everything = np.ones(count, np.bool_)
    planned = cosine.planned(held(draw_vectors(count)), least, everything, np.arange(count))
    tiles = list(islice(planned.tiles, TILES, 2 * TILES))
    planned.compare(tiles[0])  # reads the block's rows
    began = time.process_time()
    pairs = sum(len(planned.compare(tile)[0]) for tile in tiles[1:])
    spent = time.process_time() - began
    couples = sum(tile.weight for tile in tiles[1:])
    what = f"a cosine of {least} and more, {planned.axes.shape[1]} axes"
    return f"| {what} | {couples / spent:,.0f} | {pairs / couples * 1e6:,.1f} | {_peak()} |"


def _nearest_by_vectors(count: int) -> str:
    """The two nearest of some among all."""
    encoded = _encoded(count, {**_hashes(count), CNN: draw_vectors(count)})
    new = np.arange(count) >= count - NEAR
    began = time.process_time()
    nearest.nearest(encoded, new, Sensitivity({CNN: DEFAULT.regular}), METHODS)
    spent = time.process_time() - began
    return f"| the two nearest of {NEAR:,} | {NEAR * count / spent:,.0f} | | {_peak()} |"


def _turned(count: int) -> str:
    known = _encoded(count, _hashes(count)).turnable
    is_new = np.arange(count) >= count - PORTION
    began = time.process_time()
    found, _ = turns.near(known, is_new, np.arange(count), Here)
    spent = time.process_time() - began
    return f"| turned: a portion with all | {spent:,.1f} | {len(found):,} | {_peak()} |"


def _encoded(count: int, codes: Mapping[str, NDArray[Any]]) -> Encoded:
    return Encoded(codes, np.zeros(count, np.bool_), Reels.none(count), np.zeros(count, np.uint8))


def _hashes(count: int) -> dict[str, NDArray[Any]]:
    return {name: draw_hash(name, count) for name in HASHES}


def _peak() -> str:
    return f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MiB"


def _rows(folder: Path, count: int) -> Iterator[str]:
    """How large the database gets, and what the viewer and some commands ask of it."""
    yield "| rows | seconds of a processor | bytes an image, all told | peak memory |"
    yield "|---|---|---|---|"
    for step in (_write_images, _write_codes):
        yield _elsewhere(step, folder, count)
    yield ""
    with Archive.open(folder) as archive:
        yield from viewer.table(archive, _SECTIONS)
    yield ""
    yield "| command | lines | first | seconds | a second | peak memory |"
    yield "|---|---|---|---|---|---|"
    for what, line in _LISTS.items():
        yield f"| {what} | {selections.measured(folder, *line)} |"


def _write_images(folder: Path, count: int) -> str:
    event.listen(Engine, "connect", _roomy)
    began = time.process_time()
    with Archive.open_or_create(folder) as archive:
        viewer.make(archive, count)
    return _written("images, places, groups, tags, figures", began, folder, count)


def _write_codes(folder: Path, count: int) -> str:
    """Four hashes of each, and that it was compared."""
    event.listen(Engine, "connect", _roomy)
    drawn = _hashes(count)
    began = time.process_time()
    with Archive.open(folder) as archive:
        for start in range(0, count, _BATCH):
            with archive.writing() as connection:
                _write_some(connection, drawn, range(start, min(start + _BATCH, count)))
    return _written("four hashes, and that it was compared", began, folder, count)


def _roomy(connection: Any, _: object) -> None:
    """Let all indexes be held while they are made, as no archive that grows by and by needs it.

    With the usual 8 MB ten million rows were not there after 45 minutes and 23 GB written, of a
    disk and processors that were shared (2026-11-29).
    """
    connection.execute("PRAGMA cache_size = -3000000")


def _write_some(connection: Connection, drawn: Mapping[str, NDArray[Any]], rows: range) -> None:
    for name, codes in drawn.items():
        encoder = images.add_encoder(connection, name, HASHES[name].identity())
        column = codes[rows.start : rows.stop].astype(">u8")
        connection.exec_driver_sql(
            "INSERT INTO encoding (encoder_id, image_id, code) VALUES (?, ?, ?)",
            [(encoder, row + 1, code.tobytes()) for row, code in zip(rows, column, strict=True)],
        )
    connection.exec_driver_sql(
        "INSERT INTO compared (image_id, encoders, nearest) VALUES (?, 15, 1)",
        [(row + 1,) for row in rows],
    )


def _written(what: str, began: float, folder: Path, count: int) -> str:
    spent = time.process_time() - began
    size = sum(file.stat().st_size for file in folder.glob(f"{DATABASE}*")) / count
    return f"| {what} | {spent:,.0f} | {size:,.0f} | {_peak()} |"
