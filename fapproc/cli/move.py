"""`fapproc move`."""

from functools import partial
from pathlib import Path

import click

from fapproc.commandline.options import archive_option, quiet_option
from fapproc.commandline.placing import on_server, place, rows
from fapproc.commandline.progress import progress
from fapproc.errors import UsageProblem
from fapproc.voice import answer, tell
from fapproc.wording import counted


@click.command()
@archive_option
@click.option(
    "--blobs", "url", metavar="URL", help="Where the pictures will be: s3://BUCKET/FOLDER, or '.'."
)
@click.option("--database", metavar="URL", help="The database for the rows, on a server, or '.'.")
@quiet_option
def move(folder: Path, url: str | None, database: str | None, quiet: bool) -> None:
    """Move the pictures of an archive into a bucket, or its rows onto a server, or back.

    \b
    fapproc move --blobs s3://my-bucket/pictures
    fapproc move --blobs .
    fapproc move --database postgresql+psycopg://me@server/pictures
    fapproc move --database .

    '.' is the archive's own folder. All files or rows are copied, then read where they are now, and
    then the archive uses that place. The former ones are left where they are. Interrupted, run it
    again: it goes on.
    """
    if (url is None) == (database is None):
        raise UsageProblem("Give either --blobs or --database: each is moved by itself.")
    if url is not None:
        _files(folder, url, quiet=quiet)
    else:
        _rows(folder, database, quiet=quiet)


def _files(folder: Path, url: str, *, quiet: bool) -> None:
    from fapproc.jobs import moving

    files = place(url)
    report = moving.move(folder, files, partial(progress, quiet=quiet))
    answer(f"{counted(report.images, 'image')} moved to {report.now}, and read there.")
    if not quiet:
        tell(
            f"The former files are still at {report.before}. The archive doesn't need them any "
            "more: remove them when 'fapproc check --read-data' finds everything sound."
        )


def _rows(folder: Path, url: str | None, *, quiet: bool) -> None:
    from fapproc.jobs import moving_rows

    where = rows(url)
    report = moving_rows.move_rows(folder, where, partial(progress, quiet=quiet))
    answer(f"The rows of {counted(report.images, 'image')} moved to {report.now}, and read there.")
    if not quiet:
        if warning := on_server(where, sealed=report.sealed):
            tell(warning)
        tell(
            f"The former rows are still at {report.before}. The archive doesn't need them any "
            "more: remove them when 'fapproc check' finds everything sound."
        )
