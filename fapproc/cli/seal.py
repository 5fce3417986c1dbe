"""`fapproc seal` and `fapproc unseal`."""

from pathlib import Path

import click

from fapproc.cli.options import archive_option, progress, quiet_option
from fapproc.wording import counted

_WHAT_STAYS = """\
The disk may still hold traces of the clear files in its free blocks, in snapshots, in backups and
in the swap: a file that is removed is not wiped. What is in tag_export/ stays in the clear."""


@click.command()
@archive_option
@quiet_option
def seal(folder: Path, quiet: bool) -> None:
    """Encrypt an open archive under a password.

    Removes the clear files and the clear database when the sealed ones are written and checked.
    Interrupted, it goes on when it is run again. Without its password a sealed archive is lost:
    'fapproc passwd --recovery' makes a second key to keep in a safe place.
    """
    from fapproc.jobs import sealing

    with progress("Sealing", None, quiet=quiet) as done:
        report = sealing.seal(folder, done)
    click.echo(f"Sealed. {counted(report.removed, 'clear file')} removed, and the clear database.")
    click.echo(_WHAT_STAYS, err=True)


@click.command()
@archive_option
@quiet_option
def unseal(folder: Path, quiet: bool) -> None:
    """Decrypt a sealed archive.

    Its pictures and names lie on disk in the clear then. Interrupted, it goes on when it is run
    again.
    """
    from fapproc.jobs import sealing

    with progress("Unsealing", None, quiet=quiet) as done:
        report = sealing.unseal(folder, done)
    click.echo(f"Open. {counted(report.removed, 'sealed file')} removed, and the sealed database.")
