"""`list`, `show`, tags and `delete` from the shell on a million images: rows alone, as in `pages`.

Each command runs in a process of its own, whose output is read to its end; `first` is when its
first line came.
"""

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen, check_call
from tempfile import TemporaryDirectory

from benchmarks import pages
from fapproc.archive import Archive
from fapproc.db import tags
from fapproc.db.dialect import numbers

COUNT = 1_000_000
ALBUM = ("--user", "user 1", "--album", "album 1")
LISTS = {
    "list": (),
    "list --json": ("--json",),
    "list --digests": ("--digests",),
    "list --user": ("--user", "user 1"),
    "list --album": ALBUM,
    "list --tag": ("--tag", "tenth"),
}
QUERIES = (
    "portrait=only",
    "landscape=only",
    "animated=only",
    "format=jpg",
    "size=900kB..",
    "pixels=480000",
    "date=1970",
    "name=picture 999999",
    "tagged=no",
    "duplicates=waiting",
    "verdict=new",
    "gone=only",
    "unsound=only",
)


def run() -> Iterator[str]:
    """Yield the lines of a table."""
    yield f"| on {COUNT:,} images | lines | first | seconds | a second | peak memory |"
    yield "|---|---|---|---|---|---|"
    with TemporaryDirectory() as name:
        folder = Path(name)
        # In a process of its own: a child's peak is never below what its parent held as it began.
        called = f"from benchmarks import selections; selections.make({name!r})"
        check_call([sys.executable, "-c", called], stderr=DEVNULL)
        yield f"| stats | {measured(folder, 'stats')} |"
        for what, line in LISTS.items():
            yield f"| {what} | {measured(folder, 'list', *line)} |"
        for query in QUERIES:
            yield f"| list --query {query} | {measured(folder, 'list', '--query', query)} |"
        yield f"| print --json | {measured(folder, 'print', '--json')} |"
        some = folder / "some.txt"
        some.write_text("".join(f"{number * 40503:064x}\n" for number in range(1, 10_001)))
        tag = ("tag", "apply", "other", "--in", str(some))
        yield f"| tag apply, 10,000 listed | {measured(folder, *tag)} |"
        tag = ("tag", "clear", "tenth", "--query", "size=..100kB")
        yield f"| tag clear, by size | {measured(folder, *tag)} |"
        gone = ("delete", *ALBUM, "--yes")
        yield f"| delete of an album | {measured(folder, *gone)} |"


def make(folder: str) -> None:
    """Make an archive of rows alone: 500 albums of 2,200 places, a tag of each tenth."""
    with Archive.open_or_create(Path(folder)) as archive:
        pages.write(archive, COUNT)
        with archive.writing() as connection:
            tag = tags.create(connection, "tenth", None)
            tags.create(connection, "other", None)
            tags.apply(connection, tag, numbers(range(10, COUNT + 1, 10)))


def measured(folder: Path, *line: str) -> str:
    """Run a command: lines, when the first came, seconds, lines a second, peak memory."""
    called = "from fapproc.cli import main; main(prog_name='fapproc')"
    started = time.perf_counter()
    command = [sys.executable, "-c", called, *line, "--archive", str(folder)]
    process = Popen(command, stdout=PIPE, stderr=DEVNULL)
    assert process.stdout
    first, count = None, 0
    while data := os.read(process.stdout.fileno(), 1 << 20):
        first = first or time.perf_counter() - started
        count += data.count(b"\n")
    process.stdout.close()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{line} ended with {process.returncode}")
    seconds = time.perf_counter() - started
    told = "-" if first is None else f"{first:.2f}"
    peak = f"{used.ru_maxrss / 1024:,.0f} MiB"
    return f"{count:,} | {told} | {seconds:.1f} | {count / seconds:,.0f} | {peak}"
