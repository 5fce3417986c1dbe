"""`fapproc dedup`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from fapproc.cli.options import archive_option
from fapproc.wording import counted

if TYPE_CHECKING:
    from fapproc.archive import Archive

RULE = "union"


@click.command()
@archive_option
@click.option("--rule", default=RULE, show_default=True, help="How methods are combined: union.")
def dedup(folder: Path, rule: str) -> None:
    """Find near-duplicates among processed images, and group them.

    What was judged stays; new members of a group are `new` until you judge them.
    """
    from fapproc.archive import Archive

    with Archive.open(folder) as archive:
        dedup_archive(archive, rule=rule)


def dedup_archive(archive: "Archive", *, rule: str = RULE) -> None:
    """Find near-duplicates and say how many there are, and how many are new.

    Raises:
        UsageProblem: no such rule.
    """
    from fapproc.jobs.duplicates import find_duplicates

    report = find_duplicates(archive, rule=rule)
    click.echo(
        f"{counted(report.images, 'image')} in {counted(report.groups, 'group')} of possible "
        f"duplicates, {report.need_action} need a verdict; {report.new_images} images are new here."
    )
