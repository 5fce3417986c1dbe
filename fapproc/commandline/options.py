"""Options that commands share: the archive's folder, quiet, verbose, JSON; and how help lists them.

An option before a command's name (`fapproc -d DIR tag list`) counts for the command too.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
from click.shell_completion import CompletionItem

from fapproc import config
from fapproc.errors import UsageProblem
from fapproc.voice import ARCHIVE

_WHOLE = 1000
"""More letters than any first sentence has, so that click cuts none off."""

COUNT = click.IntRange(1, 10**9)
"""How many, as a person types it; a database takes no number without bounds."""

F = TypeVar("F", bound=Callable[..., Any])


class Listing(click.Group):
    """A group whose `--help` wraps what its commands do, where click cuts it off."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands by topic, each with its whole first sentence."""
        topics = self.topics(ctx)
        widest = max(len(name) for _, names in topics for name in names)
        for title, names in topics:
            found = [(name.ljust(widest), self.get_command(ctx, name)) for name in names]
            with formatter.section(title):
                formatter.write_dl(
                    [(name, each.get_short_help_str(_WHOLE)) for name, each in found if each]
                )

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; one that is misspelled is refused with those that are nearly so."""
        try:
            return super().resolve_command(ctx, args)
        except click.NoSuchCommand as error:
            raise click.NoSuchCommand(  # click looks only at commands that are loaded, by case
                error.command_name.lower(), error.message, self.list_commands(ctx), ctx
            ) from None

    def topics(self, ctx: click.Context) -> list[tuple[str, list[str]]]:
        """Names of commands under the title of what they are for: one, unless overridden."""
        return [("Commands", self.list_commands(ctx))]


def files(_: click.Context, __: click.Parameter, typed: str) -> list[CompletionItem[str]]:
    """Have the shell complete a file."""
    return [CompletionItem(typed, type="file")]


def folders(_: click.Context, __: click.Parameter, typed: str) -> list[CompletionItem[str]]:
    """Have the shell complete a folder."""
    return [CompletionItem(typed, type="dir")]


def archive_option(command: F) -> F:
    """`-d/--dir/--archive DIR`, arriving as the path of the archive in force."""
    return _archive_option(command)


def output_archive_option(command: F) -> F:
    """The same, called `-o/--output` as well."""
    return _archive_option(command, "-o", "--output")


def _archive_option(
    command: F, *more: str, name: str = "folder", callback: Callable[..., object] | None = None
) -> F:
    return click.option(
        *more,
        "-d",
        "--dir",
        "--archive",
        name,
        metavar="DIR",
        multiple=True,
        shell_complete=folders,
        callback=callback or _folder,
        help="The archive's folder. [FAP_ARCHIVE; default: ~/Downloads/imagefap]",
    )(command)


def read_only_option(command: F) -> F:
    """`--read-only`: nothing in the archive's folder is written."""
    return click.option(
        "--read-only",
        is_flag=True,
        help="Write nothing in the archive's folder, not even a lock. [default: if it can't be "
        "written]",
    )(command)


def quiet_option(command: F) -> F:
    """`-q/--quiet`: no progress, only results and errors."""
    return _switch(command, "-q", "--quiet", help="Show no progress, only results.")


def verbose_option(command: F) -> F:
    """`-v/--verbose`: the log of what lies below, too."""
    return _switch(command, "-v", "--verbose", help="Show the log too.")


def json_option(command: F) -> F:
    """`--json`: machine-readable output, one object a line."""
    return _switch(command, "--json", "as_json", help="Print JSON, one object a line.")


def yes_option(command: F) -> F:
    """`--yes`: do it without being asked."""
    return _switch(command, "-y", "--yes", help="Don't ask for confirmation.")


def _switch(command: F, *names: str, help: str) -> F:  # noqa: A002 - click's own word
    return click.option(*names, is_flag=True, callback=_switched, help=help)(command)


def _switched(context: click.Context, option: click.Parameter, given: bool) -> bool:
    """Whether the option was given here, or before the command's name."""
    key = f"fapproc.{option.name}"
    context.meta[key] = given or bool(context.meta.get(key))
    return bool(context.meta[key])


def _folder(context: click.Context, option: click.Parameter, given: tuple[str, ...]) -> Path:
    return folder_of(_named(context, option, given))


def _named(
    context: click.Context,
    option: click.Parameter,  # noqa: ARG001 - click's own form
    given: tuple[str, ...],
) -> tuple[str, ...]:
    """The folders named here and before the command's name; sentences repeat the option."""
    before = context.meta.get(ARCHIVE)
    named = given if before is None else (*given, before)
    if named:
        context.meta[ARCHIVE] = named[0]
    return named


def later_archive_option(command: F) -> F:
    """`-d/--dir/--archive DIR` as given, for commands that must work with unusable settings."""
    return _archive_option(command, name="given", callback=_named)


def folder_of(given: tuple[str, ...]) -> Path:
    """The folder of the archive in force.

    Raises:
        UsageProblem: none, or two different ones were given, or a setting can't be used.
    """
    if "" in given:
        raise UsageProblem("The archive's folder was given as nothing. Name it, or leave it out.")
    folders = {config.expanded(folder) for folder in given}
    if len(folders) > 1:
        named = " and ".join(sorted(map(str, folders)))
        raise UsageProblem(f"Two archives were named, {named}. Name one.")
    return config.load({"archive": str(folders.pop()) if folders else None}).archive
