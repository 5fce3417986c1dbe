"""Find in each group the images that differ only in size and quality, and the best of these.

Only groups that have changed since the last time are examined. Thumbnails, which are our own, show
which images are the same. Originals are read if two of them have equally many pixels, and decoded,
in worker processes with limits, if one has more.
"""

import hashlib
import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO

from PIL import Image as Picture

from fapproc.archive import Archive
from fapproc.db import images
from fapproc.db import sameness as rows
from fapproc.db.images import Stored
from fapproc.db.sameness import Shown, Told
from fapproc.dedup.sameness import DEFINITION, Look, classes, look
from fapproc.errors import Damaged
from fapproc.executors.local import LocalProcesses
from fapproc.executors.outcomes import Done
from fapproc.imaging.quality import jpeg_quality
from fapproc.jobs.sameness_one import Enlargement, is_enlarged_one
from fapproc.model import Format, Image
from fapproc.sameness import Untold
from fapproc.vault.store import Key, Kind

BATCH = 100
"""So many groups are looked at, and then recorded, at a time."""
_LOSS = {
    Format.BMP: 0,
    Format.TIFF: 0,
    Format.PNG: 0,
    Format.JPG: 1,
    Format.WEBP: 2,
    Format.AVIF: 2,
    Format.GIF: 3,
}
"""Nothing lost; something lost; mostly made from a JPEG; all but 256 colours lost."""


@dataclass(frozen=True, slots=True)
class _Largest:
    """The largest class of a group that is told: the best of it, and how wide others are to it."""

    told: Told
    best: Stored
    shares: frozenset[float]


def tell_sameness(archive: Archive, tell: Callable[[str, float | None], None]) -> None:
    """Look at every group that shows something else than when it was looked at last.

    Args:
        archive: whose groups; it is held by the search.
        tell: is called with the step that is at work, and the part of it that is done.
    """
    with archive.reading() as connection:
        known = rows.bases(connection)
        wanted = {
            number: basis
            for number, shown in rows.shown(connection).items()
            if known.get(number) != (basis := _basis(shown))
        }
    if not wanted:
        return
    done = 0
    with LocalProcesses[Enlargement, bool](is_enlarged_one) as workers:
        for batch in _batches(wanted):
            tell("Looking for the best of each group", done / len(wanted))
            found = dict(_told(archive, batch, workers))
            _write(archive, batch, found)
            done += len(batch)


def _batches(wanted: Mapping[int, str]) -> Iterator[dict[int, str]]:
    numbers = sorted(wanted)
    for start in range(0, len(numbers), BATCH):
        yield {number: wanted[number] for number in numbers[start : start + BATCH]}


def _basis(shown: Iterable[Shown]) -> str:
    said = json.dumps([DEFINITION, *shown]).encode()
    return hashlib.blake2b(said, digest_size=16).hexdigest()


def _told(
    archive: Archive, batch: Mapping[int, str], workers: LocalProcesses[Enlargement, bool]
) -> Iterator[tuple[int, Told]]:
    """What is found of groups; of one whose files can't be read now nothing, so it comes again."""
    waiting = dict[int, _Largest]()
    for number, members in _members(archive, batch).items():
        try:
            found = _largest(archive, members, batch[number])
        except Damaged:
            continue
        if isinstance(found, Told):
            yield number, found
        elif not found.shares:
            yield number, found.told
        else:
            waiting[number] = found
    for number, outcome in workers.map(_enlargements(archive, waiting)):
        told = waiting[number].told
        if not isinstance(outcome, Done):
            yield number, Told(told.basis, told.classes, None, Untold.UNSEEN)
        elif outcome.value:
            yield number, Told(told.basis, told.classes, None, Untold.ENLARGED)
        else:
            yield number, told


def _enlargements(
    archive: Archive, waiting: Mapping[int, _Largest]
) -> Iterator[tuple[int, Enlargement]]:
    for number, found in waiting.items():
        with suppress(Damaged):
            yield number, Enlargement(_blob(archive, found.best.image), tuple(found.shares))


def _members(archive: Archive, batch: Mapping[int, str]) -> dict[int, list[Stored]]:
    with archive.reading() as connection:
        groups = rows.members(connection, batch)
        there = images.by_ids(connection, [one for each in groups.values() for one in each])
    return {number: [there[one] for one in each] for number, each in groups.items()}


def _largest(archive: Archive, members: Sequence[Stored], basis: str) -> Told | _Largest:
    """The largest class of a group and its best; or what is told without.

    Raises:
        Damaged: a file can't be read.
    """
    found = [stored.image for stored in members]
    if any(image.facts is None or image.thumb_digest is None for image in found):
        return Told(basis, untold=Untold.UNSEEN)
    try:
        looks = [_look(archive, image) for image in found]
    except OSError:  # Pillow's word for bytes that it can't read
        return Told(basis, untold=Untold.UNSEEN)
    divided = classes(looks, [_aspect(image) for image in found])
    classed = tuple(tuple(members[at].id for at in each) for each in divided.classes)
    if not divided.is_told:
        return Told(basis, classed, untold=Untold.UNEQUAL)
    first = [members[at] for at in divided.classes[0]]
    best = _best(archive, first)
    shares = {math.sqrt(_pixels(one.image) / _pixels(best.image)) for one in first}
    smaller = frozenset(share for share in shares if share < 1)
    return _Largest(Told(basis, classed, best.id), best, smaller)


def _look(archive: Archive, image: Image) -> Look | None:
    """What is compared of an image; an animation and a lost one are the same as no other."""
    animated = image.facts is not None and image.facts.animated
    if image.thumb_format is None or image.lost_at is not None or animated:
        return None
    key = Key(Kind.THUMB, image.digest, image.thumb_format)
    data = archive.vault.get(key, expect=image.thumb_digest)
    with Picture.open(BytesIO(data), formats=("JPEG", "WEBP")) as thumbnail:
        return look(thumbnail)


def _best(archive: Archive, found: Sequence[Stored]) -> Stored:
    """The one that holds most: pixels, then format, a JPEG's quality, bytes, first fetched.

    Raises:
        Damaged: a file can't be read.
    """
    ranked = sorted(found, key=lambda one: (-_pixels(one.image), _LOSS[one.image.format]))
    first = ranked[0].image
    even = [
        one
        for one in ranked
        if (_pixels(one.image), one.image.format) == (_pixels(first), first.format)
    ]
    quality = dict.fromkeys([one.id for one in even], 0.0)
    if len(even) > 1 and first.format is Format.JPG:
        quality = {one.id: jpeg_quality(_blob(archive, one.image)) for one in even}

    def rank(one: Stored) -> tuple[float, int, int, str]:
        image = one.image
        return -quality[one.id], -image.bytes, image.fetched_at, image.digest

    return min(even, key=rank)


def _blob(archive: Archive, image: Image) -> bytes:
    return archive.vault.get(Key(Kind.BLOB, image.digest, image.format))


def _pixels(image: Image) -> int:
    return image.facts.width * image.facts.height if image.facts else 0


def _aspect(image: Image) -> float:
    """Width by height, as it is seen."""
    if image.facts is None:
        return 1.0
    width, height = image.facts.width, image.facts.height
    return height / width if image.facts.turned else width / height


def _write(archive: Archive, batch: Mapping[int, str], found: Mapping[int, Told]) -> None:
    """Record what still fits to what is there: meanwhile an image may have gone."""
    with archive.writing() as connection:
        now = {number: _basis(each) for number, each in rows.shown(connection, batch).items()}
        rows.forget(connection, batch)
        rows.save(
            connection,
            {number: one for number, one in found.items() if now.get(number) == one.basis},
        )
