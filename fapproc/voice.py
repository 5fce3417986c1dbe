"""All that is said to the person in front of the program: sentences, and rows of lists.

Results go to stdout, everything else to stderr. A terminal gets whole words a line, however wide
it is; elsewhere a sentence is a line. No name in it ends that line or is obeyed by a terminal
(`names.shown`), but for one that is ended by NUL. JSON doesn't come here: it keeps all as it is.
"""

import os
import sys
import textwrap
from collections.abc import Iterable
from io import TextIOWrapper
from typing import TextIO

import click

from fapproc.names import shown

NARROWEST = 20
"""Columns; a terminal that says it has less is not to be believed."""


def tell(sentence: str) -> None:
    """Say what happens, or what went wrong, on stderr, at once."""
    _write(sys.stderr, sentence)


def answer(sentence: str) -> None:
    """Say a result, on stdout."""
    _write(sys.stdout, sentence)


def row(text: str) -> None:
    """Say a line of a list, on stdout: as it is, however long, for who copies or filters it."""
    if sys.stdout is not None:
        sys.stdout.write(f"{shown(text)}\n")


def rows(texts: Iterable[str]) -> None:
    """Say lines of a list at once, each as `row` does: who waits for them sees them now."""
    if sys.stdout is not None:
        sys.stdout.write("".join(f"{shown(text)}\n" for text in texts))
        sys.stdout.flush()


def ended_by_nul(texts: Iterable[str]) -> None:
    """Write texts to stdout, each as it is and ended by NUL: for `xargs -0`, which obeys none."""
    told = "".join(f"{text}\0" for text in texts)
    click.echo(told.encode(errors="surrogateescape"), nl=False)


def replace_what_cannot_be_said() -> None:
    """From now on write `?` for a letter that the encoding of stdout or stderr doesn't have."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")


def fitted(sentence: str, width: int) -> str:
    """A sentence in lines that have this many letters at most, if its words allow it."""
    lines = textwrap.wrap(sentence, width, break_long_words=False, break_on_hyphens=False)
    return "\n".join(lines)


def _write(stream: TextIO | None, sentence: str) -> None:
    if stream is None:  # it was closed before the program began
        return
    sentence = shown(sentence)
    width = _columns(stream)
    stream.write(f"{fitted(sentence, width) if width >= NARROWEST else sentence}\n")
    stream.flush()


def _columns(stream: TextIO) -> int:
    """How wide the terminal is; 0 where there is none, or where it doesn't know."""
    try:
        return os.get_terminal_size(stream.fileno()).columns
    except (OSError, ValueError):  # no terminal, no file at all
        return 0
