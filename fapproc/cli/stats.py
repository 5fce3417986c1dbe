"""`fapproc stats`."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fapproc.cli.options import archive_option, json_option
from fapproc.wording import counted, moment, share, size

if TYPE_CHECKING:
    from fapproc.jobs.statistics import Statistics


@click.command()
@archive_option
@json_option
def stats(folder: Path, as_json: bool) -> None:
    """Show what the archive holds, in figures."""
    from fapproc.archive import Archive
    from fapproc.jobs.statistics import statistics

    with Archive.open(folder) as archive:
        found = statistics(archive)
        click.echo(json.dumps(as_object(found)) if as_json else as_text(found, archive.folder))


def as_object(found: "Statistics") -> dict[str, object]:
    """The figures as the one object of `stats --json`."""
    plain = (
        "sealed database_bytes images animated users albums sightings exact_duplicates failures "
        "gone oldest_fetch newest_fetch"
    )
    values: dict[str, object] = {name: getattr(found, name) for name in plain.split()}
    for name in ("bytes", "thumb_bytes", "pixels"):
        spread = asdict(getattr(found, name))
        del spread["count"]
        values[name] = spread
    values["duplicates"] = {
        "images": found.duplicate_images,
        "groups": found.duplicate_groups,
        "need_action": found.need_action,
    }
    return values


def as_text(found: "Statistics", folder: Path) -> str:
    """The figures for a person."""
    sizes, thumbs, pixels = found.bytes, found.thumb_bytes, found.pixels
    pending = f", {found.unread_albums} pending" if found.unread_albums else ""
    lines = [
        (
            f"Archive {folder} ({'sealed' if found.sealed else 'open'}), database "
            f"{size(found.database_bytes)} ({share(found.database_bytes, sizes.total)} of the images)"
        ),
        "",
        (
            f"{size(sizes.total)} in unique images (min {size(sizes.min)}, max {size(sizes.max)}, mean "
            f"{size(sizes.mean)} with {size(sizes.stdev)} standard deviation, "
            f"{found.animated} animated)"
        ),
        (
            f"Pixels: min {pixels.min:,}, max {pixels.max:,}, mean {pixels.mean:,.0f} with "
            f"{pixels.stdev:,.0f} standard deviation"
        ),
        (
            f"{size(thumbs.total)} in thumbnails (min {size(thumbs.min)}, max {size(thumbs.max)}, mean "
            f"{size(thumbs.mean)} with {size(thumbs.stdev)} standard deviation), "
            f"{share(thumbs.total, sizes.total)} of the images"
        ),
        "",
        counted(found.users, "user"),
        (
            f"{counted(found.albums, 'album')} (oldest: {moment(found.oldest_album)}, newest: "
            f"{moment(found.newest_album)}{pending})"
        ),
        (
            f"{counted(found.images, 'unique image')} at {counted(found.sightings, 'place')}, "
            f"{found.exact_duplicates} exact duplicates"
        ),
        f"{counted(found.failures, 'image')} failed",
        f"{counted(found.gone, 'image')} gone from the site",
        (
            f"{counted(found.duplicate_images, 'image')} in "
            f"{counted(found.duplicate_groups, 'group')} of possible duplicates, "
            f"{found.need_action} need a verdict"
        ),
    ]
    return "\n".join(lines)
