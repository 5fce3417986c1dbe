"""A tag, where it stands in the tree, and the images that carry it or one under it."""

from collections.abc import Sequence
from dataclasses import dataclass

from fapproc.archive import Archive
from fapproc.db import places as place_rows
from fapproc.db import tags as tag_rows
from fapproc.jobs.pages import SECTION
from fapproc.jobs.pages.cells import Cell, best, cells
from fapproc.model import Tag


@dataclass(frozen=True, slots=True)
class TagHead:
    """A tag with those above and under it, and how many images carry it or one of the latter."""

    tag: Tag
    above: Sequence[Tag]
    """The highest first."""
    under: Sequence[Tag]
    images: int


def tag(archive: Archive, tag_id: int) -> TagHead | None:
    """A tag; None where there is none of this id."""
    with archive.reading() as connection:
        branch = tag_rows.branch(connection, tag_id)
        if not branch:
            return None
        images = tag_rows.count_images(connection, [each.id for each in branch])
        return TagHead(branch[0], tag_rows.above(connection, tag_id), branch[1:], images)


def pictures(archive: Archive, tag_id: int, *, start: int, size: int = SECTION) -> list[Cell]:
    """A section of the images that carry a tag or one under it, in the order of arrival."""
    with archive.reading() as connection:
        numbers = [each.id for each in tag_rows.branch(connection, tag_id)]
        page = tag_rows.images_page(connection, numbers, offset=start, limit=size)
        places = place_rows.sightings_of(connection, [stored.id for stored in page])
        return cells(connection, [(stored, best(places[stored.id])) for stored in page])
