"""Import: pictures of a local folder, as albums of the user LOCAL DISK.

Each folder with pictures becomes an album, its files in the order of their names. Ids are our own,
made of path and content, so importing again adds what is new and never loses what was there.
"""

import hashlib
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from fapproc.archive import Archive
from fapproc.db import catalogue, listings
from fapproc.errors import FapError
from fapproc.filenames import EXTENSIONS
from fapproc.jobs import ingest
from fapproc.jobs.ingest import Miss, Picture
from fapproc.model import (
    LOCAL_DISK_NAME,
    LOCAL_DISK_USER,
    Detail,
    Folder,
    Format,
    Listed,
    Reason,
)

BATCH = 32
MAX_BYTES = 256 * 1024 * 1024
CLAIMS = frozenset(extension for known in EXTENSIONS.values() for extension in known)
"""File extensions that claim a picture of the list: content that isn't one is a failure."""


@dataclass(frozen=True, slots=True)
class Report:
    """What an import did; `skipped` files claim to be no picture, and are none."""

    albums: int
    stored: ingest.Report
    skipped: int


def import_folder(
    archive: Archive,
    folder: Path,
    *,
    name: str | None = None,
    done: Callable[[int], None] = lambda _: None,
) -> Report:
    """Import the pictures below a folder.

    Args:
        archive: where to.
        folder: where from; nothing in it is changed, links to folders are not followed.
        name: the album's name for the folder itself; its own name if None.
        done: called with the number of files finished since its last call.

    Raises:
        FapError: the folder is not there or can't be read.
    """
    root = check_source(folder)
    albums = skipped = 0
    stored = ingest.Report()
    for position, (place, files) in enumerate(_folders(root, avoid=archive.folder.resolve())):
        below = place.relative_to(root).parts
        lineage = _legible("/".join((name or root.name or str(root), *below)))
        album = Folder(_number(str(place)), lineage)
        report, other = _import_album(archive, album, position, files, done)
        albums, skipped, stored = albums + (other < len(files)), skipped + other, stored + report
    return Report(albums, stored, skipped)


def check_source(folder: Path) -> Path:
    """The folder's full path, links resolved.

    Raises:
        FapError: there is no such folder.
    """
    root = folder.resolve()
    if not root.is_dir():
        raise FapError(f"{folder} is no folder. Name the folder that holds the pictures.")
    return root


def _import_album(
    archive: Archive,
    album: Folder,
    position: int,
    files: list[Path],
    done: Callable[[int], None],
) -> tuple[ingest.Report, int]:
    stored, skipped = ingest.Report(), 0
    for start in range(0, len(files), BATCH):
        read = [_read(album, file) for file in files[start : start + BATCH]]
        entries = [entry for entry in read if entry is not None]
        if entries:
            stored += _store(archive, album, position, entries)
        skipped += len(read) - len(entries)
        done(len(read))
    return stored, skipped


def _store(
    archive: Archive, album: Folder, position: int, entries: list[Picture | Miss]
) -> ingest.Report:
    at = int(time.time())
    with archive.writing() as connection:
        catalogue.save_user(connection, LOCAL_DISK_USER, LOCAL_DISK_NAME)
        catalogue.save_folder(connection, LOCAL_DISK_USER, album, position)
        page = [Listed(entry.image, entry.name) for entry in entries]
        listings.add_page(connection, LOCAL_DISK_USER, album.id, page)
        catalogue.finish_listing(connection, LOCAL_DISK_USER, album.id, pages=1, at=at)
    pictures = [entry for entry in entries if isinstance(entry, Picture)]
    misses = [entry for entry in entries if isinstance(entry, Miss)]
    return ingest.store(archive, pictures, misses, at=at, local=True)


def _folders(root: Path, *, avoid: Path) -> Iterator[tuple[Path, list[Path]]]:
    """Every folder with its files, by name; an archive inside the folder is not imported."""
    for place, folders, names in os.walk(root, onerror=_refuse):
        inside = Path(place) == avoid
        folders[:] = sorted(name for name in folders if not inside and Path(place) / name != avoid)
        if names and not inside:
            yield Path(place), [Path(place) / name for name in sorted(names)]


def _refuse(error: OSError) -> None:
    raise FapError(f"{error.filename} can't be read: {error.strerror}. Give permission.") from error


def _read(album: Folder, file: Path) -> Picture | Miss | None:
    """A file as what it is: a picture, a failure of one that claims to be, or nothing of ours."""
    name = _legible(file.name)
    try:
        if not file.is_file():
            return None
        large = file.stat().st_size > MAX_BYTES
        data = b"" if large else file.read_bytes()
    except OSError:
        missing = _number(f"{album.id}/{name}/missing")
        return Miss(missing, Reason.FILE, Detail.UNREACHABLE, name) if _claims(file) else None
    found = Detail.TOO_LARGE if large else ingest.examine(data)
    number = _number(f"{album.id}/{name}/{hashlib.sha256(data).hexdigest()}")
    if isinstance(found, Format):
        return Picture(number, name, data, found)
    return Miss(number, Reason.DAMAGED, found, name) if _claims(file) else None


def _legible(name: str) -> str:
    """A name of the disk as text; what is no UTF-8 in it becomes the replacement character."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _claims(file: Path) -> bool:
    return file.suffix.lower().removeprefix(".") in CLAIMS


def _number(text: str) -> int:
    """A positive id of 63 bits, the same for the same text."""
    digest = hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()
    return int.from_bytes(digest[:8], "big") >> 1 or 1
