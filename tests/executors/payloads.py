"""What workers are given to do in the tests: payloads are commands."""

import gc
import os
import signal
import subprocess
import time
from collections.abc import Callable

from fapproc.executors.outcomes import Refusal


class OddError(Exception):
    """Can't be read back from its pickle."""

    def __init__(self, a: int, b: int) -> None:
        super().__init__(f"{a} is not {b}")


def obey(payload: bytes) -> object:
    word, _, rest = payload.decode().partition(" ")
    return _COMMANDS[word](rest)


def _sleep(rest: str) -> str:
    time.sleep(float(rest))
    return rest


def _await(rest: str) -> str:
    while not os.path.exists(rest):  # noqa: PTH110 - pathlib would be one more module to load
        time.sleep(0.005)
    return rest


def _spin(rest: str) -> str:
    until = time.process_time() + float(rest)
    while time.process_time() < until:
        pass
    return rest


def _stop(rest: str) -> str:
    """Be stopped for as long as other processes of the test work, by one that goes on."""
    here = os.getpid()
    helper = f"sleep 2.5; kill -CONT {here}"
    with subprocess.Popen(["/bin/sh", "-c", helper]):
        os.kill(here, signal.SIGSTOP)
    return "went on"


def _refuse(rest: str) -> None:
    raise Refusal(rest)


def _allocate(rest: str) -> int:
    return len(bytearray(int(rest)))


def _die(rest: str) -> None:
    os.kill(os.getpid(), signal.SIGSEGV if rest == "segv" else signal.SIGKILL)


def _fail(rest: str) -> None:
    raise ZeroDivisionError(rest)


def _fail_oddly(rest: str) -> None:
    raise OddError(1, 2)


def _print(rest: str) -> int:
    return os.write(2, rest.encode())


def _pid(rest: str) -> int:
    return os.getpid()


def _variables(rest: str) -> list[str]:
    """The names of those that this process sees, which begin so."""
    return sorted(name for name in os.environ if name.startswith(tuple(rest.split())))


def _cycles(rest: str) -> tuple[bool, bool]:
    """Whether reference cycles are looked for, and not in what was loaded."""
    return gc.isenabled(), gc.get_freeze_count() > 1000


_COMMANDS: dict[str, Callable[[str], object]] = {
    "echo": str,
    "forget": str,
    "end": str,
    "sleep": _sleep,
    "await": _await,
    "spin": _spin,
    "stop": _stop,
    "refuse": _refuse,
    "allocate": _allocate,
    "die": _die,
    "fail": _fail,
    "fail-oddly": _fail_oddly,
    "print": _print,
    "pid": _pid,
    "variables": _variables,
    "cycles": _cycles,
}
