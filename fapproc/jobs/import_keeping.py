"""What becomes of the entries of an album that is imported: they are stored, or only foreseen."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from fapproc.archive import Archive
from fapproc.db import catalogue, images, listings, pruned
from fapproc.jobs import ingest
from fapproc.jobs.import_places import Places
from fapproc.jobs.ingest import Miss, Picture
from fapproc.model import LOCAL_DISK, LOCAL_DISK_NAME, Folder, Listed
from fapproc.sources import Source
from fapproc.vault.store import digest_of

Keep = Callable[[Path, Folder, int, Sequence[Picture | Miss]], ingest.IngestReport]
"""Does with entries of an album what is to be done; says where that lies, and in which place."""


@dataclass(frozen=True, slots=True)
class Coming:
    """A picture that an import would bring: its digest, its size, and its album and name."""

    digest: str
    bytes: int
    name: str


@dataclass(frozen=True, slots=True)
class Storing:
    """Puts entries into an archive."""

    archive: Archive
    places: Places

    def __call__(
        self, place: Path, album: Folder, position: int, entries: Sequence[Picture | Miss]
    ) -> ingest.IngestReport:
        """Put these entries of an album into the archive."""
        at = int(time.time())
        with self.archive.writing() as connection:
            catalogue.save_user(connection, LOCAL_DISK, LOCAL_DISK_NAME)
            catalogue.save_folder(connection, LOCAL_DISK, album, position)
            self.places.settle(connection, album.id, album.name, place)
            page = [Listed(entry.image, entry.name) for entry in entries]
            listings.add_page(connection, LOCAL_DISK, album.id, page)
            catalogue.finish_listing(connection, LOCAL_DISK, album.id, pages=1, at=at)
        pictures = [entry for entry in entries if isinstance(entry, Picture)]
        misses = [entry for entry in entries if isinstance(entry, Miss)]
        return ingest.store(self.archive, pictures, misses, at=at, source=Source.DISK)


@dataclass(frozen=True, slots=True)
class Foreseeing:
    """Tells what an archive would get, as `ingest.store` would count it."""

    archive: Archive | None
    found: Callable[[Coming], None]
    came: set[str] = field(default_factory=set)

    def __call__(
        self,
        place: Path,  # noqa: ARG002 - as for what stores
        album: Folder,
        position: int,  # noqa: ARG002 - the same
        entries: Sequence[Picture | Miss],
    ) -> ingest.IngestReport:
        """Tell of these entries of an album what would be new."""
        pictures = [(digest_of(e.data), e) for e in entries if isinstance(e, Picture)]
        known = self.came | self._known([digest for digest, _ in pictures])
        new: dict[str, int] = {}
        for digest, picture in pictures:
            if digest not in known and digest not in new:
                new[digest] = len(picture.data)
                self.found(Coming(digest, len(picture.data), f"{album.name}/{picture.name}"))
        self.came.update(new)
        failed = len(entries) - len(pictures)
        return ingest.IngestReport(len(new), len(pictures) - len(new), sum(new.values()), failed)

    def _known(self, digests: list[str]) -> set[str]:
        if self.archive is None:
            return set()
        with self.archive.reading() as connection:
            return {*images.numbers_of(connection, digests), *pruned.known(connection, digests)}
