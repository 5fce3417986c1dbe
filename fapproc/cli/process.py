"""`fapproc process`, and its parts `thumbs` and `encode`."""

import math
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fapproc.cli.options import archive_option, progress, quiet_option
from fapproc.errors import DONE_WITH_FAILURES, Damaged
from fapproc.voice import answer, tell
from fapproc.wording import counted

if TYPE_CHECKING:
    from fapproc.archive import Archive
    from fapproc.jobs.derive import Part


@click.command()
@archive_option
@quiet_option
@click.pass_context
def process(ctx: click.Context, folder: Path, quiet: bool) -> None:
    """Make what is missing of facts, thumbnails and encodings.

    Each picture is decoded once. One that does not decode stays, marked as unsound (exit code 3),
    and the others go on. Stop it at any time; it goes on where it was.
    """
    from fapproc.jobs.derive import BOTH

    _derive(ctx, folder, BOTH, "Processing", quiet=quiet)


@click.command()
@archive_option
@quiet_option
@click.pass_context
def thumbs(ctx: click.Context, folder: Path, quiet: bool) -> None:
    """Make what is missing of thumbnails, and no encoding: a part of `process`."""
    from fapproc.jobs.derive import Part

    _derive(ctx, folder, {Part.THUMBS}, "Making thumbnails", quiet=quiet)


@click.command()
@archive_option
@quiet_option
@click.pass_context
def encode(ctx: click.Context, folder: Path, quiet: bool) -> None:
    """Make what is missing of hashes and vectors, and no thumbnail: a part of `process`."""
    from fapproc.jobs.derive import Part

    _derive(ctx, folder, {Part.ENCODE}, "Encoding", quiet=quiet)


def _derive(
    ctx: click.Context, folder: Path, parts: "Collection[Part]", what: str, *, quiet: bool
) -> None:
    from fapproc.archive import Archive

    with Archive.open(folder) as archive:
        failed = process_archive(archive, parts=parts, what=what, quiet=quiet)
    if failed:
        ctx.exit(DONE_WITH_FAILURES)


def process_archive(
    archive: "Archive",
    *,
    parts: "Collection[Part] | None" = None,
    what: str = "Processing",
    quiet: bool,
) -> int:
    """Process what is missing and say what was done; how many images failed or were not processed.

    One program at a time: another one is waited for, and what it made is not made again. Whoever
    calls this may hold no other job.

    Args:
        archive: whose images.
        parts: what is made; all if None.
        what: how the progress is called.
        quiet: show no progress.

    Raises:
        Damaged: files of the archive can't be used; each was told.
    """
    from fapproc import config
    from fapproc.dedup.models import chosen
    from fapproc.jobs import derive

    model, wanted = chosen(config.load().network), derive.BOTH if parts is None else parts

    def waiting(holder: str) -> None:
        tell(f"{holder} processes pictures of this archive: waiting for it.")

    with archive.job("process", wait=math.inf, waiting=waiting):
        others = derive.outdated(archive) if derive.Part.ENCODE in wanted else {}
        for made_by, count in others.items():
            answer(
                f"The hashes of {counted(count, 'image')} were made by other libraries ({made_by}) "
                "and can't be compared with those made here: they are made again."
            )
        total = derive.missing(archive, parts=wanted, model=model)
        with progress(what, total, quiet=quiet) as done:
            report = derive.derive(archive, done, parts=wanted, model=model)
    answer(f"{counted(report.made, 'image')} processed, {report.failed} failed.")
    for sentence in (*report.broken, *report.damaged):
        tell(f"Error: {sentence}")
    if report.broken:
        tell(
            f"{counted(len(report.broken), 'image')} could not be processed on this machine now. "
            "That says nothing of the pictures: the next 'fapproc process' tries them again."
        )
    if report.damaged:
        raise Damaged(f"{counted(len(report.damaged), 'file')} of the archive can't be used.")
    return report.failed + len(report.broken)
