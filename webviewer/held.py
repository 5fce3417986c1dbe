"""The archive behind the viewer: lent to each request, locked, and opened again by its password."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from fapproc.archive import Archive
from fapproc.commandline.apart import Job
from fapproc.errors import ArchiveHeld, UsageProblem
from fapproc.jobs.pages.ranks import Ranks
from fapproc.looking import open_to_read
from webviewer.parts import Parts
from webviewer.patience import Slow
from webviewer.previews import Previews
from webviewer.running import Jobs, Run
from webviewer.told import Told


class Locked(Exception):
    """The archive is locked: nothing of it can be shown before its password is typed."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """What is kept in memory of what was shown; it is forgotten with the keys."""

    told: Told = field(default_factory=Told)
    parts: Parts = field(default_factory=Parts)
    previews: Previews = field(default_factory=Previews)
    slow: Slow = field(default_factory=Slow)
    ranks: Ranks = field(default_factory=Ranks)


@dataclass(slots=True)
class _Opened:
    archive: Archive
    lent: int = 0
    """How many requests use it."""


class Held:
    """An archive that all threads of a viewer share; only a sealed one can be locked.

    Locking closes it and forgets its keys and what was shown of it. It waits for nobody: requests
    that have borrowed it go on to their end, and the last one closes it; a running job is told to
    end.
    """

    def __init__(
        self, archive: Archive, *, idle: float = 0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Take over an opened archive, whose closing is ours from here on.

        Args:
            archive: which.
            idle: seconds without use after which a sealed one locks itself; 0 for never.
            clock: seconds that never go back.
        """
        self.folder = archive.folder
        self.sealed = archive.sealed
        self.jobs = Jobs()
        self.remembered = Remembered()
        self._read_only = archive.read_only
        self.idle = idle if archive.sealed else 0
        self._clock = clock
        self._used = clock()
        self._turn = threading.Lock()
        self._attempt = threading.Lock()
        self._opened: _Opened | None = _Opened(archive)
        self._leaving: list[_Opened] = []

    @property
    def locked(self) -> bool:
        """Whether its password is needed."""
        return self._opened is None

    def borrow(self) -> Archive:
        """The archive, until it is given back.

        Raises:
            Locked: it is locked.
        """
        with self._turn:
            if self._opened is None:
                raise Locked
            self._opened.lent += 1
            return self._opened.archive

    def give_back(self, archive: Archive) -> None:
        """Let go of what was borrowed."""
        with self._turn:
            opened = next(each for each in self._all() if each.archive is archive)
            opened.lent -= 1
        self._close_left()

    def start(self, job: Job, *, read_data: bool = False) -> Run:
        """Start a job on it, which is told to end when it is locked.

        Raises:
            Locked: it is locked.
            FapError: as `Jobs.start`.
        """
        with self._turn:  # so that no lock comes between
            if self._opened is None:
                raise Locked
            return self.jobs.start(self._opened.archive, job, read_data=read_data)

    def use(self) -> None:
        """Note that it is used now."""
        self._used = self._clock()

    def locks_in(self) -> float | None:
        """Seconds until it locks itself if nobody uses it; None where it doesn't."""
        return max(0.0, self._used + self.idle - self._clock()) if self.idle else None

    def lock_if_idle(self) -> None:
        """Lock it if nobody has used it for too long."""
        if not self.locked and self.locks_in() == 0:
            self.lock()

    def lock(self) -> None:
        """Forget its keys; requests that have borrowed it go on to their end.

        Raises:
            UsageProblem: it is an open archive, which no password would open again.
        """
        if not self.sealed:
            raise UsageProblem("This archive is open: no password locks it. 'fapproc seal' does.")
        self.close()

    def unlock(self, password: str) -> None:
        """Open it again, one attempt at a time: each takes 64 MiB and half a second of a core.

        Raises:
            PasswordProblem: a wrong password.
            ArchiveHeld: another attempt is under way, or something holds the archive alone.
            NoArchive, Damaged: it is not what it was.
        """
        if not self._attempt.acquire(blocking=False):
            raise ArchiveHeld("Another attempt to unlock is under way.", "Try again in a second.")
        try:
            if self.locked:
                archive = open_to_read(self.folder, only=self._read_only, password=password)
                opened = _Opened(archive)
                self.use()
                self._opened = opened
        finally:
            self._attempt.release()

    def close(self) -> None:
        """Close it, or let the last one who has borrowed it do so."""
        with self._turn:
            if self._opened is not None:
                self._leaving.append(self._opened)
                self._opened = None
                self.remembered = Remembered()
        self.jobs.end()
        self._close_left()

    def leave(self) -> None:
        """Close it at the end of the program, once a job on it has ended too."""
        self.close()
        self.jobs.wait()

    def _all(self) -> list[_Opened]:
        return [*self._leaving, *([self._opened] if self._opened else [])]

    def _close_left(self) -> None:
        with self._turn:
            done = [each for each in self._leaving if not each.lent]
            self._leaving = [each for each in self._leaving if each.lent]
        for each in done:
            each.archive.close()
