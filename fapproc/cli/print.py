"""`fapproc print`: everything that the archive knows, for a person or one JSON object a line."""

from collections.abc import Iterator
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fapproc.commandline.objects import failure_object, show_lines, show_object, show_objects
from fapproc.commandline.options import archive_option, json_option, read_only_option
from fapproc.voice import answer, row
from fapproc.wording import counted, moment, size

if TYPE_CHECKING:
    from fapproc.archive import Archive
    from fapproc.db.figures import Spread
    from fapproc.jobs.listing import Found
    from fapproc.looks import PairLook
    from fapproc.model import Album, Failure, Group, Tag, User


@click.command("print")
@archive_option
@read_only_option
@click.option("--blobs/--no-blobs", default=False, help="List every image too.")
@json_option
def print_(folder: Path, read_only: bool, blobs: bool, as_json: bool) -> None:
    """Print users, albums, tags and figures.

    \b
    fapproc print
    fapproc print --blobs
    fapproc print --json > archive.jsonl

    With --json, one object a line: every user, album, image, group and tag.
    """
    from fapproc.cli.stats import as_lines
    from fapproc.jobs.statistics import statistics
    from fapproc.looking import open_to_read

    with open_to_read(folder, only=read_only) as archive:
        if as_json:
            _show_all(archive)
            return
        for line in _lines(archive, blobs=blobs):
            row(line)
        for line in as_lines(statistics(archive), archive.folder):
            answer(line)


def user_object(user: "User") -> dict[str, object]:
    """A user as JSON."""
    times = {"albums_at": user.albums_at, "finished_at": user.finished_at}
    return {
        "kind": "user",
        "id": user.id.number,
        "name": user.name,
        **times,
        "audited_at": user.audited_at,
        "source": user.id.source,
    }


def album_object(album: "Album", images: list[int], failures: "list[Failure]") -> dict[str, object]:
    """An album as JSON; `images` in site order."""
    return {
        "kind": "album",
        "user": album.user.number,
        "id": album.id,
        "name": album.name,
        "pages": album.pages,
        "fetched_at": album.fetched_at,
        "images": images,
        "failures": [failure_object(failure) for failure in failures],
        "source": album.user.source,
    }


def group_object(group: "Group") -> dict[str, object]:
    """A group as JSON, with the pairs that it is made of."""
    pairs = [
        {"method": pair.method, "a": pair.a, "b": pair.b, "score": _plain(pair.score)}
        for pair in group.pairs
    ]
    members = list(group.members)
    verdicts = {digest: group.verdicts[digest] for digest in members}
    return {
        "kind": "group",
        "members": members,
        "verdicts": verdicts,
        "pairs": pairs,
        "to_look": group.to_look,
        "same": [list(each) for each in group.sameness.classes] if group.sameness else None,
        "best": group.sameness.best if group.sameness else None,
        "untold": group.sameness.untold if group.sameness else None,
        "looks": [_look_object(each) for each in group.looks],
    }


def _look_object(seen: "PairLook") -> dict[str, object]:
    how = {"how": list(seen.look.named("a", "b"))} if seen.look.same else {"how": []}
    return {"a": seen.a, "b": seen.b, **asdict(seen.look), **how}


def tag_object(tag: "Tag") -> dict[str, object]:
    """A tag as JSON."""
    return {"kind": "tag", "id": tag.id, "path": tag.path, "images": tag.images}


def _plain(score: float) -> float | int:
    return int(score) if score == int(score) else score


def _show_all(archive: "Archive") -> None:
    from fapproc.cli.image_lines import image_line
    from fapproc.jobs import inventory, shelving

    show_objects(map(user_object, inventory.users(archive)))
    for shelf in shelving.shelves(archive):
        show_object(album_object(shelf.album, shelf.images, shelf.failures))
    for lines in inventory.records(archive, image_line):
        show_lines(lines)
    show_objects(map(group_object, inventory.groups(archive)))
    show_objects(map(tag_object, inventory.tags(archive)))


def _lines(archive: "Archive", *, blobs: bool) -> Iterator[str]:
    from fapproc.jobs import inventory, listing

    yield "USERS & ALBUMS   id: name (images / failed / pages / last read)  size"
    for held in inventory.holdings(archive):
        yield f"{held.user.id}: {held.user.name}{_sizes(held.sizes)}"
        for album, figures, sizes in held.albums:
            counts = f"{figures.places:,} / {figures.failures:,} / {album.pages:,}"
            read = moment(album.fetched_at, never="pending")
            yield f"    {album.id}: {album.name} ({counts} / {read}){_sizes(sizes)}"
    yield ""
    yield "TAGS   id: name (images, size)"
    found = inventory.tags(archive)
    for tag in found:
        indent = "    " * (tag.path.count("/") + 1)
        yield f"{indent}{tag.id}: {tag.name} ({counted(tag.images, 'image')}, {size(tag.bytes)})"
    if not found:
        yield "    none"
    yield ""
    if blobs:
        yield "IMAGES   sha256: format, size, pixels, places => tags"
        for stretch in listing.images(archive, inventory.EVERYTHING, _image_line):
            yield from stretch
        yield ""


def _sizes(sizes: "Spread | None") -> str:
    from fapproc.cli.stats import in_words

    return "" if sizes is None else f"  {size(sizes.total)} ({in_words(sizes, size)})"


def _image_line(found: "Found") -> str:
    pixels = f"{found.width}x{found.height}" if found.width else "not processed"
    moving = " animated" if found.animated else ""
    unsound = f", unsound: {found.unsound}" if found.unsound else ""
    places = " + ".join(
        [f"{_user(each.number, each.source)}/{each.album}/{each.image}" for each in found.places]
    )
    tags = f" => {', '.join(found.tags)}" if found.tags else ""
    what = f"{found.format}, {size(found.bytes)}, {pixels}{moving}{unsound}"
    return f"{found.digest}: {what}, {places}{tags}"


@cache
def _user(number: int, source: str) -> str:
    """A user as text: for a million places made once, not for each."""
    from fapproc.model import UserId
    from fapproc.sources import Source

    return str(UserId(number, Source(source)))
