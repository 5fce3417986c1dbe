"""The options that every command has, whatever it does: `-d -q -v --json --yes`.

They are added when a command is loaded, to every command that does not have them itself; there they
are accepted and do nothing. So a script can give them to every command.
"""

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
    """Add all of these options to a command and to those below it, once."""
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
    """Print the answers of a command without JSON of its own as one object a line."""
    context.meta[f"fapproc.{option.name}"] = given or context.meta.get(f"fapproc.{option.name}")
    if not isinstance(context.command, click.Group):  # those below may have objects of their own
        context.meta[OBJECTS] = context.meta[f"fapproc.{option.name}"]


def _log(context: click.Context, option: click.Parameter, given: bool) -> None:
    """Write the libraries' log to stderr, without the statements of the database."""
    key = f"fapproc.{option.name}"
    context.meta[key] = given or context.meta.get(key)
    if context.meta[key] and not isinstance(context.command, click.Group):
        context.with_resource(_logging())


@contextmanager
def _logging() -> Iterator[None]:
    import logging

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
