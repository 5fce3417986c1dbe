"""JSON that several commands print, one object a line."""

import json
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import TYPE_CHECKING

import click

from fapproc.names import shown_in_json_lines

if TYPE_CHECKING:
    from fapproc.model import Failure

_AT_ONCE = 1000
_encode = json.JSONEncoder(ensure_ascii=False).encode  # `dumps` would make one a line


def show_object(entry: Mapping[str, object]) -> None:
    """Write an object as a line of JSON: in UTF-8, whatever the terminal or the pipe speaks."""
    show_objects([entry])


def show_objects(entries: Iterable[Mapping[str, object]]) -> None:
    """Write many objects as lines of JSON, in few writes: one for each of a million takes long."""
    show_lines(map(_encode, entries))


def show_lines(lines: Iterable[str]) -> None:
    """Write lines that are JSON already, in the same way."""
    waiting = iter(lines)
    while some := list(islice(waiting, _AT_ONCE)):
        click.echo(shown_in_json_lines(some).encode(), nl=False)


def failure_object(failure: "Failure") -> dict[str, object]:
    """What could not be fetched, as JSON."""
    return {
        "image": failure.place.image,
        "reason": failure.reason,
        "detail": failure.detail,
        "name": failure.name,
        "url": failure.url,
        "at": failure.at,
    }
