"""All that is known of images, one by one, for a person."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fapproc.archive import Archive
from fapproc.db import catalogue, duplicates
from fapproc.jobs import inventory
from fapproc.jobs.inventory import Entry
from fapproc.model import Group
from fapproc.selections.selection import Selection
from fapproc.vault.store import Key, Kind


@dataclass(frozen=True, slots=True)
class Details:
    """An image with its places' names, its group, and where its file lies."""

    entry: Entry
    names: Sequence[tuple[str, str]]
    """Of user and album, for each sighting."""
    group: Group | None
    file: str


def images(archive: Archive, selection: Selection) -> Iterator[Details]:
    """The images of a selection, in the order of arrival.

    Raises:
        FapError: the selection names what isn't there.
    """
    for entry in inventory.entries(archive, selection):
        image = entry.image
        keys = [(each.place.user, each.place.album) for each in entry.sightings]
        with archive.reading() as connection:
            names = catalogue.names_of(connection, set(keys))
            group = duplicates.group_of(connection, image.digest)
        file = archive.vault.place(Key(Kind.BLOB, image.digest, image.format))
        yield Details(entry, [names[key] for key in keys], group, file)
