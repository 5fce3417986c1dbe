"""What stands between a program and its object storage, and spoils answers as a test wants it.

Requests are passed on as they came, under the `Host` that was signed.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.vault.moto_storage import MotoStorage
from tests.vault.object_storage import WITHIN, ObjectStorage


@dataclass(slots=True)
class Between:
    """How the next answers are: each fault is used up by one request."""

    port: int = 0
    faults: list[str] = field(default_factory=list)
    """`503` and `429` are answered so; `half` takes half of what is sent, `cut` gives half, `lost`
    gives nothing, `slow` gives a byte, and all of it a second later."""
    asked: list[str] = field(default_factory=list)
    """Method and path of each request."""
    holds: str = ""
    """A request in whose method and path this stands is not passed on before `released`."""
    held: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)

    @property
    def address(self) -> str:
        """For `AWS_ENDPOINT_URL`."""
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def between(storage: ObjectStorage | MotoStorage) -> Iterator[Between]:
    """Stand in the way for the time of the block."""
    with _Proxy(storage) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield server.state
        finally:
            server.state.released.set()
            server.shutdown()


class _Proxy(ThreadingHTTPServer):
    def __init__(self, storage: ObjectStorage | MotoStorage) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.storage, self.state = storage, Between(self.server_address[1])


class _Handler(BaseHTTPRequestHandler):
    server: _Proxy
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its own name
        """Say nothing."""

    def _answer(self) -> None:
        state = self.server.state
        state.asked.append(f"{self.command} {self.path}")
        if state.holds and state.holds in state.asked[-1]:
            state.held.set()
            state.released.wait(WITHIN)
        fault = state.faults.pop(0) if state.faults else ""
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length // 2 if fault == "half" else length)
        try:
            if fault.isdigit():
                self._give(int(fault), {}, b"")
            elif fault not in {"half", "lost"}:
                self._pass_on(body, fault)
        except (ConnectionError, HTTPException):  # who asked has gone, or the server has
            self.close_connection = True
        self.close_connection = self.close_connection or fault in {"half", "cut", "lost"}

    def _pass_on(self, body: bytes, fault: str) -> None:
        there = HTTPConnection("127.0.0.1", self.server.storage.port, timeout=WITHIN)
        with closing(there):
            there.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                there.putheader(name, value)
            there.endheaders(body or None)
            answer = there.getresponse()
            data = answer.read()
            said = {name.title(): value for name, value in answer.getheaders()}
            if said.pop("Transfer-Encoding", None):
                said["Content-Length"] = str(len(data))
            if fault == "slow":
                self._give(answer.status, said, data[:1])
                time.sleep(1)
                self.wfile.write(data[1:])
            else:
                self._give(answer.status, said, data[: len(data) // 2] if fault == "cut" else data)

    def _give(self, status: int, headers: dict[str, str], data: bytes) -> None:
        self.send_response(status)
        for name, value in ({"Content-Length": "0"} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_PUT = do_HEAD = do_DELETE = do_POST = _answer  # noqa: N815 - its own names
