"""`fapproc show`: all that is known of images."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fapproc.commandline.objects import show_object
from fapproc.commandline.options import archive_option, json_option, read_only_option
from fapproc.commandline.selecting import opened, selection_options
from fapproc.voice import row, to_type
from fapproc.wording import counted, meaning, moment, short, size

if TYPE_CHECKING:
    from fapproc.jobs.details import Details
    from fapproc.selections.selection import Selection


@click.command()
@selection_options
@archive_option
@read_only_option
@json_option
def show(chosen: "Selection", folder: Path, read_only: bool, as_json: bool) -> None:
    """Show all that is known about images: facts, places, tags, duplicates, hashes, file.

    \b
    fapproc show 3f60c1
    fapproc show --album lakes --json
    """
    from fapproc.jobs import details, selection

    something = selection.something(chosen)
    with opened(folder, something, read_only=read_only) as (archive, kept):
        for number, found in enumerate(details.images(archive, kept)):
            if as_json:
                show_object(_object(found))
                continue
            if number:
                row("")
            for line in _lines(found):
                row(line)


def _object(found: "Details") -> dict[str, object]:
    from fapproc.cli.image_lines import image_object
    from fapproc.cli.print import group_object

    group = None if found.group is None else group_object(found.group)
    return image_object(found.record) | {"file": found.file, "group": group}


def _lines(found: "Details") -> Iterator[str]:
    image, facts = found.entry.image, found.entry.image.facts
    yield image.digest
    shape = (
        f"{facts.width}x{facts.height}{' animated' * facts.animated}" if facts else "unprocessed"
    )
    yield f"  {image.format}, {size(image.bytes)}, {shape}, fetched {moment(image.fetched_at)}"
    if facts and facts.orientation not in {None, 1}:
        yield f"  turned when it is shown (orientation {facts.orientation})"
    if image.unsound:
        yield f"  unsound: {meaning(image.unsound)}"
    if image.lost_at:
        yield to_type(
            f"  its file has been lost since {moment(image.lost_at)}: 'fapproc read' fetches it "
            "again"
        )
    yield f"  file {found.file}"
    for sighting, place in zip(found.entry.sightings, found.record.places, strict=True):
        name = sighting.name or sighting.place.image
        said = "" if sighting.verdict == "new" else f", {sighting.verdict.word}"
        where = f"{place.user} ({sighting.place.user}) / {place.album_name} ({place.album})"
        yield f"  at {where}: {name} ({sighting.place.image}){said}"
    for gone in found.entry.gone:
        yield (
            f"  {gone.image} has been gone from the site since {moment(gone.at)}: its {gone.level}"
        )
    yield f"  tags: {', '.join(found.entry.tags) or 'none'}"
    if found.group is None:
        yield "  duplicates: in no group"
    else:
        others = [each for each in found.group.members if each != image.digest]
        said = found.group.verdicts[image.digest].word
        yield f"  duplicates: {said}, in a group with {counted(len(others), 'other')}"
        for other in others:
            how = found.how.get(other, ())
            yield "; ".join((f"    {short(other)} {found.group.verdicts[other].word}", *how))
    yield from (f"  {each.relation} {short(each.digest)}" for each in found.entry.related)
    for method, code in found.entry.codes.items():
        yield f"  {method} {code.hex()}"
    for method, model in found.entry.vectors.items():
        yield f"  {method} {model or 'none'}"
