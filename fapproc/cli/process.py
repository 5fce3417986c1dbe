"""`fapproc process`."""

from pathlib import Path

import click

from fapproc.cli.options import archive_option, progress, quiet_option
from fapproc.errors import DONE_WITH_FAILURES, Damaged
from fapproc.wording import counted


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
    from fapproc.jobs import derive

    with Archive.open(folder) as archive:
        for made_by, count in derive.outdated(archive).items():
            click.echo(
                f"The hashes of {counted(count, 'image')} were made by other libraries ({made_by}) "
                "and can't be compared with those made here: they are made again."
            )
        total = derive.missing(archive)
        with progress("Processing", total, quiet=quiet) as done:
            report = derive.derive(archive, done)
    click.echo(f"{counted(report.made, 'image')} processed, {report.failed} failed.")
    for sentence in report.damaged:
        click.echo(f"Error: {sentence}", err=True)
    if report.damaged:
        raise Damaged(f"{counted(len(report.damaged), 'file')} of the archive can't be used.")
    if report.failed:
        ctx.exit(DONE_WITH_FAILURES)
