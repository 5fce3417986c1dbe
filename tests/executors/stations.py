"""What workers of a cluster have in the tests: payloads are commands, done in a limited process."""

import os
import pickle
import signal
import time
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from fapproc.executors import cluster_process
from fapproc.executors.local import LocalProcesses
from tests.executors.payloads import obey

OUT_OF_STOCK = b"no such job"


class Wire:
    """Pickles, as anybody can read."""

    def pack(self, value: object) -> bytes:
        return pickle.dumps(value)

    def unpack(self, data: bytes) -> Any:
        return pickle.loads(data)


def loading(folder: Path) -> NoReturn:
    """Make no station for a while, as if a network was loaded; say so when that is done."""
    (folder / f"{os.getpid()}.begun").touch()
    time.sleep(2)
    (folder / f"{os.getpid()}.loaded").touch()
    raise LookupError("there is no such network")


def impatient() -> "Station":
    """Make a station whose process waits for nothing long."""
    vars(cluster_process).update(_SECONDS_BETWEEN_TRIES=0.05, _SECONDS_TO_END=0.2)
    return Station()


def stuck() -> "Station":
    """Make a station that lets go of nothing, as of a file on a disk that does not answer."""
    station = impatient()
    vars(station)["close"] = partial(time.sleep, 60)
    return station


class Station:
    """Has one process with limits; knows a job when it was brought along."""

    def __init__(self) -> None:
        self._known: set[str] = set()
        self._process = LocalProcesses[bytes, object](obey, processes=1)

    def answer(self, number: str, payloads: bytes, job: bytes | None) -> bytes | None:
        if job == OUT_OF_STOCK:
            return pickle.dumps(LookupError("there is no such job"))
        if job is not None:
            self._known.add(number)
        if number not in self._known:
            return None
        commands = pickle.loads(payloads)
        if b"forget" in commands:
            self._known.clear()
        if b"raise" in commands:
            raise ZeroDivisionError("in the station")
        if b"end the worker" in commands:
            os.kill(os.getpid(), signal.SIGKILL)
        found = dict(self._process.map(enumerate(commands)))
        return pickle.dumps([found[place] for place in range(len(commands))])

    def close(self) -> None:
        self._process.__exit__(None, None, None)
