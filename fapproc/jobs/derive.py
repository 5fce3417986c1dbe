"""Process: one decode per image gives facts, thumbnail and hashes; only what is missing is made.

Decoding happens in worker processes with limits; results are stored in batches, files first. A
picture that does not decode to its end becomes a failure at each place that listed it, and its
bytes are dropped. May be stopped at any time and goes on where it was.
"""

import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from fapproc.archive import Archive
from fapproc.db import images, listings
from fapproc.db.images import Stored
from fapproc.dedup import motion, perceptual
from fapproc.dedup.method import HASHES
from fapproc.errors import Damaged
from fapproc.imaging.decode import decode
from fapproc.imaging.thumbnail import Thumbnail, thumbnail
from fapproc.imaging.undecodable import Undecodable
from fapproc.imaging.workers import Workers
from fapproc.model import Detail, Facts
from fapproc.vault.store import Key, Kind, digest_of

BATCH = 64
SECONDS = 2.0
"""Results are stored when there are this many, or when the oldest has waited this long."""

CODE_BYTES = 8


@dataclass(frozen=True, slots=True)
class Derived:
    """What one decode gave; `codes` by method, 8 bytes each, big-endian.

    `motion` is what the later frames of an animation look like, None for a still.
    """

    facts: Facts
    thumb: Thumbnail
    codes: dict[str, bytes]
    motion: bytes | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """What `derive` did; `damaged` holds a sentence for each file that the disk spoiled."""

    made: int = 0
    failed: int = 0
    damaged: tuple[str, ...] = ()


def derive_one(data: bytes) -> Derived:
    """Decode one picture and make all that is derived of it. Runs in a worker process.

    Raises:
        Undecodable: the bytes are no sound picture.
    """
    decoded = decode(data)
    hashes = perceptual.encode(decoded.first)
    codes = {name: code.to_bytes(CODE_BYTES, "big") for name, code in hashes.items()}
    small = [frame.image for frame in decoded.frames]
    later = motion.signature(small) if decoded.facts.animated else None
    return Derived(decoded.facts, thumbnail(decoded), codes, later)


def missing(archive: Archive) -> int:
    """How many images `derive` would process."""
    with archive.reading() as connection:
        known = [images.encoder_id(connection, name, perceptual.versions()) for name in HASHES]
        return images.count_underived(connection, [number or 0 for number in known])


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
    only: Collection[int] | None = None,
) -> Report:
    """Make whatever is missing of facts, thumbnails and hashes.

    Args:
        archive: whose images.
        done: called with the number of images finished since its last call.
        only: the row numbers of the images to look at; all if None.

    Raises:
        StorageError: the disk is full; what was stored before stays.
    """
    with archive.writing() as connection:
        version = perceptual.versions()
        encoders = {name: images.add_encoder(connection, name, version) for name in HASHES}
    damaged: list[str] = []
    made = failed = 0
    batch: list[tuple[Stored, Derived | Undecodable]] = []
    since = time.monotonic()
    with Workers(derive_one) as workers:
        payloads = _payloads(archive, list(encoders.values()), damaged, only)
        for stored, result in workers.map(payloads):
            batch.append((stored, result))
            made, failed = made + isinstance(result, Derived), failed + _is_failure(result)
            if len(batch) >= BATCH or time.monotonic() - since > SECONDS:
                _store(archive, encoders, batch)
                done(len(batch))
                batch, since = [], time.monotonic()
    _store(archive, encoders, batch)
    done(len(batch))
    return Report(made, failed, tuple(damaged))


def _is_failure(result: Derived | Undecodable) -> bool:
    return isinstance(result, Undecodable)


def _payloads(
    archive: Archive, encoders: list[int], damaged: list[str], only: Collection[int] | None
) -> Iterator[tuple[Stored, bytes]]:
    """Bytes of the images that lack something; a file that the disk spoiled is told and skipped."""
    after = 0
    while True:
        with archive.reading() as connection:
            found = images.underived(connection, encoders, after=after)
        if not found:
            return
        for stored in found:
            after = stored.id
            if only is not None and stored.id not in only:
                continue
            try:
                yield stored, archive.vault.get(_blob(stored))
            except Damaged as error:
                if _is_there(archive, stored):  # else another program dropped it since
                    damaged.append(str(error))


def _is_there(archive: Archive, stored: Stored) -> bool:
    with archive.reading() as connection:
        return images.by_digest(connection, stored.image.digest) is not None


def _store(
    archive: Archive, encoders: dict[str, int], batch: list[tuple[Stored, Derived | Undecodable]]
) -> None:
    made = [(stored, result) for stored, result in batch if isinstance(result, Derived)]
    archive.vault.put(
        (Key(Kind.THUMB, stored.image.digest, derived.thumb.format), derived.thumb.data)
        for stored, derived in made
    )
    with archive.writing() as connection:
        for stored, derived in made:
            thumb = derived.thumb
            described = (len(thumb.data), digest_of(thumb.data), thumb.format)
            if images.set_derived(connection, stored.id, derived.facts, described, derived.motion):
                codes = {encoders[name]: code for name, code in derived.codes.items()}
                images.save_codes(connection, stored.id, codes)
        images.forget_others(connection, encoders.values(), [stored.id for stored, _ in made])
    for stored, result in batch:
        if isinstance(result, Undecodable):
            drop(archive, stored, result.detail, at=int(time.time()))


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
