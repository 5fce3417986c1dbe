"""A second server of object storage for the tests: moto's, in a thread of the tests' own process.

It holds objects in memory, tells times in whole seconds in a listing as in a HEAD, refuses a copy
onto itself and checks no signature: in all of these it differs from `rclone`.
"""

import atexit
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from http.client import HTTPConnection

from werkzeug.serving import make_server

from tests.vault.object_storage import BUCKET, WITHIN, free_place


@dataclass(frozen=True, slots=True)
class MotoStorage:
    """The server, which runs until the tests end."""

    port: int

    @property
    def environment(self) -> Mapping[str, str]:
        """What a program has to be told to use it."""
        return {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.port}",
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "anybody",
            "AWS_SECRET_ACCESS_KEY": "anything",
        }

    @staticmethod
    def place() -> str:
        """The URL of a place that nobody uses."""
        return free_place()

    def age(self, url: str, seconds: float, seen: Callable[[], bool]) -> None:
        """Make an object look older, and wait until that is seen through the server."""
        from moto.s3.models import s3_backends

        bucket, _, name = url.removeprefix("s3://").partition("/")
        [[backend]] = [found.values() for found in s3_backends.values()]
        backend.buckets[bucket].keys[name].last_modified -= timedelta(seconds=seconds)
        ends = time.monotonic() + WITHIN
        while not seen():
            assert time.monotonic() < ends, "what was changed is not seen"
            time.sleep(0.02)


@cache
def served() -> MotoStorage:
    """The server of this process of tests, started when the first test needs it.

    It is made without moto's own `ThreadedMotoServer`, which looks through 180 services for each
    request, and writes a line of each: both took as long as the answer.
    """
    from moto.moto_server import werkzeug_app  # 0.6 s: what it imports is large

    class Quiet(werkzeug_app.MotoRequestHandler):
        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            """Say nothing."""

    app = werkzeug_app.create_backend_app("s3")
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    atexit.register(server.shutdown)
    made = MotoStorage(server.port)
    with closing(HTTPConnection("127.0.0.1", server.port, timeout=WITHIN)) as asking:
        asking.request("PUT", f"/{BUCKET}")
        assert asking.getresponse().status == 200
    return made
