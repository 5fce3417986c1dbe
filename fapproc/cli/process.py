"""`fapproc process`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from fapproc.cli.options import archive_option, progress, quiet_option
from fapproc.errors import DONE_WITH_FAILURES, Damaged
from fapproc.wording import counted

if TYPE_CHECKING:
    from fapproc.archive import Archive


@click.command()
@archive_option
@quiet_option
@click.pass_context
def process(ctx: click.Context, folder: Path, quiet: bool) -> None:
    """Make what is missing of facts, thumbnails and hashes.

    Each picture is decoded once. One that does not decode becomes a failure (exit code 3), and
    the others go on. Stop it at any time; it goes on where it was.
    """
    from fapproc.archive import Archive

    with Archive.open(folder) as archive:
        failed = process_archive(archive, quiet=quiet)
    if failed:
        ctx.exit(DONE_WITH_FAILURES)


def process_archive(archive: "Archive", *, quiet: bool) -> int:
    """Process what is missing and say what was done; how many images failed.

    Raises:
        Damaged: files of the archive can't be used; each was told.
    """
    from fapproc.jobs import derive

    total = derive.missing(archive)
    with progress("Processing", total, quiet=quiet) as done:
        report = derive.derive(archive, done)
    click.echo(f"{counted(report.made, 'image')} processed, {report.failed} failed.")
    for sentence in report.damaged:
        click.echo(f"Error: {sentence}", err=True)
    if report.damaged:
        raise Damaged(f"{counted(len(report.damaged), 'file')} of the archive can't be used.")
    return report.failed
