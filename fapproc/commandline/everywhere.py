"""The options that every command has, whatever it does: `-d -q -v --json --yes`.

The one place that adds them, where the command line loads a command: one that takes a value has the
option already; to another it is said all the same. So a script gives them to whatever it calls.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import click

from fapproc.commandline.options import (
    json_option,
    later_archive_option,
    quiet_option,
    verbose_option,
    yes_option,
)
from fapproc.voice import OBJECTS

EVERYWHERE = {
    "--archive": later_archive_option,
    "--json": json_option,
    "--yes": yes_option,
    "--quiet": quiet_option,
    "--verbose": verbose_option,
}
"""By one of its names."""


def equipped(command: click.Command) -> click.Command:
    """The command, and those below it, with all of these options; done once."""
    known = {name for option in command.params for name in option.opts}
    for name, add in EVERYWHERE.items():
        if name not in known:
            add(command)
            option = command.params[-1]
            option.expose_value = False
            if name in _HEARD:
                option.callback = _HEARD[name]
    if isinstance(command, click.Group):
        for each in command.commands.values():
            equipped(each)
    return command


def _objects(context: click.Context, option: click.Parameter, given: bool) -> None:
    """What this command answers becomes an object a line: it has none of its own."""
    context.meta[f"fapproc.{option.name}"] = given or context.meta.get(f"fapproc.{option.name}")
    if not isinstance(context.command, click.Group):  # those below may have objects of their own
        context.meta[OBJECTS] = context.meta[f"fapproc.{option.name}"]


def _log(context: click.Context, option: click.Parameter, given: bool) -> None:
    """The libraries' log, but for each statement of the database, goes to stderr."""
    key = f"fapproc.{option.name}"
    context.meta[key] = given or context.meta.get(key)
    if context.meta[key] and not isinstance(context.command, click.Group):
        context.with_resource(_logging())


@contextmanager
def _logging() -> Iterator[None]:
    root, handler, statements = logging.getLogger(), logging.StreamHandler(), "sqlalchemy"
    handler.setFormatter(logging.Formatter("%(asctime)s %(name)s: %(message)s"))
    before, level = root.level, logging.getLogger(statements).level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    logging.getLogger(statements).setLevel(logging.WARNING)
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.setLevel(before)
        logging.getLogger(statements).setLevel(level)


_HEARD = {"--json": _objects, "--verbose": _log}
