"""`fapproc init`."""

from dataclasses import replace
from pathlib import Path

import click

from fapproc.commandline.options import archive_option, quiet_option
from fapproc.commandline.placing import on_server, place, rows
from fapproc.errors import ArchiveHeld, UsageProblem
from fapproc.voice import answer, tell


@click.command()
@archive_option
@click.option("--blobs", "url", metavar="URL", help="Keep pictures elsewhere: s3://BUCKET/FOLDER.")
@click.option("--database", metavar="URL", help="Keep rows in this database, on a server.")
@quiet_option
def init(folder: Path, url: str | None, database: str | None, quiet: bool) -> None:
    """Make an empty archive.

    \b
    fapproc init
    fapproc init --blobs s3://my-bucket/pictures
    fapproc init --database postgresql+psycopg://me@server/pictures

    'fapproc read' and 'fapproc import' make one by themselves; this is for pictures that are kept
    in a bucket of object storage, or rows (names, tags, verdicts) in a database on a server, from
    the first one on. What a bucket holds is only encrypted where the archive has a password; rows
    on a server never are.
    """
    from fapproc import description
    from fapproc.archive import Archive
    from fapproc.jobs import moving
    from fapproc.unlocking import NewArchive, create_if_needed, prepare

    files, where = place(url), rows(database)
    if description.read(folder) is not None:
        raise UsageProblem(
            f"There is an archive in {folder} already. 'fapproc move --blobs URL' moves its "
            "pictures, 'fapproc move --database URL' its rows."
        )
    moving.refuse_taken(folder, files, where)  # before a password is asked for
    prepared = prepare(folder)
    if not isinstance(prepared, NewArchive):
        raise ArchiveHeld(f"An archive was made in {folder} meanwhile.", "Try again.")
    made = create_if_needed(replace(prepared, files=files, database=where))
    with Archive.open_unlocked(made) as archive:
        placed = f", its pictures at {moving.where(archive)}" if url else ""
    rowed = f", its rows at {where}" if database else ""
    answer(f"Made an empty archive in {folder}{placed}{rowed}.")
    if not quiet:
        if warning := on_server(where, sealed=made.description.sealed):
            tell(warning)
        tell("Next: 'fapproc read -u NAME' or 'fapproc import DIR'.")
