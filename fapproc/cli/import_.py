"""`fapproc import`."""

import sys
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fapproc import config
from fapproc.commandline import completing
from fapproc.commandline.asking import dry_run_option
from fapproc.commandline.noting import noting
from fapproc.commandline.options import archive_option, quiet_option
from fapproc.commandline.processing import FAILURES, process_archive
from fapproc.commandline.progress import progress
from fapproc.commandline.searching import NEXT, search_briefly
from fapproc.errors import DONE_WITH_FAILURES, UsageProblem
from fapproc.firsts import Firsts
from fapproc.names import quoted
from fapproc.voice import answer, row, tell, tell_some
from fapproc.wording import counted, short, size

if TYPE_CHECKING:
    from fapproc.jobs.import_folder import ImportReport


@click.command("import")
@click.argument("source", metavar="DIR", shell_complete=completing.folders)
@archive_option
@click.option(
    "--name", metavar="NAME", help="Name of the album for DIR itself. [default: the folder's name]"
)
@click.option(
    "--all",
    "everything",
    is_flag=True,
    help="Import hidden files and folders too, and those that a NAS or the system made.",
)
@click.option(
    "--process", "goes_on", is_flag=True, help="Then process the pictures and find duplicates."
)
@dry_run_option
@quiet_option
@click.pass_context
def import_(
    ctx: click.Context,
    source: str,
    folder: Path,
    name: str | None,
    everything: bool,
    goes_on: bool,
    dry_run: bool,
    quiet: bool,
) -> None:
    """Import the pictures of a local folder and its subfolders.

    \b
    fapproc import ~/Pictures/favorites
    fapproc import ~/Pictures/favorites --process
    fapproc import ~/Pictures/favorites --dry-run

    Each folder, and each ZIP or CBZ file, becomes an album of the user LOCAL DISK. Nothing in DIR
    is changed; run it again to add what is new. Files that are not pictures are skipped; a file
    that is named like a picture and isn't one is a failure (exit code 3), and so is a folder that
    can't be read. Hidden and system files (@eaDir, #recycle, .thumbnails, Thumbs.db) are left out
    and counted.
    """
    from fapproc import description
    from fapproc.archive import Archive
    from fapproc.jobs.import_folder import (
        check_source,
        count,
        import_folder,
        refuse_archive,
    )
    from fapproc.unlocking import create_if_needed, prepare

    if not source.strip():
        raise UsageProblem("Name the folder that holds the pictures.")
    root = check_source(config.expanded(source))
    description.read(folder)  # it refuses the predecessor's folder, which is none of pictures
    refuse_archive(root, folder, everything=everything)
    if dry_run:
        report = _preview(folder, root, name=name, everything=everything, quiet=quiet)
        _tell_rest(report, quiet=quiet)
        if report.stored.failed or report.unreadable:
            ctx.exit(DONE_WITH_FAILURES)
        return
    unlocked = create_if_needed(prepare(folder))
    with Archive.open_unlocked(unlocked) as archive:
        say = noting(archive, "import")
        total = None if quiet else count(archive, root, everything=everything)
        with progress("Importing", total, quiet=quiet) as done:
            report = import_folder(archive, root, name=name, everything=everything, done=done)
        stored = report.stored
        told = say if stored.new or stored.failed else answer
        told(_summed(report))
        for name, place in report.moved:
            told(
                f"Album {quoted(name)} was moved or renamed: it is in {place} now, and stays the "
                "same album."
            )
    _tell_rest(report, quiet=quiet)
    failed = stored.failed + len(report.unreadable)
    if goes_on:
        with Archive.open_unlocked(unlocked) as archive:
            failed += process_archive(archive, quiet=quiet)
            search_briefly(archive, quiet=quiet)
        if not quiet:
            if failed:
                tell(FAILURES)
            tell(NEXT)
    elif stored.new and not quiet:
        tell("Next: 'fapproc process', then 'fapproc dedup' and 'fapproc run'.")
    if failed:
        ctx.exit(DONE_WITH_FAILURES)


def _preview(
    folder: Path, root: Path, *, name: str | None, everything: bool, quiet: bool
) -> "ImportReport":
    """Say what would come, a picture a line; no archive is made, and none that is open is asked."""
    from fapproc import description
    from fapproc.jobs.import_folder import preview
    from fapproc.looking import open_to_read

    there = description.read(folder) is not None
    with (
        open_to_read(folder) if there else nullcontext() as archive,
        progress(
            "Looking", None, quiet=quiet or sys.stdout.isatty()
        ) as done,  # lines would tear it
    ):
        report = preview(
            archive,
            root,
            name=name,
            everything=everything,
            found=lambda new: row(f"{short(new.digest)}  {size(new.bytes):>10}  {new.name}"),
            done=done,
        )
    for was, place in report.moved:
        answer(
            f"Album {quoted(was)} was moved or renamed to {place}, and would stay the same album."
        )
    answer(f"Nothing was imported. It would be {_summed(report)}")
    return report


def _summed(report: "ImportReport") -> str:
    stored = report.stored
    return (
        f"{counted(report.albums, 'album')}: {counted(stored.new, 'new picture')} "
        f"({size(stored.bytes)}), {stored.known:,} already in the archive, {stored.failed:,} "
        f"failed; {counted(report.skipped, 'other file')} skipped."
    )


def _tell_rest(report: "ImportReport", *, quiet: bool) -> None:
    """What was left out, skipped, or could not be read."""
    from fapproc.jobs.import_tree import ITSELF

    if report.left_out:
        names = ", ".join(
            f"{label} ({count:,})" for label, count in sorted(report.left_out.items())
        )
        more = {*report.left_out} - {ITSELF}
        answer(f"Left out: {names}.{' --all imports hidden and system files too.' * bool(more)}")
    if not quiet:
        _name("Skipped", report.skipped_names, report.skipped)
        _name("Failed", report.failed_names, report.stored.failed)
    for sentence in report.unreadable:
        tell(f"Error: {sentence}")


def _name(what: str, names: Sequence[str], count: int) -> None:
    """Name the first of what was skipped or failed, and how many more there are."""
    tell_some(what, Firsts([*names], count))
