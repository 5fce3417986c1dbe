"""Process: one decode per image gives facts, thumbnail and encodings; only what is missing is made.

Decoding happens in worker processes with limits; results are stored in batches, files first, while
the workers go on. A picture that does not decode to its end becomes a failure at each place that
listed it, and its bytes are dropped. May be stopped at any time and goes on where it was.
"""

import time
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from enum import Enum, auto
from functools import partial

from sqlalchemy import Connection

from fapproc.archive import Archive
from fapproc.db import derived as derived_rows
from fapproc.db import images, listings
from fapproc.db.derived import Lack, Wanted
from fapproc.db.images import Stored
from fapproc.dedup import embedding, mobilenet, perceptual
from fapproc.dedup.method import CNN, HASHES
from fapproc.dedup.models import DEFAULT, MOBILENET_V3_SMALL, Model
from fapproc.errors import Damaged
from fapproc.imaging.undecodable import Undecodable
from fapproc.imaging.workers import Workers
from fapproc.jobs.derive_one import Derived, Task, derive_one
from fapproc.model import Detail
from fapproc.vault.store import Key, Kind, digest_of

BATCH = 64
SECONDS = 2.0
"""Results are stored when there are this many, or when the oldest has waited this long."""


class Part(Enum):
    """What `derive` can make apart; facts come with either."""

    THUMBS = auto()
    ENCODE = auto()


BOTH = frozenset(Part)


@dataclass(frozen=True, slots=True)
class Report:
    """What `derive` did; `damaged` holds a sentence for each file that the disk spoiled."""

    made: int = 0
    failed: int = 0
    damaged: tuple[str, ...] = ()


Result = tuple[Lack, Derived | Undecodable]


def missing(archive: Archive, *, parts: Collection[Part] = BOTH, model: Model = DEFAULT) -> int:
    """How many images `derive` would process."""
    wanted = _wanted(archive, parts, _versions(parts, model))
    with archive.reading() as connection:
        return derived_rows.count_lacking(connection, wanted)


def outdated(archive: Archive) -> dict[str, int]:
    """How many images have hashes that the libraries here make otherwise, by who made them.

    `derive` makes these again. All hashes of an image are made together, so one tells of all.
    """
    with archive.reading() as connection:
        return images.other_versions(connection, "percept", perceptual.versions())


def derive(
    archive: Archive,
    done: Callable[[int], None] = lambda _: None,
    *,
    parts: Collection[Part] = BOTH,
    model: Model = DEFAULT,
    only: Collection[int] | None = None,
) -> Report:
    """Make whatever is missing of facts, thumbnails and encodings.

    Args:
        archive: whose images.
        done: called with the number of images finished since its last call.
        parts: what to make; facts come with either.
        model: the network of the method `cnn`; vectors of another one are replaced.
        only: the row numbers of the images to look at; all if None.

    Raises:
        StorageError: the disk is full; what was stored before stays.
        UsageProblem: the model can't be used.
    """
    versions = _versions(parts, model)
    if CNN in versions and model.name == MOBILENET_V3_SMALL.name:
        mobilenet.fetch(model)
    wanted = _wanted(archive, parts, versions)
    damaged: list[str] = []
    made = failed = 0
    load = partial(embedding.load, model) if CNN in versions else None
    with (
        Workers(partial(derive_one, model=model), begin=load) as workers,
        _Storing(archive, versions, done) as storing,
    ):
        for lack, result in workers.map(_tasks(archive, wanted, damaged, only)):
            storing.add(lack, result)
            made, failed = made + isinstance(result, Derived), failed + _is_failure(result)
    return Report(made, failed, tuple(damaged))


def _versions(parts: Collection[Part], model: Model) -> dict[str, str]:
    """By method, what its encodings depend on; nothing if none are to be made."""
    if Part.ENCODE not in parts:
        return {}
    return {**dict.fromkeys(HASHES, perceptual.versions()), CNN: model.id}


def _wanted(archive: Archive, parts: Collection[Part], versions: Mapping[str, str]) -> Wanted:
    with archive.reading() as connection:
        encoders = {
            name: images.encoder_id(connection, name, version) or 0
            for name, version in versions.items()
        }
    hashes = {name: number for name, number in encoders.items() if name in HASHES}
    vectors = {name: number for name, number in encoders.items() if name not in HASHES}
    return Wanted(Part.THUMBS in parts, hashes, vectors)


def _is_failure(result: Derived | Undecodable) -> bool:
    return isinstance(result, Undecodable)


def _tasks(
    archive: Archive, wanted: Wanted, damaged: list[str], only: Collection[int] | None
) -> Iterator[tuple[Lack, Task]]:
    """Images that lack something, with it; a file that the disk spoiled is told and skipped."""
    after = 0
    while True:
        with archive.reading() as connection:
            found = derived_rows.lacking(connection, wanted, after=after)
        if not found:
            return
        for lack in found:
            after = lack.stored.id
            if only is not None and after not in only:
                continue
            try:
                yield lack, Task(archive.vault.get(_blob(lack.stored)), lack.thumb, lack.methods)
            except Damaged as error:
                if _is_there(archive, lack.stored):  # else another program dropped it since
                    damaged.append(str(error))


def _is_there(archive: Archive, stored: Stored) -> bool:
    with archive.reading() as connection:
        return images.by_digest(connection, stored.image.digest) is not None


class _Storing:
    """Stores results in batches, one at a time, in a thread: syncing files waits for the disk."""

    def __init__(
        self, archive: Archive, versions: Mapping[str, str], done: Callable[[int], None]
    ) -> None:
        self._archive, self._versions, self._done = archive, versions, done
        self._batch: list[Result] = []
        self._since = time.monotonic()
        self._thread = ThreadPoolExecutor(1)
        self._running: tuple[int, Future[None]] | None = None

    def __enter__(self) -> "_Storing":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self._flush()
                self._settle()
        finally:
            self._thread.shutdown()

    def add(self, lack: Lack, result: Derived | Undecodable) -> None:
        """Take a result; begin to store if there are many or the oldest is old."""
        self._batch.append((lack, result))
        if len(self._batch) >= BATCH or time.monotonic() - self._since > SECONDS:
            self._flush()

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
            running.result()
            self._done(count)


def _store(archive: Archive, versions: Mapping[str, str], batch: list[Result]) -> None:
    made = [(lack.stored, result) for lack, result in batch if isinstance(result, Derived)]
    if made:
        _record(archive, versions, made)
    for lack, result in batch:
        if isinstance(result, Undecodable):
            drop(archive, lack.stored, result.detail, at=int(time.time()))


def _record(
    archive: Archive, versions: Mapping[str, str], made: list[tuple[Stored, Derived]]
) -> None:
    """Store thumbnails, then the rows; an encoder is one that has encoded."""
    thumbs = [
        (Key(Kind.THUMB, stored.image.digest, derived.thumb.format), derived.thumb.data)
        for stored, derived in made
        if derived.thumb is not None
    ]
    archive.vault.put(thumbs)
    with archive.writing() as connection:
        archive.vault.ensure(thumbs)  # stopped since, a check may have taken them for orphans
        there = {s.id: derived for s, derived in made if _describe(connection, s, derived)}
        numbers = {
            name: images.add_encoder(connection, name, version)
            for name, version in versions.items()
        }
        codes: dict[int, dict[int, bytes]] = {
            image: {numbers[name]: code for name, code in derived.codes.items() if name in HASHES}
            for image, derived in there.items()
        }
        images.save_codes(connection, codes)
        vectors = {n: derived.codes[CNN] for n, derived in there.items() if CNN in derived.codes}
        if vectors:
            derived_rows.save_vectors(connection, numbers[CNN], vectors)
        images.forget_others(connection, numbers.values(), list(there))


def _describe(connection: Connection, stored: Stored, derived: Derived) -> bool:
    """Record facts and thumbnail; False if the image has gone."""
    thumb = derived.thumb
    described = None if thumb is None else (len(thumb.data), digest_of(thumb.data), thumb.format)
    return images.set_derived(connection, stored.id, derived.facts, described, derived.motion)


def drop(archive: Archive, stored: Stored, detail: Detail, *, at: int) -> None:
    """Turn an image that is no sound picture into failures, and remove its files.

    The row goes first. The file goes inside a later writing transaction that has seen no new row
    for its digest: the same bytes may come in again at any time.
    """
    with archive.writing() as connection:
        listings.fail_image(connection, stored.id, detail, at)
        images.drop(connection, stored.id)
    with archive.writing() as connection:
        if images.by_digest(connection, stored.image.digest) is None:
            archive.vault.delete(_blob(stored))
            if stored.image.thumb_format is not None:
                thumb = Key(Kind.THUMB, stored.image.digest, stored.image.thumb_format)
                archive.vault.delete(thumb)


def _blob(stored: Stored) -> Key:
    return Key(Kind.BLOB, stored.image.digest, stored.image.format)
