"""`fapproc stats`."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fapproc.commandline.objects import show_object
from fapproc.commandline.options import archive_option, json_option, read_only_option
from fapproc.voice import answer
from fapproc.wording import counted, moment, share, size

if TYPE_CHECKING:
    from fapproc.db.figures import Spread
    from fapproc.jobs.statistics import Statistics


@click.command()
@archive_option
@read_only_option
@json_option
def stats(folder: Path, read_only: bool, as_json: bool) -> None:
    """Show what the archive holds, in figures.

    \b
    fapproc stats
    fapproc stats --json
    """
    from fapproc.jobs.statistics import statistics
    from fapproc.looking import open_to_read

    with open_to_read(folder, only=read_only) as archive:
        found = statistics(archive)
        if as_json:
            show_object(as_object(found))
        else:
            for line in as_lines(found, archive.folder):
                answer(line)


def as_object(found: "Statistics") -> dict[str, object]:
    """The figures as the one object of `stats --json`."""
    plain = (
        "sealed database_bytes images animated users albums sightings exact_duplicates failures "
        "unsound gone oldest_fetch newest_fetch"
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
    values["pruned"] = {
        "images": found.pruned,
        "in_bin": found.in_bin,
        "bytes": found.bin_bytes,
    }
    return values


def as_lines(found: "Statistics", folder: Path) -> list[str]:
    """The figures for a person."""
    read = f"oldest: {moment(found.oldest_album)}, newest: {moment(found.newest_album)}"
    pending = f", {found.unread_albums:,} pending" if found.unread_albums else ""
    form = "sealed" if found.sealed else "open"
    total = found.bytes.total
    of_images = f", {share(found.database_bytes, total)} of the images' size" * (total > 0)
    thumbs = found.thumb_bytes
    of_total = f", {share(thumbs.total, total)}" * (total > 0)
    copies = counted(found.exact_duplicates, "exact duplicate")
    grouped = counted(found.duplicate_images, "image")
    groups = counted(found.duplicate_groups, "group")
    need = counted(found.need_action, "needs", "need")
    binned = f"{found.in_bin:,} of them in the bin ({size(found.bin_bytes)})"
    return [
        f"Archive {folder} ({form}), database {size(found.database_bytes)}{of_images}",
        "",
        f"{size(total)} in images ({in_words(found.bytes, size)}; {found.animated:,} animated)",
        f"{found.pixels.total:,} pixels ({in_words(found.pixels, '{:,.0f}'.format)})",
        f"{size(thumbs.total)} in thumbnails ({in_words(thumbs, size)}){of_total}",
        "",
        counted(found.users, "user"),
        f"{counted(found.albums, 'album')} ({read}{pending})",
        f"{counted(found.images, 'unique image')} at {counted(found.sightings, 'place')}, {copies}",
        f"{counted(found.not_fetched, 'image')} could not be fetched or imported",
        f"{counted(found.unsound, 'image')} kept but can't be shown in full (unsound)",
        f"{counted(found.gone, 'image')} gone from the site",
        f"{grouped} in {groups} of possible duplicates, {need} a verdict",
        f"{counted(found.pruned, 'image')} pruned, {binned}",
    ]


def in_words(spread: "Spread", say: Callable[[float], str]) -> str:
    """How much values vary, each written by `say`."""
    low, high, mean, stdev = map(say, (spread.min, spread.max, spread.mean, spread.stdev))
    return f"min {low}, max {high}, mean {mean} with {stdev} standard deviation"
