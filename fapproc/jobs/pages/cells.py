"""Cells of a grid: an image, its name, and what else the archive knows about it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from fapproc.db import judgements, observations, tags
from fapproc.db import places as place_rows
from fapproc.db.best_places import KEPT_FIRST
from fapproc.db.images import Stored
from fapproc.model import Gone, Image, Place, Sighting, Verdict

_OTHERS = (Verdict.FALSE, Verdict.ALTERNATE)


@dataclass(frozen=True, slots=True)
class Cell:
    """One image in a grid; its place is None where it is no longer listed anywhere."""

    image: Image
    name: str | None
    place: Place | None
    here: int
    """How many more places of its album show the same."""
    elsewhere: int
    """How many places of other albums do."""
    verdict: Verdict | None
    """What was said of it in its group; None where it is in none."""
    gone: Sequence[Gone]
    tags: Sequence[str]

    @property
    def marks(self) -> list[str]:
        """The words of `grammar.MARKS` that hold of it; the first one gives the colour."""
        moves = self.image.facts is not None and self.image.facts.animated
        said = {
            "here": self.here,
            "elsewhere": self.elsewhere,
            "alike": self.verdict is not None and self.verdict not in _OTHERS,
            "gone": self.gone,
            "moves": moves,
        }
        return [mark for mark, holds in said.items() if holds]


def cells_at(connection: Connection, shown: Iterable[tuple[Sighting, Stored]]) -> list[Cell]:
    """The cells of images at these places."""
    found = list(shown)
    places = place_rows.sightings_of(connection, [stored.id for _, stored in found])
    return _cells(connection, [(stored, sighting) for sighting, stored in found], places)


def cells_of(connection: Connection, shown: Sequence[Stored]) -> list[Cell]:
    """The cells of images, each at the best of its places."""
    places = place_rows.sightings_of(connection, [stored.id for stored in shown])
    return _cells(connection, [(each, best(places[each.id])) for each in shown], places)


def _cells(
    connection: Connection,
    shown: Sequence[tuple[Stored, Sighting | None]],
    places: Mapping[int, Sequence[Sighting]],
) -> list[Cell]:
    numbers = [stored.id for stored, _ in shown]
    verdicts = judgements.verdicts_of(connection, numbers)
    gone = observations.gone_of(connection, numbers)
    tagged = tags.tags_of(connection, numbers)
    found = []
    for stored, sighting in shown:
        place = sighting.place if sighting else None
        albums = [(each.place.user, each.place.album) for each in places[stored.id]]
        here = albums.count((place.user, place.album)) if place else 0
        found.append(
            Cell(
                image=stored.image,
                name=sighting.name if sighting else None,
                place=place,
                here=max(here - 1, 0),
                elsewhere=len(albums) - here,
                verdict=verdicts.get(stored.id),
                gone=gone.get(stored.id, ()),
                tags=tagged.get(stored.id, ()),
            )
        )
    return found


def best(sightings: Iterable[Sighting]) -> Sighting | None:
    """The place an image is shown at outside of albums: the kept one first, a skipped one last."""
    return min(sightings, key=lambda each: KEPT_FIRST.index(each.verdict), default=None)
