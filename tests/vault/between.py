"""What stands between a program and its object storage, and spoils answers as a test wants it.

Requests are passed on as they came, under the `Host` that was signed.
"""

import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate, parsedate_to_datetime
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.vault.moto_storage import MotoStorage
from tests.vault.object_storage import WITHIN, ObjectStorage

WORDS = "<Error><Code>Words</Code><Message>the words\nof the server.</Message></Error>"
PAGE = "<html><body>Log in</body></html>"


@dataclass(slots=True)
class Between:
    """How the next answers are: each fault is used up by one request."""

    port: int = 0
    scheme: str = "http"
    faults: list[str] = field(default_factory=list)
    """`503` and any other number are answered so, with `WORDS`; `half` takes half of what is sent,
    `cut` gives half, `lost` gives nothing, `slow` gives a byte, and all of it after a pause."""
    pause: float = 1
    """Seconds."""
    is_page: bool = False
    """Each request is answered with a page for people."""
    leads_to: str = ""
    """The address of a server that each request is sent on to by its answer."""
    ahead: float = 0
    """By so many seconds the server's clock seems to be ahead, as a HEAD tells it."""
    asked: list[str] = field(default_factory=list)
    """Method and path of each request."""
    holds: str = ""
    """A request in whose method and path this stands is not passed on before `released`."""
    held: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)

    @property
    def address(self) -> str:
        """For `AWS_ENDPOINT_URL`."""
        return f"{self.scheme}://127.0.0.1:{self.port}"


@contextmanager
def between(
    storage: ObjectStorage | MotoStorage, certificate: Path | None = None
) -> Iterator[Between]:
    """Stand in the way for the time of the block; with a certificate, it is a way of https."""
    with _Proxy(storage) as server:
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
            server.state.scheme = "https"
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
                self._give(int(fault), {}, WORDS.encode())
            elif state.is_page:
                self._give(200, {"Content-Type": "text/html; charset=utf-8"}, PAGE.encode())
            elif state.leads_to:
                self._give(307, {"Location": state.leads_to + self.path}, b"")
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
            if (changed := said.get("Last-Modified")) and self.server.state.ahead:
                at = parsedate_to_datetime(changed).timestamp() + self.server.state.ahead
                said["Last-Modified"] = formatdate(at, usegmt=True)
            if fault == "slow":
                self._give(answer.status, said, data[:1])
                time.sleep(self.server.state.pause)
                self.wfile.write(data[1:])
            else:
                self._give(answer.status, said, data[: len(data) // 2] if fault == "cut" else data)

    def _give(self, status: int, headers: dict[str, str], data: bytes) -> None:
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(data))} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    do_GET = do_PUT = do_HEAD = do_DELETE = do_POST = _answer  # noqa: N815 - its own names
