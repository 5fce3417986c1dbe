"""Photographs and what may happen to them, taken into an archive by the program's own commands."""

import random
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from evaluation.figures import Labels
from evaluation.transformations import vary
from fapproc.archive import Archive
from fapproc.db import images
from fapproc.dedup.fusion import Encoded
from fapproc.executors.local import LocalProcesses
from fapproc.executors.outcomes import Done
from fapproc.jobs import derive, duplicates, encodings, import_folder, inventory
from fapproc.vault.store import digest_of
from tests.drawing import landscape, write

ENDINGS = frozenset({".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp", ".avif"})
DRAWN = 200
SPLIT_SEED = 5


@dataclass(frozen=True, slots=True)
class Photo:
    """A photograph, and the series that it is of: pictures of one series are not unrelated."""

    name: str
    series: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Made:
    """The files of a photograph: itself, and what each transformation made of it."""

    name: str
    series: str
    files: Sequence[bytes]


def read(folder: Path | None, series: str | None) -> Iterator[Photo]:
    """Yield the photographs of a folder and of those below it, or drawn ones.

    Args:
        folder: whose pictures count as distinct; None for pictures drawn by code.
        series: a regular expression with a group: names in which the group finds the same are of
            one series. None: every photograph is its own.
    """
    if folder is None:
        for seed in range(DRAWN):
            yield Photo(str(seed), str(seed), write(landscape(seed, (400, 300)), "JPEG"))
        return
    seen: set[str] = set()
    for file in sorted(folder.rglob("*")):
        if file.suffix.lower() in ENDINGS and file.is_file():
            data = file.read_bytes()
            if digest_of(data) not in seen:
                seen.add(digest_of(data))
                found = re.search(series, file.stem) if series else None
                yield Photo(file.stem, found.group(1) if found else str(file), data)


def make(photos: Iterable[Photo]) -> list[Made]:
    """Transform every photograph, on all processors; those that don't decode are left out."""
    with LocalProcesses(vary) as workers:
        made = [
            Made(photo.name, photo.series, outcome.value)
            for photo, outcome in workers.map((photo, photo.data) for photo in photos)
            if isinstance(outcome, Done)
        ]
    return sorted(made, key=lambda each: each.name)


def halves(made: Sequence[Made]) -> tuple[list[Made], list[Made]]:
    """Split by series, so that none is in both halves."""
    series = sorted({each.series for each in made})
    random.Random(SPLIT_SEED).shuffle(series)  # noqa: S311 - the same split every time
    chosen: set[str] = set()
    for one in series:
        if 2 * sum(each.series in chosen for each in made) < len(made):
            chosen.add(one)
    first = [each for each in made if each.series in chosen]
    return first, [each for each in made if each.series not in chosen]


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
