"""Import: pictures of a local folder, as albums of the user LOCAL DISK.

Each folder with pictures becomes an album, and so does each ZIP or CBZ file; files in the order of
their names. Ids are our own, made of path and content, so importing again adds what is new and
never loses what was there.
"""

import errno
import hashlib
import itertools
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from fapproc.archive import Archive
from fapproc.db import catalogue, listings
from fapproc.durable.regular import LARGEST, read_regular
from fapproc.errors import FapError
from fapproc.filenames import EXTENSIONS
from fapproc.jobs import ingest
from fapproc.jobs.import_packed import is_packed, pictures
from fapproc.jobs.import_tree import Identity, Tree, identity, legible
from fapproc.jobs.ingest import Miss, Picture
from fapproc.model import LOCAL_DISK, LOCAL_DISK_NAME, Detail, Folder, Format, Listed, Reason
from fapproc.sources import Source

BATCH = 32
_MOST_NAMED = 1000
MAX_BYTES = LARGEST
CLAIMS = frozenset(extension for known in EXTENSIONS.values() for extension in known)
"""File extensions that claim a picture of the list: content that isn't one is a failure."""
_NO_FILE = frozenset({errno.ENOENT, errno.ELOOP, errno.EINVAL, errno.ENXIO})
"""What a link to nowhere, a pipe or a socket is opened with: no picture can be meant."""


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did; `skipped` files claim to be no picture, and are none."""

    albums: int
    stored: ingest.IngestReport
    skipped: int
    left_out: Mapping[str, int] = field(default_factory=dict)
    """What is a system's own, or hidden, by name: how many of each."""
    unreadable: tuple[str, ...] = ()
    """A sentence for each folder that could not be looked into, and each ZIP file."""
    failed_names: tuple[str, ...] = ()
    """What failed, below the folder, each with the word for why; the first thousand."""
    skipped_names: tuple[str, ...] = ()
    """What was skipped, the same."""


def import_folder(
    archive: Archive,
    folder: Path,
    *,
    name: str | None = None,
    everything: bool = False,
    done: Callable[[int], None] = lambda _: None,
) -> ImportReport:
    """Import the pictures below a folder.

    Args:
        archive: where to.
        folder: where from; nothing in it is changed, links to folders are not followed.
        name: the album's name for the folder itself; its own name if None.
        everything: take hidden files and folders too, and those that are a system's own.
        done: called with the number of files finished since its last call.

    Raises:
        FapError: the folder is not there, or can't be read.
    """
    root = check_source(folder)
    tree = Tree(root, _own(archive), everything=everything)
    tally, unreadable = _Tally(), list[str]()
    positions = itertools.count()
    for place, files in tree.folders():
        below = place.relative_to(root).parts
        lineage = legible("/".join((name or root.name or str(root), *below)))
        packed = dict.fromkeys(file for file in files if is_packed(file))
        album = Folder(_number(str(place)), lineage)
        read = ((file.name, _read(album, file)) for file in files if file not in packed)
        _import_album(archive, album, next(positions), read, tally, done)
        for file in packed:
            album = Folder(_number(str(file)), f"{lineage}/{legible(file.name)}")
            try:
                _import_album(archive, album, next(positions), _unpack(album, file), tally, done)
            except OSError as error:
                if error.errno is not None:
                    raise
                unreadable.append(f"{legible(str(file))} can't be read: {error.strerror}.")
    return ImportReport(
        tally.albums,
        tally.stored,
        tally.skipped,
        dict(tree.left_out),
        (*tree.unreadable, *unreadable),
        tuple(tally.failed_names),
        tuple(tally.skipped_names),
    )


@dataclass(slots=True)
class _Tally:
    albums: int = 0
    skipped: int = 0
    stored: ingest.IngestReport = field(default_factory=ingest.IngestReport)
    failed_names: list[str] = field(default_factory=list)
    skipped_names: list[str] = field(default_factory=list)

    def add(self, album: Folder, name: str, entry: Picture | Miss | None) -> None:
        """Remember what failed or was skipped, by name."""
        if isinstance(entry, Miss) and len(self.failed_names) < _MOST_NAMED:
            self.failed_names.append(f"{album.name}/{legible(name)}: {entry.detail}")
        if entry is None and len(self.skipped_names) < _MOST_NAMED:
            self.skipped_names.append(f"{album.name}/{legible(name)}")


def check_source(folder: Path) -> Path:
    """The folder's full path, links resolved.

    Raises:
        FapError: there is no such folder.
    """
    root = folder.resolve()
    if not root.is_dir():
        raise FapError(f"{folder} is not a folder. Name the folder that holds the pictures.")
    return root


def _import_album(
    archive: Archive,
    album: Folder,
    position: int,
    found: Iterable[tuple[str, Picture | Miss | None]],
    tally: _Tally,
    done: Callable[[int], None],
) -> None:
    is_album = False
    for read in ingest.batches(found, most=BATCH, weigh=lambda named: ingest.weight(named[1])):
        entries = [entry for _, entry in read if entry is not None]
        if entries:
            tally.stored += _store(archive, album, position, entries)
            is_album = True
        tally.skipped += len(read) - len(entries)
        for name, entry in read:
            tally.add(album, name, entry)
        done(len(read))
    tally.albums += is_album


def _unpack(album: Folder, file: Path) -> Iterator[tuple[str, Picture | Miss | None]]:
    """The files of a ZIP file as what they are."""
    for name, data in pictures(file, lambda name: _claims(Path(name)), most=MAX_BYTES):
        told = legible(name)
        if isinstance(data, bytes):
            yield told, _entry(album, told, data)
        elif data is None:
            yield told, None
        else:
            reason = Reason.FILE if data is Detail.UNREACHABLE else Reason.DAMAGED
            yield told, Miss(_number(f"{album.id}/{told}/missing"), reason, data, told)


def _store(
    archive: Archive, album: Folder, position: int, entries: list[Picture | Miss]
) -> ingest.IngestReport:
    at = int(time.time())
    with archive.writing() as connection:
        catalogue.save_user(connection, LOCAL_DISK, LOCAL_DISK_NAME)
        catalogue.save_folder(connection, LOCAL_DISK, album, position)
        page = [Listed(entry.image, entry.name) for entry in entries]
        listings.add_page(connection, LOCAL_DISK, album.id, page)
        catalogue.finish_listing(connection, LOCAL_DISK, album.id, pages=1, at=at)
    pictures = [entry for entry in entries if isinstance(entry, Picture)]
    misses = [entry for entry in entries if isinstance(entry, Miss)]
    return ingest.store(archive, pictures, misses, at=at, source=Source.DISK)


def _own(archive: Archive) -> set[Identity]:
    """The archive's folders, of which those of its files may be links to elsewhere."""
    folders = (archive.folder, archive.export_folder, *archive.vault.folders())
    return {found for folder in folders if (found := identity(folder)) is not None}


def _read(album: Folder, file: Path) -> Picture | Miss | None:
    """A file as what it is: a picture, a failure of one that claims to be, or nothing of ours."""
    name = legible(file.name)
    try:
        data = read_regular(file, most=MAX_BYTES)
    except OSError as error:
        if not _claims(file) or error.errno in _NO_FILE:
            return None
        if error.errno == errno.EFBIG:
            number = _number(f"{album.id}/{name}/{hashlib.sha256().hexdigest()}")
            return Miss(number, Reason.DAMAGED, Detail.TOO_LARGE, name)
        missing = _number(f"{album.id}/{file.name}/missing")
        return Miss(missing, Reason.FILE, Detail.UNREACHABLE, name)
    return _entry(album, name, data)


def _entry(album: Folder, name: str, data: bytes) -> Picture | Miss | None:
    """Bytes as what they are."""
    found = ingest.examine(data)
    number = _number(f"{album.id}/{name}/{hashlib.sha256(data).hexdigest()}")
    if isinstance(found, Format):
        return Picture(number, name, data, found)
    return Miss(number, Reason.DAMAGED, found, name) if _claims(Path(name)) else None


def _claims(file: Path) -> bool:
    return file.suffix.lower().removeprefix(".") in CLAIMS


def _number(text: str) -> int:
    """A positive id of 63 bits, the same for the same text."""
    digest = hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()
    return int.from_bytes(digest[:8], "big") >> 1 or 1
