"""Everything that is known about images, one by one, for a person to read."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from fapproc.archive import Archive
from fapproc.db import duplicates
from fapproc.db import images as image_rows
from fapproc.jobs import inventory
from fapproc.jobs.inventory import Entry, Record
from fapproc.jobs.ways import ways
from fapproc.model import Group
from fapproc.selections.selection import Selection
from fapproc.vault.store import Key, Kind


@dataclass(frozen=True, slots=True)
class Details:
    """An image with its places' names, its group, and where its file lies."""

    record: Record
    entry: Entry
    """The same as a value of our own words."""
    group: Group | None
    file: str
    how: Mapping[str, Sequence[str]]
    """In what way others of the group are the same picture as it, by digest, where that is known.
    """


def images(archive: Archive, selection: Selection) -> Iterator[Details]:
    """The images of a selection, in the order of arrival.

    Raises:
        FapError: the selection names what isn't there.
    """
    for stretch in inventory.records(archive, _both, selection):
        for record, entry in stretch:
            with archive.reading() as connection:
                group = duplicates.group_of(connection, record.digest)
                how = _how(connection, group, record.digest) if group else {}
            image = entry.image
            file = archive.vault.place(Key(Kind.BLOB, image.digest, image.format))
            yield Details(record, entry, group, file, how)


def _both(record: Record) -> tuple[Record, Entry]:
    return record, inventory.entry(record)


def _how(connection: Connection, group: Group, digest: str) -> dict[str, Sequence[str]]:
    there = image_rows.by_digests(connection, group.members)
    shown = {each: stored.image for each, stored in there.items()}
    told = ways(group, shown, lambda each: "this" if each == digest else "that")
    return {
        way.b if way.a == digest else way.a: way.words for way in told if digest in (way.a, way.b)
    }
