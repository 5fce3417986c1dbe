"""Programs that start at once: forked from a process in which their libraries are loaded already.

A crawl or a command is a process of its own here as it is for a person, with its own environment,
folder, output and end; only the second that importing takes is paid once and not each time.

`python -m tests.warm SOCKET MODULE…` is that process; `start` talks to it.
"""

import atexit
import contextlib
import faulthandler
import gc
import importlib
import io
import os
import pickle
import selectors
import signal
import socket
import subprocess
import sys
import threading
import traceback
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Self

import fapproc
from tests import warm_workers

REPOSITORY = Path(__file__).parents[1]
_LONGEST = 1 << 20
_END_SECONDS = 120
_SHOW = signal.SIGUSR2
"""Has a program that does not end say where each of its threads is."""


@dataclass(frozen=True, slots=True)
class _Order:
    """What is to be run: a function that takes the arguments, and where."""

    function: str
    arguments: tuple[str, ...]
    environment: dict[str, str]
    folder: str
    strict: bool


class Program:
    """A running program, with what the tests use of `subprocess.Popen`."""

    def __init__(self, pid: int, ended: io.BufferedReader, out: int, err: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self.stdout = os.fdopen(out, encoding="utf-8")
        self.stderr = os.fdopen(err, encoding="utf-8")
        self._ended = ended

    def poll(self) -> int | None:
        """The exit code, or None while it runs."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end; the exit code, negative for a signal."""
        if self.returncode is None:
            with selectors.DefaultSelector() as ready:
                ready.register(self._ended, selectors.EVENT_READ)
                if not ready.select(timeout):
                    raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
            self.returncode = int(self._ended.read())
            self._ended.close()
        return self.returncode

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """Wait for its end and return what it said; one that takes longer is killed.

        Raises:
            subprocess.TimeoutExpired: it was, or one that it had started holds what it wrote to;
                the error has what it said until then.
        """
        said: dict[str, list[str]] = {"out": [], "err": []}

        def read(name: str, stream: io.TextIOWrapper) -> None:
            with stream:
                said[name].extend(stream)

        streams = {"out": self.stdout, "err": self.stderr}
        readers = [
            threading.Thread(target=read, args=each, daemon=True) for each in streams.items()
        ]
        for reader in readers:
            reader.start()
        is_late = False
        try:
            self.wait(timeout)
        except subprocess.TimeoutExpired:
            is_late = True
            self.send_signal(_SHOW)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.wait(1)
            self.kill()
        for reader in readers:
            reader.join(_END_SECONDS)
        out, err = ("".join(said[name]) for name in streams)
        if is_late or any(reader.is_alive() for reader in readers):
            line = f"process {self.pid}, which said {err[-2000:]!r}"
            raise subprocess.TimeoutExpired(line, timeout or _END_SECONDS, out, err)
        return out, err

    def send_signal(self, number: int) -> None:
        """Send a signal, if it runs."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):  # it ends, and is not told of yet
                os.kill(self.pid, number)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *problem: object) -> None:
        """Wait for its end; where the test has failed meanwhile, don't."""
        if kind is not None:
            self.kill()
        self.wait(_END_SECONDS)
        self.stdout.close()
        self.stderr.close()


def start(
    function: str,
    arguments: Sequence[str],
    *,
    modules: tuple[str, ...],
    environment: Mapping[str, str],
    measured: bool,
    strict: bool = False,
    folder: Path = REPOSITORY,
    library: str = "",
    root: Path = REPOSITORY,
    before: tuple[tuple[str, str], ...] = (),
) -> Program:
    """Start `module:function`, called with `sys.argv` set to the arguments.

    Args:
        function: where the program begins.
        arguments: `sys.argv`, the program's name first.
        modules: what is imported beforehand, once.
        environment: all of it.
        measured: whether coverage counts its lines.
        strict: whether a warning is an error.
        folder: where it runs.
        library: one in C, of `tests.loaded`, that stands between it and the system, if any.
        root: where the packages of the program are: here, or a copy of them.
        before: environment in which the modules are imported, beside that of the tests.
    """
    order = _Order(function, tuple(arguments), dict(environment), str(folder), strict)
    pipes = [os.pipe() for _ in range(3)]
    here = _nursery(modules, measured, library, root, before)
    here.send(b"%10d" % len(data := pickle.dumps(order)))
    here.sendall(data)
    socket.send_fds(here, [b"."], [write for _, write in pipes])
    for _, write in pipes:
        os.close(write)
    (out, _), (err, _), (ended, _) = pipes
    return Program(int(here.recv(10)), os.fdopen(ended, "rb"), out, err)


@cache
def _nursery(
    modules: tuple[str, ...],
    measured: bool,
    library: str,
    root: Path,
    before: tuple[tuple[str, str], ...],
) -> socket.socket:
    ours, theirs = socket.socketpair()
    kept = {k: v for k, v in os.environ.items() if measured or not k.startswith("COVERAGE_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.warm", str(theirs.fileno()), *modules],
        cwd=root,  # the first place where modules are looked for
        env=kept
        | ({"LD_PRELOAD": library} if library else {})
        | ({"PYTHONPATH": str(REPOSITORY)} if root != REPOSITORY else {})
        | {warm_workers.VARIABLE: str(warm_workers.asked_at().fileno())}
        | dict(before),
        pass_fds=[theirs.fileno(), warm_workers.asked_at().fileno()],
        stdin=subprocess.DEVNULL,
    )
    theirs.close()
    atexit.register(process.wait)
    atexit.register(ours.close)
    return ours


def main(number: int, modules: Sequence[str]) -> None:
    """Import, then fork a program for each order, until the tests end."""
    for module in modules:
        importlib.import_module(module)
    gc.collect()
    gc.freeze()  # what is loaded stays: no program looks through it again
    here = socket.socket(fileno=number)
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    running: dict[int, int] = {}
    ready = selectors.DefaultSelector()
    for source in (here.fileno(), woken):
        ready.register(source, selectors.EVENT_READ)
    while True:
        for key, _ in ready.select():
            if key.fd == woken:
                os.read(woken, 512)
                _tell(running)
            elif not (length := here.recv(10)):
                return
            else:
                order = pickle.loads(_exactly(here, int(length)))
                _, (out, err, ended), _, _ = socket.recv_fds(here, 1, 3)
                sys.stdout.flush()
                pid = os.fork()
                if not pid:
                    signal.set_wakeup_fd(-1)
                    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                    for descriptor in (here.fileno(), woken, wake, ended, *running.values()):
                        os.close(descriptor)
                    _become(order, out, err)
                running[pid] = ended
                os.close(out)
                os.close(err)
                here.sendall(b"%10d" % pid)


def _tell(running: dict[int, int]) -> None:
    """Pass on the exit code of each program that has ended."""
    for pid in [*running]:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            ended = running.pop(pid)
            with contextlib.suppress(BrokenPipeError):
                os.write(ended, str(os.waitstatus_to_exitcode(status)).encode())
            os.close(ended)


def _exactly(here: socket.socket, length: int) -> bytes:
    data = b""
    while len(data) < length:
        data += here.recv(min(_LONGEST, length - len(data)))
    return data


def _become(order: _Order, out: int, err: int) -> None:
    """Be the program, in the forked process; never returns."""
    code = 1
    try:
        os.environ.clear()
        os.environ.update(order.environment)
        importlib.reload(fapproc)  # it sets what libraries read, and the workers of a program
        os.chdir(order.folder)
        os.dup2(out, 1)
        os.dup2(err, 2)
        os.close(out)
        os.close(err)
        sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
        sys.stderr = os.fdopen(2, "w", 1, encoding="utf-8", closefd=False)
        sys.argv = list(order.arguments)
        faulthandler.register(_SHOW)
        if order.strict:
            warnings.simplefilter("error")
        module, _, name = order.function.partition(":")
        getattr(importlib.import_module(module), name)()
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:  # noqa: BLE001 - shown as the interpreter shows it
        traceback.print_exc()
    finally:
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
        with contextlib.suppress(OSError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
