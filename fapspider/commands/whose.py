"""The options that say whose favorites a command is for, and which folder of them."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click

from fapproc import config
from fapproc.commandline import completing
from fapproc.errors import UsageProblem
from fapproc.names import quoted
from fapproc.sites.registry import site_at
from fapproc.sources import Source

F = TypeVar("F", bound=Callable[..., Any])

_USER = (
    click.argument(
        "whose", metavar="[NAME|ADDRESS]", required=False, shell_complete=completing.users
    ),
    click.option(
        "-u",
        "--user",
        metavar="NAME",
        shell_complete=completing.users,
        help="Whose favorites: a user's name, in any case, or an address.",
    ),
    click.option("-i", "--id", "user_id", metavar="N", help="Whose favorites: a user's number."),
)
_FOLDER = (
    click.option(
        "-f",
        "--folder",
        "chosen",
        metavar="NAME|N",
        shell_complete=completing.albums,
        help="One folder, by its name or its number.",
    ),
    click.option(
        "-n",
        "--name",
        "folder_name",
        metavar="NAME",
        shell_complete=completing.albums,
        help="One folder, by its name.",
    ),
    click.option("--folder-id", metavar="N", help="One folder, by its number."),
)
_ARGUMENTS = {"chosen": "folder"}
"""The spider's names of options that are called otherwise."""


def user_options(command: F) -> F:
    """`-u/--user NAME` and `-i/--id N`; the user's address on the site will do for NAME."""
    return _all(_USER, command)


def folder_options(command: F) -> F:
    """`-f/--folder`, `-n/--name` and `--folder-id`."""
    return _all(_FOLDER, command)


def dry_run_option(command: F) -> F:
    """`--dry-run`: read lists and pages, but fetch no picture."""
    return click.option(
        "--dry-run",
        is_flag=True,
        help="Show what would be fetched and how long it would take; fetch no picture.",
    )(command)


def as_arguments(given: Mapping[str, str | None], **switches: bool) -> dict[str, str]:
    """What was given, as arguments of a spider; `switches` only if they are on."""
    named = {_ARGUMENTS.get(name, name): value for name, value in given.items()}
    arguments = {name: value for name, value in named.items() if value is not None}
    if (bare := arguments.pop("whose", None)) is not None:
        if "user" in arguments:
            raise UsageProblem(
                f"Two users were given, {quoted(bare)} and --user {arguments['user'][:200]}. Give "
                "one of them."
            )
        arguments["user"] = bare
    return arguments | {name: "1" for name, on in switches.items() if on}


def asked_source() -> Source:
    """Whose ids are meant: those of the site that is asked.

    Raises:
        UsageProblem: a setting can't be used.
    """
    settings = config.load()
    return site_at(settings.site_root, settings.site).source


def _all(options: tuple[Callable[[F], F], ...], command: F) -> F:
    for option in reversed(options):
        command = option(command)
    return command
