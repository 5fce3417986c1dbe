"""`fapproc dedup`."""

from pathlib import Path

import click

from fapproc.cli.options import archive_option
from fapproc.wording import counted


@click.command()
@archive_option
@click.option("--rule", default="union", show_default=True, help="How methods are combined: union.")
def dedup(folder: Path, rule: str) -> None:
    """Find near-duplicates among processed images, and group them.

    What was judged stays; new members of a group are `new` until you judge them.
    """
    from fapproc.archive import Archive
    from fapproc.jobs.duplicates import find_duplicates

    with Archive.open(folder) as archive:
        report = find_duplicates(archive, rule=rule)
    click.echo(
        f"{counted(report.images, 'image')} in {counted(report.groups, 'group')} of possible "
        f"duplicates, {report.need_action} need a verdict; {report.new_images} images are new here."
    )
