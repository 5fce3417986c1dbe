"""Manual pages, made of the commands' own help: one a command, in roff.

click-man makes such pages too. It is one more thing to install for everybody, does not set examples
apart, and leaves dots at the beginning of lines, which roff takes for commands.
"""

import re
from collections.abc import Iterator, Sequence
from importlib.metadata import version

import click

from fapproc.errors import EXIT_CODES

_SECTION = 1
_BLOCK = "\b\n"
"""click's mark before lines that are not to be filled."""


def pages(
    command: click.Command, name: str, others: Sequence[str] = ()
) -> Iterator[tuple[str, str]]:
    """The page of a command and of each below it: file name and text.

    Args:
        command: which.
        name: how it is called, its words with spaces between them.
        others: the pages named under 'see also', by command names.
    """
    with click.Context(command, info_name=name, help_option_names=["-h", "--help"]) as context:
        names = command.list_commands(context) if isinstance(command, click.Group) else []
        under = [f"{name} {each}" for each in names]
        yield f"{name.replace(' ', '-')}.{_SECTION}", _page(context, name, others or under)
        for each, title in zip(names, under, strict=True):
            below = command.get_command(context, each) if isinstance(command, click.Group) else None
            if below is not None:
                beside = [other for other in under if other != title] if others else []
                yield from pages(below, title, [name, *beside])


def _page(context: click.Context, name: str, others: Sequence[str]) -> str:
    command, dashed = context.command, name.replace(" ", "-")
    made_by = f"fapfavorites {version('fapfavorites')}"
    usage = " ".join(command.collect_usage_pieces(context))
    first, *more = re.split(r"\n[ \t]*\n", (command.help or "").strip("\n"))
    lines = [
        f'.TH "{dashed.upper()}" "{_SECTION}" "" "{made_by}" "fapproc manual"',
        ".SH NAME",
        f"{_safe(dashed)} \\- {_safe(_joined(first).rstrip('.'))}",
        ".SH SYNOPSIS",
        f".B {_safe(name)}",
        _safe(usage),
    ]
    examples = [part for part in more if part.lstrip().startswith(_BLOCK)]
    if examples:
        lines.append(".SH EXAMPLES")
        lines += [line for part in examples for line in _verbatim(part)]
    if said := [part for part in more if part not in examples]:
        lines.append(".SH DESCRIPTION")
        lines += [line for part in said for line in (".PP", _safe(_joined(part)))]
    lines += [".SH OPTIONS", *_options(context)]
    if isinstance(command, click.Group):
        lines += [".SH COMMANDS", *_commands(context, command, dashed)]
    lines.append(".SH EXIT STATUS")
    for code, meaning in EXIT_CODES.items():
        lines += [".TP", f"\\fB{code}\\fR", _safe(meaning)]
    named = [f"\\fB{_safe(each.replace(' ', '-'))}\\fR({_SECTION})" for each in others]
    return "\n".join([*lines, ".SH SEE ALSO", ", ".join(named), ""])


def _options(context: click.Context) -> Iterator[str]:
    for option in context.command.get_params(context):
        record = option.get_help_record(context)
        if record is not None:
            words, help_text = record
            yield from (".TP", f"\\fB{_safe(words)}\\fR", _safe(help_text) or "\\&")


def _commands(context: click.Context, group: click.Group, dashed: str) -> Iterator[str]:
    for name in group.list_commands(context):
        below = group.get_command(context, name)
        if below is not None:
            page = f"\\fB{_safe(f'{dashed}-{name}')}\\fR({_SECTION})"
            yield from (".TP", page, _safe(below.get_short_help_str(1000)))


def _verbatim(part: str) -> Iterator[str]:
    yield ".nf"
    for line in part.replace("\b", "").strip("\n").splitlines():
        yield _safe(line.strip())
    yield ".fi"


def _joined(part: str) -> str:
    return " ".join(part.split())


def _safe(text: str) -> str:
    """Escape text for roff: hyphens can be copied, and no line begins with a command."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-")
    return re.sub(r"^([.'])", r"\\&\1", escaped, flags=re.MULTILINE)
