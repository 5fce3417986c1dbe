"""Cells of a grid: an image, what it is called, and what else the archive knows of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from fapproc.db import duplicates, tags
from fapproc.db import places as place_rows
from fapproc.db.images import Stored
from fapproc.model import Image, Place, Sighting, Verdict

_KEPT_FIRST = (Verdict.KEEP, Verdict.NEW, Verdict.ALTERNATE, Verdict.FALSE, Verdict.SKIP)


@dataclass(frozen=True, slots=True)
class Cell:
    """One image in a grid; its place is None where it is listed nowhere any more."""

    image: Image
    name: str | None
    place: Place | None
    places: int
    grouped: bool
    tags: Sequence[str]


def cells(connection: Connection, shown: Sequence[tuple[Stored, Sighting | None]]) -> list[Cell]:
    """The cells of these images, each at the place where it is shown; four statements in all."""
    numbers = [stored.id for stored, _ in shown]
    places = place_rows.count_places(connection, numbers)
    groups = duplicates.group_numbers(connection, numbers)
    tagged = tags.tags_of(connection, numbers)
    return [
        Cell(
            image=stored.image,
            name=sighting.name if sighting else None,
            place=sighting.place if sighting else None,
            places=places.get(stored.id, 0),
            grouped=stored.id in groups,
            tags=tagged.get(stored.id, ()),
        )
        for stored, sighting in shown
    ]


def best(sightings: Iterable[Sighting]) -> Sighting | None:
    """The place an image is shown at outside of albums: the kept one first, a skipped one last."""
    return min(sightings, key=lambda each: _KEPT_FIRST.index(each.verdict), default=None)
