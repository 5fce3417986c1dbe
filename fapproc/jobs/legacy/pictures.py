"""Images of fapfavorites 2.0 with all that was known of each; the archive's own data stays."""

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from sqlalchemy import Connection

from fapproc.db import (
    counting,
    derived,
    images,
    judgements,
    listings,
    observations,
    pruned,
    soundness,
)
from fapproc.db import places as place_rows
from fapproc.db import tags as tag_rows
from fapproc.db.images import Content
from fapproc.dedup.embedding import quantised
from fapproc.dedup.models import MOBILENET_V3_SMALL
from fapproc.filenames import EXTENSIONS
from fapproc.jobs.legacy.shelves import user_of
from fapproc.legacy import records
from fapproc.legacy.records import OldImage
from fapproc.model import Detail, Place, Reason, Verdict
from fapproc.sources import Source
from fapproc.vault.store import Key

PROGRAM = "fapfavorites-2.0"
VECTORS = "mobilenet"
"""The method that its vectors are kept under: they say nothing to those of another network, and
nothing tells which weights made them, so they are compared with none."""
_FORMATS = {word: form for form, words in EXTENSIONS.items() for word in words}


@dataclass(slots=True)
class Brought:
    """An image, and its bytes if they are to be stored; `why` says what keeps them from it."""

    image: OldImage
    key: Key | None = None
    data: bytes = field(default=b"", repr=False)
    why: str | None = None
    detail: Detail | None = None
    """What its file is, where that is no picture."""

    def refuse(self, why: str) -> None:
        """Its bytes can't be stored."""
        self.key, self.data, self.why = None, b"", why


def store(connection: Connection, batch: Sequence[Brought], tag_ids: Mapping[int, int]) -> None:
    """Write a batch of images whose bytes are stored, or known, or lost, and all said of them."""
    at = int(time.time())
    # A person may have pruned one since its bytes were read: it has a row there, and gets no other.
    unwanted = pruned.known(connection, [each.image.digest for each in batch])
    for each in batch:
        if each.image.digest in unwanted:
            _settle_pruned(connection, each.image, unwanted[each.image.digest])
    batch = [each for each in batch if each.image.digest not in unwanted]
    contents = [
        Content(each.key.digest, len(each.data), each.key.format, each.image.at)
        for each in batch
        if each.key is not None
    ]
    images.add_all(connection, contents, at)
    missing = {each.image.digest: each for each in batch if each.why and not each.detail}
    there = images.by_digests(connection, missing)
    absent = [
        Content(digest, each.image.size, form, each.image.at)
        for digest, each in missing.items()
        if digest not in there and (form := _FORMATS.get(each.image.extension)) is not None
    ]
    lost = set(images.add_all(connection, absent, at).numbers.values())
    stored = images.by_digests(connection, [each.image.digest for each in batch])
    rows = {digest: each.id for digest, each in stored.items()}
    counting.touch(
        connection,
        images=rows.values(),
        sites={place.image for each in batch for place in each.image.places},
    )
    for source in (Source.SITE, Source.DISK):
        had = [
            (place.image, rows[each.image.digest], None)
            for each in batch
            for place in each.image.places
            if each.image.digest in rows and user_of(place.user).source == source
        ]
        if had:
            listings.record_images(connection, had, source=source)
    for each in batch:
        if each.image.digest not in rows:
            _fail(connection, each, at)
    found = {rows[each.image.digest]: each.image for each in batch if each.image.digest in rows}
    _say(connection, found, tag_ids)
    _derive(connection, found)
    for number in lost:
        soundness.set_lost(connection, number, at)


def _settle_pruned(connection: Connection, image: OldImage, number: int) -> None:
    """A person has pruned it here: so at its places nothing is wanted."""
    for place in image.places:
        had = [(place.image, number, place.name)]
        pruned.record_places(connection, had, source=user_of(place.user).source)


def _fail(connection: Connection, each: Brought, at: int) -> None:
    """Say at an image's places why there is none."""
    reason, detail = Reason.FILE, Detail.MISSING
    if each.detail is not None:
        reason, detail = Reason.DAMAGED, each.detail
    for place in each.image.places:
        listings.record_failure(
            connection,
            place.image,
            reason,
            detail,
            name=place.name,
            url=None,
            at=at,
            source=user_of(place.user).source,
        )


def _say(connection: Connection, found: Mapping[int, OldImage], tag_ids: Mapping[int, int]) -> None:
    """Tags, what was said at places, and what is gone, of images by row number."""
    tagged: defaultdict[int, list[int]] = defaultdict(list)
    for number, image in found.items():
        for tag in image.tags:
            if tag in tag_ids:
                tagged[tag_ids[tag]].append(number)
    for tag, numbers in tagged.items():
        tag_rows.apply_to(connection, tag, numbers)
    said = {
        Place(user_of(place.user), place.album, place.image): place.verdict
        for image in found.values()
        for place in image.places
        if place.verdict is not Verdict.NEW
    }
    now = place_rows.sightings_of(connection, list(found))
    unsaid = {each.place for seen in now.values() for each in seen if each.verdict is Verdict.NEW}
    judgements.set_places(connection, {place: said[place] for place in said.keys() & unsaid})
    gone = {each.image: each for image in found.values() for each in image.gone}
    fresh = observations.never_seen(connection, gone, Source.SITE)
    observations.set_gone(
        connection, [gone[number] for number in sorted(fresh)], source=Source.SITE
    )


def _derive(connection: Connection, found: Mapping[int, OldImage]) -> None:
    """Facts, hashes and vectors, of images that have none of ours yet."""
    coded = derived.codes_of(connection, found)
    encoders = {
        name: images.add_encoder(connection, name, PROGRAM)
        for name in records.HASHES
        if any(name in image.codes for image in found.values())
    }
    codes = {
        number: {encoders[name]: code for name, code in image.codes.items()}
        for number, image in found.items()
        if number not in coded
    }
    images.save_codes(connection, codes)
    vectors = {
        number: quantised(np.frombuffer(image.vector, "<f4")).tobytes()
        for number, image in found.items()
        if image.vector
    }
    if vectors:
        made_by = images.add_encoder(connection, VECTORS, f"{MOBILENET_V3_SMALL.name} {PROGRAM}")
        derived.save_vectors(connection, made_by, vectors)
    for number, image in found.items():
        if image.facts is not None:
            derived.set_facts(connection, number, image.facts)
