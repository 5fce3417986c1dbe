"""A sealed archive against an open one: the same work on both, in turns, in one run."""

import os
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import select

from benchmarks.photographs import draw
from fapproc.archive import Archive
from fapproc.db import images
from fapproc.db.schema import image
from fapproc.jobs import derive, import_folder
from fapproc.model import Format
from fapproc.vault.store import digest_of
from webviewer.access import Access
from webviewer.addresses import Site
from webviewer.application import viewer_of
from webviewer.held import Held

COUNT = 50
SIZE = (400, 300)
ROUNDS = 5
ROWS = 3_000
TARGETS = {"thumbnails through the viewer": 1.5, "rows in": 2.5, "rows by digest": 2.5}


def run() -> Iterator[str]:
    """Yield the lines of a table; each figure is the median of its rounds."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        draw(folder / "pictures", COUNT, SIZE)
        took = _measured(folder)
    yield f"{COUNT} JPEGs of {SIZE[0]}x{SIZE[1]}, {ROWS:,} rows; {ROUNDS} rounds in turns, medians"
    yield ""
    yield "| work | open, s | sealed, s | ratio | at most |"
    yield "|---|---|---|---|---|"
    for work, (clear, sealed) in took.items():
        plain, covered = statistics.median(clear), statistics.median(sealed)
        most = TARGETS.get(work)
        ratio = statistics.median(b / a for a, b in zip(clear, sealed, strict=True))
        yield f"| {work} | {plain:.2f} | {covered:.2f} | {ratio:.2f} | {most or '-'} |"


def _measured(folder: Path) -> dict[str, tuple[list[float], list[float]]]:
    """Seconds by work, of the open and the sealed archive, a pair a round."""
    took: dict[str, tuple[list[float], list[float]]] = {}
    for turn in range(ROUNDS):
        order = (0, 1) if turn % 2 else (1, 0)  # who is first finds a colder cache
        archives = {form: _archive(folder / f"{turn}-{form}", form) for form in order}
        for work, function in _WORK.items():
            pair = took.setdefault(work, ([], []))
            for form in order:
                started = time.perf_counter()
                function(archives[form], folder)
                pair[form].append(time.perf_counter() - started)
            if work == "import, durably":
                for form in order:
                    derive.derive(archives[form])
        for archive in archives.values():
            archive.close()
    return took


def _archive(folder: Path, form: int) -> Archive:
    os.environ["FAP_PASSWORD"] = "benchmark" if form else ""
    return Archive.open_or_create(folder)


def _import(archive: Archive, folder: Path) -> None:
    import_folder.import_folder(archive, folder / "pictures")


def _browse(archive: Archive, _: Path) -> None:
    client = viewer_of(
        Held(archive), Site("http://127.0.0.1"), Access(None, b"secret")
    ).test_client()
    for digest in _digests(archive):
        if client.get(f"/viewer/thumb/{digest}/").status_code != 200:
            raise RuntimeError(f"no thumbnail of {digest}")


def _digests(archive: Archive) -> list[str]:
    with archive.reading() as connection:
        query = select(image.c.digest).where(image.c.thumb_digest.is_not(None))
        return list(connection.scalars(query))


def _rows_in(archive: Archive, _: Path) -> None:
    for start in range(0, ROWS, 1000):
        with archive.writing() as connection:
            for number in range(start, start + 1000):
                images.add(connection, _digest(number), number, Format.JPG, 1)


def _rows_out(archive: Archive, _: Path) -> None:
    with archive.reading() as connection:
        for number in range(0, ROWS, 2):
            images.by_digest(connection, _digest(number * 7919 % ROWS))


def _digest(number: int) -> str:
    return digest_of(str(number).encode())


_WORK: dict[str, Callable[[Archive, Path], None]] = {
    "import, durably": _import,
    "thumbnails through the viewer": _browse,
    "rows in": _rows_in,
    "rows by digest": _rows_out,
}
