"""Files under one folder of this computer, written so that a crash leaves whole files or none.

Write order: temporary name (`unfinished`), fsync of the file, rename, fsync of the folder. Names
are relative POSIX paths made by `store`; this module guards that they stay inside the folder, and
`disk` that no link leads out of it.
"""

import contextlib
import errno
import os
import re
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from fapproc import disk
from fapproc.disk import Folder, Folders, opened
from fapproc.durable import unfinished
from fapproc.durable.entry import Entry
from fapproc.durable.regular import read_open
from fapproc.durable.unfinished import Half
from fapproc.errors import NameTooLong, NoRoom, StorageError, Unreadable

NOT_OF_THE_FILE = frozenset({errno.ENOMEM, errno.EMFILE, errno.ENFILE})
"""What a process lacks, and no file is to blame for."""
_KINDS = {
    errno.ENAMETOOLONG: NameTooLong,
    **dict.fromkeys({*NOT_OF_THE_FILE, errno.ENOSPC, errno.EDQUOT}, NoRoom),
}
"""Errors that are no matter of one folder or file."""
IN_THE_WAY = frozenset({errno.EISDIR, errno.ENOTDIR, errno.ELOOP})
"""A folder or a link lies where a file belongs, or the other way round."""


class DurableFolder:
    """A folder of files by relative name."""

    def __init__(self, root: Path, what: str = "the archive") -> None:
        self.root = root
        self._what = what  # how the folder is called where something goes wrong in it

    def write(self, files: Mapping[str, bytes]) -> None:
        """Write all files durably; when this returns, each is on disk under its name.

        All files are written before the first is renamed, and each folder is synced once: with
        forty files a batch a picture costs one fsync of its own, not three.

        Raises:
            NameTooLong: the disk takes no name of that length.
            NoRoom: the disk is full.
            StorageError: no permission, a link; no half file is left under its name.
        """
        halves: dict[str, Half] = {}
        folders = Folders(self.root)
        try:
            disk.make(self.root)
            for name, data in files.items():
                halves[name] = Half.write(folders, parts_of(name), data)
            for name, half in halves.items():
                half.place(folders, parts_of(name))
            for folder in sorted({parts_of(name)[:-1] for name in halves}):
                folders.at(*folder).sync()
        except OSError as error:
            for half in halves.values():
                half.drop()
            kind = _KINDS.get(error.errno or 0, StorageError)
            raise kind(self._sentence("write", error)) from error
        finally:
            for half in halves.values():
                half.file.close()
            folders.close()

    def read(self, name: str) -> bytes | None:
        """Return the file's bytes, or None where there is no such file.

        Raises:
            Unreadable: it is there and can't be read, or is no file of a picture's size.
            StorageError: this process lacks what it takes.
        """
        try:
            with self._folder_of(name) as (folder, last):
                return read_open(folder.open(last, os.O_RDONLY), name)
        except FileNotFoundError:
            return None
        except OSError as error:
            if error.errno == errno.ENAMETOOLONG:  # so there can be no such file
                return None
            raise self._unreadable(self.path(name), error) from error

    def remove(self, name: str, form: re.Pattern[str]) -> bool:
        """Remove a file whose last part has this form; False where none is, or another's.

        Raises:
            StorageError: it is there and can't be removed.
        """
        try:
            with self._folder_of(name) as (folder, last):
                return folder.remove(last, form)
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError as error:
            raise StorageError(self._sentence("delete", error)) from error

    def link(self, name: str, source: Path) -> bool:
        """Give a file of the same disk a second name here, durably; False where that can't be."""
        *folder, _ = parts_of(name)
        with contextlib.suppress(OSError):
            disk.make(self.root)
            with opened(self.root, *folder, make=0o777) as found:
                os.link(source, self.path(name), follow_symlinks=False)
                found.sync()
            return True
        return False

    def entry(self, name: str) -> Entry | None:
        """A file's size and time; None where there is none, or the disk doesn't say.

        Who wants its bytes then hears from `read` what is wrong.
        """
        try:
            with self._folder_of(name) as (folder, last):
                found = folder.look(last)
        except OSError:
            return None
        return Entry(name, found.st_size, found.st_mtime, stat.S_ISREG(found.st_mode))

    def sweep(self, *, alone: bool = False) -> None:
        """Remove temporary files that nobody writes any more; `alone`: nobody else could."""
        unfinished.sweep(self.root, alone=alone)

    def tidy(self) -> None:
        """Remove the folders of temporary files, if they are empty, from where a person looks."""
        unfinished.tidy(self.root)

    def path(self, name: str) -> Path:
        """Return where a name lies; a name that leaves the folder is a bug of ours."""
        return self.root.joinpath(*parts_of(name))

    @contextmanager
    def _folder_of(self, name: str) -> Iterator[tuple[Folder, str]]:
        *folder, last = parts_of(name)
        with opened(self.root, *folder) as found:
            yield found, last

    def _unreadable(self, path: Path, error: OSError) -> StorageError | Unreadable:
        if error.errno in NOT_OF_THE_FILE:
            return StorageError(self._sentence("read", error))
        if isinstance(error, NotADirectoryError):
            return Unreadable(
                f"{path} can't be read: {error.filename} is in the place of a folder. Move it "
                "away, then run the same command again."
            )
        return Unreadable(
            f"{path} can't be read: {error.strerror}. Repair the disk, give permission, or move it "
            "away, then run the same command again."
        )

    def _sentence(self, verb: str, error: OSError) -> str:
        where = error.filename or self.root
        helps = "Move it away" if error.errno in IN_THE_WAY else "Make room or give permission"
        return (
            f"Can't {verb} in {self._what}: {where}: {error.strerror}. {helps}, then run the same "
            "command again; nothing that was stored is lost."
        )


def refusal(folder: Path) -> OSError | None:
    """What making and using a folder would be refused with, as far as a look can tell; else None.

    Nothing is made: the folder itself is looked at, or the nearest one above that is there.
    """
    place = next(path for path in (folder, *folder.absolute().parents) if os.path.lexists(path))
    if not place.is_dir():
        return NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
    if not os.access(place, os.W_OK | os.X_OK):
        return PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    return None


def parts_of(name: str) -> tuple[str, ...]:
    """The folders on the way to a file, and its own name; another name is a bug of ours.

    Raises:
        ValueError: it is no such name.
    """
    parts = tuple(name.split("/"))
    if not {"", ".", ".."}.isdisjoint(parts) or "\\" in name:
        raise ValueError(f"not a name inside the folder: {name!r}")
    return parts
