"""`fapproc check`."""

from pathlib import Path

import click

from fapproc.commandline.checking import check_archive
from fapproc.commandline.options import (
    archive_option,
    json_option,
    quiet_option,
    read_only_option,
)
from fapproc.errors import UsageProblem


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

    \b
    fapproc check
    fapproc check --read-data
    fapproc check --repair --dry-run

    Rows against files, references, the order of albums, the database. --read-data goes on where it
    was stopped. What only the site can bring again is marked by --repair, and the next crawl
    fetches it; tags and verdicts stay. Exit code 13 when something is wrong.
    """
    from fapproc.archive import Archive
    from fapproc.looking import open_to_read

    if repairs and read_only:
        raise UsageProblem("--repair writes, and --read-only forbids it. Give one of them.")
    acts = repairs and not dry_run
    opening = Archive.open(folder) if acts else open_to_read(folder, only=read_only)
    with opening as archive:
        check_archive(archive, read_data=read_data, acts=acts, as_json=as_json, quiet=quiet)
