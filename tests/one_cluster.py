"""Imported beforehand by programs of tests that are of a cluster: its processes are forks."""

import importlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

import fapproc.executors.cluster_process
import fapproc.jobs.deriving
import fapproc.jobs.looking_twice_one
import fapproc.jobs.station  # noqa: F401
from fapproc.dedup import perceptual
from fapproc.executors import cluster_rules, crew, local
from tests import warm_workers

cluster_rules.prepare()
import distributed  # noqa: E402, F401 - only after its rules


class Forked:
    """A running process, with what `fapproc.executors.crew` uses of `subprocess.Popen`."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None

    def wait(self, timeout: float = 120) -> int:
        """Wait for its end; the exit code, negative for a signal."""
        ends = time.monotonic() + timeout
        while self.returncode is None:
            found, status = os.waitpid(self.pid, os.WNOHANG)
            if found:
                self.returncode = os.waitstatus_to_exitcode(status)
            elif time.monotonic() > ends:
                raise subprocess.TimeoutExpired(str(self.pid), timeout)
            else:
                time.sleep(0.01)
        return self.returncode

    def kill(self) -> None:
        """End it at once."""
        os.kill(self.pid, signal.SIGKILL)


def start(module: str, pipe: Connection, environment: Mapping[str, str]) -> Forked:
    """Start a process as `fapproc.executors.starting.start` does, of a program without threads."""
    if pid := os.fork():
        return Forked(pid)
    try:
        kept = {0, 1, 2, pipe.fileno(), warm_workers.asked_at().fileno()}
        for other in {int(each.name) for each in Path("/proc/self/fd").iterdir()} - kept:
            with suppress(OSError):  # of the list itself
                os.close(other)
        nothing = os.open(os.devnull, os.O_RDWR)
        for standard in (0, 1):
            os.dup2(nothing, standard)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.environ.clear()
        os.environ.update(environment)
        importlib.import_module(module).main(pipe.fileno())
    finally:
        os._exit(1)


vars(local)["start"] = warm_workers.start
vars(crew)["start"] = start
warm_workers.asked_at()
perceptual.versions()
