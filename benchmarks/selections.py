"""`list`, `show`, tags and `delete` from the shell on a million images: rows alone, as in `pages`.

One more album has 10,000 images that are nowhere else, with small files: it is deleted.

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
from fapproc.db import recounting, tags
from fapproc.db.dialect import numbers
from fapproc.model import Format
from fapproc.vault.store import Key, Kind

COUNT = 1_000_000
ALBUM = ("--user", "user 1", "--album", "album 1")
LARGE, IN_LARGE = 99, 10_000
_LARGE = """
INSERT INTO album (user_id, id, name, kind, position, pages, listed_at, fetched_at)
    VALUES (1, {album}, 'large', 'pictures', {album}, 1, 1, 1);
INSERT INTO image (id, digest, bytes, format, fetched_at, width, height, animated, orientation,
        thumb_bytes, thumb_digest, thumb_format)
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {images})
    SELECT {count} + i, printf('%02xf%061x', i % 256, i), 100, 'jpg', i, 800, 600, 0, 1, 100,
        printf('%064x', i), 'webp' FROM n;
INSERT INTO listing (user_id, album_id, site_id, position, name, image_id, verdict, odd)
    SELECT 1, {album}, 2 * id, id, 'large ' || id, id, 'new', 0 FROM image WHERE id > {count}"""
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
        gone = ("delete", "--user", "user 1", "--album", "large", "--yes")
        yield f"| delete of an album of 10,000 | {measured(folder, *gone)} |"


def make(folder: str) -> None:
    """Make an archive of rows: 500 albums of 2,200 places, a tag of each tenth; and one album."""
    with Archive.open_or_create(Path(folder)) as archive:
        pages.write(archive, COUNT)
        with archive.writing() as connection:
            tag = tags.create(connection, "tenth", None)
            tags.create(connection, "other", None)
            tags.apply(connection, tag, numbers(range(10, COUNT + 1, 10)))
        add_large(archive)


def add_large(archive: Archive) -> None:
    """Add an album of 10,000 images with a file and a thumbnail each, of a hundred bytes."""
    with archive.writing() as connection:
        for statement in _LARGE.split(";"):
            filled = statement.format(album=LARGE, images=IN_LARGE, count=COUNT)
            connection.exec_driver_sql(filled)
        recounting.recount(connection)
    for number in range(1, IN_LARGE + 1):
        digest = f"{number % 256:02x}f{number:061x}"
        for key in (Key(Kind.BLOB, digest, Format.JPG), Key(Kind.THUMB, digest, Format.WEBP)):
            file = archive.folder / archive.vault.name(key)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(b"x" * 100)


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
