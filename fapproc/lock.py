"""Who uses an archive: every opener shares it, what replaces database or keys holds it alone.

Three kinds of file in `.locks/`, all locked with flock, so that a dead process holds nothing:
`archive` (shared or alone), one file an opener that says who it is, and one a job that runs once at
a time. On Windows there is no flock; there an open database file can't be replaced, which keeps the
worst away, and the sentence names nobody.
"""

import contextlib
import json
import os
import re
import secrets
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from io import FileIO
from pathlib import Path
from typing import Self

from fapproc.errors import ArchiveHeld, StorageError
from fapproc.wording import moment

if sys.platform != "win32":
    import fcntl

Waiting = Callable[[str], None]

FOLDER = ".locks"
_ARCHIVE = "archive"
_SOMEONE = "another program"
_OPENER = "opener-"
_SECONDS_TO_LOCK = 60
"""An opener's file that is this old and neither locked nor written is of a dead process."""
_WORD = re.compile(r"[a-z]+(-[a-z]+)*")


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a lock: the command's name without its arguments, which may name a user."""

    command: str
    pid: int
    host: str
    since: int

    @classmethod
    def here(cls) -> Self:
        """This process."""
        # What follows a command may be a folder's name; only a crawl has a second word of ours.
        words = [Path(sys.argv[0]).name, *sys.argv[1 : 3 if sys.argv[1:2] == ["crawl"] else 2]]
        command = " ".join(word for word in words if _WORD.fullmatch(word))
        return cls(command or "python", os.getpid(), socket.gethostname(), int(time.time()))

    def __str__(self) -> str:
        return f"'{self.command}' (pid {self.pid} on {self.host}, since {moment(self.since)})"


class Lock:
    """This process's hold on one archive, from opening to closing."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / FOLDER
        self._files: list[FileIO] = []
        self._paths: list[Path] = []

    def share(self) -> None:
        """Hold the archive together with others.

        Raises:
            ArchiveHeld: something holds it alone.
        """
        self._take(alone=False)

    def alone(self) -> None:
        """Hold the archive alone.

        Raises:
            ArchiveHeld: others have it open; the sentence names them.
        """
        self._take(alone=True)

    def release(self) -> None:
        """Let go; safe to call twice."""
        for path in self._paths:
            path.unlink(missing_ok=True)
        for file in self._files:
            file.close()
        self._files, self._paths = [], []

    @contextmanager
    def job(
        self, name: str, *, wait: float = 0, waiting: Waiting = lambda _: None
    ) -> Iterator[None]:
        """Be the only one that does this job on the archive.

        Args:
            name: of the job.
            wait: seconds that one who does it now is waited for; `math.inf` for as long as it
                takes. Whoever waits may hold no other job: else two could wait for each other.
            waiting: called with who that is, before the wait.

        Raises:
            ArchiveHeld: another process does it now; the sentence names it.
        """
        path = self._folder / f"job-{name}"
        until = time.monotonic() + wait
        with _open(path) as file:
            held = try_lock(file, alone=True)
            if not held and wait > 0:
                waiting(_read(path))
            while not held and time.monotonic() < until:
                time.sleep(0.02)
                held = try_lock(file, alone=True)
            if not held:
                raise ArchiveHeld(
                    f"{name} is done by {_read(path)} already. Wait for it, or end it, "
                    "then run the same command again."
                )
            _write(file)
            try:
                yield
            finally:
                file.truncate(0)

    def _take(self, *, alone: bool) -> None:
        file = _open(self._folder / _ARCHIVE)
        if not try_lock(file, alone=alone):
            file.close()
            raise ArchiveHeld(
                f"The archive is held by {self._others() or 'another program'}. "
                "Wait for it, or end it, then run the same command again."
            )
        self._files.append(file)
        self._others()  # for what dead ones left
        me = self._folder / f"{_OPENER}{os.getpid()}-{secrets.token_hex(4)}"
        mine = _open(me)
        while not try_lock(mine, alone=True):  # another opener looks whether we are dead
            time.sleep(0.001)
        _write(mine)
        self._files.append(mine)
        self._paths.append(me)

    def living(self) -> list[Holder | None]:
        """The openers that are alive, this one too; None for one that doesn't say who it is.

        What dead ones left is removed.
        """
        alive: list[Holder | None] = []
        for path in sorted(self._folder.glob(f"{_OPENER}*")):
            with contextlib.suppress(OSError), path.open("r+b", buffering=0) as file:
                if not try_lock(file, alone=True):
                    alive.append(_holder(path))
                elif file.read(1) or time.time() - path.stat().st_mtime > _SECONDS_TO_LOCK:
                    path.unlink(missing_ok=True)
        return alive

    def _others(self) -> str:
        return " and ".join(str(holder or _SOMEONE) for holder in self.living())


def _open(path: Path) -> FileIO:
    try:
        path.parent.mkdir(exist_ok=True, mode=0o700)
        return path.open("a+b", buffering=0)
    except OSError as error:
        raise StorageError(
            f"The archive can't be locked: {path}: {error.strerror}. Give permission, or copy "
            "the archive to where you may write."
        ) from error


def try_lock(file: FileIO, *, alone: bool) -> bool:
    """Take a lock without waiting; False where another process has it."""
    if sys.platform != "win32":
        try:
            fcntl.flock(file, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def _write(file: FileIO) -> None:
    """Say who holds it; on a full disk it stays unsaid, and the lock holds all the same."""
    with contextlib.suppress(OSError):
        file.truncate(0)
        file.write(json.dumps(asdict(Holder.here())).encode())


def _read(path: Path) -> str:
    return str(_holder(path) or _SOMEONE)


def _holder(path: Path) -> Holder | None:
    try:
        return Holder(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
