"""A hold on an archive: what it can do wherever locks are kept, and who has it, in words."""

import os
import re
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self

from fapproc.executors.machine import is_stopped
from fapproc.wording import moment

Waiting = Callable[[str], None]

SOMEONE = "another program"
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
        stopped = ", stopped now" if self._is_stopped() else ""
        since = moment(self.since)
        return f"'{self.command}' (pid {self.pid} on {self.host}, since {since}{stopped})"

    def _is_stopped(self) -> bool:
        """Whether it stands still, as far as this computer can tell."""
        return self.host == socket.gethostname() and is_stopped(self.pid)


class Hold(Protocol):
    """A hold on one archive, from opening to closing, wherever locks are kept; see `Lock`."""

    def share(self) -> None:
        """Hold the archive together with others."""

    def alone(self) -> None:
        """Hold the archive alone."""

    def release(self) -> None:
        """Let go; safe to call twice."""

    def still_alone(self) -> None:
        """See, before what can't be undone, that what was held alone is so still."""

    def job(
        self, name: str, *, wait: float = 0, waiting: Waiting = lambda _: None, said: str = ""
    ) -> AbstractContextManager[None]:
        """Be the only one that does this job on the archive."""

    def was_held(self, at: float) -> bool:
        """Whether an opener that is alive was there at that time already."""

    def others(self) -> list[Holder | None]:
        """Who else has the archive open; None for one that doesn't say who it is."""

    def named(self) -> str:
        """Who else has the archive open, in words."""


@contextmanager
def held_alone(lock: Hold) -> Iterator[None]:
    """Hold an archive alone while the block runs.

    Raises:
        ArchiveHeld, StorageError: as `Lock.alone`.
    """
    lock.alone()
    try:
        yield
    finally:
        lock.release()
