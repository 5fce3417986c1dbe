"""A server of object storage for the tests: `rclone serve s3` on this computer, over a folder.

Its bucket is a folder, each object a file in it, so that damage can be done beside the server.
"""

import atexit
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sysconfig
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

BUCKET = "pictures"
WITHIN = 30.0
"""Seconds in which it answers, on a busy machine."""


@dataclass(slots=True)
class ObjectStorage:
    """The server; `start` and `stop` it as often as a test needs."""

    root: Path
    key: str = "key"
    secret: str = field(default_factory=lambda: secrets.token_hex(16), repr=False)
    port: int = 0
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Begin to answer, at the port that it had before, if it had one."""
        if not self.port:
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                self.port = free.getsockname()[1]
        program = Path(sysconfig.get_path("scripts")) / "rclone"
        self.process = subprocess.Popen(
            [program, "serve", "s3", "--addr", f"127.0.0.1:{self.port}", "--config", "", self.root],
            env={**os.environ, "RCLONE_AUTH_KEY": f'"{self.key},{self.secret}"'},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        _wait(self._answers, "it does not start")

    def stop(self) -> None:
        """Answer no more, from this moment on."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(timeout=WITHIN)

    @property
    def environment(self) -> Mapping[str, str]:
        """What a program has to be told to use it."""
        return {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.port}",
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": self.key,
            "AWS_SECRET_ACCESS_KEY": self.secret,
        }

    @staticmethod
    def place() -> str:
        """The URL of a place that nobody uses."""
        return free_place()

    def path(self, url: str) -> Path:
        """The file of an object."""
        return self.root / url.removeprefix("s3://")

    def age(self, url: str, seconds: float, seen: Callable[[], bool]) -> None:
        """Make an object look older, and wait until that is seen through the server."""
        at = self.path(url).stat().st_mtime - seconds
        os.utime(self.path(url), (at, at))
        self.look_again(seen)

    def look_again(self, seen: Callable[[], bool]) -> None:
        """Let the server forget what it knew of its folders, so that something is seen."""
        assert self.process is not None
        self.process.send_signal(signal.SIGHUP)
        _wait(seen, "what was changed is not seen")

    def _answers(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        except OSError:
            return False
        return True


def free_place() -> str:
    """The URL of a place in the bucket that nobody uses."""
    return f"s3://{BUCKET}/{secrets.token_hex(8)}"


def _wait(happened: Callable[[], bool], else_: str) -> None:
    ends = time.monotonic() + WITHIN
    while not happened():
        assert time.monotonic() < ends, else_
        time.sleep(0.02)


@cache
def served() -> ObjectStorage:
    """The server of this process of tests, started when the first test needs it."""
    made = ObjectStorage(Path(mkdtemp(prefix="object-storage-")))
    (made.root / BUCKET).mkdir()
    made.start()
    atexit.register(shutil.rmtree, made.root, ignore_errors=True)
    atexit.register(made.stop)
    return made
