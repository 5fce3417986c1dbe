"""`fapproc seal` and `fapproc unseal`."""

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fapproc.commandline.asking import agreed, yes_option
from fapproc.commandline.options import archive_option, quiet_option
from fapproc.commandline.placing import on_server
from fapproc.commandline.progress import progress
from fapproc.errors import Damaged
from fapproc.firsts import MOST
from fapproc.ours import DATABASE
from fapproc.voice import answer, tell, tell_some
from fapproc.wording import counted

if TYPE_CHECKING:
    from fapproc.jobs.sealing import SealingReport

_WHAT_STAYS = (
    "The disk may still hold traces of the unencrypted files in free blocks, snapshots, backups "
    "and swap: removing a file does not wipe it. What was exported to tag_export/ or "
    "tag_export.zip stays unencrypted."
)


_give_up_option = click.option(
    "--give-up",
    is_flag=True,
    help="Go back to how the archive was, if this was interrupted and can't be finished.",
)


@click.command()
@archive_option
@_give_up_option
@quiet_option
def seal(folder: Path, give_up: bool, quiet: bool) -> None:
    """Encrypt an open archive under a password.

    \b
    fapproc seal
    fapproc passwd --recovery

    Removes the unencrypted files and database once the encrypted ones are written and checked.
    Rows on a server stay as they are. If interrupted, run it again to go on. Nobody can open a
    sealed archive without its password: 'fapproc passwd --recovery' makes a recovery key to keep in
    a safe place.
    """
    from fapproc.jobs import sealing

    if give_up:
        _go_back(folder)
        return
    report = sealing.seal(folder, partial(progress, quiet=quiet))
    answer(f"Sealed. {_removed(report, 'unencrypted')}")
    if warning := on_server(report.database, sealed=True):
        tell(warning)
    tell(_WHAT_STAYS)
    if report.left:
        more = len(report.left) - MOST
        named = [*report.left[:MOST], *([f"{more:,} more"] if more > 0 else [])]
        tell(f"Not part of the archive, and left as it was: {', '.join(named)}.")
    _refuse_silence(report)


@click.command()
@archive_option
@_give_up_option
@yes_option
@quiet_option
def unseal(folder: Path, give_up: bool, yes: bool, quiet: bool) -> None:
    """Decrypt a sealed archive.

    \b
    fapproc unseal
    fapproc unseal --yes

    Its pictures and names are unencrypted on disk afterwards, so you are asked first if there is
    a terminal; without one, the password is your answer. If interrupted, run it again to go on.
    """
    from fapproc.jobs import sealing

    if give_up:
        _go_back(folder)
        return
    # Without a terminal who gave the password has said so already.
    if sys.stdin.isatty() and not agreed(
        f"All pictures and names of {folder} will be on disk unencrypted. Decrypt them?", yes=yes
    ):
        return
    report = sealing.unseal(folder, partial(progress, quiet=quiet))
    answer(f"Open. {_removed(report, 'sealed')}")
    _refuse_silence(report)


def _removed(report: "SealingReport", form: str) -> str:
    rows = f", and the {form} database" if report.database == DATABASE else ""
    return f"{counted(report.removed, f'{form} file')} removed{rows}."


def _go_back(folder: Path) -> None:
    from fapproc.jobs import sealing

    command = sealing.give_up(folder)
    answer(f"The {command} was given up. The archive is as it was before.")


def _refuse_silence(report: "SealingReport") -> None:
    """Refuse to end well if the disk damaged files on the way; names them."""
    tell_some("Error", report.damaged)
    if report.damaged:
        raise Damaged(
            f"{counted(report.damaged.count, 'file')} damaged on the disk meanwhile. "
            "'fapproc check --read-data --repair' marks them to be fetched again."
        )
