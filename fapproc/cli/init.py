"""`fapproc init`."""

from dataclasses import replace
from pathlib import Path

import click

from fapproc.commandline.options import archive_option, quiet_option
from fapproc.commandline.placing import place
from fapproc.errors import UsageProblem
from fapproc.voice import answer, tell


@click.command()
@archive_option
@click.option("--blobs", "url", metavar="URL", help="Keep pictures elsewhere: s3://BUCKET/FOLDER.")
@quiet_option
def init(folder: Path, url: str | None, quiet: bool) -> None:
    """Make an empty archive.

    \b
    fapproc init
    fapproc init --blobs s3://my-bucket/pictures

    'fapproc read' and 'fapproc import' make one by themselves; this is for pictures that are to lie
    in a bucket of object storage, from the first one on. Rows stay in the archive's folder. What a
    bucket holds is only encrypted where the archive has a password.
    """
    from fapproc.archive import Archive, NewArchive, create_if_needed, prepare
    from fapproc.jobs import moving

    files = place(url)
    prepared = prepare(folder)
    if not isinstance(prepared, NewArchive):
        raise UsageProblem(
            f"There is an archive in {folder} already. 'fapproc move --blobs URL' moves its "
            "pictures."
        )
    made = create_if_needed(replace(prepared, files=files))
    with Archive.open_unlocked(made) as archive:
        placed = f", its pictures at {moving.where(archive)}" if url else ""
    answer(f"Made an empty archive in {folder}{placed}.")
    if not quiet:
        tell("Next: 'fapproc read -u NAME' or 'fapproc import DIR'.")
