"""`fapproc check`."""

import time
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fapproc.commandline.findings import line
from fapproc.commandline.objects import show_object
from fapproc.commandline.options import (
    archive_option,
    json_option,
    quiet_option,
    read_only_option,
)
from fapproc.commandline.progress import progress
from fapproc.errors import Damaged, UsageProblem
from fapproc.voice import answer, row, tell
from fapproc.wording import counted, size

if TYPE_CHECKING:
    from fapproc.jobs.repair import Step


@click.command()
@archive_option
@read_only_option
@click.option("--read-data", is_flag=True, help="Read every file and compare it with its digest.")
@click.option("--repair", "repairs", is_flag=True, help="Repair what needs no network.")
@click.option("--dry-run", is_flag=True, help="With --repair: say what would be done; do nothing.")
@json_option
@quiet_option
def check(
    folder: Path,
    read_only: bool,
    read_data: bool,
    repairs: bool,
    dry_run: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Look whether everything is there and sound.

    Rows against files, references, the order of albums, the database. --read-data goes on where it
    was stopped. What only the site can bring again is marked by --repair, and the next crawl
    fetches it; tags and verdicts stay. Exit code 13 when something is wrong.
    """
    from fapproc.archive import Archive
    from fapproc.jobs import check as job
    from fapproc.jobs import reading
    from fapproc.jobs.findings import Repair
    from fapproc.jobs.repair import Step, repair
    from fapproc.looking import open_to_read

    if repairs and read_only:
        raise UsageProblem("--repair writes, and --read-only forbids it. Give one of them.")
    acts = repairs and not dry_run
    opening = Archive.open(folder) if acts else open_to_read(folder, only=read_only)
    with opening as archive, archive.job("check"):
        started = time.monotonic()
        if read_data and (position := reading.begun(archive)) and not quiet:
            tell(f"Going on after image {position:,}, where it was stopped.")
        total = reading.left(archive) if read_data else 0
        bar = progress("Reading", total, quiet=quiet) if read_data else nullcontext(lambda _: None)
        with bar as done:
            report = job.check(archive, read_data=read_data, done=done)
        seconds = time.monotonic() - started
        found = report.findings
        steps = repair(archive, found) if acts else [Step(entry, done=False) for entry in found]
    for step in steps:
        if as_json:
            show_object(_object(step))
        else:
            row(line(step, acts=acts))
    if report.files and not quiet:
        rate = size(report.bytes / seconds)
        read = counted(report.files, "file")
        tell(f"{read} read, {size(report.bytes)}, {rate} a second.")
    wrong = [step for step in steps if step.finding.repair is not Repair.LEAVE]
    left = [step for step in wrong if not (step.done and step.finding.repair.heals)]
    if left:
        raise Damaged(_last_words(left, acts=acts))
    if not as_json:
        answer("Everything is repaired." if wrong else "Everything is there and sound.")


def _object(step: "Step") -> dict[str, object]:
    entry = step.finding
    return {
        "kind": entry.kind,
        "name": entry.name,
        "sha256": entry.file.key.digest if entry.file else None,
        "sentence": entry.sentence,
        "repair": entry.repair,
        "done": step.done,
    }


def _last_words(left: list["Step"], *, acts: bool) -> str:
    wrong = counted(len(left), "thing")
    if not any(step.finding.repair.acts for step in left):
        return f"{wrong} wrong that can't be repaired; the sentences above say what helps."
    if not acts:
        return f"{wrong} wrong. 'fapproc check --repair' does what is said above."
    waiting = sum(step.done for step in left)
    if waiting == len(left):
        marked = f"{counted(waiting, 'image')} marked as lost"
        return f"{marked}; the sentences above say what brings back what was lost."
    return f"{wrong} not repaired; the sentences above say what helps."
