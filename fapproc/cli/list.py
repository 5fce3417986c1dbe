"""`fapproc list`: the images of a selection, one a line."""

import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fapproc.commandline import completing
from fapproc.commandline.objects import show_lines
from fapproc.commandline.options import COUNT, archive_option, json_option, read_only_option
from fapproc.commandline.selecting import opened, selection_options
from fapproc.voice import ended_by_nul, rows, tell
from fapproc.wording import short, size

if TYPE_CHECKING:
    from fapproc.jobs.listing import Found
    from fapproc.selections.selection import Selection

_HEAD = "digest            form       size       pixels  name (user / album) [tags]"


@click.command("list")
@selection_options
@archive_option
@read_only_option
@click.option("--digests", "bare", is_flag=True, help="Print only digests, one a line.")
@click.option(
    "-0", "--null", is_flag=True, help="Print only digests, each ended by a NUL byte, for xargs -0."
)
@click.option(
    "--sort",
    "order",
    metavar="ORDER",
    shell_complete=completing.orders,
    help="As the viewer: album, date, size, pixels, name, random or random(7). [by arrival]",
)
@click.option("--limit", metavar="N", type=COUNT, help="List only the first N images.")
@json_option
def list_(
    chosen: "Selection",
    folder: Path,
    read_only: bool,
    bare: bool,
    null: bool,
    order: str | None,
    limit: int | None,
    as_json: bool,
) -> None:
    """List images: all, or those that are chosen by digests and options.

    \b
    fapproc list --album lakes
    fapproc list --tag Places --query landscape=only --query size=1MB..
    fapproc list --query tagged=no --digests > untagged.txt
    fapproc list --sort size --limit 20
    """
    from fapproc.jobs import listing
    from fapproc.selections import view

    sort = None if order is None else view.parse([("order", order)], ())

    bare, is_first = bare or null, True
    told, write = _way(bare=bare, null=null, as_json=as_json)
    with opened(folder, chosen, read_only=read_only) as (archive, kept):
        for stretch in listing.images(archive, kept, told, bare=bare, order=sort, limit=limit):
            if is_first and not bare and not as_json and sys.stdout.isatty():
                rows([_HEAD])
            write(stretch)
            is_first = False
        if is_first:
            tell("No images match.")


def _way(
    *, bare: bool, null: bool, as_json: bool
) -> "tuple[Callable[[Found], str], Callable[[Iterable[str]], None]]":
    """How an image is turned into output, and how that is written."""
    if bare:
        return (lambda found: found.digest), ended_by_nul if null else rows
    if as_json:
        from fapproc.cli.image_lines import listed_line

        return listed_line, show_lines
    return _line, rows


def _line(found: "Found") -> str:
    from fapproc.jobs.naming import in_words

    pixels = f"{found.width}x{found.height}" if found.width else "-"
    what = f"{short(found.digest)}  {found.format:<4} {size(found.bytes):>10} {pixels:>12}"
    places = in_words(found.places)
    marks = " animated" * bool(found.animated) + f" unsound: {found.unsound}" * bool(found.unsound)
    tags = f"  [{', '.join(found.tags)}]" if found.tags else ""
    return f"{what}  {places or '-'}{marks}{tags}"
