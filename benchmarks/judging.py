"""A batch of 1,000 groups: what a rule proposes, accepting it, taking it back. Rows alone."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from benchmarks import pages
from fapproc.archive import Archive
from fapproc.db import sameness
from fapproc.db.sameness import Told
from fapproc.jobs import batch, judging
from fapproc.selections.selection import Selection

T = TypeVar("T")
GROUPS = 1_000
IMAGES = 20 * GROUPS
"""Of 20 images two are a group, as `pages` writes them."""


def run() -> Iterator[str]:
    """Yield the lines of a table."""
    with TemporaryDirectory() as name, Archive.open_or_create(Path(name)) as archive:
        make(archive)
        yield f"| {GROUPS:,} groups of {IMAGES:,} images | seconds | processor |"
        yield "|---|---|---|"
        plan, line = _timed(lambda: batch.plan(archive, batch.Rule.SAME, Selection()))
        yield f"| preview | {line} |"
        saved, line = _timed(lambda: batch.save(archive, plan))
        yield f"| accept | {line} |"
        if len(plan.proposals) != GROUPS or len(saved.decisions) != 1:
            raise RuntimeError(f"{len(plan.proposals)} proposals, {len(saved.decisions)} decisions")
        _, line = _timed(lambda: judging.undo(archive, saved.decisions[0]))
        yield f"| undo | {line} |"


def make(archive: Archive) -> None:
    """Fill an archive that has no rows: groups of two, of each of which the best is told."""
    pages.write(archive, IMAGES)
    with archive.writing() as connection:
        rows = {number: (20 * number - 1, 20 * number) for number in range(1, GROUPS + 1)}
        told = {number: Told("", (two,), two[0]) for number, two in rows.items()}
        sameness.save(connection, told)


def _timed(do: Callable[[], T]) -> tuple[T, str]:
    began, used = time.perf_counter(), time.process_time()
    found = do()
    return found, f"{time.perf_counter() - began:.2f} | {time.process_time() - used:.2f}"
