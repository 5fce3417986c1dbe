"""The server: waitress, within limits for visitors. May open a socket on this computer.

One thread reads and writes all connections, eight make the answers, so that whoever is slow to ask
or to read costs no thread. An answer waits in memory until it is read, never in a file: pages and
pictures of a sealed archive would be there unencrypted. What is held so, and how many
connections there are, is bounded; beyond that the one that has waited longest is closed.
"""

import contextlib
import ipaddress
import logging
import os
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from flask import Flask
from waitress.buffers import ReadOnlyFileBasedBuffer
from waitress.channel import HTTPChannel
from waitress.server import TcpWSGIServer

from fapproc.errors import FapError, UsageProblem
from fapproc.voice import answer, tell
from webviewer.access import with_token
from webviewer.asking import Parser, Refusal
from webviewer.held import Held

THREADS = 8
HIGHEST_PORT = 65_535
_WHOLE = 64 * 1024
"""From this many bytes on, an answer is kept as it is, not copied into a buffer."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What visitors may take together, and one of them alone."""

    connections: int = 100
    held: int = 128 * 1024 * 1024
    """Bytes of answers that were made and are not read yet, and of bodies that are still to come
    to their end; one larger is held alone."""
    patience: float = 30
    """Seconds for a whole request to come, and for a reader to take some bytes."""
    lingering: float = 2
    """Seconds for the other side to hear the last answer before a connection ends."""
    head: int = 64 * 1024
    body: int = 256 * 1024
    listed: int = 4 * 1024 * 1024
    """Bytes of JSON below `data/`: digests of the 60,000 pictures that a page scrolls through."""


def listening(host: str, port: int) -> socket.socket:
    """Open a socket of this computer, with a port.

    Args:
        host: an address or a name that means this computer alone.
        port: 0 takes a free one.

    Raises:
        UsageProblem: others would reach this address, or there is no such port.
        FapError: the port is taken, or not for us.
    """
    if not 0 <= port <= HIGHEST_PORT:
        raise UsageProblem(f"There is no port {port}: give one from 0 to {HIGHEST_PORT}.")
    address = "127.0.0.1" if host == "localhost" else host
    try:
        local = ipaddress.ip_address(address)
    except ValueError:
        local = None
    if local is None or not local.is_loopback:
        raise UsageProblem(
            f"The viewer is for this computer alone, and others would reach it at {host}: "
            "serve it at 127.0.0.1."
        )
    family = socket.AF_INET6 if local.version == 6 else socket.AF_INET
    try:
        return socket.create_server((address, port), family=family)
    except OSError as error:
        why = os.strerror(error.errno) if error.errno else error  # Python adds its own to strerror
        raise FapError(
            f"Port {port} can't be used: {why}. Choose another with --port, or stop "
            "the program that has it."
        ) from error


def serve(app: Flask, listener: socket.socket, held: Held, token: str | None) -> None:
    """Say where the viewer of this archive is, and serve it until Ctrl-C."""
    server = Server(app, listener, Limits(), held.lock_if_idle)
    host, port = listener.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    address = with_token(f"http://{shown}:{port}/viewer/", token)
    answer(f"Serving {held.folder} at {address} - Ctrl-C stops")
    if held.sealed:
        tell("Open it in a private window: the browser's history keeps the addresses of pages.")
    # A page of thumbnails waits its turn as a matter of course; that is no warning.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    server.run()


def _nothing() -> None:
    """Does nothing each round."""


class Server(TcpWSGIServer):  # type: ignore[misc]  # waitress ships no types
    """A server on a socket that listens already."""

    def __init__(
        self,
        app: Flask,
        listener: socket.socket,
        limits: Limits,
        each_round: Callable[[], None] = _nothing,
    ) -> None:
        """Serve an application.

        Args:
            app: which.
            listener: where.
            limits: of what visitors may take.
            each_round: called each second at least; must not take long.
        """
        self.limits = limits
        self.each_round = each_round
        self.channel_class = _Channel
        super().__init__(
            app,
            _sock=listener,
            bind_socket=False,
            sockets=[listener],
            sockinfo=(listener.family, listener.type, listener.proto, listener.getsockname()),
            threads=THREADS,
            expose_tracebacks=app.debug,
            log_socket_errors=False,  # who leaves is no news
            max_request_header_size=limits.head,
            max_request_body_size=limits.body,
            # Never a temporary file, and no thread that waits for a reader.
            inbuf_overflow=sys.maxsize,
            outbuf_overflow=sys.maxsize,
            outbuf_high_watermark=sys.maxsize,
            connection_limit=2 * limits.connections,  # if all are busy others wait to be accepted
            cleanup_interval=0,  # look after them in each round
        )

    def maintenance(self, now: float) -> None:
        """Close those that take too long, and those who hold too much together."""
        self.each_round()
        holders = []
        for channel in self._open():
            if channel.held:
                holders.append(channel)
            if channel.requests or channel.total_outbufs_len:
                channel.waits_since = now
            if not channel.requests and now - channel.idle_since > self.limits.patience:
                self._let_go(channel)
        held = sum(channel.held for channel in holders)
        for channel in sorted(holders, key=_idle_since)[:-1]:
            if held <= self.limits.held:
                break
            held -= channel.held
            self._let_go(channel)

    def handle_accept(self) -> None:
        """Take a connection; where there are too many, in place of the one that waits longest."""
        there = self._open()
        waiting = [channel for channel in there if not channel.requests]
        if len(there) >= self.limits.connections and waiting:
            # Who reads an answer is closed only where nobody just holds a connection.
            idle = [channel for channel in waiting if not channel.total_outbufs_len]
            self._let_go(min(idle or waiting, key=_idle_since))
        super().handle_accept()

    def _let_go(self, channel: "_Channel") -> None:
        channel.will_close = True
        # Not by waiting until something can be written to it: a full socket is never ready. Nor
        # here: the loop is about to ask the system about all sockets that were open just now.
        self.trigger.pull_trigger(channel.handle_close)

    def _open(self) -> "list[_Channel]":
        return [each for each in self.active_channels.values() if not each.will_close]


class _Channel(HTTPChannel):  # type: ignore[misc]  # waitress ships no types
    """A connection."""

    error_task_class = Refusal
    close_when_flushed: bool
    request: Any
    requests: list[Any]
    lingers = False

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.waits_since: float = self.creation_time

    def parser_class(self, adjustments: Any) -> Parser:
        """What reads a request."""
        return Parser(adjustments, self.server.limits.listed)

    @property
    def held(self) -> int:
        """Bytes of answers that are not read yet, and of a body that has begun to come."""
        came = self.request.body_bytes_received if self.request else 0
        return int(self.total_outbufs_len + came)

    @property
    def idle_since(self) -> float:
        """Since when it has brought no whole request, or its reader has taken nothing."""
        return float(self.last_activity if self.total_outbufs_len else self.waits_since)

    def received(self, data: bytes) -> bool:
        """Take what came; several requests at once, which no browser sends, end it."""
        if self.lingers:
            return False
        taken = bool(super().received(data))
        if len(self.requests) > 1:
            self.will_close = True
        return taken

    def service(self) -> None:
        """Answer a request when its turn has come, unless who asked to see something has left.

        A browser that scrolls on gives up what it asked for; what is in sight would come behind it.
        What is to be saved is saved all the same: that tab may be closed.
        """
        if not (all(_only_reads(each) for each in self.requests) and self._is_left()):
            super().service()
            return
        with self.requests_lock:
            for request in self.requests:
                request.close()
            self.requests = []
        self.will_close = True
        self.server.pull_trigger()

    def _is_left(self) -> bool:
        try:
            return not self.socket.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return False
        except OSError:
            return True

    def write_soon(self, data: Any) -> int:
        """Keep a part of an answer until it is read."""
        if isinstance(data, bytes) and len(data) >= _WHOLE:
            whole = ReadOnlyFileBasedBuffer(BytesIO(data))  # shares the bytes
            whole.prepare()
            return int(super().write_soon(whole))
        return int(super().write_soon(data))

    def handle_write(self) -> None:
        """Send what there is; end in such a way that the last answer arrives.

        A connection that is closed with unread bytes of a refused body is reset, and the other
        side would lose the answer that says why.
        """
        if not self.close_when_flushed or self.will_close:
            super().handle_write()
            return
        self._flush_exception(self._flush_some)
        if not self.total_outbufs_len and not self.will_close:
            limits = self.server.limits
            self.close_when_flushed, self.lingers = False, True
            self.waits_since = time.time() + limits.lingering - limits.patience
            with contextlib.suppress(OSError):
                self.socket.shutdown(socket.SHUT_WR)


def _only_reads(request: Any) -> bool:
    return request.error is None and request.command in {"GET", "HEAD"}


def _idle_since(channel: _Channel) -> float:
    return channel.idle_since
