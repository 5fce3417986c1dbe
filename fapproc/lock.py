"""Who uses an archive: every opener shares it, what replaces database or keys holds it alone.

Three kinds of file in `.locks/`, all locked with flock, so that a dead process holds nothing:
`archive` (shared or alone), one file an opener that says who it is, and one a job that runs once at
a time. On Windows there is no flock, and nothing is held: there the database's own locks keep rows
whole, an open one can't be replaced, and the sentence names nobody.
"""

import contextlib
import errno
import json
import os
import secrets
import struct
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from io import FileIO
from pathlib import Path
from typing import Literal

from fapproc import disk, ours
from fapproc.errors import ArchiveHeld, StorageError
from fapproc.hold import SOMEONE, Holder, Waiting
from fapproc.voice import tell

if sys.platform != "win32":
    import fcntl

FOLDER = ".locks"
_ARCHIVE = "archive"
_OPENER = "opener-"
_SECONDS_TO_LOCK = 60
"""An opener's file that is this old and neither locked nor written is of a dead process."""
_NO_FLOCK = frozenset({errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL})


class Lock:
    """This process's hold on one archive, from opening to closing."""

    def __init__(self, folder: Path) -> None:
        self._root = folder
        self._folder = folder / FOLDER
        self._files: list[FileIO] = []
        self._paths: list[Path] = []

    def share(self) -> None:
        """Hold the archive together with others.

        Raises:
            ArchiveHeld: something holds it alone.
            StorageError: no lock can be made there.
        """
        self._take(alone=False)

    def alone(self) -> None:
        """Hold the archive alone.

        Raises:
            ArchiveHeld: others have it open; the sentence names them.
            StorageError: no lock can be made there.
        """
        self._take(alone=True)

    def release(self) -> None:
        """Let go; safe to call twice."""
        files, paths = self._files, self._paths
        self._files, self._paths = [], []
        for path in paths:
            with contextlib.suppress(OSError):  # a file that stays is of a dead process soon
                disk.remove(path, ours.OPENER)
        for file in files:
            file.close()

    def still_alone(self) -> None:
        """Nothing: a file's lock is kept until it is let go of."""

    @contextmanager
    def job(
        self, name: str, *, wait: float = 0, waiting: Waiting = lambda _: None, said: str = ""
    ) -> Iterator[None]:
        """Be the only one that does this job on the archive.

        Args:
            name: of the job.
            said: what is done, before who does it, where its name is no word for people.
            wait: seconds that one who does it now is waited for; `math.inf` for as long as it
                takes. Whoever waits may hold no other job: else two could wait for each other.
            waiting: called with who that is, before the wait.

        Raises:
            ArchiveHeld: another process does it now; the sentence names it.
        """
        path = self._folder / f"job-{name}"
        until = time.monotonic() + wait
        with self._open(path.name) as file:
            held = try_lock(file, alone=True)
            if not held and wait > 0:
                waiting(_read(path))
            while not held and time.monotonic() < until:
                time.sleep(0.02)
                held = try_lock(file, alone=True)
            if not held:
                what = said or f"{name} is already running in"
                raise ArchiveHeld(f"{what} {_read(path)}.")
            _write(file)
            try:
                yield
            finally:
                with contextlib.suppress(OSError):  # the lock goes with the file, whatever it says
                    file.truncate(0)

    def _take(self, *, alone: bool) -> None:
        try:
            self._hold(_ARCHIVE, alone=alone)
            self.living()  # for what dead ones left
            me = self._folder / f"{_OPENER}{os.getpid()}-{secrets.token_hex(4)}"
            self._paths.append(me)
            self._hold(me.name, alone=True)
        except BaseException:
            self.release()
            raise

    def _hold(self, name: str, *, alone: bool) -> None:
        """Lock a file until the release: that of all, or our own."""
        file = self._open(name)
        self._files.append(file)
        if name == _ARCHIVE:
            if not _knows_flock(file):
                tell(f"The disk of {self._root} knows no flock; byte ranges are locked instead.")
            if not try_lock(file, alone=alone):
                raise ArchiveHeld(f"The archive is in use by {self.named() or SOMEONE}.")
            return
        while not try_lock(file, alone=alone):  # another opener looks whether we are dead
            time.sleep(0.001)
        _write(file)

    def _open(self, name: str, flags: int = os.O_CREAT) -> FileIO:
        """A file of the folder of locks, which has to be lockable."""
        path = self._folder / name
        try:
            with disk.opened(self._root, FOLDER, make=0o700) as folder:
                file = FileIO(folder.open(name, os.O_RDWR | os.O_APPEND | flags), "r+")
            try:
                if not _knows_flock(file):
                    _range(file, "ask", alone=True)  # raises where the disk has no locks at all
            except BaseException:
                file.close()
                raise
            return file
        except OSError as error:
            raise StorageError(
                f"The archive can't be locked: {path}: {error.strerror}. Give permission, or copy "
                "the archive to where you may write and lock."
            ) from error

    def was_held(self, at: float) -> bool:
        """Whether an opener that is alive was there at that time already.

        A file of that time that no row names may be its: stopped, it gives it a row days later.
        """
        return any(each is None or each.since <= at for each in self.living())

    def living(self) -> list[Holder | None]:
        """The openers that are alive, this one too; None for one that doesn't say who it is.

        What dead ones left is removed.
        """
        return self._alive(self._folder.glob(f"{_OPENER}*"))

    def others(self) -> list[Holder | None]:
        """Those of them that are not this one."""
        return self._alive({*self._folder.glob(f"{_OPENER}*")} - {*self._paths})

    def named(self) -> str:
        """Who else has the archive open, in words."""
        return " and ".join(str(holder or SOMEONE) for holder in self.others())

    def _alive(self, paths: Iterable[Path]) -> list[Holder | None]:
        alive: list[Holder | None] = []
        for path in sorted(paths):
            with contextlib.suppress(OSError, StorageError), self._open(path.name, 0) as file:
                if not try_lock(file, alone=True):
                    alive.append(_holder(path))
                elif file.read(1) or _age(file) > _SECONDS_TO_LOCK:
                    disk.remove(path, ours.OPENER)
        return alive


def try_lock(file: FileIO, *, alone: bool) -> bool:
    """Take a lock without waiting; False where another has it. Closing the file lets go of it.

    It is flock's. Where a disk knows none (SMB, NFS without lockd, some FUSE), it is one of the
    byte ranges by which SQLite locks too, bound to the open file as flock's are: a disk without
    these could hold no database either.

    Raises:
        OSError: the disk knows neither.
    """
    if sys.platform == "win32":
        return True
    try:
        fcntl.flock(file, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno not in _NO_FLOCK or sys.platform != "linux":
            raise
        return _range(file, "take", alone=alone)
    return True


def _knows_flock(file: FileIO) -> bool:
    """Whether the disk has locks of flock; asked by letting go of one that isn't held."""
    if sys.platform != "win32":
        try:
            fcntl.flock(file, fcntl.LOCK_UN)
        except OSError as error:
            if error.errno not in _NO_FLOCK:
                raise
            return False
    return True


def _range(file: FileIO, how: Literal["ask", "take"], *, alone: bool) -> bool:
    """Lock the whole of a file as a byte range, by an open file description lock of Linux."""
    if sys.platform == "linux":
        kind = fcntl.F_WRLCK if alone else fcntl.F_RDLCK
        whole = struct.pack("hhqqi0q", kind, os.SEEK_SET, 0, 0, 0)  # a struct flock, 32 bytes
        try:
            fcntl.fcntl(file, fcntl.F_OFD_GETLK if how == "ask" else fcntl.F_OFD_SETLK, whole)
        except (BlockingIOError, PermissionError):
            return False
    return True


def _age(file: FileIO) -> float:
    return time.time() - os.fstat(file.fileno()).st_mtime


def _write(file: FileIO) -> None:
    """Say who holds it; on a full disk it stays unsaid, and the lock holds all the same."""
    with contextlib.suppress(OSError):
        file.truncate(0)
        file.write(json.dumps(asdict(Holder.here())).encode())


def _read(path: Path) -> str:
    return str(_holder(path) or SOMEONE)


def _holder(path: Path) -> Holder | None:
    try:
        return Holder(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
