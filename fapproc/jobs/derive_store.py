"""Stores what `derive` made: batches, files first and rows second, while the workers go on."""

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Self

from sqlalchemy import Connection

from fapproc.archive import Archive
from fapproc.db import counting, duplicates, hidden, images, pairs
from fapproc.db import derived as derived_rows
from fapproc.db.derived import MissingParts
from fapproc.db.images import Stored
from fapproc.dedup.motion import MOTION
from fapproc.dedup.registry import HASHES, VECTORS
from fapproc.errors import Away, NoRoom, StorageError
from fapproc.executors.outcomes import Done, Refused
from fapproc.firsts import Firsts
from fapproc.imaging import decoders
from fapproc.imaging.undecodable import Undecodable
from fapproc.jobs.derive_one import Derived
from fapproc.model import Detail
from fapproc.vault.store import Key, Kind, digest_of

BATCH = 64
SECONDS = 2.0
"""Results are stored when there are this many, or when the oldest has waited this long."""

Result = tuple[Stored, Derived | Undecodable]


class Storing:
    """Stores results in batches, one at a time, in a thread: syncing files waits for the disk.

    Args:
        archive: where to.
        versions: by method, what its encodings depend on.
        damaged: gets a sentence for each thumbnail in whose place something else lies, and one
            for all where the disk takes none of them.
        done: called with the number of images finished since its last call.
    """

    def __init__(
        self,
        archive: Archive,
        versions: Mapping[str, str],
        damaged: Firsts[str],
        done: Callable[[int], None],
    ) -> None:
        self._archive, self._versions = archive, versions
        self._damaged, self._done = damaged, done
        self._batch: list[Result] = []
        self._skipped = 0
        self._since = time.monotonic()
        self._thread = ThreadPoolExecutor(1)
        self._running: tuple[int, Future[list[str]]] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self._flush()
                self._settle()
        finally:
            self._thread.shutdown()

    def add(self, lack: MissingParts, outcome: Done[Derived] | Refused) -> None:
        """Take a result; begin to store if there are many or the oldest is old.

        Raises:
            TypeError: a worker refused an image for another reason than its bytes.
        """
        if isinstance(outcome, Done):
            self._batch.append((lack.stored, outcome.value))
        elif isinstance(outcome.problem, Undecodable):
            self._batch.append((lack.stored, outcome.problem))
        else:
            raise TypeError(f"not about a picture: {outcome.problem!r}")
        if len(self._batch) >= BATCH or time.monotonic() - self._since > SECONDS:
            self._flush()

    def skip(self) -> None:
        """An image is finished, and there is nothing to be stored of it."""
        self._skipped += 1

    def _flush(self) -> None:
        self._settle()
        if not self._batch:
            return
        batch, self._batch, self._since = self._batch, [], time.monotonic()
        running = self._thread.submit(_store, self._archive, self._versions, batch)
        self._running = len(batch), running

    def _settle(self) -> None:
        """Wait for the batch that is being stored, and tell of it."""
        if self._running is not None:
            (count, running), self._running = self._running, None
            self._damaged.add(running.result())
            self._done(count)
        if self._skipped:
            skipped, self._skipped = self._skipped, 0
            self._done(skipped)


def _store(archive: Archive, versions: Mapping[str, str], batch: list[Result]) -> list[str]:
    """Store a batch; returns a sentence for each thumbnail that could not be."""
    made = [(stored, result) for stored, result in batch if isinstance(result, Derived)]
    blocked = _record(archive, versions, made) if made else []
    unsound = {
        stored.id: (result.detail if isinstance(result, Undecodable) else result.unsound, result)
        for stored, result in batch
    }
    refused = {
        number: (detail, isinstance(result, Derived))
        for number, (detail, result) in unsound.items()
        if detail is not None
    }
    if refused:
        with archive.writing() as connection:
            mark(connection, refused)
    return blocked


def _record(
    archive: Archive, versions: Mapping[str, str], made: list[tuple[Stored, Derived]]
) -> list[str]:
    """Store thumbnails, then the rows; an encoder is one that has encoded.

    An image whose thumbnail can't be written still lacks it, and is told of.
    """
    thumbs = {
        Key(Kind.THUMB, stored.image.digest, derived.thumb.format): derived.thumb.data
        for stored, derived in made
        if derived.thumb is not None
    }
    blocked = _put(archive, thumbs)
    held = {key.digest for key in blocked}
    with archive.writing() as connection:
        # Stopped since, a check may have taken them for orphans.
        archive.vault.ensure((key, data) for key, data in thumbs.items() if key not in blocked)
        counting.touch_places_of(connection, [stored.id for stored, _ in made])  # in one go
        there = {
            stored.id: derived
            for stored, derived in made
            if _describe(connection, stored, derived, thumb=stored.image.digest not in held)
        }
        numbers = {
            name: images.add_encoder(connection, name, version)
            for name, version in versions.items()
        }
        codes: dict[int, dict[int, bytes]] = {
            image: {numbers[name]: code for name, code in derived.codes.items() if name in HASHES}
            for image, derived in there.items()
        }
        images.save_codes(connection, codes)
        for name in (*VECTORS, MOTION):
            vectors = {n: each.codes[name] for n, each in there.items() if name in each.codes}
            if vectors:
                derived_rows.save_vectors(connection, numbers[name], vectors)
        pairs.forget_compared(connection, [n for n, each in there.items() if MOTION in each.codes])
        images.forget_others(connection, numbers.values(), list(there))
    return list(dict.fromkeys(blocked.values()))


def _put(archive: Archive, thumbs: Mapping[Key, bytes]) -> Mapping[Key, str]:
    """Write thumbnails; returns those that can't be, each with a sentence.

    Where their folder can't be used at all, facts and encodings are still worth having.
    """
    try:
        return archive.vault.put(thumbs.items())
    except (Away, NoRoom):
        raise
    except StorageError as error:
        return dict.fromkeys(thumbs, str(error))


def _describe(connection: Connection, stored: Stored, derived: Derived, *, thumb: bool) -> bool:
    """Record facts, and the thumbnail where it is there; False if the image has gone."""
    made = derived.thumb if thumb else None
    described = None if made is None else (len(made.data), digest_of(made.data), made.format)
    return images.set_derived(connection, stored.id, derived.facts, described, derived.sight)


def mark(connection: Connection, refused: Mapping[int, tuple[Detail, bool]]) -> None:
    """Mark images as unsound; they leave their groups, and what was said of them there is kept."""
    at, here = int(time.time()), decoders.identity()
    for number, (detail, seen) in refused.items():
        derived_rows.set_unsound(connection, number, detail, seen=seen, decoders=here, at=at)
    left = duplicates.group_numbers(connection, refused)
    beside = hidden.beside(connection, refused)
    duplicates.release(connection, refused)
    duplicates.drop_small_groups(connection, set(left.values()))
    hidden.settle(connection, beside)
