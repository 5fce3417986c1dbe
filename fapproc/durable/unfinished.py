"""Temporary files: written and synced under a name that stands for nothing, then renamed.

They lie in a folder of their own in the part of the archive where they are to end, so that a rename
never leaves the disk, and what a crash left is found without looking at a million names. Each is
locked by who writes it until it has its own name: a lock tells the living from the dead in another
container or on another computer too, where process numbers mean nothing.
"""

import contextlib
import os
import re
import secrets
import time
from dataclasses import dataclass
from io import FileIO
from pathlib import Path

from fapproc import ours
from fapproc.disk import Folder, Folders, opened
from fapproc.lock import try_lock
from fapproc.ours import TEMPORARY

_LEFT_BEHIND = 24 * 3600.0
"""Seconds; a temporary file this old that no lock can tell of is nobody's any more."""
_FORMS = ((TEMPORARY, ours.HALF), (ours.FORMER_TEMPORARY, ours.FORMER_HALF))


@dataclass(frozen=True, slots=True)
class Half:
    """A temporary file, locked as long as it is open: in which folder, and its name there."""

    folder: Folder
    name: str
    file: FileIO

    @classmethod
    def write(cls, folders: Folders, parts: tuple[str, ...], data: bytes) -> "Half":
        """Write and sync the bytes of a file that is to lie in `parts` below the root.

        Raises:
            OSError: they can't be written; nothing is left of them.
        """
        area = parts[:1] if len(parts) > 1 else ()
        folder = folders.at(*area, TEMPORARY, make=0o777)
        half = cls(folder, *_begin(folder))
        try:
            with os.fdopen(half.file.fileno(), "wb", closefd=False) as stream:
                stream.write(data)
            os.fsync(half.file.fileno())
        except BaseException:
            half.drop()
            raise
        return half

    def place(self, folders: Folders, parts: tuple[str, ...]) -> None:
        """Give it its own name, whose folder is yet to be synced.

        Raises:
            OSError: that can't be done.
        """
        if os.name == "nt":  # which renames no open file
            self.file.close()
        self.folder.rename(self.name, folders.at(*parts[:-1], make=0o777), parts[-1])

    def drop(self) -> None:
        """Remove it, unless it has its own name, and let go of it."""
        with contextlib.suppress(OSError):
            self.folder.remove(self.name, ours.HALF)
        self.file.close()


def sweep(root: Path, *, alone: bool = False) -> None:
    """Remove temporary files that nobody writes any more; `alone`: nobody else could."""
    for area in _areas(root):
        # Earlier programs had one folder; what has their form in another's is somebody else's.
        for place, form in _FORMS if not area else _FORMS[:1]:
            # No such folder, a link in its place, or not ours to clean.
            with contextlib.suppress(OSError), opened(root, *area, place) as folder:
                for name in [entry.name for entry in folder.entries()]:
                    with contextlib.suppress(OSError):
                        if alone or _is_left_behind(folder, name, form):
                            folder.remove(name, form)


def tidy(root: Path) -> None:
    """Remove the folders of temporary files, if they are empty, from where a person looks."""
    for area in _areas(root):
        with contextlib.suppress(OSError), opened(root, *area) as folder:
            folder.remove_empty(TEMPORARY)


def _areas(root: Path) -> list[tuple[str, ...]]:
    """Where folders of temporary files may be: in the root, and in the folders in it."""
    try:
        with opened(root) as folder:
            inner = [entry.name for entry in folder.entries() if entry.is_dir()]
    except OSError:
        return []
    return [(), *((name,) for name in inner if name not in dict(_FORMS))]


def _begin(folder: Folder) -> tuple[str, FileIO]:
    """Make a temporary file and lock it; a sweep may come between the two, and takes it."""
    while True:
        name = f"half-{secrets.token_hex(16)}"
        file = FileIO(folder.open(name, os.O_RDWR | os.O_CREAT | os.O_EXCL), "r+")
        try:
            if try_lock(file, alone=True) and os.fstat(file.fileno()).st_nlink:
                return name, file
        except BaseException:
            file.close()
            folder.remove(name, ours.HALF)
            raise
        file.close()


def _is_left_behind(folder: Folder, name: str, form: re.Pattern[str]) -> bool:
    """Whether nobody writes a temporary file any more: by its lock, or its age if it has none."""
    if not (form.fullmatch(name) and folder.is_file(name)):
        return False
    if os.name == "nt" or form is ours.FORMER_HALF:
        return time.time() - folder.look(name).st_mtime > _LEFT_BEHIND
    with FileIO(folder.open(name, os.O_RDWR), "r+") as file:
        return try_lock(file, alone=True)
