"""Albums filled with drawn pictures, the way a crawl fills them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import chain
from pathlib import Path

from sqlalchemy import Connection, select

from fapproc.archive import Archive
from fapproc.db import derived, images, places, schema
from fapproc.db.derived import WantedParts
from fapproc.dedup import motion
from fapproc.dedup.motion import MOTION
from fapproc.dedup.registry import HASHES
from fapproc.imaging import decoders
from fapproc.jobs import crawl, derive_store, ingest
from fapproc.jobs.derive_one import Task, derive_one
from fapproc.jobs.ingest import Miss, Picture
from fapproc.model import (
    Album,
    Detail,
    Folder,
    Format,
    Listed,
    Sighting,
    UserId,
    Verdict,
)
from fapproc.sources import Source
from fapproc.vault.store import Key, Kind, digest_of
from tests.drawing import landscape, write

USER, NAME = 7700, "Ann"
AT = 1_700_000_000
SMALL = (24, 18)
"""Enough of a picture where it is only kept and not looked at."""


@cache
def small(seed: int) -> bytes:
    """A picture of a few hundred bytes."""
    return write(landscape(seed, SMALL), "PNG")


@cache
def photo(seed: int, *, quality: int = 90, size: tuple[int, int] = (320, 240)) -> bytes:
    """A picture like a photo; the same seed with another quality or size is a near-copy."""
    return write(landscape(seed).resize(size), "JPEG", quality=quality)


def cut(data: bytes) -> bytes:
    """The first part of a picture: it still says what it is, and doesn't decode to its end."""
    return data[: len(data) * 3 // 5]


def picture(image: int, data: bytes, name: str | None = None) -> Picture:
    """A picture as a crawl brings it."""
    form = ingest.examine(data)
    assert isinstance(form, Format)
    return Picture(image, name, data, form)


def empty(folder: Path) -> None:
    """Make an archive with nothing in it."""
    Archive.open_or_create(folder).close()


def sightings(connection: Connection, user_id: UserId, album_id: int) -> list[Sighting]:
    """What an album shows, in its source's order."""
    query = select(schema.listing.c.image_id).where(schema.listing.c.image_id.is_not(None))
    each = chain.from_iterable(places.sightings_of(connection, connection.scalars(query)).values())
    here = (one for one in each if (one.place.user, one.place.album) == (user_id, album_id))
    return sorted(here, key=lambda one: (one.position, one.place.image))


@dataclass(frozen=True)
class Shelves:
    """A user's albums by name, as `fill` made them; ids are 111, 112, … in the order given."""

    user: int
    albums: Mapping[str, Album]


def fill(
    archive: Archive,
    albums: Mapping[str, Sequence[Picture | Miss]],
    *,
    user: int = USER,
    name: str = NAME,
    at: int = AT,
    first_album: int = 111,
) -> Shelves:
    """Crawl albums from start to end: list, pages, pictures, order."""
    folders = [Folder(first_album + n, title) for n, title in enumerate(albums)]
    memory = crawl.record_folders(archive, user, name, folders, at=at, source=Source.SITE)
    by_name = {album.name: album for album in memory.folders}
    for title, entries in albums.items():
        album = by_name[title]
        page = [Listed(entry.image, None) for entry in entries]
        wanted = set(crawl.record_page(archive, album, page, failed=False))
        pictures = [e for e in entries if isinstance(e, Picture) and e.image in wanted]
        misses = [e for e in entries if isinstance(e, Miss) and e.image in wanted]
        ingest.store(archive, pictures, misses, at=at, source=Source.SITE)
        crawl.finish_album(archive, album, [e.image for e in entries], pages=1, at=at)
    crawl.finish_user(archive, user, at=at, source=Source.SITE)
    return Shelves(user, by_name)


def list_ids(archive: Archive, *images: int) -> None:
    """List ids in an album of their own, as a crawl has done of what it fetches."""
    folders = [Folder(999, "listed")]
    memory = crawl.record_folders(archive, 9999, "Eve", folders, at=AT, source=Source.SITE)
    page = [Listed(image, None) for image in images]
    crawl.record_page(archive, memory.folders[0], page, failed=False)


def numbered(*data: bytes, first: int = 1201) -> list[Picture]:
    """Pictures under ids from `first` on, named 1.EXT, 2.EXT and so on."""
    found = [picture(first + n, one) for n, one in enumerate(data)]
    return [replace(p, name=f"{n}.{p.format}") for n, p in enumerate(found, start=1)]


def where(archive: Archive, key: Key) -> Path:
    """Where a file lies of an archive that has its files in its own folder."""
    return archive.folder / archive.vault.name(key)


def blob(archive: Archive, data: bytes) -> Path:
    """Where an archive keeps these bytes."""
    form = ingest.examine(data)
    assert isinstance(form, Format)
    return where(archive, Key(Kind.BLOB, digest_of(data), form))


def thumbnail(archive: Archive, data: bytes) -> Path:
    """Where an archive keeps the thumbnail of these bytes."""
    with archive.reading() as connection:
        stored = images.by_digest(connection, digest_of(data))
    assert stored is not None and stored.image.thumb_format is not None
    return where(archive, Key(Kind.THUMB, stored.image.digest, stored.image.thumb_format))


def flip(file: Path, at: int = -1) -> None:
    """Turn one bit of a file on disk."""
    data = bytearray(file.read_bytes())
    data[at] ^= 1
    file.write_bytes(data)


def files_below(folder: Path) -> dict[str, bytes]:
    """Every file's bytes by its relative name."""
    return {
        file.relative_to(folder).as_posix(): file.read_bytes()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def process(archive: Archive) -> None:
    """Derive facts, thumbnails and hashes in this process: no worker starts, no network loads."""
    with archive.writing() as connection:
        encoders = {
            name: images.add_encoder(connection, name, one.identity())
            for name, one in HASHES.items()
        }
        reels = images.add_encoder(connection, MOTION, motion.identity())
        wanted = WantedParts(True, encoders, {}, decoders.identity(), {MOTION: reels})
        for lack in derived.lacking(connection, wanted):
            stored = lack.stored
            data = archive.vault.get(Key(Kind.BLOB, stored.image.digest, stored.image.format))
            made = derive_one(Task(data, True, frozenset({*HASHES, MOTION})))
            assert made.thumb is not None
            thumb = made.thumb
            archive.vault.put([(Key(Kind.THUMB, stored.image.digest, thumb.format), thumb.data)])
            described = (len(thumb.data), digest_of(thumb.data), thumb.format)
            images.set_derived(connection, stored.id, made.facts, described)
            codes = {encoders[name]: made.codes[name] for name in HASHES}
            images.save_codes(connection, {stored.id: codes})
            if MOTION in made.codes:
                derived.save_vectors(connection, reels, {stored.id: made.codes[MOTION]})


def remove(archive: Archive, data: bytes) -> None:
    """Take an image and its places out of the archive, as a person may who no longer wants it."""
    with archive.writing() as connection:
        stored = images.by_digest(connection, digest_of(data))
        assert stored is not None
        listed, image = schema.listing, schema.image
        connection.execute(listed.delete().where(listed.c.image_id == stored.id))
        connection.execute(image.delete().where(image.c.id == stored.id))


def unsound(archive: Archive, data: bytes, detail: Detail = Detail.TRUNCATED) -> None:
    """Say that no whole picture can be made of an image, as `process` does."""
    with archive.writing() as connection:
        stored = images.by_digest(connection, digest_of(data))
        assert stored is not None
        derive_store.mark(connection, {stored.id: (detail, False)})


def judge(archive: Archive, data: bytes, verdict: Verdict) -> None:
    """Say something of an image in its group, as the viewer will."""
    judged = select(schema.image.c.id).where(schema.image.c.digest == digest_of(data))
    table = schema.group_member
    with archive.writing() as connection:
        connection.execute(
            table.update()
            .where(table.c.image_id == judged.scalar_subquery())
            .values(verdict=verdict)
        )


def keep_place(archive: Archive, album: int, image: int) -> None:
    """Say that an image is to be kept at this place, as the viewer will."""
    table = schema.listing
    place = (table.c.album_id == album) & (table.c.site_id == image)
    with archive.writing() as connection:
        connection.execute(table.update().where(place).values(verdict=Verdict.KEEP))
