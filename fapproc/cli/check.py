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
@click.option(
    "--repair", "repairs", is_flag=True, help="Repair what can be repaired without the network."
)
@click.option(
    "--dry-run", is_flag=True, help="With --repair: show what would be done; change nothing."
)
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
    """Check that nothing in the archive is missing or damaged.

    \b
    fapproc check
    fapproc check --read-data
    fapproc check --repair --dry-run

    Compares the database with the files, and checks the database itself. --read-data also reads
    every file, and goes on where it was stopped. --repair marks lost pictures, and the next crawl
    fetches them again; their tags and verdicts stay. The exit code is 13 if something is wrong.
    """
    from fapproc.archive import Archive
    from fapproc.looking import open_to_read

    if repairs and read_only:
        raise UsageProblem(
            "--repair changes the archive, and --read-only forbids that. Give only one of them."
        )
    acts = repairs and not dry_run
    opening = Archive.open(folder) if acts else open_to_read(folder, only=read_only)
    with opening as archive:
        check_archive(archive, read_data=read_data, acts=acts, as_json=as_json, quiet=quiet)
