"""Start a process of this computer that is spoken to over a pipe, and is a new program, no fork.

Not one of `multiprocessing`: that speaks to it before we do, so one whose parent is killed
meanwhile says so in a traceback; and it runs the main module again.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any


def start(
    module: str,
    pipe: Connection,
    environment: Mapping[str, str] | None = None,
    *,
    own_session: bool = False,
) -> "subprocess.Popen[bytes]":
    """Start a process that calls `main` of a module of ours with its end of a pipe.

    Args:
        module: whose `main` takes the handle of the pipe.
        pipe: its end, which the caller closes then.
        environment: what it has instead of ours.
        own_session: Ctrl-C at our terminal is none for it.

    Raises:
        OSError: the system starts no more.
    """
    handle = pipe.fileno()
    startup: Any = None
    if sys.platform == "win32":
        os.set_handle_inheritable(handle, True)
        startup = subprocess.STARTUPINFO(lpAttributeList={"handle_list": [handle]})
    code = f"import sys; sys.path[:] = {sys.path!r}\nfrom {module} import main; main({handle})"
    return subprocess.Popen(  # noqa: S603 - this Python, and code of ours
        [sys.executable, "-P", "-c", code],
        env=os.environ if environment is None else environment,
        # Not ours: who reads what we say must not wait for it when we are killed.
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        startupinfo=startup,
        pass_fds=() if sys.platform == "win32" else [handle],
        start_new_session=own_session,
    )


def ended(processes: "Sequence[subprocess.Popen[bytes]]", seconds: float) -> list[int]:
    """Wait until processes have ended, for so long altogether; those that have not are killed.

    Returns:
        Their exit codes.
    """
    until = time.monotonic() + seconds
    late = []
    for process in processes:
        try:
            process.wait(max(0.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            late.append(process)
    for process in late:
        process.kill()
    return [process.wait() for process in processes]


@contextmanager
def deaf() -> Iterator[None]:
    """Start a process deaf to Ctrl-C from its first instruction, and lose none of ours."""
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
