"""`fapproc tag`."""

from pathlib import Path

import click

from fapproc.commandline.objects import show_object
from fapproc.commandline.options import Listing, archive_option, json_option
from fapproc.voice import answer, row, tell
from fapproc.wording import counted, size


@click.group(cls=Listing)
def tag() -> None:
    """Make tags, give them to images, list them."""


@tag.command()
@click.argument("path")
@archive_option
def create(path: str, folder: Path) -> None:
    """Make the tag PATH, like 'Places/Lakes', and what it lacks above it."""
    from fapproc.archive import Archive
    from fapproc.jobs import tagging

    with Archive.open(folder) as archive:
        for made in tagging.create(archive, path):
            answer(f"Tag {made.path} created ({made.id}).")


@tag.command()
@click.argument("path")
@click.argument("digests", metavar="SHA...", nargs=-1, required=True)
@archive_option
def apply(path: str, digests: tuple[str, ...], folder: Path) -> None:
    """Give the tag PATH to images.

    They are named by their digests, or by the first four or more digits of these.
    """
    from fapproc.archive import Archive
    from fapproc.jobs import tagging

    with Archive.open(folder) as archive:
        added = tagging.apply(archive, path, digests)
    had = len(digests) - added
    answer(f"{counted(added, 'image')} tagged with {path}{f', {had} had it' * bool(had)}.")


@tag.command("list")
@archive_option
@json_option
def list_(folder: Path, as_json: bool) -> None:
    """List all tags with the number and size of their images."""
    from fapproc.archive import Archive
    from fapproc.cli.print import tag_object
    from fapproc.jobs import tagging

    with Archive.open(folder) as archive:
        found = tagging.listed(archive)
    for entry in found:
        if as_json:
            show_object(tag_object(entry))
        else:
            indent = "    " * entry.path.count("/")
            held = f"{counted(entry.images, 'image')}, {size(entry.bytes)}"
            row(f"{indent}{entry.id}: {entry.name} ({held})")
    if not found and not as_json:
        tell("No tags yet. Make one with 'fapproc tag create PATH'.")
