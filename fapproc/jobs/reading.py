"""Read every file of an archive and compare it with its row; goes on where it was stopped.

Reading, hashing and decrypting let other threads run, so a few threads use all cores. The progress
is a row of the database, encrypted like all rows; so are suspected images, which are read again
when it goes on.
"""

import os
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from fapproc.archive import Archive
from fapproc.db import images, pruned, soundness
from fapproc.jobs.findings import File, files_of, is_sound

NAME = "check --read-data"
BATCH = 256
NOTE_SECONDS = 5.0
STALE_SECONDS = 7 * 24 * 3600
"""After a week it begins again: what was read before may have changed since."""

THREADS = min(8, os.cpu_count() or 1)


@dataclass(slots=True)
class Reading:
    """What was read: how much, and which files are not what was stored."""

    files: int = 0
    bytes: int = 0
    unsound: list[File] = field(default_factory=list)


def begun(archive: Archive) -> int:
    """The row number up to which an earlier run came, if it was stopped less than a week ago."""
    with archive.reading() as connection:
        position, at = soundness.position(connection, NAME)
    return position if 0 <= time.time() - at < STALE_SECONDS else 0


def left(archive: Archive) -> int:
    """How many images are still to be read."""
    with archive.reading() as connection:
        return images.count_after(connection, begun(archive))


def read_all(archive: Archive, done: Callable[[int], None], *, batch: int = BATCH) -> Reading:
    """Read every file from where an earlier run was stopped; a lost image's blob is left out."""
    reading = Reading()
    after = noted = begun(archive)
    with archive.reading() as connection:
        suspected = images.by_ids(connection, soundness.suspects(connection)).values()
    last = time.monotonic()
    with ThreadPoolExecutor(THREADS) as pool:
        try:
            if after:
                files = [file for stored in suspected for file in files_of(archive, stored)]
                reading.unsound += _read(archive, pool, files, Reading())
            while True:
                with archive.reading() as connection:
                    found = images.every(connection, after=after, limit=batch)
                if not found:
                    break
                files = [file for stored in found for file in files_of(archive, stored)]
                reading.unsound += _read(archive, pool, files, reading)
                after = found[-1].id
                done(len(found))
                if time.monotonic() - last > NOTE_SECONDS:
                    _note(archive, after, reading.unsound)
                    noted, last = after, time.monotonic()
            with archive.reading() as connection:
                binned = [stored for some in pruned.in_bin(connection) for stored in some]
            files = [file for stored in binned for file in files_of(archive, stored)]
            reading.unsound += _read(archive, pool, files, reading)
        except BaseException:
            if after != noted:
                _note(archive, after, reading.unsound)
            raise
    if not archive.read_only:
        with archive.writing() as connection:
            soundness.finish(connection, NAME)
    return reading


def _read(
    archive: Archive, pool: ThreadPoolExecutor, files: Iterable[File], reading: Reading
) -> list[File]:
    """Read files in all threads, a share each: a task for each file would cost more than it."""
    wanted = [file for file in files if not file.lost]
    shares = [wanted[start::THREADS] for start in range(THREADS)]

    def unsound(share: Sequence[File]) -> list[File]:
        return [file for file in share if not is_sound(archive, file)]

    reading.files += len(wanted)
    reading.bytes += sum(file.bytes for file in wanted)
    return [file for bad in pool.map(unsound, shares) for file in bad]


def _note(archive: Archive, after: int, unsound: Iterable[File]) -> None:
    if archive.read_only:
        return
    with archive.writing() as connection:
        soundness.set_position(connection, NAME, after, int(time.time()))
        soundness.add_suspects(connection, (file.image for file in unsound))
