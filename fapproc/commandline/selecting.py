"""How images are chosen on a command line: digests and options, which become one selection."""

import functools
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from fapproc import config
from fapproc.commandline import completing
from fapproc.commandline.options import F
from fapproc.errors import DONE_WITH_FAILURES, UsageProblem
from fapproc.names import quoted
from fapproc.voice import tell

if TYPE_CHECKING:
    from fapproc.archive import Archive
    from fapproc.selections.selection import Selection

_WANTED = "Name a file with a digest a line, or - for standard input."
_LINE_END = re.compile(rb"\r\n|[\r\n\0]")
_LONGEST_LINE = 1 << 16
"""Bytes; after a digest a file's name may stand, of 4,096."""
_MOST_OTHERS = 1_000
"""So many more lines without a digest than with one are no list, but a film, or have no end."""
_OF_TAGS = ""
"""What `--tag-only` without a tag stands for: the tags of `--tag`."""


def selection_options(command: F) -> F:
    """Digests, `--user`, `--album`, `--tag`, `--query`, `--in`, `--all`, arriving as `chosen`."""

    @functools.wraps(command)
    def choose(
        *rest: Any,
        digests: tuple[str, ...],
        users: tuple[str, ...],
        albums: tuple[str, ...],
        tags: tuple[str, ...],
        exact: tuple[str, ...],
        queries: tuple[str, ...],
        files: tuple[str, ...],
        everything: bool,
        **others: Any,
    ) -> Any:
        from dataclasses import replace

        from fapproc.selections.grammar import parse
        from fapproc.selections.selection import Selection

        tag = "tag-only" if _OF_TAGS in exact else "tag"
        given = {"digest": digests, "user": users, "album": albums, tag: tags}
        pairs = [(key, value) for key, values in given.items() for value in values]
        pairs += [("tag-only", value) for value in exact if value != _OF_TAGS]
        pairs += map(_pair, queries)
        chosen = parse(pairs)
        if everything and (pairs or files):
            raise UsageProblem(
                "--all means all images, and other words choose some. Give the one or the others."
            )
        if files:
            chosen = replace(chosen, listed=tuple(_listed(files)))
        elif everything:
            chosen = Selection(everything=True)
        elif pairs and chosen.says_nothing:
            raise UsageProblem(
                "What was given chooses every image. Say --all for all images, or choose some."
            )
        return command(*rest, chosen=chosen, **others)

    several: dict[str, Any] = {"multiple": True}
    options = [
        click.argument(
            "digests", metavar="[DIGEST]...", nargs=-1, shell_complete=completing.digests
        ),
        click.option(
            "--user",
            "users",
            metavar="USER",
            shell_complete=completing.users,
            **several,
            help="Images of this user, by name or number.",
        ),
        click.option(
            "--album",
            "albums",
            metavar="ALBUM",
            shell_complete=completing.albums,
            **several,
            help="Images in this album, by name, in any case, or number.",
        ),
        click.option(
            "-t",
            "--tag",
            "tags",
            metavar="TAG",
            shell_complete=completing.tags,
            **several,
            help="Images with this tag or a tag under it, by path or name.",
        ),
        click.option(
            "--tag-only",
            "exact",
            metavar="[TAG]",
            is_flag=False,
            flag_value=_OF_TAGS,
            shell_complete=completing.tags,
            **several,
            help="Images with exactly this tag; without TAG, the same for the tags of --tag.",
        ),
        click.option(
            "--query",
            "queries",
            metavar="KEY=VALUE",
            shell_complete=completing.queries,
            **several,
            help="Images with this property, like format=jpg or size=1MB..; docs/find.md lists "
            "all.",
        ),
        click.option(
            "--in",
            "files",
            metavar="FILE",
            shell_complete=completing.files,
            **several,
            help="Images whose digests this file lists, one a line; - reads standard input.",
        ),
        click.option("--all", "everything", is_flag=True, help="All images."),
    ]
    for option in reversed(options):
        choose = option(choose)
    return choose  # type: ignore[return-value]


@contextmanager
def opened(
    folder: Path, chosen: "Selection", *, read_only: bool | None = None
) -> Iterator[tuple["Archive", "Selection"]]:
    """Open the archive, and drop from the selection what is no image of the archive.

    `read_only`: None for a command that writes; else whether nothing may be written at all.

    Each of these is named, does not stop the others, and makes the exit code 3.
    """
    from fapproc.archive import Archive
    from fapproc.jobs import selection
    from fapproc.looking import open_to_read

    opening = Archive.open(folder) if read_only is None else open_to_read(folder, only=read_only)
    with opening as archive:
        kept, passed_over = selection.sifted(archive, chosen)
        for sentence in passed_over:
            tell(f"Passed over: {sentence}")
        yield archive, kept
    if passed_over:
        click.get_current_context().exit(DONE_WITH_FAILURES)


def _pair(typed: str) -> tuple[str, str]:
    key, between, value = typed.partition("=")
    if not between:
        from fapproc.selections.grammar import KEYS

        words = KEYS[key].words if key in KEYS else ()
        like = f"{key}={words[0]}; the values are {', '.join(words)}" if words else "format=jpg"
        raise UsageProblem(f"--query {quoted(typed)} has no value. Write it like {like}.")
    return key, value


def _listed(files: Iterable[str]) -> Iterator[str]:
    """The first word of each line: output of `sha256sum` will do, and lines may end in NUL."""
    for name in files:
        try:
            file = (
                nullcontext(sys.stdin.buffer) if name == "-" else config.expanded(name).open("rb")
            )
            with file as lines:
                yield from _words(name, lines)
        except OSError as error:
            raise UsageProblem(
                f"The list {name} can't be read: {error.strerror}. {_WANTED}"
            ) from error


def _words(name: str, file: BinaryIO) -> Iterator[str]:
    """The first word of each line of a list, in lower case.

    Raises:
        UsageProblem: it is something else, that may have no end: a film, a device.
    """
    from fapproc.selections.grammar import DIGITS

    rest, digests, others = b"", 0, 0
    while piece := file.read(_LONGEST_LINE):
        *lines, rest = _LINE_END.split(rest + piece)
        for line in lines:
            word = _first_word(line)
            is_digest = DIGITS.fullmatch(word) is not None
            digests, others = digests + is_digest, others + (not is_digest)
            if word:
                yield word
        if len(rest) > _LONGEST_LINE or others > digests + _MOST_OTHERS:
            raise UsageProblem(f"{name} is no list of digests. {_WANTED}")
    if word := _first_word(rest):
        yield word


def _first_word(line: bytes) -> str:
    words = line.split(None, 1)
    return words[0].decode(errors="replace").lower() if words else ""
