"""Pictures and what may happen to them, taken into an archive by the program's own commands."""

import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import numpy as np
from sqlalchemy import bindparam, delete

from evaluation.figures import Labels
from evaluation.transformations import vary
from fapproc.archive import Archive
from fapproc.db import images
from fapproc.db.bulk import write_many
from fapproc.db.schema import encoding
from fapproc.dedup.evidence import Encoded
from fapproc.executors.local import LocalProcesses
from fapproc.executors.outcomes import Done
from fapproc.jobs import derive, duplicates, encodings, import_folder, inventory
from fapproc.ours import DATABASE
from fapproc.vault.store import digest_of

ENDINGS = frozenset({".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp", ".avif"})
SPLIT_SEED = 5
COPY = f"{DATABASE}.copy"


@dataclass(frozen=True, slots=True)
class Original:
    """A picture, and the series that it is of: pictures of one series are not unrelated."""

    name: str
    series: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Made:
    """The files of a picture: itself, and what each transformation made of it."""

    name: str
    series: str
    files: Sequence[bytes]


T = TypeVar("T", Original, Made)


def read(folder: Path, series: str | None) -> Iterator[Original]:
    """Yield the pictures of a folder and of those below it; the same file counts once.

    Args:
        folder: whose pictures count as distinct.
        series: a regular expression with a group: names in which the group finds the same are of
            one series. None: every picture is its own.
    """
    seen: set[str] = set()
    for file in sorted(folder.rglob("*")):
        if file.suffix.lower() in ENDINGS and file.is_file():
            data = file.read_bytes()
            if digest_of(data) not in seen:
                seen.add(digest_of(data))
                name = file.relative_to(folder).as_posix()
                found = re.search(series, file.stem) if series else None
                yield Original(name, found.group(1) if found else name, data)


def make(originals: Iterable[Original], vary: Callable[[bytes], list[bytes]] = vary) -> list[Made]:
    """Change every picture, on all processors; those that don't decode are left out.

    `vary` makes the files of one of its bytes.
    """
    with LocalProcesses(vary) as workers:
        made = [
            Made(original.name, original.series, outcome.value)
            for original, outcome in workers.map((each, each.data) for each in originals)
            if isinstance(outcome, Done)
        ]
    return sorted(made, key=lambda each: each.name)


def halves(pictures: Sequence[T]) -> tuple[list[T], list[T]]:
    """Split by series, so that none is in both halves: one to choose on, one to report on."""
    count = Counter(each.series for each in pictures)
    series = sorted(count)
    random.Random(SPLIT_SEED).shuffle(series)  # noqa: S311 - the same split every time
    chosen: set[str] = set()
    held = 0
    for one in series:
        if 2 * held < len(pictures):
            chosen.add(one)
            held += count[one]
    first = [each for each in pictures if each.series in chosen]
    return first, [each for each in pictures if each.series not in chosen]


@dataclass(frozen=True, slots=True, eq=False)
class Collection:
    """What `process` made of files, and what they are."""

    encoded: Encoded
    labels: Labels
    digests: Sequence[str]

    @property
    def series(self) -> dict[str, int]:
        """The series of every digest."""
        return dict(zip(self.digests, self.labels.series.tolist(), strict=True))


def take_in(archive: Archive, made: Sequence[Made]) -> None:
    """Import and process the files of photographs."""
    with TemporaryDirectory() as folder:
        for number, each in enumerate(made):
            for step, data in enumerate(each.files):
                Path(folder, f"{number:05}-{step:02}").write_bytes(data)
        import_folder.import_folder(archive, Path(folder), name="pictures")
    derive.derive(archive)


def collect(archive: Archive, made: Sequence[Made]) -> Collection:
    """Read the encodings of these photographs' files back, with their labels."""
    with archive.reading() as connection:
        known = encodings.read_all(connection, encodings.encoders(connection))
        digests = images.digests(connection)
    row_of = {digests[number]: row for row, number in enumerate(known.ids.tolist())}
    rows = np.array([[row_of[digest_of(data)] for data in each.files] for each in made])
    photo, step = np.zeros(len(row_of), dtype=np.int64), np.zeros(len(row_of), dtype=np.int64)
    for at in range(rows.shape[1] - 1, -1, -1):
        photo[rows[:, at]], step[rows[:, at]] = np.arange(len(made)), at
    numbers = {name: number for number, name in enumerate(sorted({each.series for each in made}))}
    series = np.array([numbers[each.series] for each in made], dtype=np.int64)
    labels = Labels(photo, series[photo], step, rows)
    return Collection(known.encoded, labels, list(row_of))


def groups(archive: Archive, rule: str) -> set[frozenset[str]]:
    """Run `dedup` by a rule; return the groups as digests."""
    duplicates.find_duplicates(archive, rule=rule)
    return {frozenset(group.verdicts) for group in inventory.groups(archive)}


@contextmanager
def only(archive: Archive, digests: AbstractSet[str]) -> Iterator[Archive]:
    """Open a copy of an archive in which no other image is compared: the others lack hashes."""
    copy = archive.folder / COPY
    archive.copy_database(copy)
    try:
        with archive.in_folder(archive.folder, COPY) as some:
            with some.writing() as connection:
                known = images.digests(connection)
                others = [number for number, digest in known.items() if digest not in digests]
                statement = delete(encoding).where(encoding.c.image_id == bindparam("number"))
                write_many(connection, statement, ("number",), [(number,) for number in others])
            yield some
    finally:
        copy.unlink()


def groups_piecemeal(made: Sequence[Made], rule: str, portions: int) -> set[frozenset[str]]:
    """Take the photographs' files in in another order, in portions, with `dedup` after each."""
    files = [Made(each.name, each.series, [data]) for each in made for data in each.files]
    random.Random(SPLIT_SEED).shuffle(files)  # noqa: S311 - the same order every time
    found: set[frozenset[str]] = set()
    with TemporaryDirectory() as folder, Archive.open_or_create(Path(folder)) as archive:
        for portion in range(portions):
            take_in(archive, files[portion::portions])
            found = groups(archive, rule)
    return found
