"""The jobs that this viewer has started: one at a time, each in a process of its own."""

import itertools
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from fapproc.archive import Archive
from fapproc.commandline.apart import Apart, Ended, Job, News, Said, Step
from fapproc.errors import DONE_WITH_FAILURES, INTERRUPTED, ArchiveHeld, Damaged
from fapproc.steps import time_left

_KEPT = 20
_MOST_SENTENCES = 200
_MOST_STEPS = 40
_MOST_SECONDS = 30.0
"""How long the viewer waits for a job at its end: longer than a job that doesn't react takes."""


class State(StrEnum):
    """What became of a job."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    FOUND = "found"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Run:
    """A job as it stands; times in seconds since 1970."""

    number: int
    job: Job
    pid: int
    began: float
    step: str = "Starting"
    steps: tuple[str, ...] = ()
    """Those that are over, in the words that were said of each last."""
    part: float | None = None
    left: float | None = None
    """Seconds that its step still takes, if known."""
    said: tuple[Said, ...] = ()
    ending: bool = False
    """It is being stopped."""
    state: State = State.RUNNING
    ended: float | None = None

    @property
    def sentences(self) -> Sequence[str]:
        """What to show of what it said: results, or else what went wrong."""
        results = [each.sentence for each in self.said if each.is_result]
        return results if self.state is State.DONE and results else [s.sentence for s in self.said]


@dataclass(slots=True)
class _Running:
    apart: Apart
    run: Run
    step_began: float = 0.0
    over: threading.Event = field(default_factory=threading.Event)


class Jobs:
    """One job that runs, if any, and those that have ended since the viewer began."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._numbers = itertools.count(1)
        self._running: _Running | None = None
        self._over: deque[Run] = deque(maxlen=_KEPT)

    @property
    def running(self) -> Run | None:
        """The one that runs."""
        now = self._running
        return None if now is None else now.run

    @property
    def over(self) -> Sequence[Run]:
        """Those that have ended, the last first."""
        with self._turn:
            return list(self._over)

    def start(self, archive: Archive, job: Job, *, read_data: bool = False) -> Run:
        """Start a job on an archive.

        Raises:
            ArchiveHeld: one runs here, or this one elsewhere.
            FapError: as `Apart.start`.
        """
        with self._turn:
            if self._running is not None:
                raise ArchiveHeld(f"{self._running.run.job} is running.", "End it, or wait for it.")
            apart = Apart.start(archive, job, read_data=read_data)
            run = Run(next(self._numbers), job, apart.pid, time.time())
            self._running = now = _Running(apart, run)
            threading.Thread(target=self._listen, args=(now,), daemon=True).start()
        return run

    def end(self, number: int | None = None) -> bool:
        """Tell the job that runs to end, if it is this one; waits for nothing."""
        with self._turn:
            now = self._running
            if now is None or number not in {None, now.run.number}:
                return False
            now.run = replace(now.run, ending=True)
            now.apart.end()
        return True

    def wait(self) -> None:
        """Wait for the end of the job that was told to end."""
        now = self._running
        if now is not None:
            now.over.wait(_MOST_SECONDS)

    def _listen(self, now: _Running) -> None:
        for news in now.apart.news():
            with self._turn:
                now.run = _told(now, news)
                if isinstance(news, Ended):
                    self._over.appendleft(now.run)
                    self._running = None
        now.over.set()


def _told(now: _Running, news: News) -> Run:
    """The state of a job after its news."""
    run, at = now.run, time.time()
    match news:
        case Step(words, part):
            if words.partition(":")[0] != run.step.partition(":")[0]:
                over = run.steps if now.step_began == 0 else (*run.steps, run.step)
                now.step_began, run = at, replace(run, steps=over[-_MOST_STEPS:])
            left = time_left(part, at - now.step_began)
            return replace(run, step=words, part=part, left=left)
        case Said():
            return replace(run, said=(*run.said, news)[-_MOST_SENTENCES:])
        case Ended(code):
            return replace(run, state=_state(code), ended=at)


def _state(code: int) -> State:
    if code in {0, DONE_WITH_FAILURES}:
        return State.DONE
    if code == INTERRUPTED:
        return State.ENDED
    return State.FOUND if code == Damaged.exit_code else State.FAILED
