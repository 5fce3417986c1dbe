"""`fapproc export`."""

from pathlib import Path

import click

from fapproc.commandline.options import archive_option
from fapproc.errors import Damaged
from fapproc.voice import answer, row, tell
from fapproc.wording import counted, meaning, size


@click.command()
@archive_option
@click.option(
    "-t", "--tag", help="Only this tag, by path or name, without its children. [default: all]"
)
@click.option(
    "--renumber/--no-renumber",
    default=False,
    help="Number the files, 00001-…, and remove other copies from the tag's folder.",
)
@click.option("--dry-run", is_flag=True, help="Say what would be written and removed; do nothing.")
def export(folder: Path, tag: str | None, renumber: bool, dry_run: bool) -> None:
    """Write tagged pictures to tag_export/, in the clear.

    The folder lies in the archive's own. A picture with several tags is written once for each; a
    file that is there already is kept.
    """
    from fapproc.archive import Archive
    from fapproc.jobs import export as job

    with Archive.open(folder) as archive:
        plan = job.plan(archive, tag=tag, renumber=renumber)
        if dry_run:
            for file in plan.removals:
                row(f"remove {file}")
            for copy in plan.copies:
                row(f"write {archive.export_folder / copy.name}")
            return
        report = job.export(archive, plan)
    if not plan.copies:
        what = f"tagged with {tag}" if tag else "tagged"
        answer(f"No images are {what}. Tag some with 'fapproc tag apply PATH SHA...'.")
        return
    written = f"{counted(report.written, 'file')} written to {archive.export_folder}"
    total = size(sum(copy.bytes for copy in plan.copies))
    removed = f", {counted(report.removed, 'other copy', 'other copies')} removed" * bool(
        report.removed
    )
    answer(f"{written}, {report.kept} there already{removed}; {total} in all.")
    for name, detail in report.unsound.items():
        tell(f"Warning: {name} is exported as it is, but it is unsound: {meaning(detail)}.")
    for sentence in report.damaged:
        tell(f"Error: {sentence}")
    if report.damaged:
        raise Damaged(
            f"{counted(len(report.damaged), 'picture')} could not be exported. "
            "'fapproc check' says what helps."
        )
