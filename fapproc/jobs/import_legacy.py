"""Import-legacy: copy what a database of fapfavorites 2.0 holds into an archive.

The old database is left as it is. Each step is a transaction: users, albums and tags; images in
batches, with all that is known of them; groups; times. Each notes the progress, so that it goes on
after a kill. What was imported once may be changed by the person, and is not imported again; what
the archive knows itself stays.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from fapproc.archive import Archive
from fapproc.db import images, pruned, soundness
from fapproc.errors import Damaged
from fapproc.jobs import ingest
from fapproc.jobs.ingest import examine
from fapproc.jobs.legacy import groups, pictures, shelves
from fapproc.jobs.legacy.pictures import Brought
from fapproc.legacy.folder import OldFolder
from fapproc.legacy.records import OldDatabase, OldImage
from fapproc.model import Format
from fapproc.vault.store import Key, Kind
from fapproc.wording import short

BATCH = 64
_GROUPS = 100
"""So many groups are written at once."""


@dataclass(slots=True)
class LegacyReport:
    """What became of the pictures; a sentence for each thing that could not be brought over."""

    new: int = 0
    """Contents that the archive did not have."""
    known: int = 0
    """Those that it had already."""
    bytes: int = 0
    """Size of the new ones."""
    lost: list[str] = field(default_factory=list)
    """Of pictures: what is known of them was brought, their bytes were not."""
    left: list[str] = field(default_factory=list)
    """Of other things: what was not brought, or became something else."""
    was_done: bool = False
    """All was brought before; only lost pictures were looked for again."""


class _Course:
    """How far the import of one database has come, by step; kept in the archive."""

    def __init__(self, folder: OldFolder) -> None:
        self._name = f"import-legacy {folder.fingerprint[:16]}"

    def read(self, archive: Archive, step: str) -> int:
        with archive.reading() as connection:
            return soundness.position(connection, f"{self._name}: {step}")[0]

    def note(self, connection: Connection, step: str, position: int) -> None:
        soundness.set_position(connection, f"{self._name}: {step}", position, int(time.time()))


def import_legacy(
    archive: Archive,
    folder: OldFolder,
    database: OldDatabase,
    *,
    done: Callable[[int], None] = lambda _: None,
) -> LegacyReport:
    """Bring a database over; run again after a kill, it goes on where it was.

    Args:
        archive: where to.
        folder: where from.
        database: what was read there.
        done: called with the number of images finished since its last call.

    Raises:
        ArchiveHeld: another such import is at work.
        StorageError: the disk is full or can't be written; what was brought is kept.
    """
    report = LegacyReport(left=[f"{each.what}: {each.why}." for each in database.unreadable])
    course = _Course(folder)
    with archive.job("import-legacy"):
        report.was_done = course.read(archive, "times") > 0
        is_shelved = course.read(archive, "shelves") > 0
        with archive.writing() as connection:
            tags, told = shelves.tags(connection, database.tags, make=not report.was_done)
            if not is_shelved:
                report.left += told
                report.left += shelves.shelve(connection, database)
                course.note(connection, "shelves", 1)
        begun = course.read(archive, "images")
        lost = _lost(archive, database.images[:begun])
        report.known = begun - len(lost)
        done(report.known)
        _bring(archive, folder, lost, tags, report, done)
        _bring(archive, folder, database.images[begun:], tags, report, done, (course, begun))
        for start in range(course.read(archive, "groups"), len(database.groups), _GROUPS):
            some = database.groups[start : start + _GROUPS]
            with archive.writing() as connection:
                groups.store(connection, some)
                course.note(connection, "groups", start + len(some))
        if not report.was_done:
            report.left += groups.set_sensitivity(archive, database.sensitivity)
            with archive.writing() as connection:
                report.left += shelves.finish(connection, database)
                course.note(connection, "times", 1)
    return report


def preview(
    archive: Archive | None,
    folder: OldFolder,
    database: OldDatabase,
    *,
    done: Callable[[int], None] = lambda _: None,
) -> LegacyReport:
    """What `import_legacy` would do with the pictures; each is read, and nothing is written."""
    report = LegacyReport(left=[f"{each.what}: {each.why}." for each in database.unreadable])
    for each in _read(archive, folder, database.images):
        _count(report, each)
        done(1)
    return report


def _bring(
    archive: Archive,
    folder: OldFolder,
    wanted: Sequence[OldImage],
    tags: dict[int, int],
    report: LegacyReport,
    done: Callable[[int], None],
    course: tuple[_Course, int] | None = None,
) -> None:
    """Bring images with all that is said of them; of a course how far that came is noted."""
    finished = 0
    found = _read(archive, folder, wanted)
    for batch in ingest.batches(found, most=BATCH, weigh=lambda each: len(each.data)):
        blocked = archive.vault.put((each.key, each.data) for each in batch if each.key)
        for each in batch:
            if each.key in blocked:
                each.refuse(blocked[each.key])
        finished += len(batch)
        with archive.writing() as connection:
            archive.vault.ensure((each.key, each.data) for each in batch if each.key)
            pictures.store(connection, batch, tags)
            if course is not None:
                course[0].note(connection, "images", course[1] + finished)
        for each in batch:
            _count(report, each)
        done(len(batch))


def _count(report: LegacyReport, brought: Brought) -> None:
    if brought.why is not None:
        report.lost.append(f"Image {short(brought.image.digest)}: {brought.why}")
    elif brought.key is None:
        report.known += 1
    else:
        report.new += 1
        report.bytes += len(brought.data)


def _read(
    archive: Archive | None, folder: OldFolder, wanted: Sequence[OldImage]
) -> Iterator[Brought]:
    """The bytes of those images that the archive doesn't have, verified."""
    for start in range(0, len(wanted), BATCH):
        some = wanted[start : start + BATCH]
        there: set[str] = set()
        if archive is not None:
            with archive.reading() as connection:
                digests = [image.digest for image in some]
                stored = images.by_digests(connection, digests)
                there = {*pruned.known(connection, digests)}  # whose bytes are not wanted
            there |= {digest for digest, each in stored.items() if each.image.lost_at is None}
        for image in some:
            yield Brought(image) if image.digest in there else _read_one(folder, image)


def _read_one(folder: OldFolder, image: OldImage) -> Brought:
    try:
        data = folder.picture(image)
    except Damaged as error:
        return Brought(image, why=str(error))
    form = examine(data)
    if not isinstance(form, Format):
        return Brought(image, why="its file is not a picture of a kind that is kept.", detail=form)
    return Brought(image, Key(Kind.BLOB, image.digest, form), data)


def _lost(archive: Archive, brought: Sequence[OldImage]) -> list[OldImage]:
    """Those of the images that were brought whose bytes the archive lacks."""
    found: list[OldImage] = []
    for start in range(0, len(brought), BATCH):
        some = brought[start : start + BATCH]
        with archive.reading() as connection:
            stored = images.by_digests(connection, [image.digest for image in some])
        lost = {digest for digest, each in stored.items() if each.image.lost_at is not None}
        found += [image for image in some if image.digest in lost]
    return found
