"""Options that commands share: the archive's folder, loudness, JSON; and how help lists them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from fapproc import config
from fapproc.errors import UsageProblem

_WHOLE = 1000
"""More letters than any first sentence has."""

F = TypeVar("F", bound=Callable[..., Any])


class Listing(click.Group):
    """A group whose `--help` wraps what its commands do, where click cuts it off."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands, each with its whole first sentence."""
        names = self.list_commands(ctx)
        found = [(name, self.get_command(ctx, name)) for name in names]
        with formatter.section("Commands"):
            formatter.write_dl(
                [(name, each.get_short_help_str(_WHOLE)) for name, each in found if each]
            )


def archive_option(command: F) -> F:
    """`-d/--dir/--archive DIR`, arriving as the path of the archive in force."""
    return _archive_option(command)


def output_archive_option(command: F) -> F:
    """The same, called `-o/--output` as well."""
    return _archive_option(command, "-o", "--output")


def _archive_option(command: F, *more: str) -> F:
    return click.option(
        *more,
        "-d",
        "--dir",
        "--archive",
        "folder",
        metavar="DIR",
        multiple=True,
        callback=_folder,
        help="The archive's folder. [FAP_ARCHIVE; default: ~/Downloads/imagefap]",
    )(command)


def read_only_option(command: F) -> F:
    """`--read-only`: nothing in the archive's folder is written."""
    return click.option(
        "--read-only",
        is_flag=True,
        help="Write nothing in the archive's folder, not even a lock. [where it can't be written]",
    )(command)


def quiet_option(command: F) -> F:
    """`-q/--quiet`: no progress, only results and errors."""
    return click.option("-q", "--quiet", is_flag=True, help="No progress, only results.")(command)


def verbose_option(command: F) -> F:
    """`-v/--verbose`: the log of what lies below, too."""
    return click.option("-v", "--verbose", is_flag=True, help="Show Scrapy's own log too.")(command)


def json_option(command: F) -> F:
    """`--json`: machine-readable output, one object a line."""
    return click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")(command)


def _folder(_: click.Context, __: click.Parameter, given: tuple[str, ...]) -> Path:
    return folder_of(given)


def later_archive_option(command: F) -> F:
    """`-d/--dir/--archive DIR` as it was given: for what mends settings, which may be unusable."""
    return click.option(
        "-d",
        "--dir",
        "--archive",
        "given",
        metavar="DIR",
        multiple=True,
        help="The archive's folder. [FAP_ARCHIVE; default: ~/Downloads/imagefap]",
    )(command)


def folder_of(given: tuple[str, ...]) -> Path:
    """The folder of the archive in force.

    Raises:
        UsageProblem: two different ones were given, or a setting can't be used.
    """
    folders = {config.expanded(folder) for folder in given}
    if len(folders) > 1:
        named = " and ".join(sorted(map(str, folders)))
        raise UsageProblem(f"Two archives were named, {named}. Name one.")
    return config.load({"archive": str(folders.pop()) if folders else None}).archive
