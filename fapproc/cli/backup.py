"""`fapproc backup`."""

from pathlib import Path

import click

from fapproc import config
from fapproc.commandline import completing
from fapproc.commandline.asking import dry_run_option
from fapproc.commandline.options import archive_option, quiet_option
from fapproc.commandline.progress import progress
from fapproc.errors import Damaged
from fapproc.voice import answer, tell
from fapproc.wording import counted, size


@click.command()
@click.argument("target", metavar="DIR", shell_complete=completing.folders)
@archive_option
@click.option("--read-data", is_flag=True, help="Also read the files that are already in DIR.")
@dry_run_option
@quiet_option
def backup(target: str, folder: Path, read_data: bool, dry_run: bool, quiet: bool) -> None:
    """Copy the archive to the folder DIR; the copy is an archive of its own.

    \b
    fapproc backup /media/disk/archive
    fapproc backup /media/disk/archive --read-data

    Other programs may use the archive meanwhile. Run it again to go on, or to add what is new. A
    sealed archive stays sealed, with the same passwords.
    """
    from fapproc.archive import Archive
    from fapproc.jobs import backup as job
    from fapproc.jobs import transcode

    to = config.expanded(target)
    if dry_run:
        with Archive.open(folder) as archive:
            report = job.preview(archive, to)
        files = f"{counted(report.copied, 'file')} ({size(report.bytes)})"
        what = f"{counted(report.images, 'image')}: this would copy {files}"
        answer(f"Nothing was copied. {what}, {report.kept:,} there already.")
        return
    with (
        Archive.open(folder) as archive,
        archive.job("backup"),
        progress("Copying", transcode.count(archive), quiet=quiet) as done,
    ):
        report = job.backup(archive, to, read_data=read_data, done=done)
    answer(
        f"{counted(report.images, 'image')}: {counted(report.copied, 'file')} copied "
        f"({size(report.bytes)}), {report.kept:,} already there. 'fapproc stats -d {to}' opens it."
    )
    for sentence in report.damaged:
        tell(f"Error: {sentence}")
    if report.damaged:
        raise Damaged(f"{counted(len(report.damaged), 'file')} could not be copied.")
