"""`fapproc tag`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from fapproc.commandline import completing
from fapproc.commandline.asking import agreed, dry_run_option, yes_option
from fapproc.commandline.objects import show_object
from fapproc.commandline.options import Listing, archive_option, json_option, read_only_option
from fapproc.commandline.selecting import opened, selection_options
from fapproc.voice import answer, row, tell
from fapproc.wording import counted, size

if TYPE_CHECKING:
    from fapproc.selections.selection import Selection


@click.group(cls=Listing)
def tag() -> None:
    """Create, change, delete and list tags, and tag images.

    \b
    fapproc tag create Places/Lakes
    fapproc tag apply Places/Lakes 3f60c1 ca97d2
    fapproc tag list
    """


@tag.command()
@click.argument("path", shell_complete=completing.tags)
@archive_option
@dry_run_option
def create(path: str, folder: Path, dry_run: bool) -> None:
    """Create the tag PATH, like 'Places/Lakes', with any missing tags above it.

    \b
    fapproc tag create Places/Lakes
    """
    from fapproc.archive import Archive
    from fapproc.jobs import tagging

    with Archive.open(folder) as archive:
        for made in tagging.create(archive, path, dry_run=dry_run):
            _told(f"Tag {made.path} created ({made.id}).", dry_run=dry_run)


@tag.command()
@click.argument("path", shell_complete=completing.tags)
@click.argument("name")
@archive_option
@dry_run_option
def rename(path: str, name: str, folder: Path, dry_run: bool) -> None:
    """Rename the tag PATH to NAME; it stays in its place.

    \b
    fapproc tag rename Places/Lakes Ponds
    """
    from fapproc.archive import Archive
    from fapproc.jobs import tagging

    with Archive.open(folder) as archive:
        before, after = tagging.rename(archive, path, name, dry_run=dry_run)
        _told(f"Tag {before.path} is now called {after.path}.", dry_run=dry_run)


@tag.command()
@click.argument("path", shell_complete=completing.tags)
@click.argument("under", shell_complete=completing.tags)
@archive_option
@dry_run_option
def move(path: str, under: str, folder: Path, dry_run: bool) -> None:
    """Move the tag PATH, with all tags under it, under the tag UNDER, or to the top (/).

    \b
    fapproc tag move Lakes Nature
    fapproc tag move Nature/Lakes /
    """
    from fapproc.archive import Archive
    from fapproc.jobs import tagging

    with Archive.open(folder) as archive:
        before, after = tagging.move(archive, path, under, dry_run=dry_run)
        _told(f"Tag {before.path} is now {after.path}.", dry_run=dry_run)


@tag.command()
@click.argument("path", shell_complete=completing.tags)
@archive_option
@dry_run_option
@yes_option
def delete(path: str, folder: Path, dry_run: bool, yes: bool) -> None:
    """Delete the tag PATH, which must have no tags under it, and remove it from all images.

    \b
    fapproc tag delete Places/Lakes --dry-run
    fapproc tag delete Places/Lakes
    """
    from fapproc.archive import Archive
    from fapproc.jobs import tagging

    with Archive.open(folder) as archive:
        found = tagging.to_delete(archive, path)
        held = counted(found.images, "image")
        if dry_run:
            answer(f"Would delete the tag {found.path} and remove it from {held}.")
        elif agreed(f"Delete the tag {found.path} and remove it from {held}?", yes=yes):
            deleted = tagging.delete(archive, found.id)
            held = counted(deleted.images, "image")
            answer(f"Tag {deleted.path} deleted, and removed from {held}.")


@tag.command()
@click.argument("path", shell_complete=completing.tags)
@selection_options
@archive_option
@dry_run_option
def apply(path: str, chosen: "Selection", folder: Path, dry_run: bool) -> None:
    """Tag images, chosen by digests and options, with the tag PATH.

    \b
    fapproc tag apply Places/Lakes 3f60c1 ca97d2
    fapproc tag apply Places/Lakes --album lakes
    """
    from fapproc.jobs import selection, tagging

    with opened(folder, selection.something(chosen)) as (archive, kept):
        done = tagging.apply(archive, path, kept, dry_run=dry_run)
        had = done.meant - done.changed
        known = f", {had:,} already had it" * bool(had)
        said = f"{counted(done.changed, 'image')} tagged with {path}{known}."
        _told(said, dry_run=dry_run)


@tag.command()
@click.argument("path", shell_complete=completing.tags)
@selection_options
@archive_option
@dry_run_option
def clear(path: str, chosen: "Selection", folder: Path, dry_run: bool) -> None:
    """Remove the tag PATH, and all tags under it, from images chosen by digests and options.

    \b
    fapproc tag clear Places/Lakes 3f60c1
    fapproc tag clear Places --tag Places --query format=gif
    """
    from fapproc.jobs import selection, tagging

    with opened(folder, selection.something(chosen)) as (archive, kept):
        done = tagging.clear(archive, path, kept, dry_run=dry_run)
        had = done.meant - done.changed
        lacked = f", {had:,} did not have it" * bool(had)
        _told(f"{path} removed from {counted(done.changed, 'image')}{lacked}.", dry_run=dry_run)


@tag.command("list")
@archive_option
@read_only_option
@json_option
def list_(folder: Path, read_only: bool, as_json: bool) -> None:
    """List all tags with the number and size of their images.

    \b
    fapproc tag list
    fapproc tag list --json
    """
    from fapproc.cli.print import tag_object
    from fapproc.jobs import tagging
    from fapproc.looking import open_to_read

    with open_to_read(folder, only=read_only) as archive:
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


def _told(done: str, *, dry_run: bool) -> None:
    """Say what was done, or what a dry run would do."""
    answer(f"Nothing was changed. The result would be: {done}" if dry_run else done)
