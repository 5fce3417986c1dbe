"""`fapproc process`, and its parts `thumbs` and `encode`."""

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fapproc.commandline.clustering import cluster_options, clustering, refuse_others
from fapproc.commandline.options import archive_option, quiet_option
from fapproc.commandline.processing import FAILURES, process_archive
from fapproc.errors import DONE_WITH_FAILURES
from fapproc.voice import tell

if TYPE_CHECKING:
    from fapproc.jobs.derive import Part


@click.command()
@archive_option
@cluster_options
@quiet_option
@click.pass_context
def process(
    ctx: click.Context, folder: Path, cluster: str | None, certificate: str | None, quiet: bool
) -> None:
    """Make whatever is missing: facts, thumbnails, hashes and vectors.

    \b
    fapproc process
    fapproc process -d ~/Pictures/archive
    fapproc process --cluster tls://192.168.1.10:8786

    Each picture is decoded once. One that can't be decoded stays in the archive, marked as unsound
    (exit code 3). Stop it at any time; run it again to go on.
    """
    from fapproc.jobs.derive import BOTH

    _derive(ctx, folder, BOTH, "Processing", (cluster, certificate), quiet=quiet)


@click.command()
@archive_option
@cluster_options
@quiet_option
@click.pass_context
def thumbs(
    ctx: click.Context, folder: Path, cluster: str | None, certificate: str | None, quiet: bool
) -> None:
    """Make missing thumbnails only: one part of `process`.

    \b
    fapproc thumbs
    """
    from fapproc.jobs.derive import Part

    _derive(ctx, folder, {Part.THUMBS}, "Making thumbnails", (cluster, certificate), quiet=quiet)


@click.command()
@archive_option
@cluster_options
@quiet_option
@click.pass_context
def encode(
    ctx: click.Context, folder: Path, cluster: str | None, certificate: str | None, quiet: bool
) -> None:
    """Make missing hashes and vectors only: the other part of `process`.

    \b
    fapproc encode
    """
    from fapproc.jobs.derive import Part

    _derive(ctx, folder, {Part.ENCODE}, "Encoding", (cluster, certificate), quiet=quiet)


def _derive(
    ctx: click.Context,
    folder: Path,
    parts: "Collection[Part]",
    what: str,
    where: tuple[str | None, str | None],
    *,
    quiet: bool,
) -> None:
    """Process on a cluster, if one is named, with the file that admits computers to it."""
    from fapproc.archive import Archive
    from fapproc.jobs.derive import BOTH

    refuse_others(where[0])
    with Archive.open(folder) as archive, clustering(archive, *where) as cluster:
        failed = process_archive(archive, parts=parts, what=what, quiet=quiet, cluster=cluster)
    if not quiet and failed:
        tell(FAILURES)
    if not quiet and parts == BOTH:
        tell("Next: 'fapproc dedup' finds possible duplicates.")
    if failed:
        ctx.exit(DONE_WITH_FAILURES)
