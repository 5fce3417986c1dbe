"""`fapproc move`."""

from pathlib import Path

import click

from fapproc.commandline.options import archive_option, quiet_option
from fapproc.commandline.placing import place
from fapproc.commandline.progress import progress
from fapproc.voice import answer, tell
from fapproc.wording import counted


@click.command()
@archive_option
@click.option(
    "--blobs", "url", metavar="URL", required=True, help="Where to: s3://BUCKET/FOLDER, or '.'."
)
@quiet_option
def move(folder: Path, url: str, quiet: bool) -> None:
    """Move the pictures of an archive into a bucket, or back.

    \b
    fapproc move --blobs s3://my-bucket/pictures
    fapproc move --blobs .

    '.' is the archive's own folder. Every file is copied, then read where it is now, and then the
    archive uses that place. The former files are left where they are. Interrupted, run it again: it
    goes on.
    """
    from fapproc.jobs import moving

    files = place(url)
    with progress("Moving", None, quiet=quiet) as done:
        report = moving.move(folder, files, done)
    answer(f"{counted(report.images, 'image')} moved to {report.now}, and read there.")
    if not quiet:
        tell(
            f"The former files are still at {report.before}. The archive doesn't need them any "
            "more: remove them when 'fapproc check --read-data' finds everything sound."
        )
