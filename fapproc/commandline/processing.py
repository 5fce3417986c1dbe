"""What `process` does, also after a crawl: process what is missing and print what was done."""

import math
from collections.abc import Collection
from typing import TYPE_CHECKING

from fapproc.commandline.noting import noting
from fapproc.commandline.progress import Draw, progress
from fapproc.errors import Damaged
from fapproc.voice import answer, tell, tell_some
from fapproc.wording import counted, meaning, short

FAILURES = "'fapproc failures' lists what failed."

if TYPE_CHECKING:
    from fapproc.archive import Archive
    from fapproc.jobs.afar import Afar
    from fapproc.jobs.derive import DeriveReport, Part


def process_archive(
    archive: "Archive",
    *,
    parts: "Collection[Part] | None" = None,
    what: str = "Processing",
    quiet: bool,
    draw: Draw = progress,
    cluster: "Afar | None" = None,
) -> int:
    """Process what is missing and say what was done; how many images failed or were not processed.

    One program at a time: another one is waited for, and what it made is not made again. Whoever
    calls this may hold no other job.

    Args:
        archive: whose images.
        parts: what is made; all if None.
        what: how the progress is called.
        quiet: show no progress.
        draw: shows how far it is.
        cluster: does the work instead of this computer.

    Raises:
        Damaged: files of the archive can't be used; each was told.
    """
    from fapproc import config
    from fapproc.dedup.models import chosen
    from fapproc.jobs import derive

    model, wanted = chosen(config.load().network), derive.BOTH if parts is None else parts

    def waiting(holder: str) -> None:
        tell(f"{holder} is processing pictures of this archive: waiting until it is done.")

    with archive.job("process", wait=math.inf, waiting=waiting):
        say = noting(archive, "process")
        others = derive.outdated(archive) if derive.Part.ENCODE in wanted else {}
        for made_by, count in others.items():
            answer(
                f"The hashes of {counted(count, 'image')} were made by other libraries "
                f"({made_by}) and can't be compared with new ones: they are made again."
            )
        if derive.Part.ENCODE in wanted and (unseen := derive.unseen(archive)):
            answer(
                f"The frames of {counted(unseen, 'animation')} were not compared yet, or by an "
                "older version: each is read again, and the next 'fapproc dedup' compares it with "
                "all others."
            )
        total = derive.missing(archive, parts=wanted, model=model)
        with draw(what, total, quiet=quiet) as done:
            elsewhere = cluster.deriving if cluster else None
            report = derive.derive(archive, done, parts=wanted, model=model, elsewhere=elsewhere)
    told = say if report.made or report.failed else answer
    told(f"{counted(report.made, 'image')} processed, {report.failed:,} failed.")
    if not quiet:
        _name(archive, report)
    tell_some("Error", report.broken)
    tell_some("Error", report.damaged)
    if report.broken:
        tell(
            f"{counted(report.broken.count, 'image')} could not be processed on this machine now. "
            "The pictures may be fine: the next 'fapproc process' tries them again."
        )
    if report.damaged:
        raise Damaged(f"{counted(report.damaged.count, 'file')} of the archive can't be used.")
    return report.failed + report.broken.count


def _name(archive: "Archive", report: "DeriveReport") -> None:
    """Name the first of the images that failed, and say how many more there are."""
    from fapproc.jobs import naming

    some = report.unsound.named
    for (digest, detail), names in naming.named(archive, some, lambda each: each[:1]):
        tell(
            f"Failed: {short(digest)} {names[digest]}: {meaning(detail)}, so it is kept as unsound."
        )
    if report.unsound.more:
        tell(f"Failed: {report.unsound.more:,} more.")
