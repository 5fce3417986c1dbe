"""One image with all that is known of it: places and their names, tags, hashes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from fapproc.archive import Archive
from fapproc.db import catalogue, derived, duplicates, images, tags
from fapproc.db import places as place_rows
from fapproc.db.images import Stored
from fapproc.dedup.registry import HASHES
from fapproc.jobs.relations import related
from fapproc.model import Image, Sighting
from fapproc.relations import Related


@dataclass(frozen=True, slots=True)
class NamedPlace:
    """A place where an image is listed, with the names of its user and album."""

    sighting: Sighting
    user: str
    album: str


@dataclass(frozen=True, slots=True)
class ImageDetails:
    """An image and everything that a person may want to know of it."""

    image: Image
    tags: Sequence[str]
    codes: Mapping[str, str]
    """Its hashes by method, in hexadecimal digits."""
    places: Sequence[NamedPlace]
    related: Sequence[Related] = ()
    grouped: bool = False
    """Whether it is in a group of images that may be one picture."""


def image(archive: Archive, digest: str) -> ImageDetails | None:
    """The image of this digest; None where there is none."""
    with archive.reading() as connection:
        found = images.by_digest(connection, digest)
        return None if found is None else details(connection, [found])[0]


def details(connection: Connection, shown: Sequence[Stored]) -> list[ImageDetails]:
    """What is known of each of these images, in their order."""
    numbers = [stored.id for stored in shown]
    places = place_rows.sightings_of(connection, numbers)
    albums = {(each.place.user, each.place.album) for row in places.values() for each in row}
    names = catalogue.names_of(connection, albums)
    codes = derived.codes_of(connection, numbers)
    tagged = tags.tags_of(connection, numbers)
    akin = related(connection, numbers)
    groups = duplicates.group_numbers(connection, numbers)
    return [
        ImageDetails(
            image=stored.image,
            tags=tagged.get(stored.id, ()),
            codes={
                method: code.hex()
                for method, code in codes.get(stored.id, {}).items()
                if method in HASHES
            },
            places=[
                NamedPlace(each, *names[each.place.user, each.place.album])
                for each in places[stored.id]
            ],
            related=akin[stored.id],
            grouped=stored.id in groups,
        )
        for stored in shown
    ]
