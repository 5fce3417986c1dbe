"""Sentences for the person in front of the program: whole words a line, however wide the terminal.

Results go to stdout, everything else to stderr. Where no terminal reads it, a sentence is a line.
Data (JSON, lists, digests) doesn't come here: who copies it wants it as it is.
"""

import os
import sys
import textwrap
from io import TextIOWrapper
from typing import TextIO

NARROWEST = 20
"""Columns; a terminal that says it has less is not to be believed."""


def tell(sentence: str) -> None:
    """Say what happens, or what went wrong, on stderr, at once."""
    _write(sys.stderr, sentence)


def answer(sentence: str) -> None:
    """Say a result, on stdout."""
    _write(sys.stdout, sentence)


def replace_what_cannot_be_said() -> None:
    """From now on write `?` for a letter that the encoding of stdout or stderr doesn't have."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")


def fitted(text: str, width: int) -> str:
    """A text whose lines have this many letters at most, if their words allow it."""
    lines = (
        textwrap.wrap(
            line,
            width,
            break_long_words=False,
            break_on_hyphens=False,
            replace_whitespace=False,
        )
        for line in text.split("\n")
    )
    return "\n".join("\n".join(line) for line in lines)


def _write(stream: TextIO | None, sentence: str) -> None:
    if stream is None:  # it was closed before the program began
        return
    width = _columns(stream)
    stream.write(f"{fitted(sentence, width) if width >= NARROWEST else sentence}\n")
    stream.flush()


def _columns(stream: TextIO) -> int:
    """How wide the terminal is; 0 where there is none, or where it doesn't know."""
    try:
        return os.get_terminal_size(stream.fileno()).columns
    except (OSError, ValueError):  # no terminal, no file at all
        return 0
