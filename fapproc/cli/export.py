"""`fapproc export`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from fapproc import config
from fapproc.commandline.noting import Say, noting
from fapproc.commandline.options import archive_option, read_only_option
from fapproc.commandline.selecting import opened, selection_options
from fapproc.errors import Damaged, UsageProblem
from fapproc.voice import answer, row, tell
from fapproc.wording import counted, meaning, size

if TYPE_CHECKING:
    from fapproc.archive import Archive
    from fapproc.jobs.export import ExportPlan, ExportReport
    from fapproc.selections.selection import Selection


@click.command()
@selection_options
@archive_option
@read_only_option
@click.option(
    "-o",
    "--output",
    metavar="DIR",
    help="Folder to write to, or with --zip the file. [default: tag_export/]",
)
@click.option(
    "--renumber/--no-renumber",
    default=False,
    help="Number the files of each folder (00001-…), and remove what earlier exports wrote there.",
)
@click.option("--include-skipped", is_flag=True, help="Export pictures judged skip, too.")
@click.option("--zip", "packs", is_flag=True, help="Write a ZIP file.")
@click.option(
    "--link",
    is_flag=True,
    help="Hard-link the files instead of copying them; not from a sealed archive.",
)
@click.option(
    "--sidecar",
    type=click.Choice(["xmp", "json"]),
    help="Write a file beside each picture with its tags, source, name and date.",
)
@click.option("--dry-run", is_flag=True, help="Show what would be written and removed; do nothing.")
def export(
    chosen: "Selection",
    folder: Path,
    read_only: bool,
    output: str | None,
    renumber: bool,
    include_skipped: bool,
    packs: bool,
    link: bool,
    sidecar: str | None,
    dry_run: bool,
) -> None:
    """Write pictures to folders, unencrypted: all tagged ones, or those you choose.

    \b
    fapproc export
    fapproc export --tag Places/Lakes --renumber
    fapproc export --album lakes --output ~/lakes --sidecar xmp
    fapproc export --all --output /media/disk/pictures

    Each tag becomes a folder with the pictures that have exactly this tag; tags under it become
    folders inside it. Pictures chosen without a tag are sorted by user and album. Files that are
    already there are kept, and so are files of your own.
    """
    from fapproc.jobs import export as job
    from fapproc.jobs.sidecar import Form
    from fapproc.sites.registry import site_at

    if packs and link:
        raise UsageProblem("--zip and --link don't go together. Give one of them.")
    settings = config.load()
    place = None if output is None else config.expanded(output)
    wish = job.Wish(
        renumber=renumber,
        skipped=include_skipped,
        output=None if packs else place,
        form=Form(sidecar) if sidecar else None,
    )
    writes = place is None and not (read_only or dry_run)  # into the archive's own folder
    with opened(folder, chosen, read_only=None if writes else read_only) as (archive, kept):
        site = site_at(settings.site_root, settings.site)
        plan = job.plan(archive, selection=kept, wish=wish, site=site)
        file = _zip_file(archive, place) if packs else None
        if dry_run:
            _foretell(archive, plan, wish.output, file)
            if plan.copies or plan.removals:
                total = size(sum(copy.size for copy in plan.copies))
                tell(
                    "Nothing was changed. The export would have "
                    f"{counted(len(plan.copies), 'file')}, {total}."
                )
            else:
                tell(_nothing(chosen))
            return
        say = noting(archive, "export")
        if file is not None:
            report = job.export_zip(archive, plan, file)
        else:
            report = job.export(archive, plan, output=wish.output, link=link)
        _tell(plan, report, chosen, file or plan.folder, say)
        if plan.copies and wish.form is Form.XMP:
            _tell_replaced(archive)


def _tell_replaced(archive: "Archive") -> None:
    from fapproc.jobs import tagging
    from fapproc.jobs.sidecar import NO_STEP, STEP

    if any(STEP in tag.name for tag in tagging.paths(archive)):
        tell(
            f"Tags have {STEP} in their names. Lightroom takes that for the step to the next tag, "
            f"so the field for it has {NO_STEP} there."
        )


def _zip_file(archive: "Archive", output: Path | None) -> Path:
    if output is None:
        return archive.export_folder.with_suffix(".zip")
    return output if output.suffix.lower() == ".zip" else output.with_name(f"{output.name}.zip")


def _foretell(
    archive: "Archive", plan: "ExportPlan", output: Path | None, file: Path | None
) -> None:
    from fapproc.jobs.export import is_kept

    for path in plan.removals:
        row(f"remove {path}")
    for copy in plan.copies:
        if file is not None:
            row(f"write {copy.name} to {file}")
        else:
            kept = is_kept(archive, copy, output)
            row(f"{'keep' if kept else 'write'} {plan.folder / copy.name}")


def _nothing(chosen: "Selection") -> str:
    if chosen.says_nothing:
        return (
            "No images are tagged. Tag some with 'fapproc tag apply PATH DIGEST...', or choose "
            "others: 'fapproc export --all' writes every picture."
        )
    return "No images match. Try the same options with 'fapproc list'."


def _tell(
    plan: "ExportPlan", report: "ExportReport", chosen: "Selection", place: Path, say: Say
) -> None:
    if plan.left_out:
        tell(
            f"{counted(plan.left_out, 'skipped image')} left out; --include-skipped exports "
            f"{'it' if plan.left_out == 1 else 'them'}."
        )
    if not plan.copies:
        answer(_nothing(chosen))
        return
    parts = [f"{counted(report.written, 'file')} written to {place}"]
    parts += [f"{report.kept:,} already there"]
    if report.removed:
        parts += [f"{counted(report.removed, 'other copy', 'other copies')} removed"]
    if report.renamed:
        parts += [f"{report.renamed:,} under another name, because a file of yours has that name"]
    if report.damaged:
        parts += [f"{len(report.damaged):,} damaged"]
    total = size(sum(copy.size for copy in plan.copies))
    say(f"{', '.join(parts)}; {total} in all.")
    for name, detail in report.unsound.items():
        tell(
            f"Warning: {plan.folder.name}/{name} is exported as it is, but it is unsound: "
            f"{meaning(detail)}."
        )
    for sentence in report.damaged:
        tell(f"Error: {sentence}")
    if report.damaged:
        raise Damaged(
            f"{counted(len(report.damaged), 'picture')} could not be exported. 'fapproc check' "
            "shows what to do."
        )
