"""Folders that are opened without following links, and the one room that deletes and renames.

The rule for links inside an archive, the same for whoever reads, writes, seals, checks or copies:
`blobs/` and `thumbs/` themselves may be links, to another disk, and are followed; any other link is
refused. Nothing is deleted but files, by names of the exact form that this program makes.
"""

import errno
import os
import re
import stat
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

LINKABLE = ("blobs", "thumbs")
"""The parts of an archive that may lie on another disk, with links in their places."""
_NOT_AT_ALL = {errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EISDIR}
_UNSYNCED = _NOT_AT_ALL | {errno.EBADF, errno.EACCES, errno.EPERM}
"""What disks (SMB, sshfs, DrvFs) answer that can't sync a folder, or not one opened for reading."""
_TO_NOTHING = "it is a link to something that doesn't exist (is its disk connected?)"
_DIRECTORY = getattr(os, "O_DIRECTORY", 0)
_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
_PLAIN = getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
"""Bytes as they are, and no wait for the other end of a pipe."""
_WHAT = {
    stat.S_IFLNK: "it is a link, and inside an archive only blobs and thumbs may be links",
    stat.S_IFIFO: "it is a pipe",
    stat.S_IFSOCK: "it is a socket",
    stat.S_IFDIR: "it is a folder",
    stat.S_IFCHR: "it is a device",
    stat.S_IFBLK: "it is a device",
}


class Folder:
    """An open folder: it stays itself, whatever becomes of its name meanwhile.

    Names are of what lies in it, without a slash. All methods raise OSError as `os` does. Windows
    opens no folders; there its path stands for it.
    """

    def __init__(self, place: str, descriptor: int | None) -> None:
        self._place = place
        self._descriptor = descriptor

    @classmethod
    def at(cls, path: Path) -> "Folder":
        """Open a folder that a person named; links on the way to it are theirs, and followed."""
        if os.name == "nt":
            next(path.iterdir(), None)  # raises where there is none
            return cls(str(path), None)
        return cls(str(path), os.open(path, os.O_RDONLY | _DIRECTORY))

    def below(self, name: str, *, follow: bool = False, make: int | None = None) -> "Folder":
        """Open a folder in this one; make it, durably, where a mode for it is given."""
        try:
            if os.name == "nt":
                if not follow and self.is_link(name):
                    raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
                return Folder.at(Path(self._whole(name)))
            found = self._open(name, os.O_RDONLY | _DIRECTORY, follow=follow)
            return Folder(self._whole(name), found)
        except FileNotFoundError as error:
            if self.is_link(name):
                raise self._error(errno.ENXIO, _TO_NOTHING, name) from error
            if make is None:
                raise
        except NotADirectoryError as error:
            if not follow and self.is_link(name):  # what Linux says of it with O_DIRECTORY
                raise self.refused(name) from error
            raise
        with suppress(FileExistsError):
            where, at = self._at(name)
            os.mkdir(where, make, dir_fd=at)
        self.sync()
        return self.below(name, follow=follow)

    def open(self, name: str, flags: int) -> int:
        """Open a file in it, and nothing else; the descriptor is the caller's to close."""
        opened = self._open(name, flags, follow=False)
        try:
            refuse_other(os.fstat(opened), self._whole(name))
        except BaseException:
            os.close(opened)
            raise
        return opened

    def _open(self, name: str, flags: int, *, follow: bool) -> int:
        where, at = self._at(name)
        if os.name == "nt" and not follow and self.is_link(name):
            raise self.refused(name)
        try:
            return os.open(where, flags | _PLAIN | (0 if follow else _NOFOLLOW), 0o666, dir_fd=at)
        except OSError as error:
            if error.errno == errno.ELOOP and not follow and self.is_link(name):
                raise self.refused(name) from error
            raise self._told(error, name) from None

    def look(self, name: str) -> os.stat_result:
        """What is there under a name; of a link, the link itself."""
        where, at = self._at(name)
        return os.stat(where, dir_fd=at, follow_symlinks=False)

    def is_link(self, name: str) -> bool:
        """Whether there is a link under this name, wherever it leads."""
        return self._is(name, stat.S_ISLNK)

    def is_file(self, name: str) -> bool:
        """Whether there is a file under this name, itself and not by a link."""
        return self._is(name, stat.S_ISREG)

    def entries(self) -> Iterator["os.DirEntry[str]"]:
        """What lies in it, in no order; ask its entries not to follow links."""
        place = self._place if self._descriptor is None else self._descriptor
        with os.scandir(place) as found:
            yield from found

    def renew(self, name: str) -> None:
        """Set a file's time to now."""
        where, at = self._at(name)
        os.utime(where, dir_fd=at, follow_symlinks=os.name == "nt")

    def remove(self, name: str, form: re.Pattern[str]) -> bool:
        """Remove a file of ours; False where none is, or what is there is another's.

        Args:
            name: of the file.
            form: that names have which this program makes; what has another is left alone.
        """
        if not (form.fullmatch(name) and self.is_file(name)):
            return False
        where, at = self._at(name)
        os.unlink(where, dir_fd=at)
        return True

    def remove_empty(self, name: str) -> None:
        """Remove a folder in it, where that is empty."""
        with suppress(OSError):
            where, at = self._at(name)
            os.rmdir(where, dir_fd=at)

    def rename(self, name: str, into: "Folder", new: str) -> None:
        """Give a file another name, in place of what had that before."""
        (old, old_at), (where, at) = self._at(name), into._at(new)
        try:
            os.replace(old, where, src_dir_fd=old_at, dst_dir_fd=at)
        except OSError as error:
            raise into._told(error, new) from None

    def sync(self) -> None:
        """Make durable what was made, renamed or removed in it, where the disk can."""
        if self._descriptor is None:  # Windows: its renames are journalled
            return
        try:
            os.fsync(self._descriptor)
        except OSError as error:
            if error.errno not in _UNSYNCED:
                raise

    def close(self) -> None:
        """Close it."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def refused(self, name: str) -> OSError:
        """The error of a link that is not followed."""
        return self._error(errno.ELOOP, _WHAT[stat.S_IFLNK], name)

    def _error(self, number: int, said: str, name: str) -> OSError:
        return OSError(number, said, self._whole(name))

    def _told(self, error: OSError, name: str) -> OSError:
        """The error that `os` gave, about the whole path instead of a name in the folder."""
        error.filename, error.filename2 = self._whole(name), None
        return error

    def _whole(self, name: str) -> str:
        """The whole path of what lies in it, as a string."""
        return os.path.join(self._place, name)  # noqa: PTH118 - for each file; a Path takes tenfold

    def _is(self, name: str, kind: Callable[[int], bool]) -> bool:
        try:
            return kind(self.look(name).st_mode)
        except OSError:
            return False

    def _at(self, name: str) -> tuple[str, int | None]:
        """A name and the folder that it is looked up in, as functions of `os` take them."""
        return (
            (name, self._descriptor) if self._descriptor is not None else (self._whole(name), None)
        )


class Folders:
    """Folders below a root, by the rule for links, each opened once and open until all are closed.

    Links on the way to the root are followed.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._opened: dict[tuple[str, ...], Folder] = {}

    def at(self, *parts: str, make: int | None = None) -> Folder:
        """The folder that is so many folders below the root.

        Args:
            parts: the folders from the root on.
            make: the mode of those that are to be made, where they are missing; None makes none.

        Raises:
            FileNotFoundError, NotADirectoryError: there is none.
            OSError: a link that is not followed, or that leads nowhere.
        """
        if parts not in self._opened:
            self._opened[parts] = self._straight(parts) or self._stepwise(parts, make)
        return self._opened[parts]

    def _straight(self, parts: tuple[str, ...]) -> Folder | None:
        """A folder opened by its whole path, where that may lead through links: three in one step.

        None where that can't be done: one step after the other tells why.
        """
        may_be_links = (may_be_link(*parts[:count]) for count in range(1, len(parts)))
        if not parts or os.name == "nt" or not all(may_be_links):
            return None
        where = os.path.join(self._root, *parts)  # noqa: PTH118 - for each file
        flags = _DIRECTORY | (0 if may_be_link(*parts) else _NOFOLLOW)
        with suppress(OSError):
            return Folder(where, os.open(where, os.O_RDONLY | flags))
        return None

    def _stepwise(self, parts: tuple[str, ...], make: int | None) -> Folder:
        if not parts:
            return Folder.at(self._root)
        above = self.at(*parts[:-1], make=make)
        return above.below(parts[-1], follow=may_be_link(*parts), make=make)

    def close(self) -> None:
        """Close them all."""
        while self._opened:
            self._opened.popitem()[1].close()


@contextmanager
def opened(root: Path, *parts: str, make: int | None = None) -> Iterator[Folder]:
    """Open one folder below a root, as `Folders.at` does, and raise what that raises."""
    with closing(Folders(root)) as folders:
        yield folders.at(*parts, make=make)


def may_be_link(*parts: str) -> bool:
    """Whether a folder may be a link, by its way from the archive's folder on."""
    return len(parts) == 1 and parts[0] in LINKABLE


def make(folder: Path, mode: int = 0o777) -> None:
    """Make a folder and those above it that are missing, durably."""
    if not folder.is_dir():
        make(folder.parent)
        try:
            folder.mkdir(exist_ok=True, mode=mode)
        except FileExistsError as error:  # so says mkdir of a file that is in the place of a folder
            raise NotADirectoryError(errno.ENOTDIR, "Not a directory", str(folder)) from error
        sync(folder.parent)


def sync(folder: Path) -> None:
    """Make durable what was made, renamed or removed in a folder."""
    with opened(folder) as found:
        found.sync()


def refuse_other(found: os.stat_result, path: str) -> None:
    """Refuse what is no file: a link, a pipe, a folder.

    Raises:
        OSError: it is none; `strerror` says what it is.
    """
    if not stat.S_ISREG(found.st_mode):
        what = _WHAT.get(stat.S_IFMT(found.st_mode), "it is not a file")
        raise OSError(errno.EINVAL, what, path)


def replace(old: Path, new: Path) -> None:
    """Put a file in place of another in the same folder, durably."""
    with opened(old.parent) as folder:
        folder.rename(old.name, folder, new.name)
        folder.sync()


def remove(path: Path, form: re.Pattern[str]) -> bool:
    """Remove a file of ours; False where none is, or what is there is another's."""
    try:
        with opened(path.parent) as folder:
            return folder.remove(path.name, form)
    except (FileNotFoundError, NotADirectoryError):
        return False
