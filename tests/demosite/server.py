"""The site on a socket: threads, keep-alive, and bodies that break off on purpose."""

from __future__ import annotations

import socket
import struct
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.demosite.response import Request, Response, Wire
from tests.demosite.site import Site

_STALL_SECONDS = 600.0


class DemoServer(ThreadingHTTPServer):
    """Serves one site on this computer alone; port 0 takes a free one."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, site: Site, port: int = 0, host: str = "127.0.0.1") -> None:
        """Bind, and tell the site its own address."""
        six = ":" in host
        self.address_family = socket.AF_INET6 if six else socket.AF_INET
        super().__init__((host, port), _Handler)
        self.site = site
        self.stopping = threading.Event()
        site.root = f"http://{f'[{host}]' if six else host}:{self.server_address[1]}"

    def server_close(self) -> None:
        """Wake what stalls, then close."""
        self.stopping.set()
        super().server_close()

    def handle_error(self, request: object, client_address: object) -> None:
        """Keep quiet about visitors who leave early; anything else is our own mistake."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "demosite"
    sys_version = ""
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = 120
    server: DemoServer

    def do_GET(self) -> None:
        self._serve()

    def do_HEAD(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's own name
        """Print nothing: the log has its own address."""

    def _serve(self) -> None:
        length = self.headers.get("Content-Length", "0")
        body = self.rfile.read(int(length)) if length.isdigit() else b""
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        request = Request(
            self.command, unquote(parts.path), query, body, self.headers.get("Range", "")
        )
        self._send(self.server.site.answer(request, self.path))

    def _send(self, response: Response) -> None:
        body = response.body
        if response.wire is Wire.RAW:
            self.close_connection = True
            self.wfile.write(body)
            return
        announced = len(body) + 1000 if response.wire is Wire.SHORT else len(body)
        self.send_response(response.status)
        self.send_header("Content-Type", response.content_type)
        self.send_header("Content-Length", str(announced))
        for name, value in response.headers:
            self.send_header(name, value)
        if response.wire is not Wire.WHOLE:
            self.close_connection = True
        self.end_headers()
        if self.command == "HEAD":
            return
        match response.wire:
            case Wire.WHOLE | Wire.SHORT:
                self.wfile.write(body)
            case Wire.STALL:
                self.wfile.write(body[:100])
                self.wfile.flush()
                self.server.stopping.wait(_STALL_SECONDS)
            case Wire.DROP:
                self.wfile.write(body[: len(body) // 2])
                self.wfile.flush()
                self._reset()

    def _reset(self) -> None:
        """Close so that the other side sees a reset, not an end."""
        time.sleep(0.02)  # else the reset can overtake what was sent before it
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.rfile.close()
        self.wfile.close()
        self.connection.close()

    def handle_one_request(self) -> None:
        """Stop after a reset: the base class would flush into a closed file."""
        try:
            super().handle_one_request()
        except ValueError:
            if not self.wfile.closed:
                raise
