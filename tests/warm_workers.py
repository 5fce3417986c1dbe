"""Workers that start at once: forked from a process in which all that they count with is loaded.

A worker is a process of its own here as it is for a person, with its limits, its pipe and its end;
only the half second that importing takes is paid once and not each time. `tests/executors` and the
programs that are started cold have the real ones.

`python -m tests.warm_workers DESCRIPTOR MODULE…` is that process, and another one is for the
processes of clusters. Whoever wants a worker sends a datagram
with two descriptors: the worker's end of the pipe, and a socket. Over this goes what
`fapproc.executors.starting.start` was given, and come the worker's number and then its exit code.
"""

import atexit
import gc
import importlib
import os
import pickle
import selectors
import signal
import socket
import subprocess
import sys
import traceback
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from multiprocessing.connection import Connection
from pathlib import Path

from fapproc.executors.local import ONE_THREAD

REPOSITORY = Path(__file__).parents[1]
VARIABLE = "TESTS_WORKERS"
"""Names the descriptor to ask at, for a process in which programs are begun."""
CLUSTER = "tests.one_cluster"
"""What processes of clusters have loaded."""
LOADED = (
    "cv2",
    "fapproc.dedup.second_look.look",
    "fapproc.executors.worker",
    "fapproc.jobs.derive_one",
    "fapproc.jobs.looking_twice_one",
    "fapproc.jobs.sameness_one",
    "fapproc.jobs.view_one",
    "onnxruntime",
    "pywt",
    "scipy.fftpack",
)
_END_SECONDS = 120


class Worker:
    """A running worker, with what `fapproc.executors.local` uses of `subprocess.Popen`."""

    def __init__(self, told: socket.socket) -> None:
        self.pid = int(told.recv(10))
        self.returncode: int | None = None
        self._told = told

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end; the exit code, negative for a signal."""
        if self.returncode is None:
            self._told.settimeout(_END_SECONDS if timeout is None else timeout)
            try:
                self.returncode = int(self._told.recv(10))
            except (TimeoutError, BlockingIOError):
                raise subprocess.TimeoutExpired(str(self.pid), timeout or _END_SECONDS) from None
            self._told.close()
        return self.returncode

    def kill(self) -> None:
        """End it at once, if it runs."""
        with suppress(subprocess.TimeoutExpired):
            self.wait(0)
        if self.returncode is None:
            with suppress(ProcessLookupError):  # it ends, and is not told of yet
                os.kill(self.pid, signal.SIGKILL)


@cache
def asked_at() -> socket.socket:
    """Where workers are asked for; the process that makes them begins at the first call."""
    if (there := os.environ.pop(VARIABLE, None)) is not None:
        os.set_inheritable(int(there), False)
        return socket.socket(fileno=int(there))
    return _begun(LOADED, {})


@cache
def clusters_at() -> socket.socket:
    """Where the processes of clusters are asked for, which ask for workers themselves."""
    return _begun((CLUSTER,), {VARIABLE: asked_at()})


def _begun(modules: Sequence[str], others: Mapping[str, socket.socket]) -> socket.socket:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    kept = {k: v for k, v in os.environ.items() if not k.startswith("COVERAGE_")} | ONE_THREAD
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.warm_workers", str(theirs.fileno()), *modules],
        cwd=REPOSITORY,
        env=kept | {name: str(one.fileno()) for name, one in others.items()},
        pass_fds=[theirs.fileno(), *(one.fileno() for one in others.values())],
        stdin=subprocess.PIPE,  # at its end it ends
        stdout=subprocess.DEVNULL,
    )
    theirs.close()
    atexit.register(process.wait)
    assert process.stdin
    atexit.register(process.stdin.close)
    atexit.register(ours.close)
    return ours


def start(module: str, pipe: Connection, environment: Mapping[str, str] | None = None) -> Worker:
    """Start a worker as `fapproc.executors.starting.start` does."""
    return _asked(asked_at(), module, pipe, environment)


def start_cluster(
    module: str, pipe: Connection, environment: Mapping[str, str] | None = None
) -> Worker:
    """Start a process of a cluster likewise."""
    return _asked(clusters_at(), module, pipe, environment)


def _asked(
    at: socket.socket, module: str, pipe: Connection, environment: Mapping[str, str] | None
) -> Worker:
    given = dict(os.environ if environment is None else environment)
    order = pickle.dumps((module, sys.path, given, str(Path.cwd())))
    told, tell = socket.socketpair()
    with tell:
        socket.send_fds(at, [b"."], [pipe.fileno(), tell.fileno()])
    told.sendall(b"%10d" % len(order) + order)
    return Worker(told)


def main(number: int, modules: Sequence[str]) -> None:
    """Import, then fork a worker for each order, until the tests end."""
    for module in modules:
        importlib.import_module(module)
    gc.collect()
    gc.freeze()  # what is loaded stays: nobody looks through it again
    here = socket.socket(fileno=number)
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    running: dict[int, socket.socket] = {}
    with selectors.DefaultSelector() as ready:
        for source in (0, number, woken):
            ready.register(source, selectors.EVENT_READ)
        while True:
            for key, _ in ready.select():
                if key.fd == 0:
                    return
                if key.fd == woken:
                    os.read(woken, 512)
                    _tell(running)
                    continue
                _, (pipe, tell), _, _ = socket.recv_fds(here, 1, 2)
                with socket.socket(fileno=tell) as told:
                    pid = os.fork()
                    if not pid:
                        signal.set_wakeup_fd(-1)
                        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                        for kept in (
                            number,
                            woken,
                            wake,
                            *(one.fileno() for one in running.values()),
                        ):
                            os.close(kept)
                        _become(pipe, told)
                    os.close(pipe)
                    told.sendall(b"%10d" % pid)
                    running[pid] = told.dup()


def _tell(running: dict[int, socket.socket]) -> None:
    """Pass on the exit code of each worker that has ended."""
    for pid in [*running]:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            with running.pop(pid) as told, suppress(OSError):  # who asked may be gone
                told.sendall(b"%10d" % os.waitstatus_to_exitcode(status))


def _become(pipe: int, told: socket.socket) -> None:
    """Be the worker, in the forked process; never returns."""
    code = 1
    try:
        with told, told.makefile("rb") as orders:
            length = int(orders.read(10))
            module, sys.path[:], environment, folder = pickle.loads(orders.read(length))
        os.environ.clear()
        os.environ.update(environment)
        with suppress(OSError):  # removed meanwhile
            os.chdir(folder)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        importlib.import_module(module).main(pipe)
        code = 0
    except BaseException:  # noqa: BLE001 - shown as the interpreter shows it
        traceback.print_exc()
    finally:
        os._exit(code)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
