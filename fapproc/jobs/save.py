"""Save: pictures straight to a folder, unencrypted, under their own names; no archive.

If other bytes have the same name, the first digits of the digest are added. A hidden list in the
folder says which ids are there and what their files hold, so that running again asks for none of
them; a file that was removed or changed since is fetched again.
"""

import contextlib
import json
import os
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import FileIO
from pathlib import Path

from fapproc import disk, name_lengths
from fapproc.db.placeholders import PLACEHOLDER_BYTES, PLACEHOLDER_IDS
from fapproc.durable.entry import COARSE_SECONDS, Entry
from fapproc.durable.folder import DurableFolder, refusal
from fapproc.errors import NameTooLong, StorageError, Unreadable, UsageProblem
from fapproc.filenames import apart, corrected_picture_name, cut, twin
from fapproc.jobs.ingest import IngestReport, Miss, Picture
from fapproc.vault.store import digest_of

LIST = ".fapproc-get"
ARCHIVE_MARK = "archive.json"
_DIGITS = (8, 64)


@dataclass(frozen=True, slots=True)
class _Line:
    """What the list says of an id: its file, how that looked when it was written, its digest."""

    image: int
    name: str
    bytes: int
    changed_at: float
    digest: str | None = None


@dataclass(slots=True)
class _Placed:
    """The names of pictures by their ids, and what is to be written under which."""

    names: dict[int, str]
    fresh: dict[str, bytes]
    renamed: int = 0


class Target:
    """The folder that pictures are saved to."""

    def __init__(self, folder: Path) -> None:
        """Make the folder, and look at what is in it.

        Raises:
            StorageError: it can't be made, read or written.
            UsageProblem: it holds an archive.
        """
        self.folder = folder
        self.renamed = 0
        self._came_for: defaultdict[str, set[int]] = defaultdict(set)
        self._files = DurableFolder(folder, f"the folder {folder}")
        check(folder)
        _make(folder)
        self._files.sweep()
        self._longest = name_lengths.longest_name(folder)
        self._taken = {twin(entry.name): entry.name for entry in _entries(folder)}
        for line in _read_list(folder):  # else each run would save some more of the same
            if line.digest is not None:
                self._came_for[line.digest].add(line.image)

    def save(self, pictures: Sequence[Picture], misses: Sequence[Miss] = ()) -> IngestReport:
        """Save pictures durably, each under a name of its own; misses are only counted.

        Raises:
            StorageError: the disk is full or can't be written; no half file is left.
        """
        wanted = [picture for picture in pictures if not self._is_placeholder(picture)]
        many = len(pictures) - len(wanted)
        return self._save(wanted) + IngestReport(failed=len(misses) + many, placeholders=many)

    def _save(self, pictures: Sequence[Picture]) -> IngestReport:
        try:
            placed = self._place_all(pictures)
            self._files.write(placed.fresh)
        except NameTooLong:
            if self._longest == name_lengths.SHORTEST_LIMIT:
                raise
            self._longest = name_lengths.SHORTEST_LIMIT
            return self._save(pictures)
        self._taken |= {twin(name): name for name in placed.fresh}
        self._note(pictures, placed.names)
        self.renamed += placed.renamed
        there = len(pictures) - len(placed.fresh)
        return IngestReport(len(placed.fresh), there, sum(map(len, placed.fresh.values())))

    def _is_placeholder(self, picture: Picture) -> bool:
        """Whether one small file has come for too many pictures to be these."""
        if len(picture.data) > PLACEHOLDER_BYTES:
            return False
        ids = self._came_for[digest_of(picture.data)]
        ids.add(picture.image)
        return len(ids) >= PLACEHOLDER_IDS

    def close(self) -> None:
        """Leave nothing behind that is no picture, but the list."""
        self._files.tidy()

    def _place_all(self, pictures: Sequence[Picture]) -> _Placed:
        placed = _Placed({}, {})
        taken = dict(self._taken)
        for picture in pictures:
            wanted = corrected_picture_name(picture.name or str(picture.image), picture.format)
            name, is_new = self._place(wanted, picture.data, taken, placed.fresh)
            placed.names[picture.image] = name
            if is_new:
                placed.fresh[name] = picture.data
                taken[twin(name)] = name
                placed.renamed += name != wanted
        return placed

    def _place(
        self, wanted: str, data: bytes, taken: Mapping[str, str], fresh: Mapping[str, bytes]
    ) -> tuple[str, bool]:
        """The name for these bytes, and whether they are to be written.

        Names that are one on some disk, by letter case or by accents, are one here.
        """
        digest, short = digest_of(data), cut(wanted, self._longest)
        others = (apart(short, digest[:digits], self._longest) for digits in _DIGITS)
        for name in (short, *others):
            there = taken.get(twin(name))
            if there is None:
                return name, True
            if self._holds(there, data, fresh):
                return there, False
        return name, True  # someone put other bytes under the whole digest

    def _holds(self, name: str, data: bytes, fresh: Mapping[str, bytes]) -> bool:
        if name in fresh:
            return fresh[name] == data
        entry = self._files.entry(name)
        if entry is None or not entry.is_regular or entry.bytes != len(data):
            return False
        try:
            return self._files.read(name) == data
        except Unreadable:  # so its name is taken
            return False

    def _note(self, pictures: Sequence[Picture], names: Mapping[int, str]) -> None:
        """Add to the list; each line begins a new one, as a kill may have cut off the last.

        A line that is lost with the power costs one more request, and no picture.
        """
        lines = []
        for picture in pictures:
            name = names[picture.image]
            if (entry := self._files.entry(name)) is not None:
                digest = digest_of(picture.data)
                said = [picture.image, name, entry.bytes, entry.changed_at, digest]
                lines.append("\n" + json.dumps(said))
        try:
            with _open_list(self.folder, os.O_WRONLY | os.O_APPEND) as stream:
                stream.write("".join(lines).encode())
        except OSError as error:
            raise _refused(self.folder, error) from error


def known(folder: Path) -> frozenset[int]:
    """The ids whose files are in a folder and were not changed since; it may be no folder yet.

    A time that is not the noted one says little: a copy has times of its own, and many a disk
    coarse ones. The file is read then, and compared.

    Raises:
        StorageError: it can't be read.
    """
    if not (folder / LIST).exists():
        return frozenset()
    entries = {twin(entry.name): entry for entry in _entries(folder)}
    try:
        listed = {line.image: line for line in _read_list(folder)}
    except OSError as error:
        raise _refused(folder, error) from error
    files = DurableFolder(folder, f"the folder {folder}")
    return frozenset(
        image
        for image, line in listed.items()
        if _is_unchanged(files, line, entries.get(twin(line.name)))
    )


def _is_unchanged(files: DurableFolder, line: _Line, entry: Entry | None) -> bool:
    if entry is None or entry.bytes != line.bytes or not entry.is_regular:
        return False
    if abs(entry.changed_at - line.changed_at) <= COARSE_SECONDS:
        return True
    with contextlib.suppress(Unreadable):
        data = files.read(entry.name) if line.digest else None
        return data is not None and digest_of(data) == line.digest
    return False


def check(folder: Path) -> None:
    """See that pictures may be saved to a folder; it is not made, and nothing in it changed.

    Raises:
        StorageError: it can't be made or written.
        UsageProblem: it holds an archive.
    """
    if (refused := refusal(folder)) is not None:
        raise _refused(folder, refused)
    if (folder / ARCHIVE_MARK).exists():
        raise UsageProblem(
            f"{folder} holds an archive, and these pictures are saved unencrypted: name another "
            "folder with --output, or use 'fapproc read'."
        )


def _make(folder: Path) -> None:
    try:
        disk.make(folder)
        with _open_list(folder, os.O_WRONLY | os.O_CREAT):
            pass  # tells now, and not after the first picture, that it can't be
    except OSError as error:
        raise _refused(folder, error) from error


def _entries(folder: Path) -> Iterator[Entry]:
    try:
        names = [path.name for path in folder.iterdir()]
    except OSError as error:
        raise _refused(folder, error) from error
    files = DurableFolder(folder)
    yield from (entry for name in names if (entry := files.entry(name)) is not None)


def _open_list(folder: Path, flags: int) -> FileIO:
    """The list to be written, itself and not by a link, nor a pipe; the caller closes it."""
    with disk.opened(folder) as place:
        return FileIO(place.open(LIST, flags), "w")


def _read_list(folder: Path) -> Iterator[_Line]:
    """The lines of the list; one that a kill cut off, or that is none, is passed by."""
    data = DurableFolder(folder, f"the folder {folder}").read(LIST) or b""
    for line in data.decode("utf-8", "replace").splitlines():
        with contextlib.suppress(ValueError, TypeError):
            image, name, length, changed_at, *digest = json.loads(line)
            noted = str(digest[0]) if digest else None
            yield _Line(int(image), str(name), int(length), float(changed_at), noted)


def _refused(folder: Path, error: OSError) -> StorageError:
    return StorageError(
        f"The folder {folder} can't be used: {error.strerror}. Make room or give permission, or "
        "name another one with --output."
    )
