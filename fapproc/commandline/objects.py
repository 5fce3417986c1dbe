"""JSON that several commands print, one object a line."""

import json
from collections.abc import Mapping

import click

from fapproc.model import Failure


def show_object(entry: Mapping[str, object]) -> None:
    """Write an object as a line of JSON: in UTF-8, whatever the terminal or the pipe speaks."""
    line = json.dumps(entry, ensure_ascii=False)
    click.echo(line.encode(errors="backslashreplace"))  # what is no letter: an escape of JSON


def failure_object(failure: Failure) -> dict[str, object]:
    """What could not be fetched, as JSON."""
    return {
        "image": failure.place.image,
        "reason": failure.reason,
        "detail": failure.detail,
        "name": failure.name,
        "url": failure.url,
        "at": failure.at,
    }
