"""Limits for the heads of answers: one that does not end is no answer.

Scrapy's HTTP parser is lenient, and rightly so, but it lacks a limit. Twisted's limit of a line is
16 KiB, which policies of some sites exceed, and it has none for the number of lines.
"""

from typing import Any

from scrapy.core.downloader.handlers.http11 import (
    _LenientHTTP11ClientFactory,
    _LenientHTTP11ClientProtocol,
)
from twisted.python.failure import Failure
from twisted.web._newclient import HEADER, STATUS, ParseError

LONGEST_LINE = 64 * 1024
LARGEST_HEAD = 256 * 1024
"""Browsers refuse a head of this size too."""


class _Answers(_LenientHTTP11ClientProtocol):
    """A connection that gives up where the head of an answer grows too large."""

    _read = 0

    def request(self, request: Any) -> Any:
        """Send a request, and count from here."""
        answer = super().request(request)
        self._read = 0
        if self._parser is not None:
            self._parser.MAX_LENGTH = LONGEST_LINE
        return answer

    def dataReceived(self, data: bytes) -> None:  # noqa: N802 - Twisted's own name
        """Take what came, as long as it is not too much of a head."""
        super().dataReceived(data)  # type: ignore[no-untyped-call] # Twisted's, as all below
        parser = self._parser
        if parser is not None and parser.state in {STATUS, HEADER}:
            self._read += len(data)
            if self._read > LARGEST_HEAD:
                endless = ParseError("a head without end", b"")  # type: ignore[no-untyped-call]
                self._giveUp(Failure(endless))  # type: ignore[no-untyped-call]
                if self.transport is not None:
                    self.transport.abortConnection()


class Connections(_LenientHTTP11ClientFactory):
    """Makes connections that keep to the limits."""

    def buildProtocol(self, addr: Any) -> _Answers:  # noqa: ARG002, N802 - Twisted's own form
        """Make one."""
        return _Answers(self._quiescentCallback)  # type: ignore[no-untyped-call]
