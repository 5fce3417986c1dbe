"""Files under one folder of this computer, written so that a crash leaves whole files or none.

Write order: temporary name, fsync of the file, rename, fsync of the folder. Temporary files lie in
one folder of their own, so that what a crash left there is found without looking at a million
names. Names are relative POSIX paths made by `store`; this module only guards that they stay
inside the folder.
"""

import contextlib
import errno
import os
import secrets
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from fapproc.errors import StorageError, Unreadable
from fapproc.vault.regular import read_regular

TEMPORARY = ".tmp"
_NOT_OF_THE_FILE = frozenset({errno.ENOMEM, errno.EMFILE, errno.ENFILE})
"""What a process lacks, and no file is to blame for."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A file as the folder shows it, without a look inside."""

    name: str
    bytes: int
    changed_at: float
    is_regular: bool = True
    """Whether it is a file; else it is a link, a pipe, a folder or the like."""


class LocalFolder:
    """A folder of files by relative name; the backend of scheme `file`."""

    def __init__(self, root: Path, what: str = "the archive") -> None:
        self.root = root
        self._what = what  # how the folder is called where something goes wrong in it

    def write(self, files: Mapping[str, bytes]) -> None:
        """Write all files durably; when this returns, each is on disk under its name.

        All files are written before the first is renamed, and each folder is synced once: with
        forty files a batch a picture costs one fsync of its own, not three.

        Raises:
            StorageError: disk full, no permission; no half file is left under its name.
        """
        temporary: dict[Path, Path] = {}
        try:
            for name, data in files.items():
                target = self.path(name)
                temporary[target] = self._write_temporary(data)
            for target, made in temporary.items():
                _make_folder(target.parent)
                made.replace(target)
            for folder in sorted({target.parent for target in temporary}):
                sync_folder(folder)
        except OSError as error:
            for made in temporary.values():
                with contextlib.suppress(OSError):
                    made.unlink(missing_ok=True)
            raise StorageError(self._sentence("write", error)) from error

    def read(self, name: str) -> bytes | None:
        """Return the file's bytes, or None where there is no such file.

        Raises:
            Unreadable: it is there and can't be read, or is no file of a picture's size.
            StorageError: this process lacks what it takes.
        """
        path = self.path(name)
        try:
            return read_regular(path)
        except (FileNotFoundError, NotADirectoryError) as error:
            self._refuse_absent_disk(name, error)
            return None
        except OSError as error:
            raise self._unreadable(path, error) from error

    def renew(self, name: str) -> None:
        """Set the file's time to now, so that a clean-up sees that it is wanted again."""
        with contextlib.suppress(OSError):  # gone, or another user's: `ensure` looks again
            os.utime(self.path(name))

    def delete(self, name: str) -> bool:
        """Remove the file; False where there was none."""
        try:
            self.path(name).unlink()
        except FileNotFoundError:
            return False
        except OSError as error:
            raise StorageError(self._sentence("delete", error)) from error
        return True

    def names(self) -> Iterator[str]:
        """Every finished file's name, in no order; temporary ones are left out."""
        for folder, folders, files in os.walk(self.root):
            folders[:] = [name for name in folders if name != TEMPORARY]
            for file in files:
                yield (Path(folder) / file).relative_to(self.root).as_posix()

    def entries(self, folder: str) -> Iterator[Entry]:
        """Every finished file below a folder with its size and time, in no order."""
        for place, _, files in os.walk(self.root / folder):
            for file in files:
                name = (Path(place) / file).relative_to(self.root).as_posix()
                if (entry := self.entry(name)) is not None:
                    yield entry

    def entry(self, name: str) -> Entry | None:
        """A file's size and time; None where there is none, or the disk doesn't say.

        Who wants its bytes then hears from `read` what is wrong.
        """
        try:
            found = (self.root / name).lstat()
        except OSError:
            return None
        return Entry(name, found.st_size, found.st_mtime, stat.S_ISREG(found.st_mode))

    def is_folder(self, name: str) -> bool:
        """Whether a folder lies under this name, which no file can take the place of."""
        path = self.path(name)
        return path.is_dir() and not path.is_symlink()

    def sweep(self, *, everyone: bool = False) -> None:
        """Remove temporary files of processes that are no more, or everyone's."""
        folder = self.root / TEMPORARY
        with contextlib.suppress(OSError):  # no such folder, or not ours to clean
            for file in folder.iterdir():
                owner = file.name.partition("-")[0]
                if everyone or not (owner.isdecimal() and _is_alive(int(owner))):
                    file.unlink(missing_ok=True)

    def tidy(self) -> None:
        """Remove the folder of temporary files, if it is empty, from where a person looks."""
        with contextlib.suppress(OSError):
            (self.root / TEMPORARY).rmdir()

    def path(self, name: str) -> Path:
        """Return where a name lies; a name that leaves the folder is a bug of ours."""
        parts = PurePosixPath(name).parts
        if not parts or any(part in {"..", "/", "."} or "\\" in part for part in parts):
            raise ValueError(f"not a name inside the folder: {name!r}")
        return self.root.joinpath(*parts)

    def _refuse_absent_disk(self, name: str, error: OSError) -> None:
        """What lies behind a link to a disk that is not there is not missing."""
        top = self.root / PurePosixPath(name).parts[0]
        if top.is_symlink() and not top.exists():
            raise Unreadable(
                f"{self.root / name} can't be read: {top} leads to {top.readlink()}, which is not "
                "there. Connect that disk, then run the same command again."
            ) from error

    def _unreadable(self, path: Path, error: OSError) -> StorageError | Unreadable:
        if error.errno in _NOT_OF_THE_FILE:
            return StorageError(self._sentence("read", error))
        return Unreadable(
            f"{path} can't be read: {error.strerror}. Mend the disk, give permission, or move it "
            "away, then run the same command again."
        )

    def _sentence(self, verb: str, error: OSError) -> str:
        where = error.filename or self.root
        return (
            f"Can't {verb} in {self._what}: {where}: {error.strerror}. Make room or give "
            "permission, then run the same command again; nothing that was stored is lost."
        )

    def _write_temporary(self, data: bytes) -> Path:
        folder = self.root / TEMPORARY
        _make_folder(folder)
        made = folder / f"{os.getpid()}-{secrets.token_hex(8)}"
        with made.open("xb") as stream:
            try:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            except OSError:
                made.unlink(missing_ok=True)
                raise
        return made


def refusal(folder: Path) -> OSError | None:
    """What making and using a folder would be refused with, as far as a look can tell; else None.

    Nothing is made: the folder itself is looked at, or the nearest one above that is there.
    """
    place = next(path for path in (folder, *folder.absolute().parents) if os.access(path, os.F_OK))
    if not place.is_dir():
        return NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
    if not os.access(place, os.W_OK | os.X_OK):
        return PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    return None


def _make_folder(folder: Path) -> None:
    if not folder.is_dir():
        _make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Make what was renamed or removed in a folder durable."""
    if os.name == "nt":  # Windows opens no folder for syncing; its rename is journalled
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _is_alive(pid: int) -> bool:
    if os.name == "nt":  # os.kill would end the process there; leave its files alone
        return True
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):  # the second: a number that no process can have
        return False
    except PermissionError:
        return True
    return True
