"""Agreement to a deletion: asked for on a terminal, or given beforehand by `--yes`."""

import sys

import click

from fapproc.commandline.options import F, yes_option
from fapproc.errors import UsageProblem
from fapproc.voice import tell

__all__ = ["agreed", "dry_run_option", "yes_option"]


def dry_run_option(command: F) -> F:
    """`--dry-run`: say what would be done."""
    return click.option("--dry-run", is_flag=True, help="Show what would be done; change nothing.")(
        command
    )


def agreed(question: str, *, yes: bool) -> bool:
    """Whether the person wants it: said beforehand, or on the terminal now.

    Raises:
        UsageProblem: there is no terminal to ask on.
    """
    if yes:
        return True
    if not sys.stdin.isatty():
        names = {each.name for each in click.get_current_context().command.params}
        more = ", or --dry-run to see more" * ("dry_run" in names)
        raise UsageProblem(
            f"There is no terminal to ask on: {question} If so, add --yes to do it{more}."
        )
    if click.confirm(question, default=False, err=True):
        return True
    tell("Nothing was changed.")
    return False
