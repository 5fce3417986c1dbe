"""Save: pictures straight to a folder, in the clear, under their own names; no archive.

A name that is taken by other bytes gets the first digits of the digest. A hidden list in the folder
says which ids are there and what their files looked like, so that running again asks for none of
them; a file that was removed or changed since is had again.
"""

import contextlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from fapproc import disk
from fapproc.errors import StorageError, Unreadable, UsageProblem
from fapproc.filenames import apart, corrected_picture_name
from fapproc.jobs.ingest import Miss, Picture, Report
from fapproc.vault.local import Entry, LocalFolder, refusal
from fapproc.vault.store import digest_of

LIST = ".fapproc-get"
ARCHIVE_MARK = "archive.json"
_DIGITS = (8, 64)


@dataclass(frozen=True, slots=True)
class _Line:
    """What the list says of an id: its file, and how that looked when it was written."""

    image: int
    name: str
    bytes: int
    changed_at: float

    @property
    def entry(self) -> Entry:
        return Entry(self.name, self.bytes, self.changed_at)


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
        self._files = LocalFolder(folder, f"the folder {folder}")
        check(folder)
        _make(folder)
        self._files.sweep()
        self._taken = {entry.name.casefold(): entry.name for entry in _entries(folder)}

    def save(self, pictures: Sequence[Picture], misses: Sequence[Miss] = ()) -> Report:
        """Save pictures durably, each under a name of its own; misses are only counted.

        Raises:
            StorageError: the disk is full or can't be written; no half file is left.
        """
        names: dict[int, str] = {}
        fresh: dict[str, bytes] = {}
        renamed = 0
        for picture in pictures:
            wanted = corrected_picture_name(picture.name or str(picture.image), picture.format)
            name, is_new = self._place(wanted, picture.data, fresh)
            names[picture.image] = name
            if is_new:
                fresh[name] = picture.data
                self._taken[name.casefold()] = name
                renamed += name != wanted
        self._files.write(fresh)
        self._note(names)
        self.renamed += renamed
        there = len(pictures) - len(fresh)
        return Report(len(fresh), there, sum(map(len, fresh.values())), len(misses))

    def close(self) -> None:
        """Leave nothing behind that is no picture, but the list."""
        self._files.tidy()

    def _place(self, wanted: str, data: bytes, fresh: dict[str, bytes]) -> tuple[str, bool]:
        """The name for these bytes, and whether they are to be written.

        Names that differ only by case are one name: on some systems they are one file.
        """
        digest = digest_of(data)
        for name in (wanted, *(apart(wanted, digest[:digits]) for digits in _DIGITS)):
            there = self._taken.get(name.casefold())
            if there is None:
                return name, True
            if self._holds(there, data, fresh):
                return there, False
        return name, True  # someone put other bytes under the whole digest

    def _holds(self, name: str, data: bytes, fresh: dict[str, bytes]) -> bool:
        if name in fresh:
            return fresh[name] == data
        entry = self._files.entry(name)
        if entry is None or not entry.is_regular or entry.bytes != len(data):
            return False
        try:
            return self._files.read(name) == data
        except Unreadable:  # so its name is taken
            return False

    def _note(self, names: dict[int, str]) -> None:
        """Add to the list; each line begins a new one, as a kill may have cut off the last.

        A line that is lost with the power costs one more request, and no picture.
        """
        lines = []
        for image, name in names.items():
            if (entry := self._files.entry(name)) is not None:
                lines.append("\n" + json.dumps([image, name, entry.bytes, entry.changed_at]))
        try:
            with (self.folder / LIST).open("a", encoding="utf-8") as stream:
                stream.writelines(lines)
        except OSError as error:
            raise _refused(self.folder, error) from error


def known(folder: Path) -> frozenset[int]:
    """The ids whose files are in a folder and were not changed since; it may be no folder yet.

    Raises:
        StorageError: it can't be read.
    """
    if not (folder / LIST).exists():
        return frozenset()
    entries = {entry.name: entry for entry in _entries(folder)}
    listed = {line.image: line for line in _read_list(folder / LIST)}
    return frozenset(
        image for image, line in listed.items() if entries.get(line.name) == line.entry
    )


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
            f"{folder} holds an archive, and these pictures are saved in the clear: name another "
            "folder with --output, or use 'fapproc read'."
        )


def _make(folder: Path) -> None:
    try:
        disk.make(folder)
        (folder / LIST).touch()  # tells now, and not after the first picture, that it can't be
    except OSError as error:
        raise _refused(folder, error) from error


def _entries(folder: Path) -> Iterator[Entry]:
    try:
        names = [path.name for path in folder.iterdir()]
    except OSError as error:
        raise _refused(folder, error) from error
    files = LocalFolder(folder)
    yield from (entry for name in names if (entry := files.entry(name)) is not None)


def _read_list(path: Path) -> Iterator[_Line]:
    """The lines of the list; one that a kill cut off, or that is none, is passed by."""
    data = LocalFolder(path.parent, f"the folder {path.parent}").read(path.name) or b""
    for text in data.decode("utf-8", "replace").splitlines():
        with contextlib.suppress(ValueError, TypeError):
            image, name, length, changed_at = json.loads(text)
            yield _Line(int(image), str(name), int(length), float(changed_at))


def _refused(folder: Path, error: OSError) -> StorageError:
    return StorageError(
        f"The folder {folder} can't be used: {error.strerror}. Make room or give permission, or "
        "name another one with --output."
    )
