"""The processes of a cluster that run on this computer: they are begun, watched and ended."""

import os
import subprocess
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from types import TracebackType
from typing import Self

from fapproc.errors import FapError
from fapproc.executors.cluster_process import Began, Lost, Order
from fapproc.executors.local import ONE_THREAD, environment
from fapproc.executors.starting import deaf, ended, start

_MODULE = "fapproc.executors.cluster_process"
_ONE_ARENA = {"MALLOC_ARENA_MAX": "1"}
"""Dask works in a thread, and what glibc keeps of freed memory for a thread has 64 MB at most: each
array of a search was mapped and returned anew, which took a quarter longer (2026-11-30)."""
_FALSE_STARTS = 3
"""So many in a row that end before they begin: there will be no other."""
_SECONDS_TO_END = 5.0


@dataclass(slots=True, eq=False)
class _Member:
    order: Order
    process: "subprocess.Popen[bytes]"
    pipe: Connection
    url: str = ""
    """Where it is at work; empty until it is."""


@dataclass(slots=True)
class Crew:
    """Processes of a cluster; one that ends is begun anew.

    `heard`: is called with what a process says, from within `watch`.
    """

    orders: Sequence[Order]
    heard: Callable[[Began | Lost], None] = lambda _: None
    _members: list[_Member] = field(default_factory=list)
    _false_starts: int = 0

    def __enter__(self) -> Self:
        try:
            self._members += [_started(order) for order in self.orders]
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()

    @property
    def urls(self) -> list[str]:
        """Where those that have begun are at work."""
        return [member.url for member in self._members if member.url]

    @property
    def pids(self) -> list[int]:
        """The numbers of its processes."""
        return [member.process.pid for member in self._members]

    def watch(self, seconds: float) -> None:
        """Hear what they say within so many seconds, and begin anew what has ended.

        Raises:
            Exception: what one could not begin for.
            FapError: they end before they begin.
        """
        ready = wait([member.pipe for member in self._members], seconds)
        for member in [*self._members]:
            if member.pipe in ready:
                self._hear(member)

    def _hear(self, member: _Member) -> None:
        try:
            said = member.pipe.recv()
        except (EOFError, OSError):
            self._begin_anew(member)
            return
        if isinstance(said, Exception):
            raise said
        if isinstance(said, Began):
            member.url = said.url
            self._false_starts = 0
        self.heard(said)

    def _begin_anew(self, member: _Member) -> None:
        self._false_starts += not member.url
        member.pipe.close()
        [code] = ended([member.process], _SECONDS_TO_END)
        self._members.remove(member)
        if self._false_starts == _FALSE_STARTS:
            raise FapError(
                f"Processes of the cluster can't be started: one ended with {code}. Free some "
                "memory, and run it again."
            )
        self._members.append(_started(member.order))

    def _end(self) -> None:
        """End all at once: by the end of their pipes, which who is still loading won't hear."""
        members, self._members = self._members, []
        for member in members:
            member.pipe.close()
            if not member.url:
                member.process.kill()
        ended([member.process for member in members], _SECONDS_TO_END)


def _started(order: Order) -> _Member:
    try:
        ours, theirs = Pipe()
        with deaf(), theirs:
            process = start(_MODULE, theirs, _environment(order))
    except OSError as error:
        raise FapError(
            f"Processes of the cluster can't be started: {os.strerror(error.errno or 0)}. Free "
            "some memory, and run it again."
        ) from error
    with suppress(OSError):  # one that is gone is found by `watch`, at the end of its pipe
        ours.send(order)
    return _Member(order, process, ours)


def _environment(order: Order) -> dict[str, str]:
    """What the process sees; what gives access to stored files only who opens an archive."""
    return environment() if order.make is None else {**os.environ, **ONE_THREAD, **_ONE_ARENA}
