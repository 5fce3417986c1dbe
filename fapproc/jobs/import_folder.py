"""Import: pictures of a local folder, as albums of the user LOCAL DISK.

Each folder with pictures becomes an album, and so does each ZIP or CBZ file; files are in the order
of their names. Ids are our own, made from path and content, so importing again adds what is new and
never loses what was there.
"""

import errno
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from fapproc.archive import Archive
from fapproc.durable.regular import LARGEST, read_regular
from fapproc.errors import FapError, UsageProblem
from fapproc.filenames import EXTENSIONS
from fapproc.firsts import MOST
from fapproc.jobs import import_packed, ingest
from fapproc.jobs.import_keeping import Coming, Foreseeing, Keep, Storing
from fapproc.jobs.import_packed import is_packed, pictures
from fapproc.jobs.import_places import Places, number_of
from fapproc.jobs.import_tree import Identity, Tree, holds_archive, identity, legible
from fapproc.jobs.ingest import Miss, Picture
from fapproc.model import Detail, Folder, Format, Reason
from fapproc.real_paths import real
from fapproc.vault.store import digest_of

BATCH = 32
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
    """What failed, below the folder, each with the word for why; the first of them."""
    skipped_names: tuple[str, ...] = ()
    """What was skipped, the same."""
    moved: tuple[tuple[str, str], ...] = ()
    """Albums by the names that they had, each with the place where its folder lies now."""


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
    places = Places(archive)
    taking = _Import(places, Storing(archive, places), done)
    return _go(archive, check_source(folder), taking, name=name, everything=everything)


def preview(
    archive: Archive | None,
    folder: Path,
    *,
    name: str | None = None,
    everything: bool = False,
    found: Callable[[Coming], None] = lambda _: None,
    done: Callable[[int], None] = lambda _: None,
) -> ImportReport:
    """What `import_folder` would do; each picture is read, and nothing is written.

    Args:
        archive: where to; None where there is none yet.
        folder: where from.
        name: as there.
        everything: as there.
        found: called with each picture that the archive would get.
        done: called with the number of files looked at since its last call.

    Raises:
        FapError: as `import_folder`.
    """
    taking = _Import(Places(archive), Foreseeing(archive, found), done)
    return _go(archive, check_source(folder), taking, name=name, everything=everything)


def count(archive: Archive | None, folder: Path, *, everything: bool = False) -> int:
    """How many files an import would look at: their names alone are read, in a part of its time.

    Raises:
        FapError: as `import_folder`.
    """
    tree = Tree(check_source(folder), _own(archive), everything=everything)
    every = (file for _, files in tree.folders() for file in files)
    return sum(import_packed.count(file) if is_packed(file) else 1 for file in every)


def _go(
    archive: Archive | None, root: Path, taking: "_Import", *, name: str | None, everything: bool
) -> ImportReport:
    """Go through all below a folder."""
    tree = Tree(root, _own(archive), everything=everything)
    unreadable = list[str]()
    for place, files in tree.folders():
        below = place.relative_to(root).parts
        lineage = legible("/".join((name or root.name or str(root), *below)))
        packed = dict.fromkeys(file for file in files if is_packed(file))
        plain = [file for file in files if file not in packed]
        taking.take(place, lineage, partial(_look, plain))
        for file in packed:
            try:
                own = f"{lineage}/{legible(file.name)}"
                taking.take(file, own, partial(_unpack, file))
            except OSError as error:
                if error.errno is not None:
                    raise
                unreadable.append(f"{legible(str(file))} can't be read: {error.strerror}.")
    tally = taking.tally
    return ImportReport(
        tally.albums,
        tally.stored,
        tally.skipped,
        dict(tree.left_out),
        (*tree.unreadable, *unreadable),
        tuple(tally.failed_names),
        tuple(tally.skipped_names),
        tuple(taking.places.moved),
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
        if isinstance(entry, Miss) and len(self.failed_names) < MOST:
            self.failed_names.append(f"{album.name}/{legible(name)}: {entry.detail}")
        if entry is None and len(self.skipped_names) < MOST:
            self.skipped_names.append(f"{album.name}/{legible(name)}")


def check_source(folder: Path) -> Path:
    """The folder's full path, links resolved.

    Raises:
        FapError: there is no such folder.
    """
    root = real(folder)
    if not root.is_dir():
        if root.is_file():
            raise FapError(f"{folder} is not a folder. Name the one that holds it: {root.parent}")
        raise FapError(f"There is no folder {folder}. Name the folder that holds the pictures.")
    return root


def refuse_archive(root: Path, own: Path, *, everything: bool) -> None:
    """Refuse a folder that an archive is in: its files are named by what is in them.

    Args:
        root: the folder, as `check_source` says it.
        own: of the archive that is imported into, which need not be there yet.
        everything: whether another archive's files are wanted, as pictures.

    Raises:
        UsageProblem: it is one, or in the archive's own folder.
    """
    if real(own) in {root, *root.parents}:
        raise UsageProblem(
            f"{root} is the archive's own folder, or in it. Name the folder that holds the "
            "pictures, or another folder for the archive with -d."
        )
    if holds_archive(root) and not everything:
        raise UsageProblem(
            f"{root} holds an archive. Name it with -d to look into it; --all imports its files as "
            "pictures, thumbnails too."
        )


Read = tuple[str, Picture | Miss | None]
"""A file by name, as what it is: a picture, a failure of one that claims to be, or neither."""


@dataclass(slots=True)
class _Import:
    """One import on its way from album to album."""

    places: Places
    keep: Keep
    done: Callable[[int], None]
    tally: _Tally = field(default_factory=_Tally)
    _position: int = 0

    def take(self, place: Path, name: str, contents: Callable[[int], Iterable[Read]]) -> None:
        """Import one folder or ZIP file; `contents`: its files, for the album of this id."""
        tally = self.tally
        album = Folder(self.places.find(place, lambda: _digests(contents(0))), name)
        found = ingest.batches(
            contents(album.id), most=BATCH, weigh=lambda named: ingest.weight(named[1])
        )
        is_album = False
        for read in found:
            entries = [entry for _, entry in read if entry is not None]
            if entries:
                tally.stored += self.keep(place, album, self._position, entries)
                is_album = True
            tally.skipped += len(read) - len(entries)
            for each, entry in read:
                tally.add(album, each, entry)
            self.done(len(read))
        tally.albums += is_album
        self._position += 1


def _digests(read: Iterable[Read]) -> set[str]:
    return {digest_of(entry.data) for _, entry in read if isinstance(entry, Picture)}


def _look(files: Iterable[Path], album: int) -> Iterator[Read]:
    """Files of a folder as what they are."""
    return ((file.name, _read(album, file)) for file in files)


def _unpack(file: Path, album: int) -> Iterator[Read]:
    """The files of a ZIP file as what they are."""
    for name, data in pictures(file, lambda name: _claims(Path(name)), most=MAX_BYTES):
        told = legible(name)
        if isinstance(data, bytes):
            yield told, _entry(album, told, data)
        elif data is None:
            yield told, None
        else:
            reason = Reason.FILE if data is Detail.UNREACHABLE else Reason.DAMAGED
            yield told, Miss(number_of(f"{album}/{told}/missing"), reason, data, told)


def _own(archive: Archive | None) -> set[Identity]:
    """The archive's folders, of which those of its files may be links to elsewhere."""
    if archive is None:
        return set()
    folders = (archive.folder, archive.export_folder, *archive.vault.folders())
    return {found for folder in folders if (found := identity(folder)) is not None}


def _read(album: int, file: Path) -> Picture | Miss | None:
    """A file as what it is: a picture, a failure of one that claims to be, or nothing of ours."""
    name = legible(file.name)
    try:
        data = read_regular(file, most=MAX_BYTES)
    except OSError as error:
        if not _claims(file) or error.errno in _NO_FILE:
            return None
        if error.errno == errno.EFBIG:
            number = number_of(f"{album}/{name}/{hashlib.sha256().hexdigest()}")
            return Miss(number, Reason.DAMAGED, Detail.TOO_LARGE, name)
        missing = number_of(f"{album}/{file.name}/missing")
        return Miss(missing, Reason.FILE, Detail.UNREACHABLE, name)
    return _entry(album, name, data)


def _entry(album: int, name: str, data: bytes) -> Picture | Miss | None:
    """Bytes as what they are."""
    found = ingest.examine(data)
    number = number_of(f"{album}/{name}/{hashlib.sha256(data).hexdigest()}")
    if isinstance(found, Format):
        return Picture(number, name, data, found)
    return Miss(number, Reason.DAMAGED, found, name) if _claims(Path(name)) else None


def _claims(file: Path) -> bool:
    return file.suffix.lower().removeprefix(".") in CLAIMS
