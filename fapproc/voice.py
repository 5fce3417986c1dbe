"""All that is said to the person in front of the program: sentences, and rows of lists.

Results go to stdout, everything else to stderr. A terminal gets whole words a line, however wide
it is; elsewhere a sentence is a line. No name in it ends that line or is obeyed by a terminal
(`names.shown`), but for one that is ended by NUL. JSON keeps all as it is.

What the options of the command said of it stands in click's memory of the command that is at work,
under the names below: the archive that a next step is to name, and that answers are to be JSON.
"""

import json
import os
import re
import shlex
import sys
import textwrap
from collections.abc import Callable, Iterable
from io import TextIOWrapper
from typing import TextIO, TypeVar

import click

from fapproc.firsts import Firsts
from fapproc.names import shown, shown_in_json

R = TypeVar("R")

NARROWEST = 20
"""Columns; a terminal that says it has less is not to be believed."""

ARCHIVE = "fapproc.archive"
"""The folder that was given by `-d`, as it was typed."""
OBJECTS = "fapproc.objects"
"""Whether `--json` was given to a command that has no objects of its own to show."""

_STEP = re.compile(r"'fapproc ([^']+)'")
_PLAIN_IN_QUOTES = re.compile(r"""[^"$`\\!']+""")


def tell(sentence: str) -> None:
    """Say what happens, or what went wrong, on stderr, at once."""
    _write(sys.stderr, to_type(sentence))


def tell_some(what: str, some: Firsts[str]) -> None:
    """Say each of the first of many, and how many more there are."""
    for each in some.named:
        tell(f"{what}: {each}")
    if some.more:
        tell(f"{what}: {some.more:,} more.")


def answer(sentence: str) -> None:
    """Say a result, on stdout. Who reads no more stops no work that goes on behind it."""
    try:
        if _heard(OBJECTS):
            _write_object("answer", to_type(sentence))
        else:
            _write(sys.stdout, to_type(sentence))
    except BrokenPipeError:
        close_ears()


def row(text: str) -> None:
    """Say a line of a list, on stdout: as it is, however long, for who copies or filters it."""
    if _heard(OBJECTS):
        _write_object("line", text)
    elif sys.stdout is not None:
        sys.stdout.write(f"{shown(text)}\n")


def to_type(sentence: str) -> str:
    """A sentence whose commands name the archive that this one was given: its next steps."""
    folder = _heard(ARCHIVE)
    if not isinstance(folder, str):
        return sentence

    def named(step: re.Match[str]) -> str:
        is_named = {"-d", "--dir", "--archive"} & set(step[1].split())
        return step[0] if is_named else f"'fapproc {step[1]} -d {_quoted(folder)}'"

    return _STEP.sub(named, sentence)


def of_this_command(job: Callable[[], R]) -> Callable[[], R]:
    """A job for another thread, whose sentences name this command's archive as here."""
    context = click.get_current_context(silent=True)
    if context is None:
        return job

    def as_here() -> R:
        with context.scope(cleanup=False):
            return job()

    return as_here


def close_ears() -> None:
    """From now on say nothing on stdout: who read it has left, or it takes no more."""
    if sys.stdout is not None:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def rows(texts: Iterable[str]) -> None:
    """Say lines of a list at once, each as `row` does: who waits for them sees them now."""
    if _heard(OBJECTS):
        for text in texts:
            _write_object("line", text)
    elif sys.stdout is not None:
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


def _heard(key: str) -> object:
    """What an option of the command at work said."""
    context = click.get_current_context(silent=True)
    return None if context is None else context.meta.get(key)


def _quoted(folder: str) -> str:
    """A folder as a shell takes it, within a sentence that has single quotes of its own."""
    if shlex.quote(folder) == folder:
        return folder
    return f'"{folder}"' if _PLAIN_IN_QUOTES.fullmatch(folder) else shlex.quote(folder)


def _write_object(kind: str, text: str) -> None:
    line = json.dumps({"kind": kind, "text": text}, ensure_ascii=False)
    click.echo(shown_in_json(line).encode())


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
