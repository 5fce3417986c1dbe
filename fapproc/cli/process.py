"""`fapproc process`, and its parts `thumbs` and `encode`."""

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fapproc.commandline.options import archive_option, quiet_option
from fapproc.commandline.processing import process_archive
from fapproc.errors import DONE_WITH_FAILURES

if TYPE_CHECKING:
    from fapproc.jobs.derive import Part


@click.command()
@archive_option
@quiet_option
@click.pass_context
def process(ctx: click.Context, folder: Path, quiet: bool) -> None:
    """Make whatever is missing: facts, thumbnails, hashes and vectors.

    \b
    fapproc process
    fapproc process -d ~/Pictures/archive

    Each picture is decoded once. One that can't be decoded stays in the archive, marked as unsound
    (exit code 3). Stop it at any time; run it again to go on.
    """
    from fapproc.jobs.derive import BOTH

    _derive(ctx, folder, BOTH, "Processing", quiet=quiet)


@click.command()
@archive_option
@quiet_option
@click.pass_context
def thumbs(ctx: click.Context, folder: Path, quiet: bool) -> None:
    """Make missing thumbnails only: one part of `process`.

    \b
    fapproc thumbs
    """
    from fapproc.jobs.derive import Part

    _derive(ctx, folder, {Part.THUMBS}, "Making thumbnails", quiet=quiet)


@click.command()
@archive_option
@quiet_option
@click.pass_context
def encode(ctx: click.Context, folder: Path, quiet: bool) -> None:
    """Make missing hashes and vectors only: the other part of `process`.

    \b
    fapproc encode
    """
    from fapproc.jobs.derive import Part

    _derive(ctx, folder, {Part.ENCODE}, "Encoding", quiet=quiet)


def _derive(
    ctx: click.Context, folder: Path, parts: "Collection[Part]", what: str, *, quiet: bool
) -> None:
    from fapproc.archive import Archive

    with Archive.open(folder) as archive:
        failed = process_archive(archive, parts=parts, what=what, quiet=quiet)
    if failed:
        ctx.exit(DONE_WITH_FAILURES)
