"""`fapproc path`: where the files of images lie."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from fapproc.commandline.options import archive_option, read_only_option
from fapproc.commandline.selecting import opened, selection_options
from fapproc.voice import ended_by_nul, row

if TYPE_CHECKING:
    from fapproc.selections.selection import Selection


@click.command()
@selection_options
@archive_option
@read_only_option
@click.option("--thumbs", is_flag=True, help="Print the paths of the thumbnails instead.")
@click.option("-0", "--null", is_flag=True, help="End each path with a NUL byte, for xargs -0.")
def path(chosen: "Selection", folder: Path, read_only: bool, thumbs: bool, null: bool) -> None:
    """Print the paths of image files.

    \b
    fapproc path 3f60c1
    fapproc path --tag Places -0 | xargs -0 ls -l

    In a sealed archive these are encrypted: 'fapproc export' writes pictures.
    """
    from fapproc.jobs import listing, selection

    something = selection.something(chosen)
    with opened(folder, something, read_only=read_only) as (archive, kept):
        for place in listing.files(archive, kept, thumbs=thumbs):
            if null:
                ended_by_nul([str(place)])
            else:
                row(place)
