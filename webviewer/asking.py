"""Requests as the server reads them, judged by their heads, and what it answers by itself."""

import json
from copy import copy
from http import HTTPStatus
from typing import Any

from waitress.parser import HTTPRequestParser
from waitress.task import ErrorTask

from webviewer.answers import DATA
from webviewer.security import HEADERS, is_ours

_SENTENCES = {
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: (
        "This is more than the viewer takes at once: select fewer pictures."
    )
}


class Parser(HTTPRequestParser):  # type: ignore[misc]  # waitress ships no types
    """A request, judged by its head before any of its body is read."""

    adj: Any
    body_rcv: Any

    def __init__(self, adjustments: Any, listed: int) -> None:
        """Begin to read one.

        Args:
            adjustments: the server's.
            listed: bytes of JSON below `data/` that are taken.
        """
        super().__init__(adjustments)
        self._listed = listed

    def parse_header(self, header_plus: bytes) -> None:
        """Read the head, and decide how much of a body is taken."""
        super().parse_header(header_plus)
        if self.body_rcv is not None and not is_ours(self.headers.get("HOST", "")):
            # The application refuses it; what would follow is not read as a body.
            self.body_rcv, self.chunked, self.content_length = None, False, 0
            self.expect_continue = False
            self.headers.pop("CONTENT_LENGTH", None)
            self.headers["CONNECTION"] = "close"
        # Not of forms: parts of large ones would be put in files.
        is_json = self.headers.get("CONTENT_TYPE", "").startswith("application/json")
        if is_json and self.path.startswith(DATA):
            self.adj = copy(self.adj)
            self.adj.max_request_body_size = self._listed


class Refusal(ErrorTask):  # type: ignore[misc]  # waitress ships no types
    """What the server itself answers: a request that is none, or one too long."""

    def execute(self) -> None:
        """Answer; to scripts as JSON."""
        self.response_headers.extend(HEADERS.items())
        if getattr(self.request, "path", "").startswith(DATA):
            self.request.error = _ToScripts(self.request.error)
        super().execute()


class _ToScripts:
    """What is wrong with a request, as scripts read it."""

    def __init__(self, error: Any) -> None:
        self._error = error

    def to_response(self, _: str) -> tuple[str, list[tuple[str, str]], bytes]:
        code, reason = self._error.code, self._error.reason
        told = json.dumps({"error": _SENTENCES.get(code, f"{reason}.")})
        return f"{code} {reason}", [("Content-Type", "application/json")], told.encode()
