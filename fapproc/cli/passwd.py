"""`fapproc passwd`."""

import functools
from pathlib import Path

import click

from fapproc.commandline.asking import agreed, yes_option
from fapproc.commandline.options import archive_option
from fapproc.errors import UsageProblem
from fapproc.names import quoted
from fapproc.voice import answer, row, tell


@click.command()
@archive_option
@click.option("--add", metavar="NAME", help="Add another password under this name.")
@click.option("--remove", metavar="NAME", help="Remove the password of this name.")
@click.option("--recovery", is_flag=True, help="Make a recovery key and show it, once.")
@click.option("--list", "list_", is_flag=True, help="List the names of the passwords.")
@yes_option
def passwd(
    folder: Path, add: str | None, remove: str | None, recovery: bool, list_: bool, yes: bool
) -> None:
    """Change the password of a sealed archive.

    \b
    fapproc passwd
    fapproc passwd --add laptop
    fapproc passwd --recovery

    Takes a second, whatever the archive's size: no file is encrypted again. You are asked for
    the new password, or it comes from FAP_NEW_PASSWORD_FILE, FAP_NEW_PASSWORD_COMMAND or
    FAP_NEW_PASSWORD.
    """
    from fapproc.jobs import passwords

    agree = functools.partial(agreed, yes=yes)

    if sum((add is not None, remove is not None, recovery, list_)) > 1:
        raise UsageProblem("Give one of --add, --remove, --recovery and --list at a time.")
    if list_:
        for name in passwords.names(folder):
            row(name)
    elif add is not None:
        passwords.add(folder, add)
        answer(f"Password {quoted(add)} added.")
    elif remove is not None:
        if passwords.remove(folder, remove, agree):
            answer(
                f"Password {quoted(remove)} removed. Old copies of archive.json still open with it."
            )
        else:
            answer("Nothing was changed.")
    elif recovery:
        key = passwords.recovery(folder, agree)
        if key is None:
            answer("Nothing was changed.")
            return
        row(key)
        tell(
            "Keep this recovery key in a safe place; it opens the archive, typed in any case, with "
            "dashes or without."
        )
    else:
        name = passwords.change(folder)
        answer(
            f"Password {quoted(name)} changed. Old copies of archive.json open with the old one."
        )
