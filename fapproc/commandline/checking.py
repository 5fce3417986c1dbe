"""What `check` does, for all callers: run the check and print what was found."""

import time
from collections.abc import Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING

from fapproc.commandline.findings import line
from fapproc.commandline.noting import noting
from fapproc.commandline.objects import show_object
from fapproc.commandline.progress import Draw, progress
from fapproc.errors import Damaged
from fapproc.voice import answer, row, tell, to_type
from fapproc.wording import counted, size

if TYPE_CHECKING:
    from fapproc.archive import Archive
    from fapproc.jobs.repair import Step


VERSION = 1
"""Of the objects of `check --json`: higher when a field goes or changes its meaning."""


def check_archive(
    archive: "Archive",
    *,
    read_data: bool,
    acts: bool = False,
    as_json: bool = False,
    quiet: bool,
    draw: Draw = progress,
) -> None:
    """Check, and say what is wrong and what was done about it.

    Args:
        archive: which.
        read_data: read every file, going on where it was stopped.
        acts: repair what can be.
        as_json: print JSON objects.
        quiet: print problems only.
        draw: shows how far the reading is.

    Raises:
        Damaged: something is wrong.
        ArchiveHeld: another check is under way.
    """
    from fapproc.jobs import check as job
    from fapproc.jobs import reading
    from fapproc.jobs.findings import Repair
    from fapproc.jobs.repair import Step, repair

    with archive.job("check"):
        started = time.monotonic()
        if read_data and (position := reading.begun(archive)) and not quiet:
            tell(f"Going on after image {position:,}, where it was stopped.")
        total = reading.left(archive) if read_data else 0
        bar = draw("Reading", total, quiet=quiet) if read_data else nullcontext(lambda _: None)
        with bar as done:
            report = job.check(archive, read_data=read_data, done=done)
        seconds = time.monotonic() - started
        found = report.findings
        say = noting(archive, "check --repair")
        steps = repair(archive, found) if acts else [Step(entry, done=False) for entry in found]
        if acts and steps:
            mended = sum(step.done and step.finding.repair.heals for step in steps)
            say(f"{counted(len(steps), 'finding')}, {mended:,} of them repaired.", aloud=False)
    for step in steps:
        if as_json:
            show_object(_object(step))
        else:
            row(to_type(line(step, acts=acts)))
    if report.files and not quiet:
        rate = size(report.bytes / seconds)
        read = counted(report.files, "file")
        tell(f"{read} read, {size(report.bytes)}, {rate} a second.")
    wrong = [step for step in steps if step.finding.repair is not Repair.LEAVE]
    left = [step for step in wrong if not (step.done and step.finding.repair.heals)]
    if left:
        raise Damaged(_last_words(left, acts=acts, read_data=read_data))
    if not as_json:
        answer("Everything is repaired." if wrong else "Everything is there and sound.")


def _object(step: "Step") -> dict[str, object]:
    entry = step.finding
    return {
        "version": VERSION,
        "kind": entry.kind,
        "name": entry.name,
        "sha256": entry.file.key.digest if entry.file else None,
        "sentence": to_type(entry.sentence),
        "repair": entry.repair,
        "done": step.done,
    }


def _last_words(left: "Sequence[Step]", *, acts: bool, read_data: bool) -> str:
    wrong = counted(len(left), "thing")
    if not any(step.finding.repair.acts for step in left):
        return f"{wrong} wrong that can't be repaired; see above for what to do."
    if not acts:
        # Only who reads them sees that bytes have changed: the repair has to read them too.
        read = "--read-data " * read_data
        return f"{wrong} wrong. 'fapproc check {read}--repair' does what is shown above."
    waiting = sum(step.done for step in left)
    if waiting == len(left):
        marked = f"{counted(waiting, 'image')} marked as lost"
        return f"{marked}; see above for how to get them back."
    return f"{wrong} not repaired; see above for what to do."
