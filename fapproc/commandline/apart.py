"""A job in a process of its own, for a program that does other things meanwhile: start, news, end.

The process gets what opens the archive over the pipe that it has from its start, never by arguments
or the environment, which others of this computer can read. When that pipe closes, because the job
is to end or this program has died, the job ends as by Ctrl-C, or by force if it doesn't react: no
key outlives the program that was given the password. What it has done by then is kept.
"""

import os
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Self

from fapproc.archive import Archive
from fapproc.errors import INTERRUPTED, FapError, StorageError
from fapproc.executors.starting import start
from fapproc.unlocking import Unlocked

_MODULE = "fapproc.commandline.apart_job"
PATIENCE = 10.0
"""How many seconds a job has to end by itself before its process is killed."""


class Job(StrEnum):
    """What can be done apart, called as its command."""

    PROCESS = "process"
    DEDUP = "dedup"
    CHECK = "check"


@dataclass(frozen=True, slots=True)
class Order:
    """What a process is to do, and with what it opens the archive."""

    job: Job
    unlocked: Unlocked
    read_data: bool
    """Of `check`: read every file too."""


@dataclass(frozen=True, slots=True)
class Step:
    """How far a job is: what it does now, and the part of it that is done, None if unknown."""

    words: str
    part: float | None


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence of a job: a result, or else what happens or is wrong."""

    sentence: str
    is_result: bool


@dataclass(frozen=True, slots=True)
class Ended:
    """A job is over, with the exit code that its command would have."""

    code: int


News = Step | Said | Ended


class Apart:
    """A job at work; whoever started it has to listen to its news."""

    def __init__(self, process: "subprocess.Popen[bytes]", pipe: Connection) -> None:
        self._process, self._pipe = process, pipe

    @classmethod
    def start(cls, archive: Archive, job: Job, *, read_data: bool = False) -> Self:
        """Start a job on an archive that is open here.

        Raises:
            StorageError: the archive is opened read-only.
            ArchiveHeld: another process does this job now; the sentence names it.
            FapError: the system starts no more processes.
        """
        if archive.read_only:
            raise StorageError(
                "The archive is opened read-only, so no job can write to it. Copy it to "
                "where you may write, or leave out --read-only."
            )
        with archive.job(job):
            pass  # nobody else does it now
        try:
            ours, theirs = Pipe()
            with theirs:
                process = start(_MODULE, theirs, own_session=True)
        except OSError as error:
            raise FapError(
                f"A process for the job can't be started: {os.strerror(error.errno or 0)}. Free "
                "some memory, and start it again."
            ) from error
        with suppress(OSError):  # one that is gone is found by who listens
            ours.send(Order(job, archive.unlocked, read_data))
        return cls(process, ours)

    @property
    def pid(self) -> int:
        """The number of its process."""
        return self._process.pid

    def news(self) -> Iterator[News]:
        """Yield its news as they come; the last one says how it ended."""
        ended = False
        with suppress(EOFError, OSError):
            while not ended:
                said = self._pipe.recv()
                yield said
                ended = isinstance(said, Ended)
        code = self._process.wait()
        self._pipe.close()
        if not ended:
            yield Said(_how_it_ended(code), is_result=False)
            yield Ended(code or FapError.exit_code)

    def end(self) -> None:
        """Tell it to end, as by Ctrl-C; waits for nothing."""
        with suppress(OSError):
            self._pipe.send(INTERRUPTED)


def _how_it_ended(code: int) -> str:
    """Why a process that said nothing more has ended, in a sentence."""
    if code == INTERRUPTED:
        return f"It was ended by force, {PATIENCE:.0f} seconds after it was asked to stop."
    killed = "it was killed; memory may have run out" if code < 0 else f"it ended with {code}"
    return f"Error: The job's process ended: {killed}. What was done is kept; start it again."
