"""Requests and responses as values, and how a response misbehaves on the wire."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import Enum, auto


class Wire(Enum):
    """How the body goes out."""

    WHOLE = auto()
    DROP = auto()
    """Half of the body, then a reset connection."""
    SHORT = auto()
    """More announced than sent, then a clean close."""
    STALL = auto()
    """Some bytes, then silence."""
    RAW = auto()
    """The body is the whole answer, its head too; then a clean close."""


@dataclass(frozen=True, slots=True)
class Request:
    """A parsed request."""

    method: str
    path: str
    query: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    range: str = ""
    """The header of that name."""


@dataclass(frozen=True, slots=True)
class Response:
    """What to answer."""

    status: int
    body: bytes
    content_type: str = "text/html; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()
    wire: Wire = Wire.WHOLE


def page(text: str, status: int = 200, headers: tuple[tuple[str, str], ...] = ()) -> Response:
    """An HTML page."""
    return Response(status, text.encode(), headers=headers)


def data(value: object, status: int = 200) -> Response:
    """A value as JSON."""
    return Response(status, json.dumps(value).encode(), "application/json")
