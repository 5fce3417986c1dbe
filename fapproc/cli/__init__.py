"""The command line `fapproc`: one module a command, each of which calls one job and prints.

The table `TOPICS` is read for `--help`; a command's module imports its job only when it is called,
so help answers at once. The programs add theirs through the entry-point group `fapproc.commands`.
"""

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import cache
from typing import TYPE_CHECKING, Any

import click
from click.exceptions import Exit

from fapproc.commandline.everywhere import equipped
from fapproc.commandline.options import Listing
from fapproc.errors import INTERRUPTED, FapError, as_problem
from fapproc.interrupts import Interrupts
from fapproc.voice import close_ears, tell

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

_ELSEWHERE = ""
"""Of a command that an entry point of the programs brings along."""

TOPICS = {
    "Get pictures": {
        "read": _ELSEWHERE,
        "get": _ELSEWHERE,
        "import": "fapproc.cli.import_:import_",
        "import-legacy": "fapproc.cli.import_legacy:import_legacy",
        "audit": _ELSEWHERE,
        "failures": _ELSEWHERE,
    },
    "Find and judge duplicates": {
        "process": "fapproc.cli.process:process",
        "thumbs": "fapproc.cli.process:thumbs",
        "encode": "fapproc.cli.process:encode",
        "dedup": "fapproc.cli.dedup:dedup",
        "verdict": "fapproc.cli.verdict:verdict",
        "prune": "fapproc.cli.prune:prune",
    },
    "Look, tag, export": {
        "run": _ELSEWHERE,
        "stats": "fapproc.cli.stats:stats",
        "print": "fapproc.cli.print:print_",
        "list": "fapproc.cli.list:list_",
        "show": "fapproc.cli.show:show",
        "path": "fapproc.cli.path:path",
        "tag": "fapproc.cli.tag:tag",
        "export": "fapproc.cli.export:export",
        "delete": "fapproc.cli.delete:delete",
        "log": "fapproc.cli.log:log",
        "undo": "fapproc.cli.log:undo",
    },
    "Take care of the archive": {
        "init": "fapproc.cli.init:init",
        "config": "fapproc.cli.config:config",
        "seal": "fapproc.cli.seal:seal",
        "unseal": "fapproc.cli.seal:unseal",
        "passwd": "fapproc.cli.passwd:passwd",
        "check": "fapproc.cli.check:check",
        "backup": "fapproc.cli.backup:backup",
        "move": "fapproc.cli.move:move",
    },
    "Use several computers": {
        "scheduler": "fapproc.cli.cluster:scheduler",
        "worker": "fapproc.cli.cluster:worker",
    },
    "Set up your shell": {
        "completion": "fapproc.cli.completion:completion",
        "man": "fapproc.cli.man:man",
    },
}
"""What is shown by topic, in the order of the work."""

_COMMANDS = {name: where for topic in TOPICS.values() for name, where in topic.items()}


@cache
def _added() -> "dict[str, EntryPoint]":
    """The commands of the programs, read once: it looks through every package that is installed."""
    from importlib.metadata import entry_points  # a sixth of what a command's help takes

    return {point.name: point for point in entry_points(group="fapproc.commands")}


class Commands(Listing):
    """The commands of the table and of the entry points; the one boundary of all errors."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order of the work."""
        return [name for _, names in self.topics(ctx) for name in names]

    def topics(self, ctx: click.Context) -> list[tuple[str, list[str]]]:  # noqa: ARG002 - as above
        """Names by topic; commands that another package adds have one of their own."""
        known = [
            (title, [name for name, where in topic.items() if where or name in _added()])
            for title, topic in TOPICS.items()
        ]
        others = [name for name in _added() if name not in _COMMANDS]
        return [*known, ("More", others)] if others else known

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's own form
        cmd_name: str,
    ) -> click.Command | None:
        """Load one command."""
        if where := _COMMANDS.get(cmd_name):
            module, name = where.split(":")
            loaded = getattr(importlib.import_module(module), name)
        else:
            point = _added().get(cmd_name)
            loaded = point.load() if point else None
        return equipped(loaded) if isinstance(loaded, click.Command) else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; `help read` is what many type for `read --help`."""
        if args[0] != "help" or ctx.resilient_parsing:
            return super().resolve_command(ctx, args)
        if len(args) == 1:
            self.parse_args(ctx, ["--help"])
        return super().resolve_command(ctx, [*args[1:], "--help"])

    def make_context(self, *arguments: Any, **more: Any) -> click.Context:
        """Read the command line, or show help; writing to stdout may fail here already."""
        with _boundary():
            return super().make_context(*arguments, **more)

    def invoke(self, ctx: click.Context) -> object:
        """Run a command; an error of ours or of the system is a sentence and an exit code."""
        interrupts = ctx.obj  # none where a test calls a command
        with (
            _boundary(),
            interrupts.heard() if isinstance(interrupts, Interrupts) else nullcontext(),
            _all_said(),
        ):
            return super().invoke(ctx)


@contextmanager
def _boundary() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:  # who read our output has enough, which is no failure of ours
        close_ears()
        raise Exit(0) from None
    except (FapError, OSError, MemoryError) as error:
        problem = as_problem(error)
        _say_the_rest()
        tell(f"Error: {problem}")
        raise Exit(problem.exit_code) from None
    except (KeyboardInterrupt, click.Abort):
        tell("Interrupted; what was done is kept. Run it again to go on.")
        raise Exit(INTERRUPTED) from None


@contextmanager
def _all_said() -> Iterator[None]:
    """Write what stdout still buffers; an error of that would be lost at the end of the process."""
    try:
        yield
    except Exit:
        _flush()
        raise
    _flush()


def _say_the_rest() -> None:
    try:
        _flush()
    except OSError:  # it is stdout itself that takes no more
        close_ears()


def _flush() -> None:
    if sys.stdout is not None:  # it was closed before the program began
        sys.stdout.flush()


@click.command(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="fapfavorites", prog_name="fapproc")
def main() -> None:
    """Archive of favorite pictures: fetch, find duplicates, tag, export, view.

    \b
    fapproc read -u NAME            the favorites of a user of the site
    fapproc import DIR --process    or pictures that you have already
    fapproc run                     look at them

    'fapproc COMMAND --help' shows how to use a command. Choose the archive's folder with -d DIR,
    or once and for all with 'fapproc config set archive DIR'.
    """


equipped(main)
