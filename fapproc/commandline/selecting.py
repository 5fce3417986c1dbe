"""How images are chosen on a command line: digests and options, which become one selection."""

import functools
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fapproc import config
from fapproc.commandline import completing
from fapproc.commandline.options import F
from fapproc.errors import DONE_WITH_FAILURES, UsageProblem
from fapproc.voice import tell

if TYPE_CHECKING:
    from fapproc.archive import Archive
    from fapproc.selections.selection import Selection

_OF_TAGS = ""
"""What `--tag-only` without a tag stands for: the tags of `--tag`."""


def selection_options(command: F) -> F:
    """`SHA...`, `--user`, `--album`, `--tag`, `--query`, `--in`, `--all`, arriving as `chosen`."""

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
                "What was given leaves no image out. Say --all for all images, or choose some."
            )
        return command(*rest, chosen=chosen, **others)

    several: dict[str, Any] = {"multiple": True}
    options = [
        click.argument("digests", metavar="[SHA]...", nargs=-1, shell_complete=completing.digests),
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
        raise UsageProblem(f"--query {typed!r} has no value. Write it like format=jpg.")
    return key, value


def _listed(files: Iterable[str]) -> Iterator[str]:
    """The first word of each line: output of `sha256sum` will do, and lines may end in NUL."""
    for name in files:
        try:
            data = sys.stdin.buffer.read() if name == "-" else config.expanded(name).read_bytes()
        except OSError as error:
            raise UsageProblem(
                f"The list {name} can't be read: {error.strerror}. Name a file with a digest a "
                "line, or - for standard input."
            ) from error
        for line in data.decode(errors="replace").replace("\0", "\n").splitlines():
            if words := line.split():
                yield words[0].lower()
